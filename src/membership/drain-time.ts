/** In how long a spool is empty, from what was last heard of it: values without a clock or a timer. */
import { SampleWindow, type Sample } from "./sample-window.ts";

/** Three heartbeats: one burst must not turn the estimate over, and a drain that has stopped is to be seen soon. */
const spanMs = 12_000;
/** Under it the division says more about the moment of looking than about the spool. */
const spanMsMin = 1_000;

/**
 * The waiting events (values of the samples, oldest first) by their decrease per second; undefined when nothing waits,
 * and when it does not shrink.
 */
export function drainMs(samples: readonly Sample[]): number | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.value === 0) return undefined;
  const tookMs = last.atMs - first.atMs;
  const drained = first.value - last.value;
  if (tookMs < spanMsMin || drained <= 0) return undefined;
  return Math.round((last.value * tookMs) / drained);
}

/** How many events waited, over the last `spanMs`. */
export class WaitingSamples {
  readonly #window = new SampleWindow(spanMs);

  add(events: number, monotonicMs: number): void {
    this.#window.add(events, monotonicMs);
  }

  /** A new session: what happened in between is not known. */
  clear(): void {
    this.#window.clear();
  }

  get drainMs(): number | undefined {
    return drainMs(this.#window.samples);
  }
}
