/**
 * Take-in time: the wall clock at an epoch's start plus monotonic time since, so that times within an epoch never step.
 * Whether the wall clock has gone too far from it, so that a new epoch must begin, is watched by the programs.
 */
import type { Clock } from "../base/clock.ts";

export class EpochClock {
  readonly #clock: Clock;
  #wallMs = 0;
  #monotonicMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.restart();
  }

  /** Begins an epoch: take-in time is the wall clock now. */
  restart(): void {
    this.#wallMs = this.#clock.wallMs();
    this.#monotonicMs = this.#clock.monotonicMs();
  }

  nowMs(): number {
    return this.#wallMs + this.#clock.monotonicMs() - this.#monotonicMs;
  }
}
