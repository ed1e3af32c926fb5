/**
 * Frames (docs/protocol/spool-format.md section 2): what a segment consists of. `Frames` walks the frames of one file,
 * and finds the next one by the segment's salt where bytes cannot be read.
 */
import { crc32 } from "node:zlib";
import { assert } from "../base/assert.ts";
import type { DiskFile } from "../base/disk.ts";
import type { LaneRecord } from "./lane.ts";
import { parseRecord, RECORD_BYTES_MAX, storedCrc } from "./record.ts";

export const FRAME_HEADER_BYTES = 28;
export const SALT_BYTES = 8;
export const CONTROL_BYTES_MAX = 65_536;
const kindLane = 1;
const kindControl = 2;
const extensionBytesMax = 255;

/** A frame before it has a place. */
export interface FrameParts {
  kind: "lane" | "control";
  extension: Uint8Array;
  body: Buffer;
}

/** A frame as it was read; offsets are bytes in the file. Buffers are views, valid until the window moves on. */
export interface Frame {
  offset: number;
  end: number;
  /** Bytes of frames of the segment that were on the disk when it was written. */
  synced: number;
  kind: "lane" | "control";
  extension: Buffer;
  /** Of a lane frame; a control frame has `body` only. */
  record: LaneRecord | undefined;
  body: Buffer;
}

export function frameBytes(parts: FrameParts): number {
  return FRAME_HEADER_BYTES + parts.extension.length + parts.body.length;
}

/** Everything of a frame but the body. */
export function frameHead(parts: FrameParts, salt: Uint8Array, synced: number): Buffer {
  assert(parts.extension.length <= extensionBytesMax, "a frame's extension is too long");
  const head = Buffer.allocUnsafe(FRAME_HEADER_BYTES + parts.extension.length);
  head.set(salt, 0);
  head.writeUInt32BE(parts.body.length, 8);
  head.writeUInt32BE(synced, 12);
  head.writeUInt8(parts.kind === "lane" ? kindLane : kindControl, 16);
  head.writeUInt8(parts.extension.length, 17);
  head.writeUInt16BE(0, 18);
  head.writeUInt32BE(parts.kind === "lane" ? storedCrc(parts.body) : crc32(parts.body), 20);
  head.set(parts.extension, FRAME_HEADER_BYTES);
  head.writeUInt32BE(headCrc(head), 24);
  return head;
}

function headCrc(head: Buffer): number {
  return crc32(head.subarray(FRAME_HEADER_BYTES), crc32(head.subarray(0, 24)));
}

/** How long the frame is whose first bytes are `head`; 0 when none begins there. Needs FRAME_HEADER_BYTES. */
function frameLength(head: Buffer, salt: Buffer): number {
  if (head.length < FRAME_HEADER_BYTES || head.compare(salt, 0, SALT_BYTES, 0, SALT_BYTES) !== 0) return 0;
  const bodyBytes = head.readUInt32BE(8);
  if (bodyBytes > RECORD_BYTES_MAX) return 0;
  return FRAME_HEADER_BYTES + head.readUInt8(17) + bodyBytes;
}

/** The frame that `bytes` are, or `undefined` when a CRC or a length is wrong. */
function parseFrame(bytes: Buffer, offset: number): Frame | undefined {
  const extensionEnd = FRAME_HEADER_BYTES + bytes.readUInt8(17);
  if (headCrc(bytes.subarray(0, extensionEnd)) !== bytes.readUInt32BE(24)) return undefined;
  const extension = bytes.subarray(FRAME_HEADER_BYTES, extensionEnd);
  const body = bytes.subarray(extensionEnd);
  const crc = bytes.readUInt32BE(20);
  const common = { offset, end: offset + bytes.length, synced: bytes.readUInt32BE(12), extension, body };
  switch (bytes.readUInt8(16)) {
    case kindLane: {
      const record = parseRecord(body);
      return record === undefined || storedCrc(body) !== crc ? undefined : { ...common, kind: "lane", record };
    }
    case kindControl:
      return crc32(body) === crc ? { ...common, kind: "control", record: undefined } : undefined;
    default:
      return undefined;
  }
}

/** What stands at an offset: a frame, the end, or bytes that are none up to where the next frame (or the end) is. */
export type Found = { what: "frame"; frame: Frame } | { what: "end" } | { what: "bad"; offset: number; end: number };

/** Walks the frames of one file up to a limit. Reads a window at a time, so memory is bounded by it and one frame. */
export class Frames {
  readonly #file: DiskFile;
  readonly #salt: Buffer;
  readonly #windowBytes: number;
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;

  /** `windowBytes`: how much is read at once. The file stays the caller's to close. */
  constructor(file: DiskFile, salt: Buffer, windowBytes: number) {
    this.#file = file;
    this.#salt = salt;
    this.#windowBytes = windowBytes;
  }

  /**
   * What stands at `offset`; nothing at or behind `limit` is looked at. Every frame's buffers are views into the
   * window, which is never written again: they stay valid for as long as they are kept.
   */
  async at(offset: number, limit: number): Promise<Found> {
    if (offset >= limit) return { what: "end" };
    const frame = await this.#frameAt(offset, limit);
    if (frame !== undefined) return { what: "frame", frame };
    for (let from = offset + 1; ;) {
      const next = await this.#findSalt(from, limit);
      if (next < 0) return { what: "bad", offset, end: limit };
      if ((await this.#frameAt(next, limit)) !== undefined) return { what: "bad", offset, end: next };
      from = next + 1;
    }
  }

  async #frameAt(offset: number, limit: number): Promise<Frame | undefined> {
    const head = await this.#view(offset, FRAME_HEADER_BYTES, limit);
    const length = frameLength(head, this.#salt);
    if (length === 0 || offset + length > limit) return undefined;
    const bytes = await this.#view(offset, length, limit);
    return bytes.length < length ? undefined : parseFrame(bytes.subarray(0, length), offset);
  }

  async #findSalt(from: number, limit: number): Promise<number> {
    for (let at = from; at < limit;) {
      const bytes = await this.#view(at, SALT_BYTES, limit);
      const found = bytes.indexOf(this.#salt);
      if (found >= 0) return at + found;
      if (bytes.length < SALT_BYTES) return -1;
      at += bytes.length - SALT_BYTES + 1;
    }
    return -1;
  }

  /** What the window holds from `offset` on: at least `bytes`, unless the file or the limit ends before. */
  async #view(offset: number, bytes: number, limit: number): Promise<Buffer> {
    const wanted = Math.min(bytes, limit - offset);
    const from = offset - this.#windowAt;
    const isHeld = from >= 0 && from + wanted <= this.#window.length;
    if (!isHeld) await this.#load(offset, Math.min(Math.max(wanted, this.#windowBytes), limit - offset));
    const start = offset - this.#windowAt;
    return this.#window.subarray(start, Math.min(this.#window.length, start + (limit - offset)));
  }

  async #load(offset: number, bytes: number): Promise<void> {
    // Always a new window: records that were handed out are views into the old one.
    const window = Buffer.allocUnsafeSlow(bytes);
    const filled = await this.#file.read(window, offset);
    this.#window = window.subarray(0, filled);
    this.#windowAt = offset;
  }
}
