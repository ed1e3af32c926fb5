/**
 * How many alerts of each level there were over time, by the time that each alert carries in its `timestamp`: bins of
 * 10 s over an hour and of a quarter of an hour over a day. Counted by the analysis, from nothing but what it answers,
 * so that a fresh analysis of the same journal comes to the same counts; saved in the checkpoint, so that each alert
 * is counted exactly once, wherever the process was killed.
 *
 * A span ends with the newest time seen; bins that have left it are dropped, and alerts of a time before it are not
 * counted. When the master's clock was set back the newest time follows it. Bins of what is then the future stay as
 * they are, because their alerts carry that time, and are counted on when the time comes there again.
 */
import type { LevelBin, LevelsReply } from "../api/contract/reply.ts";

export const hourBinMs = 10_000;
export const hourBins = 360;
export const dayBinMs = 900_000;
export const dayBins = 96;

/** Rules have levels 0 to 16. */
const levelMax = 16;

interface Bin {
  readonly atMs: number;
  /** By level. */
  readonly counts: number[];
  isChanged: boolean;
}

/** The bins of one length over a span of `binCount` of them. */
export class BinnedLevels {
  readonly #binMs: number;
  readonly #binCount: number;
  readonly #bins = new Map<number, Bin>();
  /** The bin counted last: most alerts go where the one before went. */
  #last: Bin | undefined;
  /** The begin of the newest bin seen. */
  #newestMs = 0;

  constructor(binMs: number, binCount: number) {
    this.#binMs = binMs;
    this.#binCount = binCount;
  }

  /** Counts `count` alerts of the time `atMs`; those of a time before the span are passed over. */
  add(atMs: number, level: number, count = 1): void {
    const start = this.#startOf(atMs);
    const bin = this.#last?.atMs === start ? this.#last : this.#binAt(start);
    if (bin === undefined) return;
    this.#last = bin;
    bin.counts[level] = (bin.counts[level] ?? 0) + count;
    bin.isChanged = true;
  }

  #startOf(atMs: number): number {
    return Math.floor(atMs / this.#binMs) * this.#binMs;
  }

  #binAt(start: number): Bin | undefined {
    if (start > this.#newestMs) this.#moveTo(start);
    if (start <= this.#newestMs - this.#binMs * this.#binCount) return undefined;
    let bin = this.#bins.get(start);
    if (bin === undefined) {
      bin = { atMs: start, counts: new Array<number>(levelMax + 1).fill(0), isChanged: false };
      this.#bins.set(start, bin);
    }
    return bin;
  }

  #moveTo(newestMs: number): void {
    this.#newestMs = newestMs;
    const endMs = newestMs - this.#binMs * this.#binCount;
    for (const atMs of this.#bins.keys()) if (atMs <= endMs) this.#bins.delete(atMs);
  }

  clockStepped(byMs: number): void {
    if (byMs >= 0) return;
    this.#newestMs = this.#startOf(Math.max(0, this.#newestMs + byMs));
    // A clock that is set back again and again must not pile up bins: those farthest ahead go.
    const sorted = [...this.#bins.keys()].sort((a, b) => a - b);
    for (const atMs of sorted.slice(this.#binCount)) this.#bins.delete(atMs);
    this.#last = undefined;
  }

  /** The bins that have changed since the last call, whole, oldest first. */
  takeChanges(): LevelBin[] {
    const changed: LevelBin[] = [];
    for (const bin of this.#bins.values()) {
      if (!bin.isChanged) continue;
      bin.isChanged = false;
      changed.push(replyOf(bin));
    }
    return changed.sort(byTime);
  }

  /** All of it, oldest first. */
  all(): LevelBin[] {
    return [...this.#bins.values()].map(replyOf).sort(byTime);
  }

  /** Takes what `all` gave, as bins that have changed. */
  restore(newestMs: number, bins: readonly LevelBin[]): void {
    for (const { atMs, counts } of bins) {
      this.#newestMs = atMs; // So that it is within the span, whatever the order.
      for (const [level, count] of Object.entries(counts)) this.add(atMs, Number(level), count);
    }
    this.#newestMs = newestMs;
  }

  get newestMs(): number {
    return this.#newestMs;
  }
}

function byTime(a: LevelBin, b: LevelBin): number {
  return a.atMs - b.atMs;
}

function replyOf({ atMs, counts }: Bin): LevelBin {
  const named: Record<string, number> = {};
  for (const [level, count] of counts.entries()) if (count > 0) named[level] = count;
  return { atMs, counts: named };
}

/** As the checkpoint has it. */
export interface SavedLevels {
  hour: { newestMs: number; bins: LevelBin[] };
  day: { newestMs: number; bins: LevelBin[] };
}

export class LevelCounts {
  readonly #hour = new BinnedLevels(hourBinMs, hourBins);
  readonly #day = new BinnedLevels(dayBinMs, dayBins);

  /** One alert; `atMs` is the time that it carries. */
  add(atMs: number, level: number): void {
    this.#hour.add(atMs, level);
    this.#day.add(atMs, level);
  }

  /** The master's clock was set back (`byMs` < 0). */
  clockStepped(byMs: number): void {
    this.#hour.clockStepped(byMs);
    this.#day.clockStepped(byMs);
  }

  /** The bins that have changed since the last call; all of them at the first one. */
  takeChanges(): LevelsReply {
    return {
      hour: { binMs: hourBinMs, bins: this.#hour.takeChanges() },
      day: { binMs: dayBinMs, bins: this.#day.takeChanges() },
    };
  }

  save(): SavedLevels {
    return {
      hour: { newestMs: this.#hour.newestMs, bins: this.#hour.all() },
      day: { newestMs: this.#day.newestMs, bins: this.#day.all() },
    };
  }

  static restored({ hour, day }: SavedLevels): LevelCounts {
    const counts = new LevelCounts();
    counts.#hour.restore(hour.newestMs, hour.bins);
    counts.#day.restore(day.newestMs, day.bins);
    return counts;
  }
}
