/** What a ruleset's reading on a thread of its own is asked and answers (ruleset-reading-start.ts). */
import type { Snapshot } from "../analysis/snapshot.ts";
import { problemInFile, type Problem } from "../config/problem.ts";

/** What the thread is started with. */
export interface RulesetReadingSetup {
  home: string;
  zone: string;
  /** Undefined on a single node. It is the running node's: a new name needs a restart. */
  cluster: { name: string } | undefined;
  /** The snapshot in force, which need not be compiled; empty where its warnings are not known. */
  known: string;
}

/** What stands in the home's files now. */
export interface RulesetReading {
  /** Undefined where the files could not be read, or are not usable. */
  snapshot: Snapshot | undefined;
  /** A ruleset with an error must not be put in force. */
  problems: readonly Problem[];
  /** The files and folders that it depends on; empty where they are not known. */
  places: readonly string[];
}

export function failed(why: string): RulesetReading {
  const problem = problemInFile("", "error", `the ruleset cannot be read: ${why}`);
  return { snapshot: undefined, problems: [problem], places: [] };
}
