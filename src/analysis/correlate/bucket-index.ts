/**
 * A second order of a long bucket, for a search that would go through thousands of entries of which none can be
 * counted: those of one key together, with their runs (entry-queue.ts), and those that bar.
 *
 * It changes no answer. A search makes it when it finds the bucket long; it is not part of the state, and a bucket that
 * has none is searched entry by entry.
 */
import { ownCopy } from "../own-copy.ts";
import { EntryQueue } from "./entry-queue.ts";
import { isOutside, type Reach } from "./reach.ts";
import type { Bucket, BucketOrder, Entry } from "./window.ts";

export interface IndexSpec {
  /** So many of the first values must be equal: they are the key. */
  sameCount: number;
  /** So many are compared in all. */
  comparedCount: number;
  /** Entries that a composite of this level or above has consumed bar. */
  level: number;
}

/** To go through a shorter bucket takes some microseconds at most. */
const lengthMin = 129;

export class BucketIndex implements BucketOrder {
  readonly #spec: IndexSpec;
  readonly #queues = new Map<string, EntryQueue<Entry>>();
  /** In the order of the bucket. */
  readonly #barring: Entry[] = [];

  /** That of a bucket that is long enough; the spec is the same at every call. */
  static of(bucket: Bucket, spec: IndexSpec): BucketIndex | undefined {
    if (bucket.length < lengthMin) return undefined;
    if (bucket.index instanceof BucketIndex) return bucket.index;
    const index = new BucketIndex(bucket, spec);
    bucket.index = index;
    return index;
  }

  constructor(bucket: Bucket, spec: IndexSpec) {
    this.#spec = spec;
    for (let index = 0; index < bucket.length; index += 1) {
      const entry = bucket.at(index);
      if (entry !== undefined) this.add(entry);
    }
  }

  /** The entries whose key is that of these values; undefined where there are none, or a value is missing. */
  queueOf(compared: Entry["compared"]): EntryQueue<Entry> | undefined {
    const key = this.#keyOf(compared);
    return key === undefined ? undefined : this.#queues.get(key);
  }

  /** The number of the newest entry within reach that bars; 0 where there is none. */
  barringSeq(reach: Reach): number {
    for (let index = this.#barring.length - 1; index >= 0; index -= 1) {
      const remembered = this.#barring[index]?.remembered;
      if (remembered !== undefined && !isOutside(remembered, reach)) return remembered.seq;
    }
    return 0;
  }

  add(entry: Entry): void {
    if (entry.remembered.consumedLevel >= this.#spec.level) this.#barring.push(entry);
    const key = this.#keyOf(entry.compared);
    if (key === undefined) return;
    let queue = this.#queues.get(key);
    if (queue === undefined) {
      const { sameCount, comparedCount } = this.#spec;
      queue = new EntryQueue(sameCount, comparedCount - sameCount);
      this.#queues.set(ownCopy(key), queue); // It may outlive the log that it is cut from.
    }
    queue.push(entry);
  }

  removeOldest(entry: Entry): void {
    // Another entry of the same event that is still there bars when the search comes to it: it is the oldest by then.
    while ((this.#barring[0]?.remembered.seq ?? Number.POSITIVE_INFINITY) <= entry.remembered.seq)
      this.#barring.shift();
    const key = this.#keyOf(entry.compared);
    const queue = key === undefined ? undefined : this.#queues.get(key);
    if (key === undefined || queue === undefined) return;
    queue.shift();
    if (queue.length === 0) this.#queues.delete(key);
  }

  consumed(entry: Entry, before: number): void {
    const { consumedLevel, seq } = entry.remembered;
    if (before >= this.#spec.level || consumedLevel < this.#spec.level) return;
    let place = this.#barring.length;
    while (place > 0 && (this.#barring[place - 1]?.remembered.seq ?? 0) > seq) place -= 1;
    this.#barring.splice(place, 0, entry);
  }

  #keyOf(compared: Entry["compared"]): string | undefined {
    const { sameCount } = this.#spec;
    if (sameCount === 1) return compared[0];
    let key = "";
    for (let index = 0; index < sameCount; index += 1) {
      const value = compared[index];
      if (value === undefined) return undefined;
      // The length keeps two values from running into each other, whatever bytes they hold.
      key += `${value.length} ${value}\n`;
    }
    return key;
  }
}
