/**
 * The journal of the master: every record of every lane in one order, and the master's own intake and control records
 * among them. docs/protocol/spool-format.md has the bytes and the recovery.
 *
 * Two tables say what is held of each lane: *received* decides about the next record, *durable* is what acks are made
 * of. A record is judged when it is given, in the order of the calls, and written in that order; whatever was judged
 * and is not on the disk when the process dies was never acknowledged.
 */
import { assert } from "../base/assert.ts";
import type { Clock, Timer } from "../base/clock.ts";
import type { CrashPoint } from "../base/crash-point.ts";
import type { Disk } from "../base/disk.ts";
import { describeError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import { Committer, Slot, type Item } from "./commit.ts";
import { Compressor } from "./compressor.ts";
import { EpochClock } from "./epoch-clock.ts";
import type { SpoolError } from "./errors.ts";
import { CONTROL_BYTES_MAX, FRAME_HEADER_BYTES, type FrameParts } from "./frame.ts";
import { recoverJournal, type JournalDamage, type LostRange, type RecoveredJournal } from "./journal-recovery.ts";
import { JournalSegments } from "./journal-segments.ts";
import { isSameEpoch, nameOfEpoch, type Batch, type Epoch, type LaneRecord, type Predecessor } from "./lane.ts";
import { LaneWriter } from "./lane-writer.ts";
import { originBytes, writeOrigin, type Origin } from "./origin.ts";
import { epochRecord, parseRecord } from "./record.ts";
import type { SegmentWriter } from "./segment.ts";
import { drawEpochBits, type SpoolLimits, type SpoolStats, type SyncMode } from "./spool.ts";
import { LaneTable, type EpochNote, type LaneState, type MarkTable, type StoreRefusal } from "./table.ts";

export type { JournalDamage, LostRange } from "./journal-recovery.ts";
export type { Origin } from "./origin.ts";
export type { LaneState, StoreRefusal } from "./table.ts";

/** The master's own intake is in one lane. */
const ownLane = 0;
const tickMs = 1_000;

export interface JournalOptions {
  disk: Disk;
  clock: Clock;
  random: Random;
  log: Log;
  crash: CrashPoint;
  /** Absolute; made when absent. */
  folder: string;
  /** The master's own name, under which its own intake is numbered. */
  node: string;
  limits: SpoolLimits;
  sync: SyncMode;
  /** Of the master's own epoch. */
  preamble: Uint8Array;
  /** The control record that declares events lost by damage; it is journalled together with the own epoch. */
  holeRecord(lost: LostRange): Uint8Array;
}

/**
 * `stored` and `duplicate` resolve when everything of the epoch up to `last` is durable; `last` is what to acknowledge.
 * `note`: rolled_back: the node's predecessor ends below what is held here. lane_restarted: the epoch names no
 * predecessor, or none that is known here, although the lane has a history: its spool was lost or replaced.
 */
export type StoreResult =
  | { code: "stored" | "duplicate"; last: number; note?: EpochNote }
  | { code: StoreRefusal; last: number };

export class Journal {
  readonly #options: JournalOptions;
  readonly #segments: JournalSegments;
  readonly #received = new LaneTable();
  readonly #durable: LaneTable;
  readonly #marks: MarkTable;
  readonly #committer: Committer;
  readonly #own: LaneWriter;
  readonly #clock: EpochClock;
  readonly #listeners = new Set<(position: number) => void>();
  /** What recovery found, and `open` has declared. Usually empty. */
  readonly damages: readonly JournalDamage[];
  #preamble: Buffer;
  #receivedMs: number;
  #durablePosition: number;
  #pendingBytes = 0;
  #waiting: (() => void)[] = [];
  #isFull = false;
  #appended = 0;
  #timer: Timer | undefined;
  #isClosed = false;

  private constructor(
    options: JournalOptions,
    recovered: RecoveredJournal,
    { segments, first }: { segments: JournalSegments; first: SegmentWriter },
    epoch: Epoch,
  ) {
    const { limits, folder, crash } = options;
    this.#options = options;
    this.#segments = segments;
    this.#durable = recovered.table;
    this.#received.restore(recovered.table.states());
    this.#marks = recovered.marks;
    this.#receivedMs = recovered.receivedMs;
    this.#durablePosition = recovered.position;
    this.#preamble = Buffer.from(options.preamble);
    this.damages = recovered.damages;
    this.#clock = new EpochClock(options.clock);
    this.#committer = new Committer(
      {
        folder,
        segmentBytesMax: limits.segmentBytesMax,
        groupBytesMax: limits.groupBytesMax,
        syncsEachGroup: options.sync === "batch",
        crash,
        crashNames: { written: "journal.batch.written", synced: "journal.batch.synced" },
        makeRoom: (bytes, isReserved) => segments.makeRoom(bytes, isReserved),
        beginSegment: () =>
          segments.begin({ table: this.#durable, marks: this.#marks }, this.#durablePosition, this.#receivedMs),
        onSynced: (segment) => this.#onSynced(segment),
        onBlocked: (error) => this.#onBlocked(error),
      },
      first,
    );
    this.#own = new LaneWriter(
      {
        lane: ownLane,
        committer: this.#committer,
        compressor: new Compressor(),
        queueBytesMax: limits.queueBytesMax,
        resolvesOnSync: options.sync === "batch",
        extension: () => this.#extension(this.#ownOrigin()),
        extensionBytes: originBytes(options.node),
        onWritten: () => undefined,
        onSynced: (record, marks) => {
          this.#enter(options.node, record);
          this.#marks.apply(marks);
        },
      },
      epoch,
    );
  }

  /**
   * Recovers the last segment, then begins a new own epoch and journals it. Throws `SpoolError`: ARGUS_SPOOL_IO,
   * ARGUS_SPOOL_VERSION, and what an append may reject with.
   */
  static async open(options: JournalOptions): Promise<Journal> {
    const { disk, folder, node, limits, log } = options;
    const recovered = await recoverJournal({ disk, folder, node, marksMax: limits.marksMax, log });
    const segments = new JournalSegments(options, recovered.segments);
    const first = await segments.begin(recovered, recovered.position, recovered.receivedMs);
    const predecessor = lastEpochOf(recovered.table, node);
    const number = highestNumberOf(recovered.table, node) + 1;
    const epoch = { number, bits: drawEpochBits(options.random) };
    const journal = new Journal(options, recovered, { segments, first }, epoch);
    await journal.#beginAnew(epoch, predecessor);
    journal.#tick();
    return journal;
  }

  /**
   * In one commit, since recovery takes a segment that has a record for one that declares the holes before it. With the
   * reserve: a full journal must open, or the analysis could never make room in it.
   */
  async #beginAnew(epoch: Epoch, predecessor: Predecessor | undefined): Promise<void> {
    const { holeRecord } = this.#options;
    const holes = this.damages.flatMap(({ lost }) => lost).map((lost) => this.#controlItem(holeRecord(lost), 0));
    const begun = this.#laneItem(this.#ownEpochRecord(epoch, predecessor), this.#ownOrigin());
    this.#committer.pushReserved(...holes.map(({ item }) => item), begun.item);
    await Promise.all([begun.done, ...holes.map(({ done }) => done)]);
  }

  /** Resolves, once, when the disk has failed: the node must stop with this error. */
  get failure(): Promise<SpoolError> {
    return this.#committer.failure;
  }

  /** Stores a worker's record if it is the next one of its lane; waits while the share is full. Never inflates. */
  store(record: LaneRecord, from: Origin): Promise<StoreResult> {
    assert(from.node !== this.#options.node, "a peer stores under our own name");
    const refusal = this.#committer.refusal;
    if (refusal !== undefined) return Promise.reject(refusal);
    const parsed = parseRecord(record.bytes);
    if (parsed === undefined) return Promise.resolve({ code: "record_damaged", last: 0 });
    if (!isSameNumbers(parsed, record)) return Promise.resolve({ code: "record_mismatch", last: 0 });
    const judgement = this.#received.accept(from.node, parsed);
    if (judgement.code === "duplicate") return this.#whenDurable(from.node, parsed, judgement);
    if (judgement.code !== "stored") return Promise.resolve(judgement);
    return this.#push(parsed, from).then(() => judgement);
  }

  /** A duplicate is acknowledged like the original: when that is on the disk. */
  #whenDurable(node: string, record: LaneRecord, judgement: StoreResult): Promise<StoreResult> {
    const durable = this.#durable.lastOf(node, record.lane, record.epoch);
    if (durable !== undefined && durable >= judgement.last) return Promise.resolve(judgement);
    return new Promise((resolve, reject) => {
      this.#committer.push(new Slot(reject, async () => resolve(judgement)));
    });
  }

  /** Gives a lane record to the committer; resolves when it is on the disk. */
  #push(record: LaneRecord, from: Origin): Promise<void> {
    const { item, done } = this.#laneItem(record, from);
    this.#committer.push(new Slot(item.failed, undefined, item));
    return done;
  }

  #laneItem(record: LaneRecord, from: Origin): { item: Item; done: Promise<void> } {
    const bytes = FRAME_HEADER_BYTES + originBytes(from.node) + record.bytes.length;
    const { promise: done, resolve, reject } = pending<void>();
    this.#pendingBytes += bytes;
    const settle = (): void => {
      this.#pendingBytes -= bytes;
      this.#wakeReady();
    };
    const item: Item = {
      bytes,
      parts: (): FrameParts => ({ kind: "lane", extension: this.#extension(from), body: record.bytes }),
      written: () => undefined,
      synced: () => {
        this.#enter(from.node, record);
        settle();
        resolve();
      },
      failed: (error) => {
        settle();
        reject(error);
      },
    };
    return { item, done };
  }

  #enter(node: string, record: LaneRecord): void {
    const { code } = this.#durable.accept(node, record);
    assert(code === "stored" || record.count === 0, "a record was written out of order");
    if (record.kind === "events") this.#appended += record.count;
  }

  #extension(from: Origin): Buffer {
    this.#receivedMs = Math.max(this.#receivedMs, from.receivedMs);
    return writeOrigin({ ...from, receivedMs: this.#receivedMs });
  }

  /** The master's own intake: as `Spool.append`. Waits while the share is full. */
  appendOwn(batch: Batch): Promise<void> {
    return this.#own.append(batch);
  }

  #ownEpochRecord(epoch: Epoch, predecessor: Predecessor | undefined): LaneRecord {
    return epochRecord(ownLane, epoch, predecessor, this.#preamble);
  }

  #ownOrigin(): Origin {
    const { node, clock } = this.#options;
    return { node, receivedMs: clock.wallMs(), offsetMs: 0 };
  }

  /** At most 64 KiB. Resolves with the position of the record when it is durable; has a reserve of 1 MiB. */
  appendControl(bytes: Uint8Array): Promise<number> {
    return this.#appendControl(bytes, 0);
  }

  /**
   * As `appendControl`, for the record that says that the wall clock was set back (`byMs` < 0): `receivedMs` never
   * falls but with this record, by as much, so that the times of arrival do not stand still until the clock has caught
   * up.
   */
  appendClockStep(bytes: Uint8Array, byMs: number): Promise<number> {
    assert(byMs < 0, "only a clock that was set back holds arrivals up");
    return this.#appendControl(bytes, byMs);
  }

  #appendControl(bytes: Uint8Array, stepMs: number): Promise<number> {
    const refusal = this.#committer.refusal;
    if (refusal !== undefined) return Promise.reject(refusal);
    const { item, done } = this.#controlItem(bytes, stepMs);
    this.#committer.pushReserved(item);
    return done;
  }

  #controlItem(bytes: Uint8Array, stepMs: number): { item: Item; done: Promise<number> } {
    assert(bytes.length <= CONTROL_BYTES_MAX, "a control record is at most 64 KiB");
    const body = Buffer.from(bytes);
    const { promise: done, resolve, reject } = pending<number>();
    let position = 0;
    let leftMs = stepMs;
    const item: Item = {
      bytes: FRAME_HEADER_BYTES + originBytes(this.#options.node) + body.length,
      parts: () => {
        this.#receivedMs += leftMs;
        leftMs = 0; // A group that a full disk has refused is formed again.
        return { kind: "control", extension: this.#extension(this.#ownOrigin()), body };
      },
      written: (segment, offset) => {
        position = this.#segments.active.base + offset - segment.framesAt;
      },
      synced: () => resolve(position),
      failed: reject,
    };
    return { item, done };
  }

  /** The least `receivedMs` of the next record: above the wall clock, the clock was set back while nobody looked. */
  get receivedMs(): number {
    return this.#receivedMs;
  }

  /** Take-in time of the own epoch, as `Spool.nowMs`. */
  nowMs(): number {
    return this.#clock.nowMs();
  }

  /** Whether `appendOwn` and the link must wait until `ready()`. */
  get isBusy(): boolean {
    return this.#own.isBusy || this.#pendingBytes >= this.#options.limits.queueBytesMax;
  }

  /** Resolves when `isBusy` is false (at once if it is), or when the journal has failed or closed. */
  async ready(): Promise<void> {
    await this.#own.ready();
    if (this.#pendingBytes < this.#options.limits.queueBytesMax) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wakeReady(): void {
    if (this.#waiting.length === 0 || this.#pendingBytes >= this.#options.limits.queueBytesMax) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** The last durable position of each of the master's own sources. */
  marks(): Map<string, Buffer> {
    return this.#marks.copy();
  }

  /** What is durable, per node and lane: the acks of hello. */
  table(): LaneState[] {
    return this.#durable.states();
  }

  /** Everything before it is durable: the limit for `JournalReader.next`. */
  get durablePosition(): number {
    return this.#durablePosition;
  }

  /** The position of the oldest record kept. */
  get oldestPosition(): number {
    return this.#segments.oldest?.base ?? 0;
  }

  /** Called after every commit with the durable position. Returns the function that ends it. */
  onDurable(listener: (position: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A new own epoch (clock step, changed preamble). Resolves when it is journalled. */
  async beginEpoch(reason: string, preamble: Uint8Array = this.#preamble): Promise<void> {
    const refusal = this.#committer.refusal;
    if (refusal !== undefined) throw refusal;
    const before = { epoch: this.#own.epoch, last: this.#own.last };
    const epoch = { number: before.epoch.number + 1, bits: drawEpochBits(this.#options.random) };
    this.#preamble = Buffer.from(preamble);
    this.#own.become(epoch);
    this.#clock.restart();
    this.#options.log.info(`journal: epoch ${nameOfEpoch(epoch)} follows ${nameOfEpoch(before.epoch)}: ${reason}`);
    await this.#push(this.#ownEpochRecord(epoch, before), this.#ownOrigin());
  }

  /**
   * Removes the segments that lie wholly behind `checkpointPosition` and whose last record is older than `keepMs`. When
   * less than an eighth of the share is free, those behind the checkpoint go earlier, and it is logged. A file that
   * cannot be removed is logged, and tried again the next time.
   */
  async removeBehind(checkpointPosition: number, nowMs: number, keepMs: number): Promise<void> {
    await this.#segments.removeBehind(checkpointPosition, nowMs, keepMs);
    // What waits for more room than an eighth looks for itself what may go, now that the checkpoint has moved.
    this.#committer.unblock();
  }

  /** `events` is always 0: the journal does not know what has been analysed. `oldestMs`: age of the oldest segment. */
  stats(): SpoolStats {
    const { clock, limits } = this.#options;
    const oldestMs = Math.max(0, clock.wallMs() - (this.#segments.oldest?.createdMs ?? clock.wallMs()));
    const { bytesMax } = limits;
    const lost = this.damages.reduce(
      (sum, { lost: ranges }) => sum + ranges.reduce((all, { count }) => all + count, 0),
      0,
    );
    return {
      events: 0,
      bytes: this.#segments.bytes,
      bytesMax,
      oldestMs,
      isFull: this.#isFull,
      appended: this.#appended,
      lost,
    };
  }

  /** Writes what is pending, syncs, closes the file. What waits for a full share rejects. May be called twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#committer.close();
    await this.#segments.settled();
  }

  #tick(): void {
    if (this.#isClosed) return;
    this.#timer = this.#options.clock.after(tickMs, () => this.#tick());
    if (this.#committer.refusal !== undefined) return;
    this.#committer.syncIfDue();
    this.#committer.unblock();
  }

  #onSynced(segment: SegmentWriter): void {
    const { active } = this.#segments;
    active.bytes = segment.synced;
    this.#durablePosition = active.base + segment.synced - segment.framesAt;
    if (this.#isFull && !this.#committer.isBlocked) {
      this.#isFull = false;
      this.#options.log.info("journal: there is room again, batches are taken in");
    }
    for (const listener of this.#listeners) listener(this.#durablePosition);
  }

  #onBlocked(error: SpoolError | undefined): void {
    if (this.#isFull) return;
    this.#isFull = true;
    const { limits, folder, log } = this.#options;
    const why = error === undefined ? `its ${limits.bytesMax} bytes in ${folder} are full` : describeError(error);
    log.warning(`journal: batches wait, because ${why}; it goes on when the analysis has caught up, or there is room`);
  }
}

/** A promise and what settles it. */
function pending<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: SpoolError) => void } {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: SpoolError) => void = () => undefined;
  const promise = new Promise<T>((whenDone, whenFailed) => {
    resolve = whenDone;
    reject = whenFailed;
  });
  return { promise, resolve, reject };
}

function isSameNumbers(a: LaneRecord, b: LaneRecord): boolean {
  return (
    a.kind === b.kind &&
    a.lane === b.lane &&
    a.first === b.first &&
    a.count === b.count &&
    isSameEpoch(a.epoch, b.epoch)
  );
}

function lastEpochOf(table: LaneTable, node: string): Predecessor | undefined {
  const current = table.lane(node, ownLane)?.epochs.at(-1);
  return current === undefined ? undefined : { ...current };
}

function highestNumberOf(table: LaneTable, node: string): number {
  return Math.max(0, ...(table.lane(node, ownLane)?.epochs ?? []).map(({ epoch }) => epoch.number));
}
