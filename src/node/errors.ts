/** What can go wrong with a node as a whole. */
import { ArgusError } from "../base/error.ts";

export class HomeInUse extends ArgusError {
  readonly home: string;

  constructor(home: string, holder: string) {
    super("ARGUS_NODE_HOME_IN_USE", `${home} is in use by ${holder}; stop it first, or name another home with --home`, {
      retry: true,
    });
    this.home = home;
  }
}

export class HomeUnusable extends ArgusError {
  constructor(home: string, isAbsent: boolean, cause: unknown) {
    const what = isAbsent ? `${home}: no such home; name one with --home` : `${home} cannot be used as a home`;
    super("ARGUS_NODE_HOME_UNUSABLE", what, isAbsent ? {} : { cause });
  }
}

export class ConfigRefused extends ArgusError {
  constructor(problems: readonly string[], home: string) {
    super(
      "ARGUS_NODE_CONFIG_REFUSED",
      `${problems.join("\n")}\nThe node does not start. Check with: argus config check --home ${home}`,
    );
  }
}

export class RulesetRefused extends ArgusError {
  constructor(problems: readonly string[]) {
    super(
      "ARGUS_NODE_RULESET_REFUSED",
      `${problems.join("\n")}\nThe ruleset does not load and there is none of before.`,
    );
  }
}

export class ServiceFailed extends ArgusError {
  constructor(name: string, cause: unknown) {
    super("ARGUS_NODE_SERVICE_FAILED", `${name} failed and the node stops`, { cause });
  }
}

export class AnalysisFailed extends ArgusError {
  constructor(message: string, cause?: unknown) {
    super("ARGUS_NODE_ANALYSIS_FAILED", `the analysis thread failed: ${message}`, cause === undefined ? {} : { cause });
  }
}

export class StateDatabaseFailed extends ArgusError {
  constructor(path: string, cause: unknown) {
    super("ARGUS_NODE_STATE_DATABASE", `${path} cannot be used`, { cause });
  }
}

export class PoisonUnclear extends ArgusError {
  constructor(message: string) {
    super("ARGUS_NODE_POISON_UNCLEAR", `the analysis failed twice at one place, and the event is not why: ${message}`);
  }
}

export class JournalContradiction extends ArgusError {
  constructor(message: string) {
    super("ARGUS_NODE_JOURNAL_CONTRADICTION", message);
  }
}

export class IdentityUnreadable extends ArgusError {
  constructor(place: string, why: string, cause?: unknown) {
    super("ARGUS_NODE_IDENTITY", `${place} cannot be used: ${why}`, cause === undefined ? {} : { cause });
  }
}

/** What the master sends of agents does not follow on what is here: the session is begun anew. */
export class RegistryCopyFailed extends ArgusError {
  constructor(from: number, to: number) {
    const message = `records ${from} to ${to} of the agents' registry do not follow on what this node holds`;
    super("ARGUS_NODE_REGISTRY_COPY", message, { retry: true });
  }
}
