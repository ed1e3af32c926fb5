/**
 * A line that strangers can provoke as often as they like, written at most once per period and kind; the next line
 * of that kind says how many were kept back. Kinds are words of ours, never text of a peer, so there are few of them.
 */
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

interface Kind {
  nextMs: number;
  keptBack: number;
}

export class OccasionalLog {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #kinds = new Map<string, Kind>();

  constructor(log: Log, clock: Clock, everyMs = 60_000) {
    this.#log = log;
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  /** `message` is escaped by whoever writes the log's lines. */
  warning(kind: string, message: string): void {
    this.#say("warning", kind, message);
  }

  info(kind: string, message: string): void {
    this.#say("info", kind, message);
  }

  #say(level: "info" | "warning", kind: string, message: string): void {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#kinds.get(kind);
    if (known !== undefined && nowMs < known.nextMs) {
      known.keptBack += 1;
      return;
    }
    const keptBack = known?.keptBack ?? 0;
    this.#kinds.set(kind, { nextMs: nowMs + this.#everyMs, keptBack: 0 });
    this.#log[level](keptBack === 0 ? message : `${message} (and ${keptBack} more of this kind since the last line)`);
  }
}
