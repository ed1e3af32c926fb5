/**
 * When a run with `--once` is over. What the master answers counts all events of the workers, and they are not the
 * feed's alone: a notice of a followed file or one stray syslog line counts too, and an event that cannot be decoded
 * never does. So the count alone ends nothing: the data path must be empty as well, and stay so for a while.
 */

/** The data path at one look. */
export interface FeedLook {
  /** Events of the workers that have been answered since the journal began. */
  analysed: number;
  /** Every worker is up and has nothing waiting, and the engine has answered all that the master holds. */
  isEmpty: boolean;
}

/** Followed files are looked at far more often than this, and nodes report their spools every second or so. */
const settledMs = 1_500;
/** An empty data path that gives no more for so long has lost what is missing. */
const emptyMsMax = 15_000;
/** So long may a node be away, or the engine stand still, before the run is given up. */
const stuckMsMax = 120_000;

export class FeedEnd {
  readonly #lines: number;
  #analysed = -1;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #emptySinceMs: number | undefined;

  /** `lines`: how many the feed has. */
  constructor(lines: number) {
    this.#lines = lines;
  }

  /** When the engine was last seen to answer anything: a run took until then, not until it was known to be over. */
  get lastProgressMs(): number {
    return this.#sinceMs;
  }

  /** `undefined`: the master does not answer. Returns whether the run is over. */
  isOver(look: FeedLook | undefined, nowMs: number): boolean {
    if (this.#analysed < 0 || (look !== undefined && look.analysed !== this.#analysed)) {
      this.#analysed = look?.analysed ?? 0;
      this.#sinceMs = nowMs;
      this.#emptySinceMs = undefined;
    }
    if (look?.isEmpty !== true) this.#emptySinceMs = undefined;
    else this.#emptySinceMs ??= nowMs;
    if (nowMs - this.#sinceMs >= stuckMsMax) return true;
    if (this.#emptySinceMs === undefined) return false;
    const emptyMs = nowMs - this.#emptySinceMs;
    return emptyMs >= (this.#analysed >= this.#lines ? settledMs : emptyMsMax);
  }
}
