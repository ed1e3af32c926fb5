/** What can go wrong in the world of `analysis`; docs/operating/errors.md says what to do about each. */
import { describeProblem, type Problem } from "../config/problem.ts";
import { ArgusError } from "../base/error.ts";

/** Decoders, rules or lists cannot be put in force. */
export class RulesetError extends ArgusError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const first = problems.find((problem) => problem.severity === "error");
    const count = problems.filter((problem) => problem.severity === "error").length;
    const more = count > 1 ? ` (and ${count - 1} more)` : "";
    super(
      "ARGUS_ANALYSIS_RULESET",
      `the ruleset cannot be used: ${first ? describeProblem(first) : "no reason"}${more}`,
    );
    this.problems = problems;
  }
}

/** A checkpoint's bytes are damaged, or of a version that this Argus does not know. */
export class CheckpointError extends ArgusError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super("ARGUS_ANALYSIS_CHECKPOINT", message, options);
  }
}

/** A ruleset snapshot that the journal names is absent or is not what its name says. */
export class SnapshotError extends ArgusError {
  readonly sha256: string;

  constructor(sha256: string, message: string, options: { cause?: unknown } = {}) {
    super("ARGUS_ANALYSIS_SNAPSHOT", message, options);
    this.sha256 = sha256;
  }
}

/** A file with cases of a ruleset is not of the form that docs/operating/ruleset-cases.md gives. */
export class CaseFileError extends ArgusError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super("ARGUS_ANALYSIS_CASES", message, options);
  }
}
