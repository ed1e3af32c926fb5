/**
 * The ledger of a spool: which segments there are, which seqs each stands for, what has been acknowledged. Pure; the
 * files follow it.
 *
 * Invariants: segments are in the order of their ordinals, epochs follow one another without mixing, the last segment
 * is the one being written. What a segment stands for is `first` to `lastOf`, whether its records can be read or not.
 */
import { must } from "../base/assert.ts";
import { isSameEpoch, nameOfEpoch, type Epoch, type Predecessor } from "./lane.ts";

/** How often a seq is noted with its time; the error of `oldestMs`. */
const sampleEveryMs = 500;
const samplesMax = 4_096;

export interface SegmentEntry {
  readonly ordinal: number;
  readonly path: string;
  readonly salt: Buffer;
  readonly epoch: Epoch;
  readonly predecessor: Predecessor | undefined;
  readonly preamble: Buffer;
  readonly first: number;
  readonly createdMs: number;
  /** Wall clock: when its file was last written, as the start found it; undefined for one that this run began. */
  readonly writtenMs: number | undefined;
  readonly framesAt: number;
  /** Where its durable frames end: bytes of the file. */
  end: number;
  isDropped: boolean;
  isDamaged: boolean;
  /** Its last seq where no segment after it says so; meaningless in the others. */
  ownLast: number;
}

export class Ledger {
  readonly #segments: SegmentEntry[] = [];
  readonly #acknowledged = new Map<string, number>();
  /** Of the current epoch: from `seq` on events were appended at `atMs` (monotonic) or later. */
  #samples: { seq: number; atMs: number }[] = [];

  get segments(): readonly SegmentEntry[] {
    return this.#segments;
  }

  /** The segment being written. */
  get active(): SegmentEntry {
    return must(this.#segments.at(-1), "a spool has at least one segment");
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.end, 0);
  }

  add(segment: SegmentEntry): void {
    if (this.#segments.length > 0 && !isSameEpoch(segment.epoch, this.active.epoch)) this.#samples = [];
    this.#segments.push(segment);
  }

  remove(segment: SegmentEntry): void {
    const at = this.#segments.indexOf(segment);
    if (at < 0) return;
    this.#segments.splice(at, 1);
    if (!this.#segments.some((other) => isSameEpoch(other.epoch, segment.epoch))) {
      this.#acknowledged.delete(nameOfEpoch(segment.epoch));
    }
  }

  /** Puts another file's entry in the place of `segment`. */
  replace(segment: SegmentEntry, by: SegmentEntry): void {
    const at = this.#segments.indexOf(segment);
    if (at >= 0) this.#segments[at] = by;
  }

  ofEpoch(epoch: Epoch): SegmentEntry[] {
    return this.#segments.filter((segment) => isSameEpoch(segment.epoch, epoch));
  }

  /** The last seq that the segment stands for; `first - 1` when it stands for none. */
  lastOf(segment: SegmentEntry): number {
    return this.#lastAt(segment, this.#segments.indexOf(segment));
  }

  #lastAt(segment: SegmentEntry, index: number): number {
    const next = this.#segments[index + 1];
    if (next === undefined) return segment.ownLast;
    if (isSameEpoch(next.epoch, segment.epoch)) return next.first - 1;
    const before = next.predecessor;
    return before !== undefined && isSameEpoch(before.epoch, segment.epoch) ? before.last : segment.ownLast;
  }

  /** Whether the segment after this one says what the last seq of this one is. */
  isLastTold(segment: SegmentEntry): boolean {
    const next = this.#segments[this.#segments.indexOf(segment) + 1];
    if (next === undefined) return false;
    const before = next.predecessor;
    return isSameEpoch(next.epoch, segment.epoch) || (before !== undefined && isSameEpoch(before.epoch, segment.epoch));
  }

  /** The segment that stands for the seq or, where none does, the next one after it. */
  find(epoch: Epoch, seq: number): SegmentEntry | undefined {
    return this.#segments.find(
      (segment, index) => isSameEpoch(segment.epoch, epoch) && this.#lastAt(segment, index) >= seq,
    );
  }

  /** The last durable seq of an epoch that is held. */
  lastOfEpoch(epoch: Epoch): number {
    const last = this.ofEpoch(epoch).at(-1);
    return last === undefined ? 0 : this.lastOf(last);
  }

  /** The last seq acknowledged of an epoch, or -1 when not even its own record has been. */
  acknowledgedOf(epoch: Epoch): number {
    return this.#acknowledged.get(nameOfEpoch(epoch)) ?? -1;
  }

  /** Returns whether that is news. */
  acknowledge(epoch: Epoch, last: number): boolean {
    if (this.ofEpoch(epoch).length === 0 || last <= this.acknowledgedOf(epoch)) return false;
    this.#acknowledged.set(nameOfEpoch(epoch), last);
    if (isSameEpoch(epoch, this.active.epoch)) this.#forgetSamples(last);
    return true;
  }

  /** The first segment, when everything that it stands for is acknowledged and it is not being written. */
  releasable(): SegmentEntry | undefined {
    const segment = this.#segments[0];
    if (segment === undefined || this.#segments.length === 1) return undefined;
    return this.acknowledgedOf(segment.epoch) >= this.lastOf(segment) ? segment : undefined;
  }

  /** The oldest segment whose events can still be dropped; not the one being written. */
  droppable(): SegmentEntry | undefined {
    return this.#segments.find((segment) => !segment.isDropped && segment !== this.active);
  }

  /** The dropped segment just before `segment`, of the same epoch: its range will take that of `segment` in. */
  droppedBefore(segment: SegmentEntry): SegmentEntry | undefined {
    const before = this.#segments[this.#segments.indexOf(segment) - 1];
    return before?.isDropped === true && isSameEpoch(before.epoch, segment.epoch) ? before : undefined;
  }

  /** Events of the segment that are not acknowledged. */
  waitingIn(segment: SegmentEntry): number {
    return this.#waitingAt(segment, this.#segments.indexOf(segment));
  }

  #waitingAt(segment: SegmentEntry, index: number): number {
    const from = Math.max(segment.first, this.acknowledgedOf(segment.epoch) + 1);
    return Math.max(0, this.#lastAt(segment, index) - from + 1);
  }

  /** Durable events that are not acknowledged and can be read. */
  get waiting(): number {
    return this.#segments.reduce(
      (sum, segment, index) => sum + (segment.isDropped ? 0 : this.#waitingAt(segment, index)),
      0,
    );
  }

  /** Notes that the event `seq` of the current epoch was appended at `atMs`, now and then. */
  sample(seq: number, atMs: number): void {
    const latest = this.#samples.at(-1);
    if (latest !== undefined && atMs - latest.atMs < sampleEveryMs) return;
    this.#samples.push({ seq, atMs });
    // A day without a master at two samples a second: every second one tells enough.
    if (this.#samples.length > samplesMax) this.#samples = this.#samples.filter((_, index) => index % 2 === 0);
  }

  #forgetSamples(acknowledged: number): void {
    if (acknowledged >= this.active.ownLast) this.#samples = [];
    while ((this.#samples[1]?.seq ?? Infinity) <= acknowledged + 1) this.#samples.shift();
  }

  /** The age of the oldest event that waits; of an event of another epoch, an estimate. */
  oldestMs(wallMs: number, monotonicMs: number): number {
    const at = this.#segments.findIndex((segment, index) => !segment.isDropped && this.#waitingAt(segment, index) > 0);
    const oldest = this.#segments[at];
    if (oldest === undefined) return 0;
    const sample = this.#samples[0];
    if (isSameEpoch(oldest.epoch, this.active.epoch) && sample !== undefined) return monotonicMs - sample.atMs;
    return Math.max(0, wallMs - this.#oldestTimeIn(oldest, at, wallMs));
  }

  /**
   * When the oldest waiting event of the segment was written: its share of the events between the segment's beginning
   * and its last write, which is when its last event came. A node that was killed while all went well has its last few
   * events waiting, and they are not as old as a segment that was begun hours before.
   */
  #oldestTimeIn(segment: SegmentEntry, index: number, wallMs: number): number {
    const { first, createdMs, writtenMs } = segment;
    const endMs = Math.max(createdMs, Math.min(writtenMs ?? this.#segments[index + 1]?.createdMs ?? createdMs, wallMs));
    const count = this.#lastAt(segment, index) - first + 1;
    const acknowledged = count - this.#waitingAt(segment, index);
    return createdMs + ((acknowledged + 1) / count) * (endMs - createdMs);
  }
}
