/**
 * Frames of the link's streams (docs/protocol/link.md section 5):
 *
 *   frame  := length u32 | kind u8 | body                 length = 1 + bytes of body
 *   record := kind u8 | lane u16 | epoch u64 | bits 8 | first u64 | count u64 | bytes
 *   ack    := lane u16 | epoch u64 | bits 8 | last u64
 *   piece  := sha256 32 | offset u64 | total u64 | bytes
 *
 * A length out of bounds breaks the reader as soon as its four bytes are there; what it holds never exceeds what has
 * arrived. A broken reader stays broken and delivers nothing more.
 */
import { ByteReader, ByteWriter } from "../base/bytes.ts";
import { agentMessageSchemas, BLOB_BYTES_MAX } from "./agent-wire.ts";
import { knownFields } from "./known-fields.ts";
import type { Epoch, LaneRecord, RecordKind } from "./needs.ts";
import { isWithinBounds } from "./status-bounds.ts";
import type { StreamName } from "./transport.ts";
import { messageSchemas, type Message, type MessageName } from "./wire.ts";
import { Compile } from "typebox/compile";

/** The largest record of spool-format.md (1,310,720 bytes) with the numbers beside it. */
export const EVENTS_FRAME_BYTES_MAX = 1_310_784;
/** A thousand epochs in a hello are 120 KiB; fifty nodes in a snapshot 30 KiB. */
export const CONTROL_FRAME_BYTES_MAX = 262_144;
/** The longest record of an agent: 64 labels and the other facts, six bytes of JSON for each code point, 610 KiB. */
export const AGENTS_FRAME_BYTES_MAX = 1_048_576;
/** A piece of a blob with the numbers beside it. */
export const BLOB_FRAME_BYTES_MAX = 65_600;
export const PIECE_BYTES_MAX = 65_536;
export const FRAME_RECORD = 16;
export const FRAME_ACK = 17;
export const FRAME_PIECE = 24;

const headerBytes = 4;
const recordHeaderBytes = 35;
const pieceHeaderBytes = 48;
const recordKinds: readonly (RecordKind | undefined)[] = [undefined, "events", "epoch", "hole"];
const recordNumbers: Record<RecordKind, number> = { events: 1, epoch: 2, hole: 3 };

export interface Ack {
  lane: number;
  epoch: Epoch;
  last: number;
}

/** A part of a blob; `offset` and `total` are of the blob. */
export interface Piece {
  sha256: string;
  offset: number;
  total: number;
  bytes: Buffer;
}

export function frameBytesMax(stream: StreamName): number {
  if (stream === "events") return EVENTS_FRAME_BYTES_MAX;
  if (stream === "agents") return AGENTS_FRAME_BYTES_MAX;
  return stream === "blob" ? BLOB_FRAME_BYTES_MAX : CONTROL_FRAME_BYTES_MAX;
}

/** Cuts a stream into frames. */
export class FrameReader {
  readonly #lengthMax: number;
  #chunks: Buffer[] = [];
  #held = 0;
  #broken = false;

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  get isBroken(): boolean {
    return this.#broken;
  }

  /** Bytes of an unfinished frame. */
  get heldBytes(): number {
    return this.#held;
  }

  /**
   * Takes the bytes over, and calls `onFrame` for every whole frame; its body is a view that is not used again here.
   */
  push(bytes: Buffer, onFrame: (kind: number, body: Buffer) => void): void {
    if (this.#broken || bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#held += bytes.length;
    while (this.#held >= headerBytes) {
      const length = this.#peekLength();
      if (length < 1 || length > this.#lengthMax) return this.#break();
      if (this.#held < headerBytes + length) return;
      const frame = this.#take(headerBytes + length);
      onFrame(frame.readUInt8(headerBytes), frame.subarray(headerBytes + 1));
    }
  }

  #break(): void {
    this.#broken = true;
    this.#chunks = [];
    this.#held = 0;
  }

  #peekLength(): number {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= headerBytes) return first.readUInt32BE(0);
    this.#chunks = [Buffer.concat(this.#chunks)]; // Only while under four bytes stand in the first chunk.
    return this.#chunks[0]?.readUInt32BE(0) ?? 0;
  }

  #take(count: number): Buffer {
    const [first] = this.#chunks;
    const whole = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    const rest = whole.subarray(count);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#held = rest.length;
    return whole.subarray(0, count);
  }
}

function frameHeader(kind: number, bodyBytes: number): Buffer {
  const header = Buffer.allocUnsafe(headerBytes + 1);
  header.writeUInt32BE(bodyBytes + 1, 0);
  header.writeUInt8(kind, headerBytes);
  return header;
}

/** A JSON message as a frame, or `undefined` when it is longer than a frame may be. */
export function writeMessage(message: Message): Buffer | undefined {
  return writeBody(message.type, JSON.stringify(message.body));
}

/** The same of a body that is JSON already. */
export function writeBody(type: MessageName, json: string): Buffer | undefined {
  const body = Buffer.from(json, "utf8");
  const most = type in agentMessageSchemas ? AGENTS_FRAME_BYTES_MAX : CONTROL_FRAME_BYTES_MAX;
  if (body.length + 1 > most) return undefined;
  return Buffer.concat([frameHeader(messageSchemas[type].kind, body.length), body]);
}

type Validator = { Check(value: unknown): boolean };
const validators = new Map<MessageName, Validator>();

/** Made when the first message of its name comes: a node without agents never pays for theirs. */
function validatorOf(type: MessageName): Validator {
  const known = validators.get(type);
  if (known !== undefined) return known;
  const made: Validator = Compile(messageSchemas[type].schema);
  validators.set(type, made);
  return made;
}

/** Whether a body of ours is what a peer will accept. */
export function isOfSchema(type: MessageName, body: unknown): boolean {
  return validatorOf(type).Check(body);
}

const namesByKind = new Map<number, MessageName>(
  Object.entries(messageSchemas).map(([name, { kind }]) => [kind, name as MessageName]),
);

export function messageNameOf(kind: number): MessageName | undefined {
  return namesByKind.get(kind);
}

/** A peer's message, or `undefined` when it is no JSON of that message's schema, or a figure of it is out of bounds. */
export function readMessage(type: MessageName, body: Buffer): Message | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
  if (!isOfSchema(type, value)) return undefined;
  // The schema, checked above, is where the type of the body comes from.
  const message = { type, body: type in agentMessageSchemas ? knownFields(messageSchemas[type].schema, value) : value };
  const checked = message as Message;
  return checked.type === "status" && !isWithinBounds(checked.body) ? undefined : checked;
}

function putEpoch(writer: ByteWriter, epoch: Epoch): void {
  writer.u64(epoch.number).raw(Buffer.from(epoch.bits, "hex"));
}

function takeEpoch(reader: ByteReader): Epoch {
  return { number: reader.u64(), bits: reader.raw(8).toString("hex") };
}

/** A record as the two pieces of its frame; the second one is the record's own memory. */
export function writeRecord(record: LaneRecord): [Buffer, Buffer] {
  const writer = new ByteWriter(headerBytes + 1 + recordHeaderBytes);
  writer.u32(1 + recordHeaderBytes + record.bytes.length).u8(FRAME_RECORD);
  writer.u8(recordNumbers[record.kind]).u16(record.lane);
  putEpoch(writer, record.epoch);
  writer.u64(record.first).u64(record.count);
  return [writer.view(), record.bytes];
}

/** `undefined` when the numbers beside the record are none; whether they are true is the journal's to say. */
export function readRecord(body: Buffer): LaneRecord | undefined {
  const reader = new ByteReader(body);
  const kind = recordKinds[reader.u8()];
  const lane = reader.u16();
  const epoch = takeEpoch(reader);
  const first = reader.u64();
  const count = reader.u64();
  if (reader.isBroken || reader.remaining === 0 || kind === undefined) return undefined;
  if (first < 1 || !Number.isSafeInteger(first + count)) return undefined;
  if (kind === "epoch" ? first !== 1 || count !== 0 : count < 1) return undefined;
  return { kind, lane, epoch, first, count, bytes: body.subarray(reader.position) };
}

export function writeAck(ack: Ack): Buffer {
  const writer = new ByteWriter(headerBytes + 1 + 26);
  writer.u32(27).u8(FRAME_ACK).u16(ack.lane);
  putEpoch(writer, ack.epoch);
  return writer.u64(ack.last).view();
}

export function readAck(body: Buffer): Ack | undefined {
  const reader = new ByteReader(body);
  const ack = { lane: reader.u16(), epoch: takeEpoch(reader), last: reader.u64() };
  return reader.isBroken || reader.remaining > 0 ? undefined : ack;
}

/** A piece as the two parts of its frame; the second one is the piece's own memory. */
export function writePiece({ sha256, offset, total, bytes }: Piece): [Buffer, Buffer] {
  const writer = new ByteWriter(headerBytes + 1 + pieceHeaderBytes);
  writer.u32(1 + pieceHeaderBytes + bytes.length).u8(FRAME_PIECE);
  return [writer.raw(Buffer.from(sha256, "hex")).u64(offset).u64(total).view(), bytes];
}

/** `undefined` when it is none; whether it follows is the session's to say. */
export function readPiece(body: Buffer): Piece | undefined {
  const reader = new ByteReader(body);
  const piece = { sha256: reader.raw(32).toString("hex"), offset: reader.u64(), total: reader.u64() };
  if (reader.isBroken || piece.total > BLOB_BYTES_MAX || reader.remaining > PIECE_BYTES_MAX) return undefined;
  return { ...piece, bytes: body.subarray(reader.position) };
}

/** Seq of the last event that a record covers; 0 for an epoch's own record. */
export function lastOf(record: LaneRecord): number {
  return record.first + record.count - 1;
}

export function isSameEpoch(a: Epoch, b: Epoch): boolean {
  return a.number === b.number && a.bits === b.bits;
}
