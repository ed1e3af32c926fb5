/**
 * The counts of alerts by level as the main thread holds them: what the analysis has told, each bin with the revision
 * at which it last changed, so that a reader is told only what is new to it.
 */
import type { LevelBin, LevelsReply } from "../api/contract/reply.ts";
import { dayBinMs, dayBins, hourBinMs, hourBins } from "./level-counts.ts";

interface HeldBin {
  readonly bin: LevelBin;
  readonly revision: number;
}

class BoardSpan {
  readonly #binMs: number;
  readonly #binCount: number;
  readonly #held = new Map<number, HeldBin>();

  constructor(binMs: number, binCount: number) {
    this.#binMs = binMs;
    this.#binCount = binCount;
  }

  merge(bins: readonly LevelBin[], revision: number): void {
    for (const bin of bins) this.#held.set(bin.atMs, { bin, revision });
    // Twice as many as are shown: a clock that is wrong for a while hides bins, and must not cost them.
    const surplus = this.#held.size - 2 * this.#binCount;
    if (surplus <= 0) return;
    for (const atMs of [...this.#held.keys()].sort((a, b) => a - b).slice(0, surplus)) this.#held.delete(atMs);
  }

  /** Gives the bins that are in the span now and were not at `beforeMs` the next revision; returns whether any were. */
  reveal(beforeMs: number, nowMs: number, revision: number): boolean {
    const revealed = [...this.#held.values()].filter(
      ({ bin }) => this.#isShown(bin, nowMs) && !this.#isShown(bin, beforeMs),
    );
    for (const { bin } of revealed) this.#held.set(bin.atMs, { bin, revision });
    return revealed.length > 0;
  }

  /** Those of the span that ends now. */
  since(revision: number, nowMs: number): LevelsReply["hour"] {
    const changed = [...this.#held.values()].filter((one) => one.revision > revision && this.#isShown(one.bin, nowMs));
    return { binMs: this.#binMs, bins: changed.map(({ bin }) => bin).sort((a, b) => a.atMs - b.atMs) };
  }

  #isShown({ atMs }: LevelBin, nowMs: number): boolean {
    return atMs > nowMs - this.#binMs * this.#binCount && atMs <= nowMs;
  }
}

export class LevelBoard {
  readonly #hour = new BoardSpan(hourBinMs, hourBins);
  readonly #day = new BoardSpan(dayBinMs, dayBins);
  #revision = 0;
  /** When it was last asked. */
  #askedMs: number | undefined;

  /** Bins that have changed, with their whole counts. */
  merge({ hour, day }: LevelsReply): void {
    if (hour.bins.length === 0 && day.bins.length === 0) return;
    this.#revision += 1;
    this.#hour.merge(hour.bins, this.#revision);
    this.#day.merge(day.bins, this.#revision);
  }

  /** As `FigureFeed.levels`. */
  levels(revision: number, nowMs: number): { readonly levels: LevelsReply; readonly revision: number } {
    this.#reveal(nowMs);
    const levels = { hour: this.#hour.since(revision, nowMs), day: this.#day.since(revision, nowMs) };
    return { levels, revision: this.#revision };
  }

  /**
   * A bin of the future is told to nobody, and one that comes into the span by a step of the clock was not either: to
   * those who have read on meanwhile they are new.
   */
  #reveal(nowMs: number): void {
    const beforeMs = this.#askedMs ?? nowMs;
    this.#askedMs = nowMs;
    const revision = this.#revision + 1;
    const isHour = this.#hour.reveal(beforeMs, nowMs, revision);
    const isDay = this.#day.reveal(beforeMs, nowMs, revision);
    if (isHour || isDay) this.#revision = revision;
  }
}
