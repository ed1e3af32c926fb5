/**
 * The head of a segment (docs/protocol/spool-format.md section 3): two equal core blocks and a table. A head is written
 * beside, synced and renamed, so it is whole or absent; one bad sector in it loses nothing.
 */
import { crc32 } from "node:zlib";
import { assert } from "../base/assert.ts";
import { ByteReader, ByteWriter } from "../base/bytes.ts";
import type { Epoch, Predecessor } from "./lane.ts";
import { PREAMBLE_BYTES_MAX, readEpoch, readPredecessor, writeEpoch, writePredecessor } from "./record.ts";
import { TABLE_BYTES_MAX } from "./table.ts";

const segmentVersion = 1;
export const CORE_BYTES = 2_048;
export const HEAD_BYTES = 2 * CORE_BYTES;
const magic = Buffer.from("ARGUSSEG", "latin1");
const flagDropped = 1;
const typeSpool = 1;
const typeJournal = 2;

interface Common {
  salt: Buffer;
  /** When it was begun, wall clock. */
  createdMs: number;
  tableBytes: number;
  tableCrc: number;
}

export interface SpoolCore extends Common {
  type: "spool";
  ordinal: number;
  isDropped: boolean;
  lane: number;
  epoch: Epoch;
  /** The seq of its first event. */
  first: number;
  predecessor: Predecessor | undefined;
  preamble: Buffer;
}

export interface JournalCore extends Common {
  type: "journal";
  /** The position of its first frame. */
  base: number;
  /** The highest before it. */
  receivedMs: number;
}

export type Core = SpoolCore | JournalCore;

type Unsized<T> = Omit<T, "tableBytes" | "tableCrc">;

/** The whole head: the core twice, and the table, whose length and CRC are filled in. */
export function writeHead(core: Unsized<SpoolCore> | Unsized<JournalCore>, table: Uint8Array): Buffer {
  assert(table.length <= TABLE_BYTES_MAX, "a segment's table is too large");
  const writer = new ByteWriter(CORE_BYTES);
  writer
    .raw(magic)
    .u8(segmentVersion)
    .u8(core.type === "spool" ? typeSpool : typeJournal);
  writer
    .u16(core.type === "spool" && core.isDropped ? flagDropped : 0)
    .u32(0)
    .raw(core.salt);
  writer.u64(core.type === "spool" ? core.ordinal : core.base).f64(core.createdMs);
  writer.u32(table.length).u32(crc32(table));
  if (core.type === "spool") writeSpoolPart(writer, core);
  else writer.f64(core.receivedMs);
  const block = Buffer.alloc(CORE_BYTES);
  assert(writer.length <= CORE_BYTES, "a core block is too long");
  writer.view().copy(block);
  block.writeUInt32BE(coreCrc(block), 12);
  return Buffer.concat([block, block, table]);
}

function writeSpoolPart(writer: ByteWriter, core: Unsized<SpoolCore>): void {
  writer.u16(core.lane);
  writeEpoch(writer, core.epoch);
  writer.u64(core.first);
  writePredecessor(writer, core.predecessor);
  writer.bytes32(core.preamble);
}

function coreCrc(block: Buffer): number {
  return crc32(block.subarray(16, CORE_BYTES), crc32(block.subarray(0, 12)));
}

/**
 * The core that the first HEAD_BYTES of a file hold in either block. `future`: a block is whole but of a later version;
 * its file is not ours to touch. `bad`: neither block can be read.
 */
export function readCore(head: Buffer): Core | "future" | "bad" {
  for (const at of [0, CORE_BYTES]) {
    const block = head.subarray(at, at + CORE_BYTES);
    if (block.length < CORE_BYTES || block.compare(magic, 0, 8, 0, 8) !== 0) continue;
    // A later version may check itself in another way, so its number is believed without the CRC if both blocks agree.
    const version = block.readUInt8(8);
    if (version > segmentVersion && (block.readUInt32BE(12) === coreCrc(block) || isVersionOfBoth(head, version))) {
      return "future";
    }
    if (version !== segmentVersion || block.readUInt32BE(12) !== coreCrc(block)) continue;
    const core = parseCore(block);
    if (core !== undefined) return core;
  }
  return "bad";
}

function isVersionOfBoth(head: Buffer, version: number): boolean {
  return head.readUInt8(8) === version && head.length >= HEAD_BYTES && head.readUInt8(CORE_BYTES + 8) === version;
}

function parseCore(block: Buffer): Core | undefined {
  const reader = new ByteReader(block, 9);
  const type = reader.u8();
  const flags = reader.u16();
  reader.u32();
  const salt = Buffer.from(reader.raw(8));
  const number = reader.u64();
  const createdMs = reader.f64();
  const tableBytes = reader.u32();
  const tableCrc = reader.u32();
  if (tableBytes > TABLE_BYTES_MAX) return undefined;
  const common = { salt, createdMs, tableBytes, tableCrc };
  if (type === typeJournal) return { type: "journal", ...common, base: number, receivedMs: reader.f64() };
  if (type !== typeSpool) return undefined;
  const lane = reader.u16();
  const epoch = readEpoch(reader);
  const first = reader.u64();
  const predecessor = readPredecessor(reader);
  const preamble = Buffer.from(reader.bytes32());
  if (reader.isBroken || preamble.length > PREAMBLE_BYTES_MAX) return undefined;
  const isDropped = (flags & flagDropped) !== 0;
  return { type: "spool", ...common, ordinal: number, isDropped, lane, epoch, first, predecessor, preamble };
}

/** Where the frames of a segment begin. */
export function framesAt(core: Core): number {
  return HEAD_BYTES + core.tableBytes;
}

/** Files are named by ordinal or position, so that their order by name is their order. */
export function segmentName(number: number): string {
  return `${number.toString(16).padStart(16, "0")}.seg`;
}

/** The number in a segment's name, or `undefined` for another file. */
export function numberOfName(name: string): number | undefined {
  return /^[0-9a-f]{16}\.seg$/.test(name) ? Number.parseInt(name.slice(0, 16), 16) : undefined;
}
