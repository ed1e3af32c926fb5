/**
 * The disk as a value that is passed in: `nodeDisk` is the real one, `test/support/sim-disk.ts` can tear a write, fill
 * up, lie about a sync and lose power. All paths are absolute. Every method rejects with the system's error (errno in
 * `code`); whoever knows what the file means wraps it.
 */
import { closeSync, constants, fchownSync, openSync } from "node:fs";
import { type FileHandle, link, mkdir, open, readdir, rename, stat, statfs, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf } from "./error.ts";

export interface FileStat {
  bytes: number;
  device: number;
  inode: number;
  modifiedMs: number;
  mode: number;
  kind: "file" | "folder" | "other";
}

export interface DiskFile {
  /** Writes all of the pieces one after another at `position` (bytes from the start). Not atomic. */
  write(pieces: readonly Uint8Array[], position: number): Promise<void>;
  /** Fills `into` from `position`; returns how many bytes there were (fewer only at the end of the file). */
  read(into: Uint8Array, position: number): Promise<number>;
  /** fdatasync: what was written is on the disk when this resolves. */
  sync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  stat(): Promise<FileStat>;
  /** May be called once. */
  close(): Promise<void>;
}

/** `read`: must exist. `write`: read and write, must exist. `create`: read and write, made when absent. */
export type OpenMode = "read" | "write" | "create";

export interface Disk {
  open(path: string, mode: OpenMode, permissions?: number): Promise<DiskFile>;
  /** The names in a folder, sorted by code unit; an absent folder has none. */
  list(path: string): Promise<string[]>;
  /** `undefined` when there is nothing at `path`. Follows links. */
  stat(path: string): Promise<FileStat | undefined>;
  /**
   * The whole file, or `undefined` when absent. Rejects with `EFBIG` beyond `bytesMax`, whatever size the file says to
   * have, with `EISDIR` for a folder and with `EINVAL` for all else that is no regular file: a pipe may never end.
   */
  readWhole(path: string, bytesMax: number): Promise<Buffer | undefined>;
  /**
   * Replaces the file as one durable step: a new file beside it is written, synced, renamed, and the folder synced. It
   * stays its owner's and his group's, where that is allowed.
   */
  replace(path: string, bytes: Uint8Array, permissions: number): Promise<void>;
  makeFolder(path: string, permissions: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  hardLink(from: string, to: string): Promise<void>;
  /** Absent files are no error. */
  remove(path: string): Promise<void>;
  /** Makes creations, renames and removals in this folder durable. */
  syncFolder(path: string): Promise<void>;
  /** Size and free bytes (for an ordinary user) of the file system that holds `path`. */
  space(path: string): Promise<{ bytes: number; freeBytes: number }>;
}

const flags: Record<OpenMode, number> = {
  read: constants.O_RDONLY,
  write: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT,
};

function toStat(raw: Awaited<ReturnType<typeof stat>>): FileStat {
  const kind = raw.isFile() ? "file" : raw.isDirectory() ? "folder" : "other";
  return {
    bytes: Number(raw.size),
    device: Number(raw.dev),
    inode: Number(raw.ino),
    modifiedMs: Number(raw.mtimeMs),
    mode: Number(raw.mode) & 0o7777,
    kind,
  };
}

async function orAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

async function openFile(path: string, mode: OpenMode, permissions = 0o640): Promise<DiskFile> {
  const handle = await open(path, flags[mode], permissions);
  return {
    async write(pieces, position) {
      let left = pieces.filter((piece) => piece.length > 0);
      let at = position;
      while (left.length > 0) {
        const { bytesWritten } = await handle.writev(left, at);
        at += bytesWritten;
        left = dropBytes(left, bytesWritten);
      }
    },
    async read(into, position) {
      let filled = 0;
      while (filled < into.length) {
        const { bytesRead } = await handle.read(into, filled, into.length - filled, position + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled;
    },
    sync: () => handle.datasync(),
    truncate: (bytes) => handle.truncate(bytes),
    stat: async () => toStat(await handle.stat()),
    close: () => handle.close(),
  };
}

/** The pieces that a write of `count` bytes left over; a short write happens on a nearly full disk. */
function dropBytes(pieces: readonly Uint8Array[], count: number): Uint8Array[] {
  let skip = count;
  const left: Uint8Array[] = [];
  for (const piece of pieces) {
    if (skip >= piece.length) skip -= piece.length;
    else {
      left.push(skip === 0 ? piece : piece.subarray(skip));
      skip = 0;
    }
  }
  return left;
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Not allowed, or, in a container, nobody whom it knows. */
const ownerIsKept: ReadonlySet<string | undefined> = new Set(["EPERM", "EINVAL"]);

/**
 * The file is its owner's and his group's from now on, as the one that it takes the place of: other programs read it by
 * that. Who may not give files away keeps it. `file`: a descriptor, or the path of a file.
 */
export function giveTo(file: number | string, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
  const descriptor = typeof file === "number" ? file : openSync(file, constants.O_WRONLY | constants.O_NOFOLLOW);
  try {
    fchownSync(descriptor, uid, gid);
  } catch (error) {
    if (!ownerIsKept.has(errnoOf(error))) throw error;
  } finally {
    if (descriptor !== file) closeSync(descriptor);
  }
}

async function replace(path: string, bytes: Uint8Array, permissions: number): Promise<void> {
  const beside = `${path}.new`;
  const before = await orAbsent(stat(path));
  const handle = await open(beside, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, permissions);
  try {
    await handle.writeFile(bytes);
    if (before !== undefined) giveTo(handle.fd, before);
    await handle.chmod(permissions);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(beside, path);
  await syncFolder(dirname(path));
}

async function readWhole(path: string, bytesMax: number): Promise<Buffer | undefined> {
  // Without O_NONBLOCK opening a pipe waits for somebody who writes into it.
  const handle = await orAbsent(open(path, constants.O_RDONLY | constants.O_NONBLOCK));
  if (handle === undefined) return undefined;
  try {
    const found = await handle.stat();
    if (found.isDirectory()) throw systemError("EISDIR", `${path} is a folder`);
    if (!found.isFile()) throw systemError("EINVAL", `${path} is no regular file`);
    if (found.size > bytesMax) throw systemError("EFBIG", `${path} has ${found.size} bytes, more than ${bytesMax}`);
    const bytes = await readAtMost(handle, found.size, bytesMax + 1);
    if (bytes.length > bytesMax) throw systemError("EFBIG", `${path} has more than ${bytesMax} bytes`);
    return bytes;
  } finally {
    await handle.close();
  }
}

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** How much more is asked for where a file has more than it says: those of the kernel in /proc say 0. */
const growthBytes = 64 * 1_024;

/** Up to the end, or `bytesMax` bytes. */
async function readAtMost(handle: FileHandle, expectedBytes: number, bytesMax: number): Promise<Buffer> {
  // One byte more than expected, so that the end is seen without a larger buffer.
  let bytes = Buffer.allocUnsafeSlow(Math.min(bytesMax, expectedBytes + 1));
  let filled = 0;
  for (;;) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, null);
    filled += bytesRead;
    if (bytesRead === 0 || filled === bytesMax) return bytes.subarray(0, filled);
    if (filled < bytes.length) continue;
    const larger = Buffer.allocUnsafeSlow(Math.min(bytesMax, filled * 2 + growthBytes));
    bytes.copy(larger, 0, 0, filled);
    bytes = larger;
  }
}

export const nodeDisk: Disk = {
  open: openFile,
  list: async (path) => ((await orAbsent(readdir(path))) ?? []).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
  async stat(path) {
    const found = await orAbsent(stat(path));
    return found === undefined ? undefined : toStat(found);
  },
  readWhole,
  replace,
  async makeFolder(path, permissions) {
    await mkdir(path, { recursive: true, mode: permissions });
  },
  rename,
  hardLink: link,
  async remove(path) {
    await orAbsent(unlink(path));
  },
  syncFolder,
  async space(path) {
    const found = await statfs(path);
    return { bytes: found.blocks * found.bsize, freeBytes: found.bavail * found.bsize };
  },
};
