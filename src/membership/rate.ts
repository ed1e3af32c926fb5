/** Events per second from their counts as they come, over the last ten seconds. */

/** Seconds over which a rate is measured. */
const rateSeconds = 10;

/** Counts of the last `rateSeconds` whole seconds, in a ring. */
export class Rate {
  readonly #counts = new Array<number>(rateSeconds).fill(0);
  #second = 0;

  add(count: number, monotonicMs: number): void {
    this.#moveTo(Math.floor(monotonicMs / 1_000));
    this.#counts[this.#second % rateSeconds] = (this.#counts[this.#second % rateSeconds] ?? 0) + count;
  }

  perSecond(monotonicMs: number): number {
    this.#moveTo(Math.floor(monotonicMs / 1_000));
    return this.#counts.reduce((sum, count) => sum + count, 0) / rateSeconds;
  }

  #moveTo(second: number): void {
    const first = Math.max(this.#second + 1, second - rateSeconds + 1);
    for (let passed = first; passed <= second; passed += 1) this.#counts[passed % rateSeconds] = 0;
    this.#second = Math.max(this.#second, second);
  }
}
