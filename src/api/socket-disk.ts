/**
 * Where a node's socket is. The system allows about 107 bytes for its path; where `HOME/queue/sockets/argus` is longer
 * than 100, the socket is in a folder of ours with a short name, and `HOME/queue/sockets/argus.path` says which.
 *
 * That file is in HOME, which only the node's user can write. The folder is in a place where anybody can make one, so
 * it counts only if it belongs to us (or to root), is a folder and not a link, and is closed to everybody else.
 */
import { chmod, lstat, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { errnoOf } from "../base/error.ts";
import { notRunning, socketRefused } from "./errors.ts";

export const SOCKET_PATH_BYTES_MAX = 100;
const pathFileBytesMax = 4_096;

const directPath = (home: string): string => join(home, "queue", "sockets", "argus");
const pathFile = (home: string): string => `${directPath(home)}.path`;
const isShort = (path: string): boolean => Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX;

/** The path that a client connects to. Rejects with an ApiError: not running, or a path that is not to be trusted. */
export async function findSocket(home: string): Promise<string> {
  if (isShort(directPath(home))) return directPath(home);
  const path = await readPathFile(home);
  if (path === undefined) throw notRunning(home);
  await checkFolder(path);
  return path;
}

/** The path that a node listens at, its folder made. A path that was used before is used again. */
export async function placeSocket(home: string): Promise<string> {
  await mkdir(dirname(directPath(home)), { recursive: true, mode: 0o750 });
  if (isShort(directPath(home))) return directPath(home);
  const before = await readPathFile(home);
  if (before !== undefined && (await isGood(before))) return before;
  const base = isShort(join(tmpdir(), "argus-XXXXXX", "argus")) ? tmpdir() : "/tmp";
  const folder = await mkdtemp(join(base, "argus-")); // Made with mode 0700.
  const path = join(folder, "argus");
  await writeFile(pathFile(home), `${path}\n`, { mode: 0o640 });
  return path;
}

/** Lets the node's user and group use the socket, nobody else. */
export async function closeToOthers(path: string): Promise<void> {
  await chmod(path, 0o660);
}

/** Removes a socket of a node that is gone. The caller has made sure that nobody answers at it. */
export async function removeSocket(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** Removes the socket and, where it had one, its folder and the file that names it. */
export async function removePlace(home: string, path: string): Promise<void> {
  await removeSocket(path);
  if (path === directPath(home)) return;
  await rm(pathFile(home), { force: true });
  await rm(dirname(path), { recursive: true, force: true });
}

async function readPathFile(home: string): Promise<string | undefined> {
  try {
    const text = await readFile(pathFile(home), "utf8");
    const path = text.trim();
    return text.length <= pathFileBytesMax && path.startsWith("/") && isShort(path) ? path : undefined;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw socketRefused(pathFile(home), "it cannot be read", error);
  }
}

async function isGood(path: string): Promise<boolean> {
  try {
    await checkFolder(path);
    return true;
  } catch {
    return false;
  }
}

async function checkFolder(path: string): Promise<void> {
  const folder = dirname(path);
  const found = await lstat(folder).catch((error: unknown) => {
    throw socketRefused(path, "its folder is not there", error);
  });
  const owners = [0, process.getuid?.() ?? 0];
  if (!found.isDirectory()) throw socketRefused(path, `${folder} is not a folder`);
  if (!owners.includes(found.uid)) throw socketRefused(path, `${folder} belongs to somebody else`);
  if ((found.mode & 0o077) !== 0) throw socketRefused(path, `${folder} is open to others`);
}
