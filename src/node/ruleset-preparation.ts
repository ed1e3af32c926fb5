/**
 * A ruleset that will be in force soon is compiled between events, a piece at a time, so that the analysis does not
 * stop for it when it comes to the record. Nothing depends on it: what was not prepared is compiled at the record.
 */
import type { Clock } from "../base/clock.ts";
import type { Steps } from "../base/steps.ts";
import { runSteps } from "../base/steps.ts";
import { compileSteps, type CompiledRuleset } from "../analysis/ruleset.ts";
import type { Snapshot } from "../analysis/snapshot.ts";

interface Prepared {
  sha256: string;
  steps: Steps<CompiledRuleset>;
  /** Undefined while there is something left to do. */
  compiled: CompiledRuleset | undefined;
}

export class RulesetPreparation {
  readonly #clock: Pick<Clock, "monotonicMs">;
  #prepared: Prepared | undefined;

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock;
  }

  /** One is prepared at a time; what was begun before is given up. Its problems have been told by who published it. */
  begin({ sha256, source }: Snapshot): void {
    this.#prepared = { sha256, steps: compileSteps(source, () => undefined), compiled: undefined };
  }

  /** Works for about `msMax`. Returns the name of the snapshot when this was the last of it. */
  work(msMax: number): string | undefined {
    const prepared = this.#prepared;
    if (prepared === undefined || prepared.compiled !== undefined) return undefined;
    const endMs = this.#clock.monotonicMs() + msMax;
    try {
      do {
        const { done, value } = prepared.steps.next();
        if (done !== true) continue;
        prepared.compiled = value;
        return prepared.sha256;
      } while (this.#clock.monotonicMs() < endMs);
    } catch {
      // What does not compile is compiled at its record, where the error is told.
      this.#prepared = undefined;
      return prepared.sha256;
    }
    return undefined;
  }

  get isUnfinished(): boolean {
    return this.#prepared !== undefined && this.#prepared.compiled === undefined;
  }

  /** The compiled ruleset, for good; what is left to do is done at once. Undefined where another one was prepared. */
  take(sha256: string): CompiledRuleset | undefined {
    const prepared = this.#prepared;
    if (prepared?.sha256 !== sha256) return undefined;
    this.#prepared = undefined;
    return prepared.compiled ?? runSteps(prepared.steps);
  }
}
