/**
 * Entries in order of arrival: they come at one end and leave at the other. A queue may keep *runs*: how many entries
 * directly before one have its value in a field, so that a search need not look at each of them.
 */
export interface Queued {
  readonly compared: readonly (string | undefined)[];
}

export class EntryQueue<Entry extends Queued> {
  /** The fields of `compared` whose runs are kept: from the first on, so many. */
  readonly #firstField: number;
  readonly #fieldCount: number;
  #entries: (Entry | undefined)[] = [];
  /** Those of one entry after another. */
  #runs: number[] = [];
  #head = 0;

  constructor(firstField = 0, fieldCount = 0) {
    this.#firstField = firstField;
    this.#fieldCount = fieldCount;
  }

  get length(): number {
    return this.#entries.length - this.#head;
  }

  /** Counted from the oldest. */
  at(index: number): Entry | undefined {
    return this.#entries[this.#head + index];
  }

  /** Some of them may have left; 0 for a field of which no runs are kept. */
  runAt(index: number, field: number): number {
    if (field < this.#firstField || this.#fieldCount === 0) return 0;
    return this.#runs[(this.#head + index) * this.#fieldCount + field - this.#firstField] ?? 0;
  }

  push(entry: Entry): void {
    if (this.#fieldCount > 0) this.#pushRuns(entry);
    this.#entries.push(entry);
  }

  #pushRuns({ compared }: Entry): void {
    const before = this.at(this.length - 1)?.compared;
    const last = this.#runs.length - this.#fieldCount;
    for (let field = 0; field < this.#fieldCount; field += 1) {
      const place = this.#firstField + field;
      const isEqual = before !== undefined && before[place] === compared[place];
      this.#runs.push(isEqual ? (this.#runs[last + field] ?? 0) + 1 : 0);
    }
  }

  shift(): Entry | undefined {
    const entry = this.#entries[this.#head];
    if (entry === undefined) return undefined;
    this.#entries[this.#head] = undefined; // Its log is let go at once, not when the list is next moved up.
    this.#head += 1;
    if (this.#head > 64 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      if (this.#fieldCount > 0) this.#runs = this.#runs.slice(this.#head * this.#fieldCount);
      this.#head = 0;
    }
    return entry;
  }
}
