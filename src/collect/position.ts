/**
 * The position of a followed path, as it is stored in a mark: every file that is being read under this path, oldest
 * first (after a rotation the old file is read on for a while), and how far.
 *
 *   position := version u8 (1) | count u8 | file*
 *   file     := device f64 | inode f64 | offset u64 | headBytes u16 | headHash 8 bytes
 *
 * A file is recognised by its inode and by its first bytes, because inode numbers are used again: `headHash` is the
 * start of the SHA-256 of its first `headBytes` = min(256, offset) bytes, which do not change in a file that only
 * grows.
 */
import { createHash } from "node:crypto";
import { ByteReader, ByteWriter } from "../base/bytes.ts";

export interface FilePosition {
  device: number;
  inode: number;
  /** Bytes from the start of the file to the end of the last line handed over. */
  offset: number;
  headBytes: number;
  headHash: Uint8Array;
}

const positionVersion = 1;
export const HEAD_BYTES_MAX = 256;
const hashBytes = 8;
/** More files under one path at once than a follower ever holds. */
const filesMax = 255;

const keyPrefix = "file:";

export function markKeyOf(path: string): string {
  return `${keyPrefix}${path}`;
}

export function hashHead(head: Uint8Array): Uint8Array {
  return createHash("sha256").update(head).digest().subarray(0, hashBytes);
}

export function writePosition(files: readonly FilePosition[]): Buffer {
  const writer = new ByteWriter(2 + files.length * 34);
  writer.u8(positionVersion).u8(Math.min(files.length, filesMax));
  for (const file of files.slice(0, filesMax)) {
    writer.f64(file.device).f64(file.inode).u64(file.offset).u16(file.headBytes).raw(file.headHash);
  }
  return writer.copy();
}

/** The files, or `undefined` when the bytes are not a position of this version: the path is then one never seen. */
export function readPosition(bytes: Uint8Array): FilePosition[] | undefined {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== positionVersion) return undefined;
  const files: FilePosition[] = [];
  for (let left = reader.u8(); left > 0 && !reader.isBroken; left -= 1) {
    const [device, inode, offset, headBytes] = [reader.f64(), reader.f64(), reader.u64(), reader.u16()];
    files.push({ device, inode, offset, headBytes, headHash: Uint8Array.from(reader.raw(hashBytes)) });
  }
  const isWhole = !reader.isBroken && reader.remaining === 0;
  return isWhole && files.every((file) => file.headBytes <= HEAD_BYTES_MAX) ? files : undefined;
}
