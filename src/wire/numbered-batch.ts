/**
 * Events that an agent numbers itself and keeps until the node has stored them: Argus' own addition to the agents'
 * protocol (docs/protocol/agent.md section 7).
 *
 *   #!-argus events EPOCH FIRST COUNT LF body       EPOCH := number "." 16 hex digits; FIRST is the seq of the first
 *   #!-argus stored EPOCH SEQ                       the node's answer
 *   body  := event*                                 COUNT of them
 *   event := length u32 (little-endian) | flags u8 (bit 0: the log was cut) | payload, as it is sent elsewhere
 *
 * A batch comes from an agent that holds its key and may lie all the same: numbers, lengths and count are checked
 * before the first event is taken, and a batch that is not whole is refused as a whole.
 */
import { assert } from "../base/assert.ts";
import type { EventEpoch } from "../model/event.ts";

export interface NumberedBatch {
  readonly epoch: EventEpoch;
  /** The seq of its first event. */
  readonly first: number;
  readonly count: number;
  /** A view of the payload. */
  readonly body: Buffer;
}

export interface NumberedEvent {
  readonly seq: number;
  readonly isTruncated: boolean;
  /** `<queue>:<location>:<log>`, a view. */
  readonly payload: Buffer;
}

/** Of the line in front of the body, its end included: three numbers of 16 digits, the bits, the words. */
const NUMBERED_HEAD_BYTES_MAX = 96;
/** What a body may have, so that with its head it is a payload of 65,408 bytes. */
export const NUMBERED_BODY_BYTES_MAX = 65_312;
const eventHeadBytes = 5;
const flagTruncated = 1;

const headForm = /^#!-argus events (\d{1,15})\.([0-9a-f]{16}) (\d{1,16}) (\d{1,5})\n/;
const storedForm = /^argus stored (\d{1,15})\.([0-9a-f]{16}) (\d{1,16})$/;

/** A payload that begins with `#!-argus events `; undefined: it is no whole batch. */
export function readNumberedBatch(payload: Buffer): NumberedBatch | undefined {
  const head = headForm.exec(payload.toString("latin1", 0, NUMBERED_HEAD_BYTES_MAX));
  const [line, number, bits, firstText, countText] = head ?? [];
  if (line === undefined || number === undefined || bits === undefined) return undefined;
  const [first, count] = [Number(firstText), Number(countText)];
  if (first < 1 || count < 1 || !Number.isSafeInteger(first + count)) return undefined;
  const body = payload.subarray(line.length);
  return countEvents(body) === count ? { epoch: { number: Number(number), bits }, first, count, body } : undefined;
}

/** How many events a body holds; -1: it is none. */
export function countEvents(body: Buffer): number {
  let count = 0;
  for (let at = 0; at < body.length; count += 1) {
    if (body.length - at < eventHeadBytes) return -1;
    const length = body.readUInt32LE(at);
    if (length === 0 || length > body.length - at - eventHeadBytes) return -1;
    at += eventHeadBytes + length;
  }
  return count;
}

/** The events of a body that `countEvents` has found whole. */
export function* numberedEvents(body: Buffer, first: number): Generator<NumberedEvent, void> {
  let seq = first;
  for (let at = 0; at < body.length; seq += 1) {
    const length = body.readUInt32LE(at);
    const from = at + eventHeadBytes;
    const isTruncated = (body.readUInt8(at + 4) & flagTruncated) !== 0;
    yield { seq, isTruncated, payload: body.subarray(from, from + length) };
    at = from + length;
  }
}

/** One event of a body. The payload has at least one byte. */
export function numberedEvent(payload: Uint8Array, isTruncated: boolean): Buffer {
  const event = Buffer.allocUnsafe(eventHeadBytes + payload.length);
  event.writeUInt32LE(payload.length, 0);
  event.writeUInt8(isTruncated ? flagTruncated : 0, 4);
  event.set(payload, eventHeadBytes);
  return event;
}

/**
 * A body in pieces of which each fits into one message, cut between events; one that is too long by itself is a bug of
 * whoever made the body.
 */
export function piecesOf(batch: NumberedBatch): NumberedBatch[] {
  const { epoch, body } = batch;
  const pieces: NumberedBatch[] = [];
  let [from, first, count, at] = [0, batch.first, 0, 0];
  while (at < body.length) {
    const end = at + eventHeadBytes + body.readUInt32LE(at);
    assert(end - at <= NUMBERED_BODY_BYTES_MAX, "an event is longer than a message");
    if (end - from > NUMBERED_BODY_BYTES_MAX) {
      pieces.push({ epoch, first, count, body: body.subarray(from, at) });
      [from, first, count] = [at, first + count, 0];
    }
    count += 1;
    at = end;
  }
  if (count > 0) pieces.push({ epoch, first, count, body: body.subarray(from) });
  return pieces;
}

export function epochText({ number, bits }: EventEpoch): string {
  return `${number}.${bits}`;
}

/** The payload that an agent sends. */
export function numberedBatchPayload({ epoch, first, count, body }: NumberedBatch): Buffer {
  assert(body.length <= NUMBERED_BODY_BYTES_MAX, "a batch fits into a message");
  return Buffer.concat([Buffer.from(`#!-argus events ${epochText(epoch)} ${first} ${count}\n`, "latin1"), body]);
}

export interface StoredAnswer {
  readonly epoch: EventEpoch;
  /** The last seq that is stored. */
  readonly seq: number;
}

/** The text behind `#!-`. */
export function readStored(text: string): StoredAnswer | undefined {
  const [, number, bits, seq] = storedForm.exec(text) ?? [];
  return bits === undefined ? undefined : { epoch: { number: Number(number), bits }, seq: Number(seq) };
}
