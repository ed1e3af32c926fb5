/**
 * Segment files: how one is begun, written, and recovered (docs/protocol/spool-format.md sections 3 to 5).
 *
 * Invariants: a file has its name only when its head is on the disk. `synced` never passes what a sync has covered.
 * After a failed sync the writer is dead. Recovery believes a frame only if it lies before a proven sync, or follows it
 * without a break and has been written and synced again.
 */
import { crc32 } from "node:zlib";
import type { CrashPoint, CrashPointName } from "../base/crash-point.ts";
import type { Disk, DiskFile } from "../base/disk.ts";
import { errnoOf } from "../base/error.ts";
import { SpoolError } from "./errors.ts";
import { Frames, frameBytes, frameHead, type Frame, type FrameParts } from "./frame.ts";
import { framesAt, HEAD_BYTES, readCore, type Core } from "./head.ts";

/** What a scan reads at once: large enough that a frame seldom needs a second read. */
const scanWindowBytes = 4_194_304;
export const FILE_PERMISSIONS = 0o640;
export const FOLDER_PERMISSIONS = 0o750;

/** Wraps what the disk says with what the operator needs to know. */
export function ioError(path: string, doing: string, cause: unknown): SpoolError {
  if (cause instanceof SpoolError) return cause;
  const isFull = isFullDisk(cause);
  const errno = errnoOf(cause);
  const hint = errno === "EACCES" || errno === "EPERM" ? " (is the file owned by the user that Argus runs as?)" : "";
  return new SpoolError("ARGUS_SPOOL_IO", path, `cannot ${doing} ${path}${hint}`, { cause, retry: isFull });
}

/** Opens a segment that is recovered, and closes it whatever comes of `work`. Throws `SpoolError`. */
export async function withSegment(
  disk: Disk,
  path: string,
  mode: "read" | "write",
  work: (file: DiskFile) => Promise<void>,
): Promise<void> {
  try {
    const file = await disk.open(path, mode);
    try {
      await work(file);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw ioError(path, "recover", error);
  }
}

/** The disk, or the user's quota, has no room: a write may be tried again later. */
export function isFullDisk(cause: unknown): boolean {
  const errno = errnoOf(cause instanceof SpoolError ? cause.cause : cause);
  return errno === "ENOSPC" || errno === "EDQUOT";
}

/** The segment that is being written: the last one of its folder. */
export class SegmentWriter {
  readonly path: string;
  readonly salt: Buffer;
  readonly framesAt: number;
  readonly #file: DiskFile;
  #end: number;
  #synced: number;

  constructor(path: string, file: DiskFile, salt: Buffer, start: number) {
    this.path = path;
    this.salt = salt;
    this.framesAt = start;
    this.#file = file;
    this.#end = start;
    this.#synced = start;
  }

  /** Where the next frame goes: bytes of the file. */
  get end(): number {
    return this.#end;
  }

  get isEmpty(): boolean {
    return this.#end === this.framesAt;
  }

  /** Up to where the file is known to be on the disk. */
  get synced(): number {
    return this.#synced;
  }

  /** Writes the frames one after another; returns the offset of the first. On failure nothing has been added. */
  async write(frames: readonly FrameParts[]): Promise<number> {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for (const parts of frames) {
      pieces.push(frameHead(parts, this.salt, this.#synced - this.framesAt), parts.body);
      bytes += frameBytes(parts);
    }
    const offset = this.#end;
    try {
      await this.#file.write(pieces, offset);
    } catch (error) {
      // What a full disk let through goes, so that it gives its room back; if not, the next try writes over it.
      await this.#file.truncate(offset).catch(() => undefined);
      throw ioError(this.path, "write to", error);
    }
    this.#end = offset + bytes;
    return offset;
  }

  async sync(): Promise<void> {
    const end = this.#end;
    try {
      await this.#file.sync();
    } catch (cause) {
      await this.#file.truncate(this.#synced).catch(() => undefined);
      const message = `${this.path} could not be synced: its last bytes may be lost; nothing more is accepted`;
      throw new SpoolError("ARGUS_SPOOL_SYNC_FAILED", this.path, message, { cause });
    }
    this.#synced = end;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

export interface Begin {
  disk: Disk;
  folder: string;
  name: string;
  head: Buffer;
  salt: Buffer;
  crash: CrashPoint;
  /** Passed when the file lies beside with its head synced, and when it has its name. */
  crashNames: { written: CrashPointName | undefined; synced: CrashPointName };
}

/** Begins a segment: when this resolves its head is on the disk under its name. */
export async function beginSegment(begin: Begin): Promise<SegmentWriter> {
  const { disk, folder, name, head, salt } = begin;
  const path = `${folder}/${name}`;
  const beside = `${path}.new`;
  try {
    const file = await disk.open(beside, "create", FILE_PERMISSIONS);
    try {
      await file.truncate(0);
      await file.write([head], 0);
      await file.sync();
      if (begin.crashNames.written !== undefined) begin.crash(begin.crashNames.written);
      await disk.rename(beside, path);
      await disk.syncFolder(folder);
    } catch (error) {
      await file.close();
      throw error;
    }
    begin.crash(begin.crashNames.synced);
    return new SegmentWriter(path, file, salt, head.length);
  } catch (error) {
    throw ioError(path, "begin", error);
  }
}

export interface Head {
  core: Core;
  /** Of the whole file. */
  bytes: number;
  /** Wall clock: when the file was last written. */
  modifiedMs: number;
}

/** The core of a segment and the size of its file; `undefined` when neither block can be read. */
export async function readHead(disk: Disk, path: string): Promise<Head | undefined> {
  try {
    const file = await disk.open(path, "read");
    try {
      const { bytes, modifiedMs } = await file.stat();
      const head = Buffer.allocUnsafeSlow(HEAD_BYTES);
      const filled = await file.read(head, 0);
      const core = readCore(head.subarray(0, filled));
      if (core === "future") throw futureVersion(path);
      return core === "bad" ? undefined : { core, bytes, modifiedMs };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw ioError(path, "read", error);
  }
}

function futureVersion(path: string): SpoolError {
  const message =
    `${path} was written by a later version of Argus, which this version cannot read; ` +
    "start the later version, or move the folder aside to begin anew";
  return new SpoolError("ARGUS_SPOOL_VERSION", path, message);
}

/** The table of a segment, or `undefined` when it cannot be read or its CRC is wrong. */
export async function readTable(file: DiskFile, core: Core): Promise<Buffer | undefined> {
  const table = Buffer.allocUnsafeSlow(core.tableBytes);
  const filled = await file.read(table, HEAD_BYTES);
  return filled === table.length && crc32(table) === core.tableCrc ? table : undefined;
}

export interface Scan {
  /** Where the last segment ends: behind it is a torn tail. */
  end: number;
  /** Proven by a later frame to have been on the disk. */
  provenTo: number;
  /** Ranges before `end` that were on the disk once and cannot be read. */
  damages: { offset: number; end: number }[];
}

/**
 * Looks at every frame of a last segment and decides where it ends. `visit` is then called for each frame before that
 * end and each damage, in order; a frame's buffers are only valid during the call unless `keep` makes something else
 * of it.
 */
export async function scanLast<T>(
  file: DiskFile,
  core: Core,
  bytes: number,
  keep: (frame: Frame) => T,
  visit: (found: { what: "frame"; frame: T } | { what: "bad"; offset: number; end: number }) => void,
): Promise<Scan> {
  const start = framesAt(core);
  const frames = new Frames(file, core.salt, scanWindowBytes);
  const seen: { offset: number; end: number; kept: { frame: T } | undefined }[] = [];
  let provenTo = start;
  for (let offset = start; ;) {
    const found = await frames.at(offset, bytes);
    if (found.what === "end") break;
    const { end } = found.what === "frame" ? found.frame : found;
    const kept = found.what === "frame" ? { frame: keep(found.frame) } : undefined;
    seen.push({ offset, end, kept });
    // A frame cannot prove more than what lies before itself.
    if (found.what === "frame") provenTo = Math.max(provenTo, Math.min(offset, start + found.frame.synced));
    offset = end;
  }
  const torn = seen.find((one) => one.kept === undefined && one.end > provenTo);
  const end = torn === undefined ? (seen.at(-1)?.end ?? start) : Math.max(torn.offset, provenTo);
  const damages: Scan["damages"] = [];
  for (const { offset, end: until, kept } of seen) {
    if (offset >= end) break;
    if (kept !== undefined) visit({ what: "frame", frame: kept.frame });
    else {
      damages.push({ offset, end: Math.min(until, end) });
      visit({ what: "bad", offset, end: Math.min(until, end) });
    }
  }
  return { end, provenTo, damages };
}

/**
 * Cuts the torn tail off and writes what follows the last proven sync again, so that the sync that follows covers it
 * even if the kernel lost it after a failed sync of an earlier process.
 */
export async function settleTail(file: DiskFile, scan: Scan, bytes: number): Promise<void> {
  if (bytes > scan.end) await file.truncate(scan.end);
  for (let offset = scan.provenTo; offset < scan.end;) {
    const piece = Buffer.allocUnsafeSlow(Math.min(scanWindowBytes, scan.end - offset));
    const filled = await file.read(piece, offset);
    if (filled === 0) break;
    await file.write([piece.subarray(0, filled)], offset);
    offset += filled;
  }
  await file.sync();
}
