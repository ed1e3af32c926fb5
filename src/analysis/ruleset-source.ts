/**
 * Which files the ruleset of a home is made of (ruleset-spec 7.1): the `<ruleset>` section, or its defaults. Where
 * HOME/ruleset is absent, the ruleset that is shipped with Argus stands in its place.
 */
import type { Disk } from "../base/disk.ts";
import type { Problem } from "../config/problem.ts";
import type { RulesetSection } from "./options.ts";
import type { RulesetOptions, RulesetSource } from "./ruleset.ts";

export interface RulesetPlace {
  /** HOME. */
  home: string;
  /** The folder `ruleset/` that is shipped with Argus. */
  shipped: string;
}

export interface FoundRuleset {
  source: RulesetSource;
  /** Files that are named and absent, or cannot be read. */
  problems: Problem[];
}

/** Reads all files. Rejects only with the disk's own errors. */
export declare function readRuleset(
  disk: Disk,
  place: RulesetPlace,
  section: RulesetSection,
  options: RulesetOptions,
): Promise<FoundRuleset>;
