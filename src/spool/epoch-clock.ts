/**
 * Take-in time: the wall clock at an epoch's start plus monotonic time since, so that times within an epoch never step.
 * A wall clock that stays more than a second away from it for ten seconds calls for a new epoch; a shorter
 * difference is a clock that is being set, or a machine that was asleep for a moment.
 */
import type { Clock } from "../base/clock.ts";

const driftMsMax = 1_000;
const patienceMs = 10_000;

export class EpochClock {
  readonly #clock: Clock;
  #wallMs = 0;
  #monotonicMs = 0;
  /** Since when the wall clock has been away; undefined while it agrees. */
  #awaySinceMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.restart();
  }

  /** Begins an epoch: take-in time is the wall clock now. */
  restart(): void {
    this.#wallMs = this.#clock.wallMs();
    this.#monotonicMs = this.#clock.monotonicMs();
    this.#awaySinceMs = undefined;
  }

  nowMs(): number {
    return this.#wallMs + this.#clock.monotonicMs() - this.#monotonicMs;
  }

  /** To be called about once a second: whether a new epoch must begin. */
  isBeyondPatience(): boolean {
    const monotonicMs = this.#clock.monotonicMs();
    if (Math.abs(this.#clock.wallMs() - this.nowMs()) <= driftMsMax) {
      this.#awaySinceMs = undefined;
      return false;
    }
    this.#awaySinceMs ??= monotonicMs;
    return monotonicMs - this.#awaySinceMs >= patienceMs;
  }
}
