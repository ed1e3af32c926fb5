/**
 * The buffer as it is sent: its batches in order, cut into messages, over all epochs that it holds; and what is
 * released of it. After a break it is rewound to what has been released.
 */
import { nameOfEpoch, type Epoch, type LaneRecord } from "../spool/lane.ts";
import { payloadOf } from "../spool/record.ts";
import type { Held } from "../spool/spool.ts";
import { countEvents, type NumberedBatch, piecesOf } from "../wire/numbered-batch.ts";
import type { Position } from "./session.ts";

export interface FedSpool {
  readonly epoch: Epoch;
  held(): Held;
  read(epoch: Epoch, fromSeq: number, bytesMax: number): Promise<LaneRecord[]>;
  acknowledge(epoch: Epoch, last: number): Promise<void>;
}

const readBytesMax = 256 * 1_024;
const eventHeadBytes = 5;

export class BufferFeed {
  readonly #spool: FedSpool;
  #released: Position | undefined;
  /** The next event to be read. */
  #epoch: Epoch | undefined;
  #seq = 1;
  #pieces: NumberedBatch[] = [];
  /** Raised by `rewind`: what was being read then is not wanted any more. */
  #turn = 0;
  /** Events that could not be read back. */
  lost = 0;

  constructor(spool: FedSpool, released: Position | undefined) {
    this.#spool = spool;
    this.#released = released;
    this.rewind();
  }

  /** The next piece is the one behind what has been released. */
  rewind(): void {
    this.#turn += 1;
    this.#pieces = [];
    this.#epoch = this.#released?.epoch;
    this.#seq = (this.#released?.seq ?? 0) + 1;
  }

  /** Undefined: there is nothing more now. Rejects when the disk fails. One call at a time. */
  async next(): Promise<NumberedBatch | undefined> {
    const turn = this.#turn;
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) return piece;
      const epoch = this.#current();
      const records = await this.#spool.read(epoch, this.#seq, readBytesMax);
      if (turn !== this.#turn) return undefined;
      if (records.length > 0) this.#cut(records);
      else if (!this.#leave(epoch)) return undefined;
    }
  }

  /** The epoch to read from: the one of the next event, or the oldest after it. */
  #current(): Epoch {
    const { epochs } = this.#spool.held();
    const wanted = this.#epoch;
    const isKnown = epochs.some(({ epoch }) => wanted !== undefined && nameOfEpoch(epoch) === nameOfEpoch(wanted));
    if (wanted !== undefined && isKnown) return wanted;
    const after = epochs.find(({ epoch }) => epoch.number > (wanted?.number ?? 0));
    this.#epoch = after?.epoch ?? this.#spool.epoch;
    this.#seq = 1;
    return this.#epoch;
  }

  /** Goes on with the next epoch, if there is one. */
  #leave(epoch: Epoch): boolean {
    const next = this.#spool.held().epochs.find((one) => one.epoch.number > epoch.number);
    if (next === undefined) return false;
    this.#epoch = next.epoch;
    this.#seq = 1;
    return true;
  }

  #cut(records: readonly LaneRecord[]): void {
    for (const record of records) {
      const { kind, epoch, first, count } = record;
      if (kind === "epoch") continue;
      const from = this.#seq;
      this.#seq = Math.max(from, first + count);
      const body = kind === "events" ? payloadOf(record) : undefined;
      if (body === undefined || countEvents(body) !== count) this.lost += count;
      else this.#pieces.push(...piecesOf(behind({ epoch, first, count, body }, from)));
    }
  }

  /** Tells the spool that a manager has all up to there. */
  async release(upTo: Position): Promise<void> {
    this.#released = upTo;
    for (const { epoch, last } of this.#spool.held().epochs) {
      if (epoch.number < upTo.epoch.number) await this.#spool.acknowledge(epoch, last);
    }
    await this.#spool.acknowledge(upTo.epoch, upTo.seq);
  }
}

/** The batch without the events before `from`. */
function behind(batch: NumberedBatch, from: number): NumberedBatch {
  let [{ first, count }, at] = [batch, 0];
  const { epoch, body } = batch;
  for (; first < from && count > 0; first += 1, count -= 1) at += eventHeadBytes + body.readUInt32LE(at);
  return { epoch, first, count, body: body.subarray(at) };
}
