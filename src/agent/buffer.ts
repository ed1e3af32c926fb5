/**
 * What an agent has collected and no manager has stored yet: a spool, whose epochs and seqs are what managers see.
 *
 *   files ──accept──▶ open batch ──100 ms, or 32 KiB──▶ spool (disk) ──BufferFeed──▶ manager ──stored──▶ released
 *
 * A batch carries, as marks, how far each file has been read, so that a file's position moves with its lines and not
 * before; and how far the spool had been stored by then, so that after a restart little is sent again. Batches are
 * closed after an event and never before one (collect/needs.ts), so a batch is longer than a message may be, and is cut
 * where it is sent.
 *
 * When the disk share is full the spool lets appends wait, and files are not read on: nothing is dropped here.
 */
import { assert } from "../base/assert.ts";
import { ByteReader, ByteWriter } from "../base/bytes.ts";
import type { Clock, Timer } from "../base/clock.ts";
import type { EventSink, SourceMark } from "../collect/needs.ts";
import type { Source } from "../model/event.ts";
import type { Batch, Mark } from "../spool/lane.ts";
import { eventPayload } from "../wire/event-payload.ts";
import { numberedEvent, NUMBERED_BODY_BYTES_MAX } from "../wire/numbered-batch.ts";
import type { Position } from "./session.ts";

/** A log is cut here: with a location of 4,096 bytes, all of it escaped, it still fits into one message. */
export const AGENT_LOG_BYTES_MAX = 57_000;
/** A batch of this size is closed at once: half a message. */
const batchBytes = 32 * 1_024;
/** An agent's disk may be a laptop's: ten syncs a second at most while lines come slowly. */
const batchMs = 100;
const pendingBytesMax = 4 * 1_024 * 1_024;
const storedKey = "stored";

export interface BufferStore {
  append(batch: Batch): Promise<void>;
}

/** Where the spool of the last run had been stored up to. */
export function storedMark({ epoch, seq }: Position): Mark {
  const writer = new ByteWriter(24).u64(epoch.number).raw(Buffer.from(epoch.bits, "hex")).u64(seq);
  return { key: storedKey, position: writer.copy() };
}

/** Undefined: nothing was, or the mark is of another version. */
export function readStoredMark(marks: ReadonlyMap<string, Uint8Array>): Position | undefined {
  const bytes = marks.get(storedKey);
  if (bytes === undefined) return undefined;
  const reader = new ByteReader(bytes);
  const epoch = { number: reader.u64(), bits: reader.raw(8).toString("hex") };
  const seq = reader.u64();
  return reader.isBroken || reader.remaining > 0 ? undefined : { epoch, seq };
}

export class AgentBuffer implements EventSink {
  readonly #store: BufferStore;
  readonly #clock: Clock;
  #events: Buffer[] = [];
  #bytes = 0;
  readonly #marks = new Set<SourceMark>();
  #timer: Timer | undefined;
  #pendingBytes = 0;
  #appending: Promise<void> = Promise.resolve();
  #isStopped = false;
  #onDrained: (() => void)[] = [];
  #stored: Position | undefined;
  #isStoredNew = false;
  /** Since the start. */
  accepted = 0;

  constructor(store: BufferStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  get isFull(): boolean {
    return this.#isStopped;
  }

  accept(source: Source, log: Uint8Array, isTruncated: boolean, mark?: SourceMark): boolean {
    const { queue, location } = source;
    const event = numberedEvent(eventPayload({ queue, location, log: Buffer.from(log) }, true), isTruncated);
    assert(event.length <= NUMBERED_BODY_BYTES_MAX, "a source handed over a log that fits no message");
    this.accepted += 1;
    this.#events.push(event);
    this.#bytes += event.length;
    this.#pendingBytes += event.length;
    if (mark !== undefined) this.#marks.add(mark);
    if (this.#bytes >= batchBytes) this.#close();
    else this.#timer ??= this.#clock.after(batchMs, () => this.#close());
    if (this.#pendingBytes > pendingBytesMax) this.#isStopped = true;
    return !this.#isStopped;
  }

  drained(): Promise<void> {
    return this.#isStopped ? new Promise((resolve) => this.#onDrained.push(resolve)) : Promise.resolve();
  }

  whenDurable(act: () => void): void {
    this.#close();
    void this.#appending.then(act, () => undefined);
  }

  /** Everything up to there is stored by a manager; said to the disk with the next batch, or by `flush`. */
  stored(upTo: Position): void {
    this.#stored = upTo;
    this.#isStoredNew = true;
  }

  /** Resolves when all that was accepted, and how far it is stored, is on the disk. Rejects when the disk fails. */
  async flush(): Promise<void> {
    this.#close();
    if (this.#isStoredNew) this.#append([], 0);
    await this.#appending;
  }

  #close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#events.length === 0) return;
    const [events, bytes] = [this.#events, this.#bytes];
    this.#events = [];
    this.#bytes = 0;
    this.#append(events, bytes);
  }

  #append(events: readonly Buffer[], bytes: number): void {
    const marks: Mark[] = [...this.#marks].map((mark) => ({ key: mark.key, position: mark.position() }));
    this.#marks.clear();
    if (this.#stored !== undefined) marks.push(storedMark(this.#stored));
    this.#isStoredNew = false;
    const appended = this.#store.append({ payload: Buffer.concat(events), count: events.length, marks });
    const done = appended.then(() => this.#onDurable(bytes));
    // In the order of the calls, so the last one speaks for all.
    this.#appending = Promise.all([this.#appending, done]).then(() => undefined);
    this.#appending.catch(() => undefined);
  }

  #onDurable(bytes: number): void {
    this.#pendingBytes -= bytes;
    if (!this.#isStopped || this.#pendingBytes > pendingBytesMax / 2) return;
    this.#isStopped = false;
    const waiting = this.#onDrained;
    this.#onDrained = [];
    for (const goOn of waiting) goOn();
  }
}
