/**
 * Since when something lies in the journal that is not analysed. The engine's distance in bytes or events says nothing
 * of time, and the journal's own times of arrival say too much after a quiet hour: with one new event the last analysed
 * record is an hour old, and the event is not. So two bounds of its age are known, and the lower one counts:
 *
 *   - it arrived after the last analysed record, so it is no older than the time since that one was received;
 *   - it became durable after the durable position last stood at or before the analysed one, so it is no older than
 *     the time since then. That is known only of this run: after a restart with a backlog the first bound is left, and
 *     it is the backlog's true age.
 *
 * And one bound from below: what stood in the journal at the start is no younger than this run.
 */

/** Until `leftMs` (monotonic) the journal was durable up to `position` and no further. */
interface Mark {
  readonly position: number;
  readonly leftMs: number;
}

/** Marks that lie closer together are one: the error of an age. */
const markEveryMs = 250;
/** Over a quarter of an hour of marks. Where more is behind events come steadily, and the first bound is as good. */
const marksMax = 4_096;

export class JournalLag {
  #marks: Mark[] = [];
  #durable: number;
  readonly #beganMs: number;

  /** `durable`: where the journal stands at the start, which is at `monotonicMs`. */
  constructor(durable: number, monotonicMs: number) {
    this.#durable = durable;
    this.#beganMs = monotonicMs;
  }

  /** The journal is durable up to `position` now. */
  onDurable(position: number, monotonicMs: number): void {
    const last = this.#marks.at(-1);
    const isApart = last === undefined || monotonicMs - last.leftMs >= markEveryMs;
    if (position > this.#durable && isApart && this.#marks.length < marksMax)
      this.#marks.push({ position: this.#durable, leftMs: monotonicMs });
    this.#durable = Math.max(this.#durable, position);
  }

  /**
   * The age of the oldest record behind `analysed`; 0 where nothing is behind it.
   * `receivedMs`: wall clock, of the last record before it; 0 where that is not known.
   */
  ageMs(analysed: number, receivedMs: number, now: { monotonicMs: number; wallMs: number }): number {
    const at = this.#marks.findLastIndex(({ position }) => position <= analysed);
    if (at > 0) this.#marks.splice(0, at);
    if (analysed >= this.#durable) return 0;
    const mark = at < 0 ? undefined : this.#marks[0];
    const sinceDurableMs = mark === undefined ? Infinity : now.monotonicMs - mark.leftMs;
    const sinceReceivedMs = receivedMs === 0 ? Infinity : now.wallMs - receivedMs;
    const ageMs = Math.min(sinceDurableMs, sinceReceivedMs);
    const ageMsMin = at < 0 ? now.monotonicMs - this.#beganMs : 0;
    return Math.round(Math.max(ageMsMin, Number.isFinite(ageMs) ? ageMs : 0));
  }
}
