/** `argus ruleset test DIR`: runs the cases of a ruleset. */
import type { Disk } from "../base/disk.ts";
import type { Problem } from "../config/problem.ts";

export interface RulesetTestResult {
  passed: number;
  failed: number;
  /** One per failed case or unreadable file, with the place of the case. */
  problems: Problem[];
}

/**
 * `folder` holds `decoders/`, `rules/`, `cases/` and perhaps `lists/`. Rejects with `RulesetError` when the ruleset
 * cannot be compiled.
 */
export declare function testRuleset(disk: Disk, folder: string): Promise<RulesetTestResult>;
