import { deepEqual, equal, match, notEqual, ok, rejects, throws } from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { gunzipSync } from "node:zlib";
import { sampleAnswer, sampleMs, type AnswerChange } from "../../test/support/answer.ts";
import { noCrash, type CrashPoint } from "../base/crash-point.ts";
import { nodeDisk, type Disk, type DiskFile } from "../base/disk.ts";
import { LocalTime } from "../base/local-time.ts";
import { logTo } from "../base/log.ts";
import type { Answer } from "../model/alert.ts";
import { AlertFiles, type AlertOutput } from "./alert-files.ts";

const all: AlertOutput = { jsonout_output: true, alerts_log: true, logall_json: true, logall: true, cluster: "argus" };
const usual: AlertOutput = { ...all, logall_json: false, logall: false };
const dayMs = 86_400_000;

interface Setting {
  folder: string;
  messages: string[];
  open(lengths?: Uint8Array, change?: { disk?: Disk; output?: AlertOutput; crash?: CrashPoint }): Promise<AlertFiles>;
  path(name: string): string;
  read(name: string): Promise<string>;
}

async function begin(context: TestContext): Promise<Setting> {
  const folder = await mkdtemp(join(tmpdir(), "argus-alerts-test-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const messages: string[] = [];
  const path = (name: string): string => join(folder, name);
  return {
    ...{ folder, messages, path },
    open: (lengths, { disk = nodeDisk, output = usual, crash = noCrash } = {}) =>
      AlertFiles.open(
        {
          ...{ disk, folder, time: new LocalTime("UTC"), output, crash },
          log: logTo(({ level, message }) => messages.push(`${level} ${message.replaceAll(folder, "")}`)),
        },
        lengths,
      ),
    read: (name) => readFile(path(name), "utf8"),
  };
}

/** The `index`-th of a story: each log another one, seven events a second. */
function answerAt(index: number, change: AnswerChange = {}): Answer {
  const atMs = sampleMs + index * 143;
  return sampleAnswer({
    ...change,
    event: { log: `log ${index} ${"x".repeat((index * 37) % 90)}`, eventMs: atMs, receivedMs: atMs, ...change.event },
  });
}

const json = "alerts/2026/Nov/ossec-alerts-25.json";
const text = "alerts/2026/Nov/ossec-alerts-25.log";
const idOf = (line: string): string => (JSON.parse(line) as { id: string }).id;
const linesOf = (file: string): string[] => file.split("\n").slice(0, -1);

/** Every file below a folder with its text; the names at the top are left out. */
async function tree(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1);
    if (entry.isFile() && name.includes("/2026/")) found[name] = await readFile(path, "latin1");
  }
  return found;
}

test("writes alerts to both files, whose ids are the offsets in alerts.log", async (context) => {
  const { open, read } = await begin(context);
  const files = await open();
  for (let index = 0; index < 5; index += 1) files.add(answerAt(index));
  const written = await files.write();
  await files.sync();
  await files.close();
  const log = await read(text);
  const lines = linesOf(await read(json));
  equal(lines.length, 5);
  deepEqual(
    written.map(({ json: line }) => line),
    lines,
  );
  deepEqual(
    written.map(({ id, level }) => `${id} ${level}`),
    lines.map((line) => `${idOf(line)} 5`),
  );
  for (const line of lines) {
    const [seconds, offset] = idOf(line).split(".");
    equal(log.slice(Number(offset)).startsWith(`** Alert ${seconds}.${offset}:`), true);
  }
});

test("leads to the day's files by hard links at the top, closed to others", async (context) => {
  const { open, path, read } = await begin(context);
  const files = await open();
  files.add(answerAt(0));
  await files.write();
  for (const [link, file] of [
    ["alerts/alerts.json", json],
    ["alerts/alerts.log", text],
  ] as const) {
    equal((await stat(path(link))).ino, (await stat(path(file))).ino);
    equal((await stat(path(file))).mode & 0o777, 0o640);
    equal((await stat(dirname(path(file)))).mode & 0o777, 0o750);
  }
  files.advance(sampleMs + dayMs);
  await files.write();
  await files.close();
  equal(await read("alerts/alerts.json"), "");
  equal((await stat(path("alerts/alerts.json"))).ino, (await stat(path("alerts/2026/Nov/ossec-alerts-26.json"))).ino);
});

test("writes an alert only where one is, and every event to the archives that are on", async (context) => {
  const { open, read, folder } = await begin(context);
  const files = await open(undefined, { output: all });
  files.add(answerAt(0));
  files.add(answerAt(1, { answer: { isAlert: false, rule: undefined } }));
  files.add(answerAt(2, { answer: { isAlert: false }, event: { location: "(web1) any->ossec-keepalive" } }));
  await files.write();
  await files.close();
  equal(linesOf(await read(json)).length, 1);
  equal(linesOf(await read("archives/2026/Nov/ossec-archive-25.json")).length, 2);
  equal(linesOf(await read("archives/archives.log")).length, 2);
  deepEqual(Object.keys(await tree(folder)).length, 4);
});

test("goes to the next day by the time of receipt, never back, and counts offsets anew", async (context) => {
  const { open, read, folder } = await begin(context);
  const files = await open();
  files.add(answerAt(0));
  files.add(answerAt(1, { event: { receivedMs: sampleMs + dayMs, eventMs: sampleMs } }));
  files.add(answerAt(2, { event: { receivedMs: sampleMs, eventMs: sampleMs } }));
  await files.write();
  await files.close();
  equal(linesOf(await read(json)).length, 1);
  const next = linesOf(await read("alerts/2026/Nov/ossec-alerts-26.json"));
  equal(next.length, 2);
  equal(idOf(next[0] ?? ""), `${Math.floor((sampleMs + dayMs) / 1_000)}.0`);
  equal(Object.keys(await tree(folder)).length, 4);
});

test("takes the day from its own zone", async (context) => {
  const { folder } = await begin(context);
  const files = await AlertFiles.open(
    {
      ...{ disk: nodeDisk, folder, time: new LocalTime("Pacific/Honolulu"), output: usual, crash: noCrash },
      log: logTo(() => undefined),
    },
    undefined,
  );
  files.add(answerAt(0));
  await files.write();
  await files.close();
  deepEqual(Object.keys(await tree(folder)).sort(), [
    "alerts/2026/Nov/ossec-alerts-24.json",
    "alerts/2026/Nov/ossec-alerts-24.log",
  ]);
});

test("counts offsets in alerts.json where alerts.log is off, none twice when that changes", async (context) => {
  const { open, read } = await begin(context);
  const files = await open(undefined, { output: { ...usual, alerts_log: false } });
  files.add(answerAt(0));
  files.add(answerAt(1));
  files.setOutput(usual);
  files.add(answerAt(2));
  files.add(answerAt(3));
  await files.write();
  await files.close();
  const lines = linesOf(await read(json));
  const offsets = lines.map((line) => Number(idOf(line).split(".")[1]));
  equal(offsets[1], Buffer.byteLength(`${lines[0]}\n`));
  equal(new Set(offsets).size, 4);
  deepEqual(
    offsets,
    [...offsets].sort((a, b) => a - b),
  );
  equal((await read(text)).split("** Alert").length - 1, 2);
});

test("gives no lengths while something waits that they would not cover", async (context) => {
  const { open } = await begin(context);
  const files = await open();
  files.add(answerAt(0));
  throws(() => files.lengths(), /would not cover/);
  await files.write();
  await files.sync();
  ok(files.lengths().length > 0);
  await files.close();
});

test("passes over what stands there already after a restart, and reports only what is new", async (context) => {
  const { open, folder } = await begin(context);
  const first = await open();
  for (let index = 0; index < 10; index += 1) first.add(answerAt(index));
  await first.write();
  await first.sync();
  const lengths = first.lengths();
  for (let index = 10; index < 20; index += 1) first.add(answerAt(index));
  await first.write();
  await first.close();
  const before = await tree(folder);
  const second = await open(lengths);
  for (let index = 10; index < 20; index += 1) second.add(answerAt(index));
  deepEqual(await second.write(), []);
  deepEqual(await tree(folder), before);
  second.add(answerAt(20));
  equal((await second.write()).length, 1);
  await second.close();
  equal((await tree(folder))[json]?.startsWith(before[json] ?? "?"), true);
});

/** A disk that a process sees which is killed after it has written so many bytes: the last write is cut there. */
function dyingDisk(bytesLeft: number): Disk {
  let left = bytesLeft;
  const die = (): never => {
    throw new Error("the process is dead");
  };
  const alive =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      left < 0 ? Promise.reject(new Error("the process is dead")) : call(...args);
  const wrap = (file: DiskFile): DiskFile => ({
    ...file,
    async write(pieces, position) {
      if (left < 0) die();
      const bytes = Buffer.concat(pieces);
      const part = bytes.subarray(0, left);
      left -= bytes.length;
      await file.write([part], position);
      if (left < 0) die();
    },
    sync: alive(file.sync),
  });
  return {
    ...nodeDisk,
    open: async (...args) => wrap(await alive(nodeDisk.open)(...args)),
    hardLink: alive(nodeDisk.hardLink),
    rename: alive(nodeDisk.rename),
    remove: alive(nodeDisk.remove),
  };
}

const storyLength = 40;
/** Over midnight, with archives, so that every file and the change of the day can be cut. */
const storyAt = (index: number): Answer =>
  answerAt(index, {
    answer: { isAlert: index % 3 !== 1 },
    ...(index >= 25 ? { event: { receivedMs: sampleMs + dayMs + index } } : {}),
  });

/** Adds the story from `from` on, in batches of `batch`, with a checkpoint after every third; returns the last one. */
async function tell(files: AlertFiles, from: number, batch: number, keep: (lengths: Uint8Array, next: number) => void) {
  for (let index = from, batches = 0; index < storyLength; batches += 1) {
    for (let left = batch; left > 0 && index < storyLength; left -= 1, index += 1) files.add(storyAt(index));
    await files.write();
    if (batches % 3 !== 2) continue;
    await files.sync();
    keep(files.lengths(), index);
  }
  await files.close();
}

test("ends with the same files, byte for byte, wherever the process was killed in a write", async (context) => {
  const undisturbed = await begin(context);
  await tell(await undisturbed.open(undefined, { output: all }), 0, 4, () => undefined);
  const expected = await tree(undisturbed.folder);
  const total = Object.values(expected).reduce((sum, file) => sum + file.length, 0);
  equal(Object.keys(expected).length, 8);
  for (let seed = 1, random = 7; seed <= 60; seed += 1) {
    random = (random * 48_271) % 2_147_483_647;
    const { open, folder, messages } = await begin(context);
    let checkpoint: { lengths: Uint8Array | undefined; next: number } = { lengths: undefined, next: 0 };
    const keep = (lengths: Uint8Array, next: number): void => void (checkpoint = { lengths, next });
    // Killed twice at random, the second time while it may still be comparing.
    for (const bytes of [random % total, Math.floor(random / total) % total]) {
      const disk = dyingDisk(bytes);
      const run = async (): Promise<void> => {
        const files = await open(checkpoint.lengths, { disk, output: all });
        await tell(files, checkpoint.next, 1 + (seed % 7), keep);
      };
      await run().catch((error: unknown) => match(String(error), /process is dead/));
    }
    await tell(await open(checkpoint.lengths, { output: all }), checkpoint.next, 1 + (seed % 5), keep);
    deepEqual(await tree(folder), expected, `seed ${seed}`);
    deepEqual(
      messages.filter((line) => !line.includes("cannot be made to lead")),
      [],
      `seed ${seed}`,
    );
  }
});

test("passes its crash points, in order", async (context) => {
  const { open } = await begin(context);
  const passed: string[] = [];
  const files = await open(undefined, { crash: (name) => passed.push(name) });
  files.add(answerAt(0));
  await files.write();
  await files.sync();
  await files.close();
  deepEqual(passed, ["alerts.day.begun", "alerts.day.begun", "alerts.written", "alerts.synced"]);
});

test("fills in blocks of zeros that a loss of power left, in the place where they are", async (context) => {
  const { open, path, read } = await begin(context);
  const first = await open();
  const empty = first.lengths();
  for (let index = 0; index < 10; index += 1) first.add(answerAt(index));
  await first.write();
  await first.close();
  const whole = await read(json);
  const damaged = Buffer.from(whole);
  damaged.fill(0, 100, 1_300);
  damaged.fill(0, damaged.length - 50);
  await writeFile(path(json), damaged);
  const second = await open(empty);
  for (let index = 0; index < 10; index += 1) second.add(answerAt(index));
  await second.write();
  await second.close();
  equal(await read(json), whole);
});

test("goes on beside a file that differs, from the first alert that does, and names the range", async (context) => {
  const { open, path, read, messages } = await begin(context);
  const first = await open();
  const empty = first.lengths();
  for (let index = 0; index < 6; index += 1) first.add(answerAt(index));
  await first.write();
  await first.close();
  const before = await read(json);
  const change = async (files: AlertFiles): Promise<void> => {
    for (let index = 0; index < 6; index += 1) {
      files.add(answerAt(index, index >= 3 ? { rule: { description: "another ruleset" } } : {}));
    }
    equal((await files.write()).length, 3);
    await files.sync();
  };
  const second = await open(empty);
  await change(second);
  const lengths = second.lengths();
  await second.close();
  equal(await read(json), before);
  const beside = linesOf(await read("alerts/2026/Nov/ossec-alerts-25-001.json"));
  deepEqual(
    beside.map((line) => line.includes("another ruleset")),
    [true, true, true],
  );
  equal(
    (await stat(path("alerts/alerts.json"))).ino,
    (await stat(path("alerts/2026/Nov/ossec-alerts-25-001.json"))).ino,
  );
  const from = Buffer.byteLength(before.split("\n").slice(0, 3).join("\n")) + 1;
  const errors = messages.filter((line) => line.startsWith("ERROR") && line.includes(".json"));
  match(errors[0] ?? "", new RegExp(`ossec-alerts-25.json: bytes ${from} to ${Buffer.byteLength(before)} are not`));
  // A restart from a checkpoint after that goes on in the further part; one from before it finds everything there.
  const third = await open(lengths);
  third.add(answerAt(6));
  await third.write();
  await third.close();
  equal(linesOf(await read("alerts/2026/Nov/ossec-alerts-25-001.json")).length, 4);
  const fourth = await open(empty);
  for (let index = 0; index < 6; index += 1) {
    fourth.add(answerAt(index, index >= 3 ? { rule: { description: "another ruleset" } } : {}));
  }
  deepEqual(await fourth.write(), []);
  await fourth.close();
});

test("reports a file that was moved, removed, emptied or written to; offsets go on", async (context) => {
  const harms: Record<string, (path: string) => Promise<void>> = {
    moved: (path) => rename(path, `${path}.old`),
    removed: (path) => rm(path),
    emptied: (path) => truncate(path, 0),
    "cut in a line": (path) => truncate(path, 700),
    "written to": (path) => writeFile(path, "not ours\n", { flag: "a" }),
  };
  const undisturbed = await begin(context);
  const files = await undisturbed.open();
  for (let index = 0; index < 6; index += 1) files.add(answerAt(index));
  await files.write();
  await files.close();
  const expected = linesOf(await undisturbed.read(json));
  for (const [name, harm] of Object.entries(harms)) {
    for (const isRunning of [true, false]) {
      const { open, path, read, messages } = await begin(context);
      let disturbed = await open();
      for (let index = 0; index < 3; index += 1) disturbed.add(answerAt(index));
      await disturbed.write();
      await disturbed.sync();
      const lengths = disturbed.lengths();
      if (!isRunning) await disturbed.close();
      await harm(path(json));
      if (!isRunning) disturbed = await open(lengths);
      for (let index = 3; index < 6; index += 1) disturbed.add(answerAt(index));
      await disturbed.write();
      await disturbed.close();
      const isBeside = name === "written to" && !isRunning;
      const lines = linesOf(await read(isBeside ? "alerts/2026/Nov/ossec-alerts-25-001.json" : json));
      deepEqual(lines.slice(-3), expected.slice(3), `${name} ${isRunning}`);
      equal(messages.filter((line) => line.includes("json")).length, 1, `${name} ${isRunning}: ${messages.join("\n")}`);
      equal((await stat(path("alerts/alerts.json"))).size, Buffer.byteLength(`${lines.join("\n")}\n`));
    }
  }
});

test("counts what it has written whatever becomes of the file, and what is in it", async (context) => {
  const { open, path, read } = await begin(context);
  const files = await open();
  files.add(answerAt(0));
  await files.write();
  const first = Buffer.byteLength(await read(json));
  await truncate(path(json), 0);
  files.add(answerAt(1));
  await files.write();
  await files.sync();
  const second = Buffer.byteLength(await read(json));
  const lengths = JSON.parse(Buffer.from(files.lengths()).toString()) as {
    files: Record<string, object>;
    offset: number;
  };
  await files.close();
  deepEqual(lengths.files["alertsJson"], { logical: first + second, physical: second, part: 0 });
  equal(lengths.offset, Buffer.byteLength(await read(text)));
});

test("leaves files of another product alone, and goes on beside them", async (context) => {
  const { open, path, read } = await begin(context);
  await mkdir(dirname(path(json)), { recursive: true });
  await writeFile(path(json), '{"timestamp":"of another"}\n');
  const files = await open();
  files.add(answerAt(0));
  await files.write();
  await files.close();
  equal(await read(json), '{"timestamp":"of another"}\n');
  equal(linesOf(await read("alerts/2026/Nov/ossec-alerts-25-001.json")).length, 1);
});

test("compresses a day only when two checkpoints lie behind it, and keeps its bytes", async (context) => {
  const { open, read, path } = await begin(context);
  const files = await open();
  files.add(answerAt(0));
  await files.write();
  const before = await read(json);
  files.advance(sampleMs + dayMs);
  await files.write();
  await files.sync();
  files.checkpointed();
  await new Promise((resolve) => setTimeout(resolve, 50));
  equal(await read(json), before);
  files.checkpointed();
  for (let tries = 0; tries < 500 && (await stat(path(json)).catch(() => undefined)) !== undefined; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await files.close();
  equal(gunzipSync(await readFile(path(`${json}.gz`))).toString(), before);
  equal((await stat(path(`${json}.gz`))).mode & 0o777, 0o640);
  await rejects(stat(path(json)), /ENOENT/);
  equal(await read("alerts/2026/Nov/ossec-alerts-26.json"), "");
});

test("fails in words on a full disk, and takes nothing more", async (context) => {
  const { open } = await begin(context);
  const full: Disk = {
    ...nodeDisk,
    open: async (...args) => ({
      ...(await nodeDisk.open(...args)),
      write: () => Promise.reject(Object.assign(new Error("no space left on device"), { code: "ENOSPC" })),
    }),
  };
  const files = await open(undefined, { disk: full });
  files.add(answerAt(0));
  await rejects(files.write(), {
    code: "ARGUS_ALERTS_FILE",
    retry: true,
    message: /ossec-alerts-25.json cannot be written: no space/,
  });
  await rejects(files.write(), /failed/);
  throws(() => files.lengths());
  await files.close();
});

test("takes no lengths of a form that it does not know", async (context) => {
  const { open } = await begin(context);
  for (const bytes of ["", "{}", '{"version":2}', '{"version":1,"day":"../x","offset":0,"files":{}}']) {
    await rejects(open(Buffer.from(bytes)), { code: "ARGUS_ALERTS_LENGTHS" }, bytes);
  }
});

test("writes the same bytes whatever the batches are", async (context) => {
  const trees: Record<string, string>[] = [];
  for (const batch of [1, 3, storyLength]) {
    const { open, folder } = await begin(context);
    await tell(await open(undefined, { output: all }), 0, batch, () => undefined);
    trees.push(await tree(folder));
  }
  deepEqual(trees[1], trees[0]);
  deepEqual(trees[2], trees[0]);
  notEqual(Object.values(trees[0] ?? {}).join(""), "");
});
