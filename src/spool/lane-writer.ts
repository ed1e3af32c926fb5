/**
 * The taking-in end of a lane, for the worker's spool and the master's own intake alike: numbers batches in the order
 * of the calls, compresses them, and gives them to the committer in that order.
 */
import { assert } from "../base/assert.ts";
import { Slot, type Committer, type Item } from "./commit.ts";
import type { Compressed, Compressor } from "./compressor.ts";
import type { SpoolError } from "./errors.ts";
import { FRAME_HEADER_BYTES, type FrameParts } from "./frame.ts";
import type { Batch, Epoch, LaneRecord } from "./lane.ts";
import { eventsRecord, PAYLOAD_BYTES_MAX } from "./record.ts";
import type { SegmentWriter } from "./segment.ts";

export interface LaneWriterOptions {
  lane: number;
  committer: Committer;
  compressor: Compressor;
  /** Raw bytes pending from which on the lane is busy. */
  queueBytesMax: number;
  /** Whether an append resolves when it is on the disk, or when it is written. */
  resolvesOnSync: boolean;
  /** What stands between a frame's header and the record; called when the frame's place in the order is certain. */
  extension(): Uint8Array;
  extensionBytes: number;
  onWritten(record: LaneRecord, segment: SegmentWriter, end: number): void;
  /** In order, before the append resolves. `marks` are the batch's. */
  onSynced(record: LaneRecord, marks: Batch["marks"]): void;
}

export class LaneWriter {
  readonly #options: LaneWriterOptions;
  #epoch: Epoch;
  #next = 1;
  #queuedBytes = 0;
  #waiting: (() => void)[] = [];

  constructor(options: LaneWriterOptions, epoch: Epoch) {
    this.#options = options;
    this.#epoch = epoch;
  }

  /** The epoch of the next append, and the seq of the last event appended in it. */
  get epoch(): Epoch {
    return this.#epoch;
  }

  get last(): number {
    return this.#next - 1;
  }

  /** Appends from now on belong to `epoch`. The caller pushes the order that begins it on the disk. */
  become(epoch: Epoch): void {
    this.#epoch = epoch;
    this.#next = 1;
  }

  append(batch: Batch): Promise<void> {
    const { committer, compressor } = this.#options;
    const refusal = committer.refusal;
    if (refusal !== undefined) return Promise.reject(refusal);
    assert(batch.payload.length <= PAYLOAD_BYTES_MAX, "a batch is larger than PAYLOAD_BYTES_MAX");
    const place = { epoch: this.#epoch, first: this.#next };
    this.#next += batch.count;
    this.#queuedBytes += batch.payload.length;
    return new Promise((resolve, reject) => {
      const settle = (error: SpoolError | undefined): void => {
        this.#queuedBytes -= batch.payload.length;
        this.#wakeReady();
        if (error === undefined) resolve();
        else reject(error);
      };
      const slot = new Slot(settle);
      compressor.compress(batch.payload, (compressed) => {
        slot.item = this.#itemOf(batch, place, compressed, settle);
        committer.wake();
      });
      committer.push(slot);
    });
  }

  #itemOf(
    batch: Batch,
    place: { epoch: Epoch; first: number },
    compressed: Compressed,
    settle: (error: SpoolError | undefined) => void,
  ): Item {
    const { lane, extension, extensionBytes, resolvesOnSync, onWritten, onSynced } = this.#options;
    const content = { count: batch.count, marks: batch.marks, rawBytes: batch.payload.length };
    const record = eventsRecord(lane, place.epoch, place.first, content, compressed);
    let isSettled = false;
    const settleOnce = (error: SpoolError | undefined): void => {
      if (!isSettled) settle(error);
      isSettled = true;
    };
    return {
      bytes: FRAME_HEADER_BYTES + extensionBytes + record.bytes.length,
      parts: (): FrameParts => ({ kind: "lane", extension: extension(), body: record.bytes }),
      written(segment, _offset, end) {
        onWritten(record, segment, end);
        if (!resolvesOnSync) settleOnce(undefined);
      },
      synced() {
        onSynced(record, batch.marks);
        settleOnce(undefined);
      },
      failed: settleOnce,
    };
  }

  get isBusy(): boolean {
    return this.#queuedBytes >= this.#options.queueBytesMax;
  }

  /** Resolves when `isBusy` is false, at once if it is. */
  ready(): Promise<void> {
    if (!this.isBusy) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wakeReady(): void {
    if (this.isBusy || this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
