import { deepEqual, equal, rejects } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chown, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { nodeDisk } from "./disk.ts";
import { errnoOf } from "./error.ts";

async function inFolder(act: (folder: string, path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "argus-disk-"));
  try {
    await act(folder, join(folder, "file"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const failsWith = (errno: string) => (error: unknown) => errnoOf(error) === errno;

test("writes pieces one after another at a position, empty ones among them", () =>
  inFolder(async (_folder, path) => {
    const file = await nodeDisk.open(path, "create");
    await file.write([Buffer.from("abc"), Buffer.alloc(0), Buffer.from("def")], 0);
    await file.write([Buffer.from("XY")], 2);
    await file.write([], 0);
    await file.sync();
    await file.close();
    equal(await readFile(path, "latin1"), "abXYef");
  }));

test("writes more pieces at once than one system call takes", () =>
  inFolder(async (_folder, path) => {
    const file = await nodeDisk.open(path, "create");
    const pieces = Array.from({ length: 3_000 }, (_, index) => Buffer.of(index & 0xff));
    await file.write(pieces, 0);
    await file.close();
    equal((await readFile(path)).compare(Buffer.concat(pieces)), 0);
  }));

test("reads what there is, and says how much that was", () =>
  inFolder(async (_folder, path) => {
    await writeFile(path, "abcdef");
    const file = await nodeDisk.open(path, "read");
    const into = Buffer.alloc(4, ".");
    deepEqual([await file.read(into, 1), into.toString()], [4, "bcde"]);
    deepEqual([await file.read(into, 4), into.toString()], [2, "efde"]);
    equal(await file.read(into, 100), 0);
    await file.close();
  }));

test("opens for reading and writing only what is there", () =>
  inFolder(async (_folder, path) => {
    await rejects(nodeDisk.open(path, "read"), failsWith("ENOENT"));
    await rejects(nodeDisk.open(path, "write"), failsWith("ENOENT"));
    await (await nodeDisk.open(path, "create", 0o600)).close();
    equal((await nodeDisk.stat(path))?.mode, 0o600);
  }));

test("keeps what a file holds when it is opened to be made", () =>
  inFolder(async (_folder, path) => {
    await writeFile(path, "kept");
    await (await nodeDisk.open(path, "create")).close();
    equal(await readFile(path, "latin1"), "kept");
  }));

test("truncates, and reports size, kind and identity", () =>
  inFolder(async (folder, path) => {
    await writeFile(path, "abcdef");
    const file = await nodeDisk.open(path, "write");
    await file.truncate(2);
    const [byHandle, byPath] = [await file.stat(), await nodeDisk.stat(path)];
    await file.close();
    deepEqual(byHandle, byPath);
    deepEqual([byHandle.bytes, byHandle.kind], [2, "file"]);
    equal((await nodeDisk.stat(folder))?.kind, "folder");
  }));

test("knows nothing of an absent path, and follows links", () =>
  inFolder(async (folder, path) => {
    equal(await nodeDisk.stat(path), undefined);
    equal(await nodeDisk.readWhole(path, 10), undefined);
    deepEqual(await nodeDisk.list(path), []);
    await writeFile(path, "x");
    equal(await nodeDisk.stat(join(path, "below-a-file")), undefined);
    await symlink(path, join(folder, "link"));
    equal((await nodeDisk.stat(join(folder, "link")))?.inode, (await nodeDisk.stat(path))?.inode);
  }));

test("reads a whole file up to the limit, and refuses a larger one", () =>
  inFolder(async (_folder, path) => {
    await writeFile(path, "12345");
    equal((await nodeDisk.readWhole(path, 5))?.toString(), "12345");
    await rejects(nodeDisk.readWhole(path, 4), failsWith("EFBIG"));
  }));

test(
  "refuses pipes, devices and folders at once, and bounds a file that says to have no bytes",
  { timeout: 20_000 },
  () =>
    inFolder(async (folder, path) => {
      execFileSync("mkfifo", [path]);
      await rejects(nodeDisk.readWhole(path, 10), failsWith("EINVAL"));
      await rejects(nodeDisk.readWhole(folder, 10), failsWith("EISDIR"));
      await symlink("/dev/zero", join(folder, "zero"));
      await rejects(nodeDisk.readWhole(join(folder, "zero"), 10), failsWith("EINVAL"));
      const table = await readFile("/proc/cpuinfo");
      equal((await nodeDisk.stat("/proc/cpuinfo"))?.bytes, 0);
      equal((await nodeDisk.readWhole("/proc/cpuinfo", 4 * 1_024 * 1_024))?.subarray(0, 9).compare(table, 0, 9), 0);
      await rejects(nodeDisk.readWhole("/proc/cpuinfo", 8), failsWith("EFBIG"));
    }),
);

test("replaces a file by a whole one of the asked mode, and leaves nothing beside it", () =>
  inFolder(async (folder, path) => {
    await writeFile(path, "old and longer", { mode: 0o644 });
    await writeFile(`${path}.new`, "left by a crash and longer still");
    await nodeDisk.replace(path, Buffer.from("new"), 0o600);
    equal(await readFile(path, "latin1"), "new");
    equal((await nodeDisk.stat(path))?.mode, 0o600);
    deepEqual(await nodeDisk.list(folder), ["file"]);
  }));

test("lists names sorted by code unit", () =>
  inFolder(async (folder) => {
    for (const name of ["b", "a", "B", "ä", "10", "9"]) await writeFile(join(folder, name), "");
    deepEqual(await nodeDisk.list(folder), ["10", "9", "B", "a", "b", "ä"]);
  }));

test("makes folders with those above them, links, renames and removes", () =>
  inFolder(async (folder, path) => {
    const deep = join(folder, "a", "b");
    await nodeDisk.makeFolder(deep, 0o750);
    await nodeDisk.makeFolder(deep, 0o750);
    await writeFile(path, "x");
    await nodeDisk.hardLink(path, join(deep, "link"));
    equal((await nodeDisk.stat(join(deep, "link")))?.inode, (await nodeDisk.stat(path))?.inode);
    await nodeDisk.rename(path, join(deep, "moved"));
    await nodeDisk.syncFolder(deep);
    await nodeDisk.remove(join(deep, "link"));
    await nodeDisk.remove(join(deep, "link"));
    deepEqual(await nodeDisk.list(deep), ["moved"]);
  }));

test("tells the size of the file system and what of it is free", () =>
  inFolder(async (folder) => {
    const { bytes, freeBytes } = await nodeDisk.space(folder);
    equal(bytes > 0 && freeBytes >= 0 && freeBytes <= bytes, true);
  }));

const isRoot = process.getuid?.() === 0;

test(
  "a file that is replaced stays its owner's and his group's",
  { skip: !isRoot && "only root gives files away" },
  () =>
    inFolder(async (_folder, path) => {
      await writeFile(path, "old");
      await chown(path, 4_321, 4_322);
      await nodeDisk.replace(path, Buffer.from("new"), 0o640);
      const { uid, gid, mode } = await stat(path);
      deepEqual([uid, gid, mode & 0o777], [4_321, 4_322, 0o640]);
    }),
);
