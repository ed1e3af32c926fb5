/** In how long a spool is empty, from what was last heard of it: values without a clock or a timer. */

/** How many events waited at a moment of the monotonic clock. */
export interface WaitingSample {
  readonly atMs: number;
  readonly events: number;
}

/** Three heartbeats: one burst must not turn the estimate over, and a drain that has stopped is to be seen soon. */
const spanMs = 12_000;
/** Under it the division says more about the moment of looking than about the spool. */
const spanMsMin = 1_000;

/**
 * The waiting events by their decrease per second over the samples (oldest first); undefined when nothing waits, and
 * when it does not shrink.
 */
export function drainMs(samples: readonly WaitingSample[]): number | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.events === 0) return undefined;
  const tookMs = last.atMs - first.atMs;
  const drained = first.events - last.events;
  if (tookMs < spanMsMin || drained <= 0) return undefined;
  return Math.round((last.events * tookMs) / drained);
}

/** The samples of the last `spanMs`: at least one that is as old, so that the span is whole. */
export class WaitingSamples {
  #samples: WaitingSample[] = [];

  add(events: number, monotonicMs: number): void {
    this.#samples.push({ atMs: monotonicMs, events });
    while (this.#samples.length > 2 && monotonicMs - (this.#samples[1]?.atMs ?? monotonicMs) >= spanMs)
      this.#samples.shift();
  }

  /** A new session: what happened in between is not known. */
  clear(): void {
    this.#samples = [];
  }

  get drainMs(): number | undefined {
    return drainMs(this.#samples);
  }
}
