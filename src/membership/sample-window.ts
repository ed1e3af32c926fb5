/**
 * What a counter or a gauge was over the last seconds: values as they come, with a time each. However often they come,
 * those that are kept lie at least `sampleMsMin` apart, but for the newest: it is always the last one given. So the
 * window has a bounded length, and whoever sends many values costs as much memory and time as who sends one a second.
 */

export interface Sample {
  /** Monotonic clock. */
  readonly atMs: number;
  readonly value: number;
}

const sampleMsMin = 1_000;

export class SampleWindow {
  readonly #spanMs: number;
  #samples: Sample[] = [];

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  /** Takes the place of the newest one where that is closer than `sampleMsMin` to the one before. */
  add(value: number, monotonicMs: number): void {
    const [before, newest] = [this.#samples.at(-2), this.#samples.at(-1)];
    if (before !== undefined && newest !== undefined && newest.atMs - before.atMs < sampleMsMin) this.#samples.pop();
    this.#samples.push({ atMs: monotonicMs, value });
    while (this.#samples.length > 2 && monotonicMs - (this.#samples[1]?.atMs ?? monotonicMs) >= this.#spanMs)
      this.#samples.shift();
  }

  clear(): void {
    this.#samples = [];
  }

  /** Oldest first: at least one that is as old as the span, so that the span is whole, once there is one. */
  get samples(): readonly Sample[] {
    return this.#samples;
  }
}
