/**
 * The spool of a worker: one lane of numbered batches on disk, kept until the master has acknowledged them.
 * docs/protocol/spool-format.md has the bytes and the recovery.
 */
import { ByteWriter } from "../base/bytes.ts";
import type { Clock, Timer } from "../base/clock.ts";
import type { CrashPoint } from "../base/crash-point.ts";
import type { Disk } from "../base/disk.ts";
import { describeError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import { Committer, Slot } from "./commit.ts";
import { Compressor } from "./compressor.ts";
import { EpochClock } from "./epoch-clock.ts";
import type { SpoolError } from "./errors.ts";
import { putAside } from "./folder.ts";
import { segmentName, writeHead } from "./head.ts";
import { nameOfEpoch, type Batch, type Epoch, type LaneRecord, type Predecessor } from "./lane.ts";
import { LaneReader, REASON_DROPPED } from "./lane-reader.ts";
import { LaneWriter } from "./lane-writer.ts";
import type { Ledger, SegmentEntry } from "./ledger.ts";
import { recoverSpool, type Recovered } from "./recovery.ts";
import { SALT_BYTES } from "./frame.ts";
import { beginSegment, FILE_PERMISSIONS, ioError, type SegmentWriter } from "./segment.ts";
import type { MarkTable } from "./table.ts";

/** `batch`: synced before an append resolves. `1s`: written, and synced once a second (safe against kill -9 only). */
export type SyncMode = "batch" | "1s";
/** What happens when the share is full: senders wait, or the oldest events are declared lost. */
export type FullPolicy = "block" | "drop_oldest";

export interface SpoolLimits {
  /** The share of the disk: all files of the lane together. */
  bytesMax: number;
  segmentBytesMax: number;
  /** Raw bytes waiting in memory from which on `isBusy` is true. */
  queueBytesMax: number;
  /** Bytes written by one group commit. */
  groupBytesMax: number;
  /** Marks kept; beyond it the ones not moved for longest are forgotten. */
  marksMax: number;
}

export interface SpoolOptions {
  disk: Disk;
  clock: Clock;
  random: Random;
  log: Log;
  crash: CrashPoint;
  /** Absolute; made when absent. One lane per folder; nobody else writes there (the lock on HOME sees to that). */
  folder: string;
  lane: number;
  limits: SpoolLimits;
  policy: FullPolicy;
  sync: SyncMode;
  /** What the epoch's first record carries for the master (model's EpochPreamble); at most 1,900 bytes. */
  preamble: Uint8Array;
}

/** An epoch of which the spool holds something, or which is the current one. */
export interface HeldEpoch {
  epoch: Epoch;
  /** Seq of the first event on disk (or declared missing); `last + 1` when there is none. */
  first: number;
  /** Seq of the last durable event; 0 when the epoch has none yet. */
  last: number;
  predecessor: Predecessor | undefined;
}

/** A range that the lane lacks and will ship as a record of kind `hole`. */
export interface HeldHole {
  epoch: Epoch;
  first: number;
  count: number;
  reason: string;
}

/** For hello: epochs in order (oldest first), the last one is the current one. */
export interface Held {
  lane: number;
  epochs: HeldEpoch[];
  holes: HeldHole[];
}

export interface SpoolStats {
  /** Durable events not yet acknowledged. */
  events: number;
  /** Of all files, and the share they may take. */
  bytes: number;
  bytesMax: number;
  /** Age of the oldest event not yet acknowledged; 0 when there is none. */
  oldestMs: number;
  isFull: boolean;
  /** Since start: events appended, events declared lost (dropped or damaged). */
  appended: number;
  lost: number;
}

/** How often, with `1s`, the file is synced, and a disk that was full is tried again. */
const tickMs = 1_000;
const epochBitsBytes = 8;
const noBytes = Buffer.alloc(0);

export function drawEpochBits(random: Random): string {
  return Buffer.from(random.bytes(epochBitsBytes)).toString("hex");
}

/** What the next segment of a spool says of itself. */
interface Opening {
  epoch: Epoch;
  predecessor: Predecessor | undefined;
  preamble: Buffer;
}

export class Spool {
  readonly #options: SpoolOptions;
  readonly #ledger: Ledger;
  readonly #marks: MarkTable;
  readonly #clock: EpochClock;
  readonly #writer: LaneWriter;
  readonly #committer: Committer;
  readonly #reader: LaneReader;
  readonly #listeners = new Set<() => void>();
  /** Holes made up so far, by where they begin: reported once each. */
  readonly #holes = new Map<string, HeldHole>();
  #opening: Opening;
  #nextOrdinal: number;
  #isFull = false;
  #appended = 0;
  #lost = 0;
  #filing: Promise<void> = Promise.resolve();
  #reading: Promise<unknown> = Promise.resolve();
  #timer: Timer | undefined;
  #isClosed = false;

  private constructor(options: SpoolOptions, recovered: Recovered, opening: Opening, first: SegmentWriter) {
    const { disk, clock, folder, limits, crash, lane } = options;
    this.#options = options;
    this.#ledger = recovered.ledger;
    this.#marks = recovered.marks;
    this.#opening = opening;
    this.#nextOrdinal = recovered.nextOrdinal + 1;
    this.#clock = new EpochClock(clock);
    this.#committer = new Committer(
      {
        folder,
        segmentBytesMax: limits.segmentBytesMax,
        groupBytesMax: limits.groupBytesMax,
        syncsEachGroup: options.sync === "batch",
        crash,
        crashNames: { written: "spool.batch.written", synced: "spool.batch.synced" },
        makeRoom: (bytes) => this.#makeRoom(bytes),
        beginSegment: () => this.#beginSegment(),
        onSynced: () => this.#onSynced(),
        onBlocked: (error) => this.#onBlocked(error),
      },
      first,
    );
    this.#writer = new LaneWriter(
      {
        lane,
        committer: this.#committer,
        compressor: new Compressor(),
        queueBytesMax: limits.queueBytesMax,
        resolvesOnSync: options.sync === "batch",
        extension: () => noBytes,
        extensionBytes: 0,
        onWritten: () => undefined,
        onSynced: (record, marks) => this.#onRecordSynced(record, marks),
      },
      opening.epoch,
    );
    this.#reader = new LaneReader(disk, this.#ledger, lane, (segment, hole, reason) =>
      this.#onHole(segment, hole, reason),
    );
    this.#tick();
  }

  /**
   * Recovers the folder (a torn tail is cut off, damage is logged and will be declared), then begins a new epoch whose
   * number is on disk when this resolves. Throws `SpoolError`: ARGUS_SPOOL_IO, ARGUS_SPOOL_VERSION.
   */
  static async open(options: SpoolOptions): Promise<Spool> {
    const { disk, folder, lane, limits, log } = options;
    const recovered = await recoverSpool({ disk, folder, lane, marksMax: limits.marksMax, log });
    const { predecessor } = recovered;
    const opening = {
      epoch: { number: (predecessor?.epoch.number ?? 0) + 1, bits: drawEpochBits(options.random) },
      predecessor,
      preamble: Buffer.from(options.preamble),
    };
    const first = await begin(options, recovered, opening, recovered.nextOrdinal, 1, true);
    return new Spool(options, recovered, opening, first);
  }

  /** The epoch of the next append. */
  get epoch(): Epoch {
    return this.#writer.epoch;
  }

  /**
   * Resolves, once, when the disk has failed and no append will succeed any more: the node must stop with this error.
   */
  get failure(): Promise<SpoolError> {
    return this.#committer.failure;
  }

  /** Take-in time: the wall clock at the epoch's start plus monotonic time, in ms since 1970. */
  nowMs(): number {
    return this.#clock.nowMs();
  }

  /**
   * Numbers the batch at once, in the order of the calls, and resolves when it is durable (see `SyncMode`). Waits for
   * as long as the share is full with the policy `block`. Rejects with ARGUS_SPOOL_SYNC_FAILED, ARGUS_SPOOL_IO or
   * ARGUS_SPOOL_CLOSED. Many may be pending: the caller stops at `isBusy`.
   */
  append(batch: Batch): Promise<void> {
    return this.#writer.append(batch);
  }

  /** Whether the caller must stop appending until `ready()`; this bounds the memory. */
  get isBusy(): boolean {
    return this.#writer.isBusy;
  }

  /** Resolves when `isBusy` is false (at once if it is), or when the spool has failed or closed. */
  ready(): Promise<void> {
    return this.#writer.ready();
  }

  /** The last durable position of each source. A copy. */
  marks(): Map<string, Buffer> {
    return this.#marks.copy();
  }

  held(): Held {
    const epochs = new Map<string, HeldEpoch>();
    const holes: HeldHole[] = [];
    for (const segment of this.#ledger.segments) {
      const { epoch, first, predecessor } = segment;
      const name = nameOfEpoch(epoch);
      if (!epochs.has(name)) epochs.set(name, { epoch, first, last: this.#ledger.lastOfEpoch(epoch), predecessor });
      if (!segment.isDropped || this.#ledger.waitingIn(segment) === 0) continue;
      holes.push({ epoch, first, count: this.#ledger.lastOf(segment) - first + 1, reason: REASON_DROPPED });
    }
    return { lane: this.#options.lane, epochs: [...epochs.values()], holes: [...holes, ...this.#holes.values()] };
  }

  /**
   * Durable records of the epoch in order, from the one that holds `fromSeq`; 0 means from the epoch's own record on.
   * At least one record if there is any, then as many as `bytesMax` allows; an empty list at the end (wait for
   * `onDurable`). What is missing (dropped, damaged, or released although the master lacks it) comes as a record of
   * kind `hole` that starts at `fromSeq` or where the gap begins: the records returned never leave a gap. Batches
   * without events are left out. An epoch that the spool does not know gives an empty list. Calls wait for one another.
   * Rejects with ARGUS_SPOOL_IO.
   */
  read(epoch: Epoch, fromSeq: number, bytesMax: number): Promise<LaneRecord[]> {
    const read = this.#reading.then(() => this.#reader.read(epoch, fromSeq, bytesMax));
    this.#reading = read.catch(() => undefined);
    return read;
  }

  /** Called after every commit and after a new epoch. Returns the function that ends it. */
  onDurable(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The master holds everything of this epoch up to `last`, on disk or as a declared hole: whole segments that lie
   * behind it are released. An epoch that is over is released when its last seq is acknowledged (0 for one without
   * events). An unknown epoch or an old ack is ignored. A file that cannot be removed is logged, and tried again later.
   */
  async acknowledge(epoch: Epoch, last: number): Promise<void> {
    if (!this.#ledger.acknowledge(epoch, last)) return;
    await this.#exclusively(() => this.#release());
  }

  /**
   * The next appends belong to a new epoch: when the clock has stepped, or the preamble changes. Resolves when it is on
   * disk.
   */
  beginEpoch(reason: string, preamble: Uint8Array = this.#opening.preamble): Promise<void> {
    const refusal = this.#committer.refusal;
    if (refusal !== undefined) return Promise.reject(refusal);
    const before = { epoch: this.#writer.epoch, last: this.#writer.last };
    const epoch = { number: before.epoch.number + 1, bits: drawEpochBits(this.#options.random) };
    const opening = { epoch, predecessor: before, preamble: Buffer.from(preamble) };
    this.#writer.become(epoch);
    this.#clock.restart();
    this.#options.log.info(`spool: epoch ${nameOfEpoch(epoch)} follows ${nameOfEpoch(before.epoch)}: ${reason}`);
    return new Promise((resolve, reject) => {
      const order = async (): Promise<void> => {
        this.#opening = opening;
        await this.#committer.rotate();
        this.#tellListeners();
        resolve();
      };
      this.#committer.push(new Slot(reject, order));
    });
  }

  stats(): SpoolStats {
    const { clock, limits } = this.#options;
    return {
      events: this.#ledger.waiting,
      bytes: this.#ledger.bytes,
      bytesMax: limits.bytesMax,
      oldestMs: this.#ledger.oldestMs(clock.wallMs(), clock.monotonicMs()),
      isFull: this.#isFull,
      appended: this.#appended,
      lost: this.#lost,
    };
  }

  /**
   * Writes what is pending, syncs, closes the files. Appends that wait for a full share reject. May be called twice.
   */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#committer.close();
    await this.#exclusively(async () => undefined);
    await this.#reading;
    await this.#reader.close();
  }

  #tick(): void {
    if (this.#isClosed) return;
    this.#timer = this.#options.clock.after(tickMs, () => this.#tick());
    if (this.#committer.refusal !== undefined) return;
    this.#committer.syncIfDue();
    this.#committer.unblock();
  }

  #onRecordSynced(record: LaneRecord, marks: Batch["marks"]): void {
    const { active } = this.#ledger;
    active.ownLast = record.first + record.count - 1;
    this.#appended += record.count;
    this.#marks.apply(marks);
    if (record.count > 0) this.#ledger.sample(record.first, this.#options.clock.monotonicMs());
  }

  #onSynced(): void {
    this.#ledger.active.end = this.#committer.segment.synced;
    if (this.#isFull) {
      this.#isFull = false;
      this.#options.log.info("spool: there is room again, events are taken in");
    }
    this.#tellListeners();
  }

  #tellListeners(): void {
    for (const listener of this.#listeners) listener();
  }

  #onBlocked(error: SpoolError | undefined): void {
    if (this.#isFull) return;
    this.#isFull = true;
    const { log, limits, folder } = this.#options;
    const why = error === undefined ? `its ${limits.bytesMax} bytes in ${folder} are full` : describeError(error);
    log.warning(`spool: events wait, because ${why}; it goes on when the master has taken events, or there is room`);
  }

  async #beginSegment(): Promise<SegmentWriter> {
    const isNewEpoch = this.#opening.epoch !== this.#ledger.active.epoch;
    const first = isNewEpoch ? 1 : this.#ledger.active.ownLast + 1;
    const found = { ledger: this.#ledger, marks: this.#marks };
    const segment = await begin(this.#options, found, this.#opening, this.#nextOrdinal, first, isNewEpoch);
    this.#nextOrdinal += 1;
    return segment;
  }

  /** Within a round of the committer. */
  async #makeRoom(bytes: number): Promise<boolean> {
    const { limits, policy } = this.#options;
    const isOver = (): boolean => this.#ledger.bytes + bytes > limits.bytesMax;
    while (isOver()) {
      if (policy === "block") return false;
      if (this.#ledger.droppable() === undefined) {
        // Only the segment being written is left; an empty one means that the share is too small for one group.
        if (this.#committer.segment.isEmpty) return true;
        await this.#committer.rotate();
      }
      await this.#exclusively(() => this.#drop());
    }
    return true;
  }

  /** One change of the set of files at a time. */
  #exclusively(work: () => Promise<void>): Promise<void> {
    const done = this.#filing.then(work);
    this.#filing = done.catch(() => undefined);
    return done;
  }

  async #release(): Promise<void> {
    const { disk, folder, crash, log } = this.#options;
    let released = 0;
    try {
      for (;;) {
        const segment = this.#ledger.releasable();
        if (segment === undefined) break;
        crash("spool.release.before");
        if (segment.isDamaged) await putAside(disk, folder, segmentName(segment.ordinal));
        else await disk.remove(segment.path);
        this.#ledger.remove(segment);
        released += 1;
        crash("spool.release.after");
      }
      if (released > 0) await disk.syncFolder(folder);
    } catch (error) {
      const why = describeError(ioError(folder, "remove from", error));
      log.error(`spool: a segment that the master has acknowledged stays: ${why}`);
    }
    this.#forgetHoles();
    if (released > 0) this.#committer.unblock();
  }

  #forgetHoles(): void {
    for (const [key, hole] of this.#holes) {
      const isPast = this.#ledger.acknowledgedOf(hole.epoch) >= hole.first + hole.count - 1;
      if (isPast || this.#ledger.ofEpoch(hole.epoch).length === 0) this.#holes.delete(key);
    }
  }

  /** Drops the oldest segment: it becomes a head that says so, or is taken in by such a head before it. */
  async #drop(): Promise<void> {
    const { disk, folder, log } = this.#options;
    const segment = this.#ledger.droppable();
    if (segment === undefined) return;
    const lost = this.#ledger.waitingIn(segment);
    if (this.#ledger.droppedBefore(segment) !== undefined) {
      await disk.remove(segment.path);
      await disk.syncFolder(folder);
      this.#ledger.remove(segment);
    } else this.#ledger.replace(segment, await this.#writeDropped(segment));
    this.#lost += lost;
    log.warning(`spool: it is full, and ${lost} events of epoch ${nameOfEpoch(segment.epoch)} have been dropped`);
  }

  async #writeDropped(segment: SegmentEntry): Promise<SegmentEntry> {
    const { disk, lane, random } = this.#options;
    const { ordinal, epoch, predecessor, preamble, first, createdMs } = segment;
    const salt = Buffer.from(random.bytes(SALT_BYTES));
    const core = { type: "spool", ordinal, lane, epoch, predecessor, preamble, first, createdMs, salt } as const;
    const head = writeHead({ ...core, isDropped: true }, noBytes);
    await disk.replace(segment.path, head, FILE_PERMISSIONS);
    return { ...segment, salt, end: head.length, framesAt: head.length, isDropped: true, isDamaged: false };
  }

  #onHole(segment: SegmentEntry | undefined, hole: LaneRecord, reason: string): void {
    const key = `${nameOfEpoch(hole.epoch)}/${hole.first}`;
    if (segment?.isDropped === true || this.#holes.has(key)) return;
    const { epoch, first, count } = hole;
    this.#holes.set(key, { epoch, first, count, reason });
    if (segment !== undefined) this.#lost += count;
    const range = `${count} events from ${first} on of epoch ${nameOfEpoch(epoch)}`;
    this.#options.log.error(`spool: ${range} are declared missing: ${reason}`);
  }
}

/** Begins a segment on the disk and enters it into the ledger. */
async function begin(
  options: SpoolOptions,
  found: { ledger: Ledger; marks: MarkTable },
  opening: Opening,
  ordinal: number,
  first: number,
  isNewEpoch: boolean,
): Promise<SegmentWriter> {
  const { disk, folder, lane, crash, clock, random } = options;
  const salt = Buffer.from(random.bytes(SALT_BYTES));
  const createdMs = clock.wallMs();
  const table = new ByteWriter(1_024);
  found.marks.write(table);
  const head = writeHead(
    { type: "spool", ordinal, isDropped: false, lane, first, createdMs, salt, ...opening },
    table.view(),
  );
  const crashNames = isNewEpoch
    ? ({ written: "spool.epoch.written", synced: "spool.epoch.synced" } as const)
    : ({ written: undefined, synced: "spool.segment.begun" } as const);
  const writer = await beginSegment({ disk, folder, name: segmentName(ordinal), head, salt, crash, crashNames });
  found.ledger.add({
    ...{ ordinal, path: writer.path, salt, first, createdMs, ...opening },
    ...{ framesAt: head.length, end: head.length, isDropped: false, isDamaged: false, ownLast: first - 1 },
    writtenMs: undefined,
  });
  return writer;
}
