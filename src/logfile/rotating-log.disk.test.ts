import { deepEqual, equal, match } from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { gunzipSync } from "node:zlib";
import { nodeDisk, type Disk } from "../base/disk.ts";
import { LocalTime } from "../base/local-time.ts";
import { RotatingLog, WAITING_BYTES_MAX } from "./rotating-log.ts";

const noonMs = Date.UTC(2026, 10, 30, 12);
const dayMs = 86_400_000;

async function begin(context: TestContext, disk: Disk = nodeDisk) {
  const folder = await mkdtemp(join(tmpdir(), "argus-log-test-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const troubles: string[] = [];
  const open = (): RotatingLog =>
    new RotatingLog({
      ...{ disk, folder: join(folder, "logs"), name: "cluster", time: new LocalTime("UTC") },
      onTrouble: (message) => troubles.push(message),
    });
  const path = join(folder, "logs", "cluster.log");
  return { open, troubles, path, logs: join(folder, "logs"), read: () => readFile(path, "utf8") };
}

/** Every file below a folder, with its text, gzip opened. */
async function tree(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    found[path.slice(folder.length + 1)] = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
  }
  return found;
}

/** Waits for what happens beside; a test that waits in vain fails by what it then finds. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500 && !(await isSo()); tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
}

test("adds lines in order, also after it was opened again, for the owner and the group only", async (context) => {
  const { open, read, path, logs } = await begin(context);
  const first = open();
  first.write(noonMs, "one");
  first.write(noonMs, "two");
  await first.close();
  await utimes(path, noonMs / 1_000, noonMs / 1_000); // The disk's clock is the machine's.
  const second = open();
  second.write(noonMs, "three");
  await second.close();
  equal(await read(), "one\ntwo\nthree\n");
  equal((await stat(path)).mode & 0o777, 0o640);
  equal((await stat(logs)).mode & 0o777, 0o750);
});

test("begins a file at midnight and keeps the day before compressed, over the turn of the month", async (context) => {
  const { open, logs } = await begin(context);
  const log = open();
  log.write(noonMs, "Monday");
  log.write(noonMs + dayMs, "Tuesday");
  log.write(noonMs + 2 * dayMs, "Wednesday");
  await log.flush();
  await until(async () => !(await readdir(logs, { recursive: true })).some((name) => /-\d\d\.log$/.test(name)));
  await log.close();
  deepEqual(await tree(logs), {
    "cluster.log": "Wednesday\n",
    "cluster/2026/Nov/cluster-30.log.gz": "Monday\n",
    "cluster/2026/Dec/cluster-01.log.gz": "Tuesday\n",
  });
});

test("finishes the day of a file that an earlier run left, and keeps what is there of that day", async (context) => {
  const { open, path, logs } = await begin(context);
  await mkdir(join(logs, "cluster", "2026", "Nov"), { recursive: true });
  await writeFile(join(logs, "cluster", "2026", "Nov", "cluster-30.log.gz"), "older");
  await writeFile(path, "before\n");
  await utimes(path, noonMs / 1_000, noonMs / 1_000);
  const log = open();
  log.write(noonMs + dayMs, "after");
  await log.flush();
  await log.close();
  equal(await readFile(path, "utf8"), "after\n");
  const kept = (await readdir(join(logs, "cluster", "2026", "Nov"))).filter((name) =>
    name.startsWith("cluster-30-001.log"),
  );
  equal(kept.length, 1);
});

test("does not open yesterday again when the clock goes back", async (context) => {
  const { open, logs } = await begin(context);
  const log = open();
  log.write(noonMs + dayMs, "Tuesday");
  log.write(noonMs, "Monday again");
  log.write(noonMs + dayMs, "Tuesday again");
  await log.close();
  deepEqual(await tree(logs), { "cluster.log": "Tuesday\nMonday again\nTuesday again\n" });
});

test("begins a new file when it was moved, and leaves no hole when it was emptied", async (context) => {
  const { open, path, logs } = await begin(context);
  const log = open();
  log.write(noonMs, "one");
  await log.flush();
  await rename(path, `${path}.moved`);
  log.write(noonMs, "two");
  await log.flush();
  await truncate(path, 0);
  log.write(noonMs, "three");
  await log.close();
  deepEqual(await tree(logs), { "cluster.log.moved": "one\n", "cluster.log": "three\n" });
});

test("drops lines beyond its bound while the disk stands still, and tells how many", async (context) => {
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const slow: Disk = {
    ...nodeDisk,
    makeFolder: async (path, permissions) => {
      await held;
      await nodeDisk.makeFolder(path, permissions);
    },
  };
  const { open, troubles, read } = await begin(context, slow);
  const log = open();
  const line = "x".repeat(1_023);
  const fits = WAITING_BYTES_MAX / 1_024;
  for (let index = 0; index < fits + 7; index += 1) log.write(noonMs, line);
  letGo();
  await log.close();
  equal((await read()).length, WAITING_BYTES_MAX);
  deepEqual(
    troubles.map((text) => text.split(" ")[0]),
    ["7"],
  );
});

test("tells what a full disk cost, and goes on when there is room", async (context) => {
  let isFull = true;
  const full: Disk = {
    ...nodeDisk,
    open: async (path, mode, permissions) => {
      if (isFull) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
      return nodeDisk.open(path, mode, permissions);
    },
  };
  const { open, troubles, read } = await begin(context, full);
  const log = open();
  log.write(noonMs, "lost");
  await log.flush();
  isFull = false;
  log.write(noonMs, "kept");
  await log.close();
  equal(await read(), "kept\n");
  match(troubles.join("\n"), /no space left[\s\S]*1 lines are missing/);
});
