/**
 * Lane records as bytes (docs/protocol/spool-format.md section 1): built once where events are taken in, then stored,
 * shipped and journalled unchanged. Whoever receives one checks it with `parseRecord` before anything is allocated
 * or believed; a record that is not one is a value (`undefined`), never an exception, because a peer may have sent it.
 */
import { brotliDecompressSync, crc32 } from "node:zlib";
import { assert } from "../base/assert.ts";
import { ByteReader, ByteWriter } from "../base/bytes.ts";
import type { Epoch, LaneRecord, Mark, Predecessor, RecordKind } from "./lane.ts";

const recordVersion = 1;
/** Four times the batch that intake aims at, so that one event of 64 KiB after an almost full batch always fits. */
export const PAYLOAD_BYTES_MAX = 1_048_576;
/** The payload as it is (codec 0) and its marks: a quarter more than the payload alone. */
export const RECORD_BYTES_MAX = 1_310_720;
export const RECORD_HEADER_BYTES = 56;
export const MARK_BYTES_MAX = 1_024;
/** Two blocks of 2,048 bytes hold it in a segment's head, beside 130 bytes of numbers. */
export const PREAMBLE_BYTES_MAX = 1_900;
const reasonBytesMax = 200;

const magic = 0x4172_6742; // "ArgB"
const crcAt = 52;
const kindNumbers: Record<RecordKind, number> = { events: 1, epoch: 2, hole: 3 };
const kindNames: readonly (RecordKind | undefined)[] = [undefined, "events", "epoch", "hole"];

export const CODEC_NONE = 0;
export const CODEC_BROTLI = 1;

interface Parts {
  kind: RecordKind;
  codec: number;
  lane: number;
  epoch: Epoch;
  first: number;
  count: number;
  marks: readonly Mark[];
  rawBytes: number;
  payload: Uint8Array;
}

export function writeEpoch(writer: ByteWriter, epoch: Epoch): void {
  assert(/^[0-9a-f]{16}$/.test(epoch.bits), "an epoch's bits are 16 hex digits");
  writer.u64(epoch.number).raw(Buffer.from(epoch.bits, "hex"));
}

export function readEpoch(reader: ByteReader): Epoch {
  return { number: reader.u64(), bits: reader.raw(8).toString("hex") };
}

/** A flag, then a predecessor or zeros: always 25 bytes. */
export function writePredecessor(writer: ByteWriter, predecessor: Predecessor | undefined): void {
  writer.u8(predecessor === undefined ? 0 : 1);
  writeEpoch(writer, predecessor?.epoch ?? { number: 0, bits: "0000000000000000" });
  writer.u64(predecessor?.last ?? 0);
}

export function readPredecessor(reader: ByteReader): Predecessor | undefined {
  const isThere = reader.u8() === 1;
  const epoch = readEpoch(reader);
  const last = reader.u64();
  return isThere ? { epoch, last } : undefined;
}

export function writeMarks(writer: ByteWriter, marks: Iterable<Mark>): void {
  for (const { key, position } of marks) {
    assert(Buffer.byteLength(key) <= MARK_BYTES_MAX && position.length <= MARK_BYTES_MAX, "a mark is too long");
    writer.text16(key).bytes32(position);
  }
}

/** `count` marks, as copies; `undefined` when the bytes end before them or a length is out of bounds. */
export function readMarks(reader: ByteReader, count: number): Mark[] | undefined {
  const marks: Mark[] = [];
  for (let left = count; left > 0; left -= 1) {
    const key = reader.text16();
    const position = Buffer.from(reader.bytes32());
    if (reader.isBroken || position.length > MARK_BYTES_MAX) return undefined;
    marks.push({ key, position });
  }
  return marks;
}

function encode(parts: Parts): LaneRecord {
  assert(parts.rawBytes <= PAYLOAD_BYTES_MAX, "a batch is larger than PAYLOAD_BYTES_MAX");
  const writer = new ByteWriter(RECORD_HEADER_BYTES + parts.payload.length + parts.marks.length * 64);
  writer.u32(magic).u32(0).u8(recordVersion).u8(kindNumbers[parts.kind]).u8(parts.codec).u8(0);
  writer.u16(parts.lane).u16(parts.marks.length);
  writeEpoch(writer, parts.epoch);
  writer.u64(parts.first).u64(parts.count).u32(parts.rawBytes).u32(0);
  writeMarks(writer, parts.marks);
  writer.raw(parts.payload);
  assert(writer.length <= RECORD_BYTES_MAX, "a record is larger than RECORD_BYTES_MAX");
  writer.patchU32(4, writer.length);
  // The writer is not used again, so its memory may be the record's.
  const bytes = writer.view();
  writer.patchU32(crcAt, crcOf(bytes));
  const { kind, lane, epoch, first, count } = parts;
  return { kind, lane, epoch, first, count, bytes };
}

function crcOf(bytes: Buffer): number {
  return crc32(bytes.subarray(RECORD_HEADER_BYTES), crc32(bytes.subarray(0, crcAt)));
}

/** The CRC that stands in a record's header. */
export function storedCrc(record: Buffer): number {
  return record.readUInt32BE(crcAt);
}

export function eventsRecord(
  lane: number,
  epoch: Epoch,
  first: number,
  batch: { count: number; marks: readonly Mark[]; rawBytes: number },
  compressed: { codec: number; payload: Uint8Array },
): LaneRecord {
  const { codec, payload } = compressed;
  const { count, marks, rawBytes } = batch;
  return encode({ kind: "events", codec, lane, epoch, first, count, marks, rawBytes, payload });
}

export function epochRecord(
  lane: number,
  epoch: Epoch,
  predecessor: Predecessor | undefined,
  preamble: Uint8Array,
): LaneRecord {
  assert(preamble.length <= PREAMBLE_BYTES_MAX, "an epoch's preamble is too long");
  const writer = new ByteWriter(32 + preamble.length);
  writePredecessor(writer, predecessor);
  const payload = writer.raw(preamble).view();
  const rawBytes = payload.length;
  return encode({ kind: "epoch", codec: CODEC_NONE, lane, epoch, first: 1, count: 0, marks: [], rawBytes, payload });
}

export function holeRecord(lane: number, epoch: Epoch, first: number, count: number, reason: string): LaneRecord {
  assert(count > 0, "a hole misses at least one event");
  const payload = Buffer.from(reason, "utf8").subarray(0, reasonBytesMax);
  const rawBytes = payload.length;
  return encode({ kind: "hole", codec: CODEC_NONE, lane, epoch, first, count, marks: [], rawBytes, payload });
}

/** How long the record at the start of `bytes` says it is; 0 when no record begins there. Needs 8 bytes. */
export function recordLength(bytes: Buffer): number {
  if (bytes.length < 8 || bytes.readUInt32BE(0) !== magic) return 0;
  const length = bytes.readUInt32BE(4);
  return length >= RECORD_HEADER_BYTES && length <= RECORD_BYTES_MAX ? length : 0;
}

/**
 * The record that `bytes` are, all of them; its `bytes` are the same memory. `undefined` unless version, kind, bounds
 * and CRC are right. The payload is not looked into.
 */
export function parseRecord(bytes: Buffer): LaneRecord | undefined {
  if (bytes.length < RECORD_HEADER_BYTES || recordLength(bytes) !== bytes.length) return undefined;
  if (bytes.readUInt8(8) !== recordVersion || crcOf(bytes) !== storedCrc(bytes)) return undefined;
  const kind = kindNames[bytes.readUInt8(9)];
  const codec = bytes.readUInt8(10);
  if (kind === undefined || codec > CODEC_BROTLI || bytes.readUInt32BE(48) > PAYLOAD_BYTES_MAX) return undefined;
  const lane = bytes.readUInt16BE(12);
  const reader = new ByteReader(bytes, 16);
  const epoch = readEpoch(reader);
  const first = reader.u64();
  const count = reader.u64();
  if (reader.isBroken || !isPlausible(kind, first, count)) return undefined;
  return { kind, lane, epoch, first, count, bytes };
}

function isPlausible(kind: RecordKind, first: number, count: number): boolean {
  if (first < 1 || !Number.isSafeInteger(first + count)) return false;
  if (kind === "epoch") return first === 1 && count === 0;
  return kind === "events" || count > 0;
}

/** Where the payload of a parsed record begins, and its marks; `undefined` when the marks are out of bounds. */
function marksAndPayload(record: LaneRecord): { marks: Mark[]; payload: Buffer } | undefined {
  const reader = new ByteReader(record.bytes, RECORD_HEADER_BYTES);
  const marks = readMarks(reader, record.bytes.readUInt16BE(14));
  return marks === undefined ? undefined : { marks, payload: reader.raw(reader.remaining) };
}

/** The record with memory of its own and, of a batch, without its payload: for what recovery wants to know of it. */
export function slimRecord(record: LaneRecord): LaneRecord {
  const payloadBytes = record.kind === "events" ? (marksAndPayload(record)?.payload.length ?? 0) : 0;
  return { ...record, bytes: Buffer.from(record.bytes.subarray(0, record.bytes.length - payloadBytes)) };
}

export function marksOf(record: LaneRecord): Mark[] {
  return marksAndPayload(record)?.marks ?? [];
}

/**
 * The raw payload, inflated with the raw length in the header as the limit; `undefined` when it is not of that length
 * or cannot be inflated: the CRC says that the bytes are as the writer made them, not that the writer was honest.
 */
export function payloadOf(record: LaneRecord): Buffer | undefined {
  const payload = marksAndPayload(record)?.payload;
  const rawBytes = record.bytes.readUInt32BE(48);
  if (payload === undefined) return undefined;
  if (record.bytes.readUInt8(10) === CODEC_NONE) return payload.length === rawBytes ? payload : undefined;
  try {
    const raw = brotliDecompressSync(payload, { maxOutputLength: Math.max(1, rawBytes) });
    return raw.length === rawBytes ? raw : undefined;
  } catch {
    return undefined;
  }
}

/** What a record of kind `epoch` says; `undefined` when its payload is none. */
export function epochContent(
  record: LaneRecord,
): { predecessor: Predecessor | undefined; preamble: Buffer } | undefined {
  const payload = record.kind === "epoch" ? payloadOf(record) : undefined;
  if (payload === undefined || payload.length > PREAMBLE_BYTES_MAX + 25) return undefined;
  const reader = new ByteReader(payload);
  const predecessor = readPredecessor(reader);
  const preamble = Buffer.from(reader.raw(reader.remaining));
  return reader.isBroken ? undefined : { predecessor, preamble };
}

/** The reason in a record of kind `hole`. */
export function holeReason(record: LaneRecord): string {
  return payloadOf(record)?.subarray(0, reasonBytesMax).toString("utf8") ?? "";
}
