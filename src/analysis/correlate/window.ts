/**
 * The events that composite rules remember.
 *
 * A *remembered* event is held once, with one consumption mark, however many windows name it: a composite that fired on
 * it bars all others up to its level (ruleset-spec 5.5). A *window* belongs to one composite rule and holds a *bucket*
 * for each key (composite.ts), in order of arrival.
 *
 * Time: two events meet when their event times differ by at most the timeframe, in either
 * direction. An entry leaves by arrival: when the current event was received over timeframe + lateness after it. What
 * has left is never counted, whether or not it has been removed yet, so removing is housekeeping only.
 *
 * Memory is counted by the arithmetic below, not by the heap, so that what a cap drops is a function of the events.
 * All entries of all windows form one chain in the order of arrival, so that what is to be dropped is at hand, an event
 * at a time: a cap that is reached costs each event a little and none a lot.
 */
import { ownCopy } from "../own-copy.ts";
import { EntryQueue } from "./entry-queue.ts";

export interface Remembered {
  /** The number of the alerted answer, from 1; also the order of arrival. */
  readonly seq: number;
  readonly agentId: string;
  readonly eventMs: number;
  /** Shifted when the master's clock steps. */
  receivedMs: number;
  readonly log: string;
  readonly hasDynamicFields: boolean;
  /** Level of the composite that consumed it; -1: none has. */
  consumedLevel: number;
  /** Entries that name it. */
  entryCount: number;
}

export interface Entry {
  readonly remembered: Remembered;
  /** Cut from the log of `remembered`, which is kept as long as they are. */
  readonly compared: readonly (string | undefined)[];
  /** The latest event time of this entry and of all before it in the bucket: behind it a search may stop. */
  latestMs: number;
  readonly bucket: Bucket;
  /** Its neighbours in the chain. */
  earlier: Entry | undefined;
  later: Entry | undefined;
}

/** More than the largest frequency (9999), so that only entries which no search could count anyway can be dropped. */
export const BUCKET_ENTRIES_MAX = 10_000;

const rememberedBytes = 128;
const entryBytes = 64;
const bucketBytes = 192;

/** Another order of a bucket's entries (bucket-index.ts), which is told what comes, leaves and is consumed. */
export interface BucketOrder {
  /** The entry is now the newest of the bucket. */
  add(entry: Entry): void;
  /** The entry was the oldest of the bucket. */
  removeOldest(entry: Entry): void;
  /** The event of the entry has been consumed; `before`: its level of before. */
  consumed(entry: Entry, before: number): void;
}

export class Bucket extends EntryQueue<Entry> {
  readonly key: string;
  readonly window: Window;
  /** Once it has been long when it was searched. */
  index: BucketOrder | undefined = undefined;

  constructor(key: string, window: Window) {
    super();
    this.key = key;
    this.window = window;
  }
}

export interface WindowTotals {
  bytes: number;
  events: number;
  /** Entries dropped by a cap before their time. */
  dropped: number;
  /** The ends of the chain. */
  oldest?: Entry | undefined;
  newest?: Entry | undefined;
}

export class Window {
  readonly fingerprint: string;
  readonly buckets = new Map<string, Bucket>();
  readonly #totals: WindowTotals;

  constructor(fingerprint: string, totals: WindowTotals) {
    this.fingerprint = fingerprint;
    this.#totals = totals;
  }

  /** `entriesMax`: what a bucket of the window holds at most; see `Composite`. */
  append(
    key: string,
    remembered: Remembered,
    compared: readonly (string | undefined)[],
    entriesMax = BUCKET_ENTRIES_MAX,
  ): void {
    let bucket = this.buckets.get(key);
    if (bucket === undefined) {
      // A bucket may outlive the event that it began with.
      bucket = new Bucket(ownCopy(key), this);
      this.buckets.set(bucket.key, bucket);
      this.#totals.bytes += bucketBytes + key.length;
    }
    if (bucket.length >= entriesMax) {
      this.#shift(bucket);
      // A smaller limit is how the rule counts, and no loss.
      if (entriesMax === BUCKET_ENTRIES_MAX) this.#totals.dropped += 1;
    }
    const before = bucket.at(bucket.length - 1)?.latestMs ?? Number.NEGATIVE_INFINITY;
    const { newest } = this.#totals;
    const latestMs = Math.max(before, remembered.eventMs);
    const entry: Entry = { remembered, compared, latestMs, bucket, earlier: newest, later: undefined };
    bucket.push(entry);
    bucket.index?.add(entry);
    if (newest === undefined) this.#totals.oldest = entry;
    else newest.later = entry;
    this.#totals.newest = entry;
    if (remembered.entryCount === 0) {
      this.#totals.bytes += costOf(remembered);
      this.#totals.events += 1;
    }
    remembered.entryCount += 1;
    this.#totals.bytes += entryCost(compared);
  }

  #shift(bucket: Bucket): void {
    const entry = bucket.shift();
    if (entry === undefined) return;
    bucket.index?.removeOldest(entry);
    this.#letGo(entry);
  }

  /** Of an entry that is in its bucket no more. */
  #letGo(entry: Entry): void {
    const { remembered, compared, earlier, later } = entry;
    const totals = this.#totals;
    if (earlier === undefined) totals.oldest = later;
    else earlier.later = later;
    if (later === undefined) totals.newest = earlier;
    else later.earlier = earlier;
    totals.bytes -= entryCost(compared);
    remembered.entryCount -= 1;
    if (remembered.entryCount > 0) return;
    totals.bytes -= costOf(remembered);
    totals.events -= 1;
  }

  #removeEmpty(bucket: Bucket): void {
    if (bucket.length > 0) return;
    this.buckets.delete(bucket.key);
    this.#totals.bytes -= bucketBytes + bucket.key.length;
  }

  /** Removes the oldest entry of the bucket, and a bucket that is empty then. */
  dropOldestOf(bucket: Bucket): void {
    this.#shift(bucket);
    this.#removeEmpty(bucket);
  }

  /** Removes the oldest entry of each bucket, and buckets that are empty then. */
  dropOldest(): void {
    for (const bucket of this.buckets.values()) this.dropOldestOf(bucket);
  }

  /** Removes the oldest entries of each bucket while `hasLeft` says so, and buckets that are empty then. */
  removeOldest(hasLeft: (remembered: Remembered) => boolean): number {
    let removed = 0;
    for (const bucket of this.buckets.values()) {
      for (let entry = bucket.at(0); entry !== undefined && hasLeft(entry.remembered); entry = bucket.at(0)) {
        this.#shift(bucket);
        removed += 1;
      }
      this.#removeEmpty(bucket);
    }
    return removed;
  }

  /** Removes entries wherever they stand; the others keep their order. */
  removeWhere(isUnwanted: (remembered: Remembered) => boolean): void {
    for (const bucket of this.buckets.values()) {
      const kept: Entry[] = [];
      bucket.index = undefined;
      let latestMs = Number.NEGATIVE_INFINITY;
      const count = bucket.length;
      for (let index = 0; index < count; index += 1) {
        const entry = bucket.shift();
        if (entry === undefined) break;
        if (isUnwanted(entry.remembered)) this.#letGo(entry);
        else {
          latestMs = Math.max(latestMs, entry.remembered.eventMs);
          entry.latestMs = latestMs;
          kept.push(entry);
        }
      }
      for (const entry of kept) bucket.push(entry);
      this.#removeEmpty(bucket);
    }
  }
}

/** Removes the oldest event from all windows, which stands first in each of its buckets; returns how many entries. */
export function dropOldestEvent(totals: WindowTotals): number {
  const seq = totals.oldest?.remembered.seq;
  let removed = 0;
  for (let entry = totals.oldest; entry !== undefined && entry.remembered.seq === seq; entry = totals.oldest) {
    entry.bucket.window.dropOldestOf(entry.bucket);
    removed += 1;
  }
  return removed;
}

/** All entries of the event of one, which stand together in the chain. */
export function entriesOfEvent(entry: Entry): Entry[] {
  const { remembered } = entry;
  const entries = [entry];
  for (let one = entry.earlier; one?.remembered === remembered; one = one.earlier) entries.push(one);
  for (let one = entry.later; one?.remembered === remembered; one = one.later) entries.push(one);
  return entries;
}

/** Puts the chain in order when windows were filled one after the other. */
export function orderChain(totals: WindowTotals): void {
  const entries: Entry[] = [];
  for (let entry = totals.oldest; entry !== undefined; entry = entry.later) entries.push(entry);
  entries.sort((a, b) => a.remembered.seq - b.remembered.seq);
  let earlier: Entry | undefined;
  for (const entry of entries) {
    entry.earlier = earlier;
    entry.later = undefined;
    if (earlier !== undefined) earlier.later = entry;
    earlier = entry;
  }
  totals.oldest = entries[0];
  totals.newest = earlier;
}

function costOf(remembered: Remembered): number {
  return rememberedBytes + remembered.log.length;
}

function entryCost(compared: readonly (string | undefined)[]): number {
  let bytes = entryBytes;
  for (const value of compared) bytes += 8 + (value?.length ?? 0);
  return bytes;
}
