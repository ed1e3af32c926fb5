/** Events per second over the last ten seconds, from a counter that is looked at about once a second. */

const spanMs = 10_000;

export class Rate {
  #samples: { atMs: number; count: number }[] = [];

  /** `count` is the counter's value now; it never goes back. */
  sample(count: number, monotonicMs: number): void {
    this.#samples.push({ atMs: monotonicMs, count });
    while (this.#samples.length > 2 && monotonicMs - (this.#samples[1]?.atMs ?? monotonicMs) >= spanMs)
      this.#samples.shift();
  }

  perSecond(): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.atMs - first.atMs < 500) return 0;
    return Math.round(((last.count - first.count) / (last.atMs - first.atMs)) * 10_000) / 10;
  }
}
