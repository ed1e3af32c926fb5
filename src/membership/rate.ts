/** Events per second over the last ten seconds, from a counter that is looked at about once a second. */
import { SampleWindow } from "./sample-window.ts";

const spanMs = 10_000;
/** Under it the division says more about the moment of looking than about the events. */
const spanMsMin = 500;

/**
 * Counted from look to look: a rate between two looks is that of the last one. To divide by the time until now would
 * make it too low by what has come since.
 */
export class Rate {
  readonly #window = new SampleWindow(spanMs);

  /** `count` is the counter's value now; it never goes back. */
  sample(count: number, monotonicMs: number): void {
    this.#window.add(count, monotonicMs);
  }

  /** To a tenth. */
  perSecond(): number {
    const { samples } = this.#window;
    const first = samples[0];
    const last = samples.at(-1);
    if (first === undefined || last === undefined || last.atMs - first.atMs < spanMsMin) return 0;
    return tenths(((last.value - first.value) / (last.atMs - first.atMs)) * 1_000);
  }
}

/** More digits of what is measured over seconds are noise, and sums of tenths have more. */
export function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
