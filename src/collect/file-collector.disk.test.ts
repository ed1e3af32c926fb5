import { deepEqual, equal, ok } from "node:assert/strict";
import { appendFile, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { LineSink } from "../../test/support/line-sink.ts";
import { systemClock } from "../base/clock.ts";
import { nodeDisk } from "../base/disk.ts";
import { LocalTime } from "../base/local-time.ts";
import { silentLog } from "../base/log.ts";
import { FileCollector, type CollectLimits, type FollowedLocation } from "./file-collector.ts";
import { noWatch, type WatchFolder } from "./watch-disk.ts";

interface Options {
  watch?: WatchFolder;
  limits?: Partial<CollectLimits>;
}

interface Running {
  collector: FileCollector;
  sink: LineSink;
  stop(): Promise<void>;
}

function run(locations: FollowedLocation[], { watch, limits }: Options = {}, sink = new LineSink()): Running {
  const stopping = new AbortController();
  const collector = new FileCollector({
    ...{
      locations,
      sink,
      marks: sink.marks,
      disk: nodeDisk,
      clock: systemClock,
      log: silentLog,
      time: new LocalTime("UTC"),
    },
    limits: { pollMs: 25, hintMs: 1, windowBytes: 4_096, ...limits },
    ...(watch === undefined ? {} : { watch }),
  });
  const done = collector.run(stopping.signal);
  return {
    collector,
    sink,
    async stop() {
      stopping.abort();
      await done;
    },
  };
}

async function inFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "argus-collect-"));
  try {
    await act(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Waits until the sink has this many logs, and a little longer for one too many. */
async function until(sink: LineSink, count: number): Promise<string[]> {
  for (let tries = 0; tries < 500 && sink.logs().length < count; tries += 1) await setTimeout(10);
  await setTimeout(60);
  return sink.logs();
}

const fromStart = (location: string): FollowedLocation => ({ location, start: "beginning" });

test("follows several files, each with its path as location", () =>
  inFolder(async (folder) => {
    const [a, b] = [join(folder, "a.log"), join(folder, "b.log")];
    await writeFile(a, "a1\n");
    const running = run([fromStart(a), fromStart(b)]);
    await until(running.sink, 1);
    await writeFile(b, "b1\n");
    await appendFile(a, "a2\n");
    await until(running.sink, 3);
    await running.stop();
    deepEqual(running.sink.taken.map(({ location, log }) => `${location} ${log}`).toSorted(), [
      `${a} a1`,
      `${a} a2`,
      `${b} b1`,
    ]);
  }));

test("is prompt by hints, long before the next look", () =>
  inFolder(async (folder) => {
    const path = join(folder, "x.log");
    await writeFile(path, "");
    const running = run([fromStart(path)], { limits: { pollMs: 60_000 } });
    await setTimeout(100);
    for (let line = 0; line < 5; line += 1) {
      await appendFile(path, `${line}\n`);
      await until(running.sink, line + 1);
    }
    await rename(path, `${path}.1`);
    await writeFile(path, "new\n");
    deepEqual(await until(running.sink, 6), ["0", "1", "2", "3", "4", "new"]);
    await running.stop();
  }));

test("is sure by looking, where the system gives no hints", () =>
  inFolder(async (folder) => {
    const path = join(folder, "deep", "x.log");
    const running = run([fromStart(path)], { watch: noWatch });
    await setTimeout(50);
    await mkdir(join(folder, "deep"));
    await writeFile(path, "one\n");
    await until(running.sink, 1);
    await rename(path, `${path}.1`);
    await writeFile(path, "two\n");
    deepEqual(await until(running.sink, 2), ["one", "two"]);
    await running.stop();
  }));

test("does not read on while the sink is full, and loses and doubles nothing by it", () =>
  inFolder(async (folder) => {
    const path = join(folder, "x.log");
    const lines = Array.from({ length: 2_000 }, (_, index) => `line ${index}`);
    await writeFile(path, `${lines.join("\n")}\n`);
    const sink = new LineSink();
    sink.room = 100;
    const running = run([fromStart(path)], {}, sink);
    equal((await until(sink, 100)).length, 100);
    while (sink.taken.length < lines.length) {
      sink.makeRoom(333);
      await until(sink, Math.min(lines.length, sink.taken.length + 333));
    }
    await running.stop();
    deepEqual(sink.logs(), lines);
  }));

test("stops at once although the sink is full", () =>
  inFolder(async (folder) => {
    const path = join(folder, "x.log");
    await writeFile(path, "1\n2\n3\n");
    const sink = new LineSink();
    sink.room = 1;
    const running = run([fromStart(path)], {}, sink);
    await until(sink, 1);
    await running.stop();
    deepEqual(sink.logs(), ["1"]);
  }));

test("goes on at the durable marks after a restart", () =>
  inFolder(async (folder) => {
    const path = join(folder, "x.log");
    await writeFile(path, "one\ntwo\n");
    const sink = new LineSink();
    const first = run([fromStart(path)], {}, sink);
    await until(sink, 2);
    await first.stop();
    sink.commit();
    await appendFile(path, "three\n");
    const second = run([{ location: path, start: "end" }], {}, sink);
    deepEqual(await until(sink, 3), ["one", "two", "three"]);
    await second.stop();
  }));

test("follows what a pattern matches, also what appears later, and not what is excluded", () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, "a.log"), "old\n");
    await writeFile(join(folder, "skip.log"), "never\n");
    const location = { location: `${folder}/*.log`, start: "end", exclude: [`${folder}/sk?p.log`] } as const;
    const running = run([location], { limits: { pollMs: 200 } });
    await setTimeout(60);
    await appendFile(join(folder, "a.log"), "a\n");
    await writeFile(join(folder, "b.log"), "b\n");
    await writeFile(join(folder, "c.txt"), "no\n");
    await appendFile(join(folder, "skip.log"), "never\n");
    deepEqual((await until(running.sink, 2)).toSorted(), ["a", "b"]);
    deepEqual(running.collector.paths(), [join(folder, "a.log"), join(folder, "b.log")]);
    await running.stop();
  }));

test("finds a new file of a pattern by the hint of its folder", () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, "b.log"), "b\n");
    const running = run([fromStart(`${folder}/*.log`)], { limits: { pollMs: 60_000 } });
    await until(running.sink, 1);
    await writeFile(join(folder, "a.log"), "a\n");
    deepEqual(await until(running.sink, 2), ["b", "a"]);
    await running.stop();
  }));

test("reads a file once whose rotated name the pattern matches too", () =>
  inFolder(async (folder) => {
    const path = join(folder, "x.log");
    await writeFile(path, "one\n");
    const running = run([fromStart(`${folder}/x.log*`)], { limits: { lingerMs: 60 } });
    await until(running.sink, 1);
    await rename(path, `${path}.1`);
    await writeFile(path, "two\n");
    await until(running.sink, 2);
    await setTimeout(200); // Beyond the time after which the old file is given up under its old name.
    await appendFile(`${path}.1`, "late\n");
    deepEqual(await until(running.sink, 3), ["one", "two", "late"]);
    await running.stop();
  }));

test("reads a file once that two locations lead to", () =>
  inFolder(async (folder) => {
    const path = join(folder, "x.log");
    await writeFile(path, "one\n");
    await nodeDisk.hardLink(path, join(folder, "y.log"));
    const running = run([fromStart(path), fromStart(path), fromStart(join(folder, "y.log"))]);
    deepEqual(await until(running.sink, 2), ["one"]);
    await running.stop();
  }));

test("counts what it cannot read, and goes on with the others", () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, "x.log"));
    const path = join(folder, "y.log");
    await writeFile(path, "one\n");
    const broken = { ...nodeDisk, open: (name: string) => (name === path ? nodeDisk.open(name, "read") : nope()) };
    const nope = (): never => {
      throw Object.assign(new Error("no"), { code: "EACCES" });
    };
    await writeFile(join(folder, "z.log"), "never\n");
    const sink = new LineSink();
    const stopping = new AbortController();
    const collector = new FileCollector({
      locations: ["z.log", "x.log", "y.log"].map((name) => fromStart(join(folder, name))),
      ...{
        sink,
        marks: sink.marks,
        disk: broken,
        clock: systemClock,
        time: new LocalTime("UTC"),
        log: silentLog,
        limits: { pollMs: 20 },
      },
    });
    const done = collector.run(stopping.signal);
    deepEqual(await until(sink, 1), ["one"]);
    stopping.abort();
    await done;
    ok(collector.counters().errors > 0);
  }));

test("follows the file of the day, and goes over to the next day's", () =>
  inFolder(async (folder) => {
    let wallMs = Date.UTC(2026, 11, 31, 23, 59, 0);
    const sink = new LineSink();
    const stopping = new AbortController();
    await writeFile(join(folder, "2026-12-31.log"), "old year\n");
    const collector = new FileCollector({
      locations: [{ location: `${folder}/%Y-%m-%d.log`, start: "end" }],
      ...{ sink, marks: sink.marks, disk: nodeDisk, log: silentLog, time: new LocalTime("UTC") },
      ...{ clock: { ...systemClock, wallMs: () => wallMs }, limits: { pollMs: 20, lingerMs: 100 } },
    });
    const done = collector.run(stopping.signal);
    await setTimeout(60);
    wallMs += 120_000;
    await writeFile(join(folder, "2027-01-01.log"), "new year\n");
    await until(sink, 1);
    await appendFile(join(folder, "2026-12-31.log"), "late\n");
    deepEqual(await until(sink, 2), ["new year", "late"]);
    stopping.abort();
    await done;
  }));
