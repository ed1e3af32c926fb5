/**
 * The single writer behind a spool or a journal: takes what is ready, writes it as one group, syncs once, and only then
 * says that it is durable (group commit).
 *
 *   slots, in the order of the calls:  ready · ready · compressing · ready · order (a new epoch)
 *                                      └── one group ──┘ the next group begins where a slot is not ready
 *
 * One round at a time: nothing is written while a sync runs, so `synced` in a frame is exact. Reserved items (control
 * records) go ahead of the slots, and may use room that slots may not. A full disk blocks the slots until `unblock`;
 * a failed sync or any other error of the disk is the end: everything pending rejects, and so does everything after.
 */
import { assert } from "../base/assert.ts";
import type { CrashPoint, CrashPointName } from "../base/crash-point.ts";
import { SpoolError } from "./errors.ts";
import type { FrameParts } from "./frame.ts";
import { HEAD_BYTES } from "./head.ts";
import { ioError, isFullDisk, type SegmentWriter } from "./segment.ts";

export interface Item {
  /** Of the whole frame. */
  bytes: number;
  /** Made when the group is formed, in the order in which the frames will stand. */
  parts(): FrameParts;
  /** It is in the file, at `offset` to `end`; with `1s` this is when an append resolves. */
  written(segment: SegmentWriter, offset: number, end: number): void;
  /** It is on the disk. */
  synced(): void;
  failed(error: SpoolError): void;
}

/** A place in the order. */
export class Slot {
  /** Undefined while its batch is being compressed. */
  item: Item | undefined;
  /** Instead of an item: something to be done between two groups, when all before it is on the disk. */
  readonly order: (() => Promise<void>) | undefined;
  readonly failed: (error: SpoolError) => void;

  constructor(failed: (error: SpoolError) => void, order?: () => Promise<void>, item?: Item) {
    this.failed = failed;
    this.order = order;
    this.item = item;
  }
}

/** What the spool and the journal do differently. */
export interface CommitHost {
  /** Where errors that name no file happened. */
  folder: string;
  segmentBytesMax: number;
  groupBytesMax: number;
  /** Whether a sync follows every group, or `syncIfDue` calls. */
  syncsEachGroup: boolean;
  crash: CrashPoint;
  crashNames: { written: CrashPointName; synced: CrashPointName };
  /** Makes room if it can; `false` blocks until `unblock`. */
  makeRoom(bytes: number, isReserved: boolean): Promise<boolean>;
  /** The next segment; the one before is on the disk and closed. */
  beginSegment(): Promise<SegmentWriter>;
  /** After each sync: everything up to `segment.synced` is on the disk. */
  onSynced(segment: SegmentWriter): void;
  /** The slots wait for room; `error` when it was the disk that said so. Called each time. */
  onBlocked(error: SpoolError | undefined): void;
}

export class Committer {
  readonly #host: CommitHost;
  #segment: SegmentWriter;
  #slots: Slot[] = [];
  #reserved: Item[] = [];
  #unsynced: Item[] = [];
  #isRunning = false;
  #isWoken = false;
  #isBlocked = false;
  #isSyncDue = false;
  #isClosing = false;
  #failure: SpoolError | undefined;
  #reportFailure: (error: SpoolError) => void = () => undefined;
  #idleWaiters: (() => void)[] = [];
  /** Resolves, once, with the error that ended everything. */
  readonly failure: Promise<SpoolError>;

  constructor(host: CommitHost, segment: SegmentWriter) {
    this.#host = host;
    this.#segment = segment;
    this.failure = new Promise((resolve) => {
      this.#reportFailure = resolve;
    });
  }

  get segment(): SegmentWriter {
    return this.#segment;
  }

  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** Why nothing can be added any more, if so. */
  get refusal(): SpoolError | undefined {
    if (this.#failure !== undefined || !this.#isClosing) return this.#failure;
    return closedError(this.#host.folder);
  }

  push(slot: Slot): void {
    assert(this.refusal === undefined, "a slot after the end");
    this.#slots.push(slot);
    this.wake();
  }

  /** All of them go into one group. */
  pushReserved(...items: Item[]): void {
    assert(this.refusal === undefined, "an item after the end");
    this.#reserved.push(...items);
    this.wake();
  }

  /** To be called when a slot has become ready. */
  wake(): void {
    this.#isWoken = true;
    if (!this.#isRunning) void this.#run();
  }

  /** To be called when there may be room again. */
  unblock(): void {
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    this.wake();
  }

  /** Syncs what has been written, if anything has. */
  syncIfDue(): void {
    if (this.#unsynced.length === 0) return;
    this.#isSyncDue = true;
    this.wake();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      while (this.#failure === undefined) {
        this.#isWoken = false;
        // Who wakes while the last round ends must be heard, or would wait for the next one to come.
        if (!(await this.#round()) && !this.#isWoken) break;
      }
    } catch (error) {
      this.#fail(ioError(this.#host.folder, "write in", error));
    } finally {
      this.#isRunning = false;
      const waiters = this.#idleWaiters;
      this.#idleWaiters = [];
      for (const wake of waiters) wake();
    }
  }

  /** Does one thing; returns whether there may be more to do. */
  async #round(): Promise<boolean> {
    if (this.#isSyncDue) {
      await this.#sync();
      return true;
    }
    const head = this.#slots[0];
    if (head?.order !== undefined && this.#reserved.length === 0) {
      return this.#obey(head.order);
    }
    const reservedCount = this.#reserved.length;
    const slotCount = this.#isBlocked ? 0 : this.#readySlots();
    if (slotCount > 0 && (await this.#tryWrite(reservedCount, slotCount))) return true;
    return reservedCount > 0 && this.#tryWrite(reservedCount, 0);
  }

  async #obey(order: () => Promise<void>): Promise<boolean> {
    await this.#sync();
    try {
      await order();
    } catch (error) {
      if (!isFullDisk(error) || isSyncFailure(error)) throw error;
      return this.#block(ioError(this.#segment.path, "write beside", error));
    }
    this.#slots.shift();
    return true;
  }

  /** How many slots from the first on are ready and fit into a group; at least one if the first is ready. */
  #readySlots(): number {
    let count = 0;
    let bytes = 0;
    for (const { item } of this.#slots) {
      if (item === undefined || (count > 0 && bytes + item.bytes > this.#host.groupBytesMax)) break;
      count += 1;
      bytes += item.bytes;
    }
    return count;
  }

  async #tryWrite(reservedCount: number, slotCount: number): Promise<boolean> {
    const items = this.#reserved.slice(0, reservedCount);
    for (const { item } of this.#slots.slice(0, slotCount)) if (item !== undefined) items.push(item);
    const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
    try {
      const head = this.#mustRotateFor(bytes) ? HEAD_BYTES : 0;
      if (!(await this.#host.makeRoom(bytes + head, slotCount === 0))) return this.#block(undefined);
      if (this.#mustRotateFor(bytes)) await this.rotate();
      await this.#write(items);
    } catch (error) {
      if (!isFullDisk(error) || isSyncFailure(error)) throw error;
      return this.#block(ioError(this.#segment.path, "write to", error));
    }
    this.#reserved.splice(0, reservedCount);
    this.#slots.splice(0, slotCount);
    if (this.#host.syncsEachGroup) await this.#sync();
    return true;
  }

  #block(error: SpoolError | undefined): boolean {
    this.#isBlocked = true;
    this.#host.onBlocked(error);
    return false;
  }

  #mustRotateFor(bytes: number): boolean {
    const used = this.#segment.end - this.#segment.framesAt;
    return !this.#segment.isEmpty && used + bytes > this.#host.segmentBytesMax;
  }

  /** Ends the segment and begins another. Only from within `order` or `makeRoom`: it is part of a round. */
  async rotate(): Promise<void> {
    await this.#sync();
    const before = this.#segment;
    this.#segment = await this.#host.beginSegment();
    await before.close();
  }

  async #write(items: readonly Item[]): Promise<void> {
    const segment = this.#segment;
    let offset = await segment.write(items.map((item) => item.parts()));
    this.#host.crash(this.#host.crashNames.written);
    for (const item of items) {
      item.written(segment, offset, offset + item.bytes);
      offset += item.bytes;
      this.#unsynced.push(item);
    }
  }

  async #sync(): Promise<void> {
    this.#isSyncDue = false;
    if (this.#unsynced.length === 0) return;
    const items = this.#unsynced;
    await this.#segment.sync();
    this.#unsynced = [];
    this.#host.crash(this.#host.crashNames.synced);
    for (const item of items) item.synced();
    this.#host.onSynced(this.#segment);
  }

  #fail(error: SpoolError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#rejectPending(error);
    this.#reportFailure(error);
  }

  #rejectPending(error: SpoolError): void {
    const slots = this.#slots;
    const items = [...this.#reserved, ...this.#unsynced];
    this.#slots = [];
    this.#reserved = [];
    this.#unsynced = [];
    for (const item of items) item.failed(error);
    for (const slot of slots) slot.failed(error);
  }

  /** Writes and syncs all that can be, then closes the file; what waits for room rejects. May be called twice. */
  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    while (this.#failure === undefined && !this.#isBlocked && this.#slots.length + this.#reserved.length > 0) {
      await this.#nextIdle();
    }
    while (this.#isRunning) await this.#nextIdle();
    if (this.#failure === undefined) {
      this.#isSyncDue = this.#unsynced.length > 0;
      await this.#run();
    }
    this.#rejectPending(closedError(this.#host.folder));
    // After a failure the file is beyond help, and the failure has been reported.
    await this.#segment.close().catch((error: unknown) => {
      if (this.#failure === undefined) throw ioError(this.#segment.path, "close", error);
    });
  }

  #nextIdle(): Promise<void> {
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }
}

function closedError(folder: string): SpoolError {
  return new SpoolError("ARGUS_SPOOL_CLOSED", folder, `${folder} is closed: the node is stopping`, { retry: true });
}

function isSyncFailure(error: unknown): boolean {
  return error instanceof SpoolError && error.code === "ARGUS_SPOOL_SYNC_FAILED";
}
