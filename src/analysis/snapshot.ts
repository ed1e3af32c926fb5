/**
 * A *ruleset snapshot*: everything that changes an answer except the events, under the SHA-256 of its content
 * (design-journal section 3).
 */
import type { RulesetSource } from "./ruleset.ts";

export interface Snapshot {
  sha256: string;
  /** Argus's version, which is part of the content. */
  version: string;
  source: RulesetSource;
}

export declare function snapshotOf(source: RulesetSource, version: string): Snapshot;
