/**
 * When events were declared lost, over a day: a loss of last month is history and not a state. What is not known to be
 * of a time stands in no day.
 */

const dayMs = 86_400_000;
/** Losses closer together than this are one, so that a day has at most so many. */
const lossEveryMs = 60_000;
const lossesMax = dayMs / lossEveryMs;

export interface Loss {
  readonly atMs: number;
  readonly count: number;
}

export class LossTimes {
  /** Oldest first. */
  #losses: Loss[];
  /** Of a counter that is followed: how far it had come. */
  #counted = 0;
  #isChanged = true;

  constructor(losses: readonly Loss[] = []) {
    this.#losses = [...losses];
  }

  add(atMs: number, count: number): void {
    if (count <= 0) return;
    this.#isChanged = true;
    const newest = this.#losses.at(-1);
    if (newest !== undefined && atMs - newest.atMs < lossEveryMs)
      this.#losses[this.#losses.length - 1] = { atMs: newest.atMs, count: newest.count + count };
    else {
      const kept = this.#losses.filter((loss) => loss.atMs > atMs - dayMs);
      this.#losses = [...kept, { atMs, count }].slice(-lossesMax);
    }
  }

  /** Follows a counter that began at 0: what is more of it than the last time was lost at `atMs`. */
  countTo(total: number, atMs: number): void {
    this.add(atMs, total - this.#counted);
    this.#counted = total;
  }

  /** The clock was set back (`byMs` < 0), and what it has stamped follows it. */
  clockStepped(byMs: number): void {
    this.#isChanged = true;
    this.#losses = this.#losses.map(({ atMs, count }) => ({ atMs: atMs + byMs, count }));
  }

  /** Events lost in the day that ends at `nowMs`, or later by a clock that has been set back since. */
  inDay(nowMs: number): number {
    return this.#losses.reduce((sum, { atMs, count }) => (atMs > nowMs - dayMs ? sum + count : sum), 0);
  }

  all(): readonly Loss[] {
    return this.#losses;
  }

  /** All of them where some have come since the last call, and at the first one. */
  takeChanges(): readonly Loss[] | undefined {
    const isChanged = this.#isChanged;
    this.#isChanged = false;
    return isChanged ? this.#losses : undefined;
  }
}
