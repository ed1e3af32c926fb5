import { equal } from "node:assert/strict";
import { test } from "node:test";
import { watching } from "../analysis/watch.ts";
import { EngineWatch, type WatchedPlace } from "./engine-watch.ts";
import { PoisonWatch } from "./poison-watch.ts";
import { threadCpuMs, threadNumber } from "./thread-time.ts";

const place = (what: number, event = 0): WatchedPlace => ({ what, event, position: 700, snapshotSha256: "" });

test("a pair is suspected when the thread has used its time on it, and is told once", () => {
  const watch = new PoisonWatch({ cpuMsMax: 250, wallMsMax: 2_000 });
  equal(watch.look(place(5715), 0, 1_000), undefined);
  equal(watch.look(place(5715), 50, 1_249), undefined);
  equal(watch.look(place(5715), 100, 1_250)?.what, 5715);
  equal(watch.look(place(5715), 150, 1_300), undefined);
});

test("a thread that is kept waiting for a processor is no suspect", () => {
  const watch = new PoisonWatch({ cpuMsMax: 250, wallMsMax: 2_000 });
  equal(watch.look(place(5715), 0, 1_000), undefined);
  equal(watch.look(place(5715), 60_000, 1_100), undefined);
});

test("another event, another rule and a pause begin anew", () => {
  const watch = new PoisonWatch({ cpuMsMax: 250, wallMsMax: 2_000 });
  watch.look(place(5715), 0, 0);
  equal(watch.look(place(5715, 1), 50, 300), undefined);
  equal(watch.look(place(5716, 1), 100, 600), undefined);
  equal(watch.look(undefined, 150, undefined), undefined);
  equal(watch.look(place(5716, 1), 200, 900), undefined);
});

test("where the kernel tells no time the clock has to do, with a longer limit", () => {
  const watch = new PoisonWatch({ cpuMsMax: 250, wallMsMax: 2_000 });
  watch.look(place(5715), 0, undefined);
  equal(watch.look(place(5715), 1_999, undefined), undefined);
  equal(watch.look(place(5715), 2_000, undefined)?.what, 5715);
});

test("up to an acquitted event only what takes a minute is a suspect, and after it all is as ever", () => {
  const watch = new PoisonWatch({ cpuMsMax: 250, wallMsMax: 2_000 }, { position: 700, event: 4 });
  watch.look(place(5715, 4), 0, 0);
  equal(watch.look(place(5715, 4), 50, 59_999), undefined);
  equal(watch.look(place(5715, 4), 100, 60_000)?.what, 5715);
  watch.look(place(5715, 5), 150, 60_000);
  equal(watch.look(place(5715, 5), 200, 60_250)?.event, 5);
});

test("memory that is put in order is no suspect, however long it takes", () => {
  const watch = new PoisonWatch({ cpuMsMax: 250, wallMsMax: 2_000 });
  watch.look(place(watching.remembering), 0, 0);
  equal(watch.look(place(watching.remembering), 100_000, 100_000), undefined);
});

test("what a thread writes is what its supervisor reads in the same memory", () => {
  const written = new EngineWatch();
  const read = new EngineWatch(written.shared);
  written.clear();
  equal(read.look(), undefined);
  written.position = 2 ** 40 + 1;
  written.event = 7;
  written.snapshotSha256 = "ab".repeat(32);
  written.words[0] = -12;
  const seen = read.look();
  equal(seen?.position, 2 ** 40 + 1);
  equal(seen?.event, 7);
  equal(seen?.what, -12);
  equal(seen?.snapshotSha256, "ab".repeat(32));
});

test("a thread's time on a processor grows with its work", { skip: process.platform !== "linux" }, () => {
  const number = threadNumber() ?? 0;
  const before = threadCpuMs(number) ?? 0;
  const endMs = performance.now() + 5_000;
  while ((threadCpuMs(number) ?? 0) - before < 20 && performance.now() < endMs);
  equal((threadCpuMs(number) ?? 0) - before >= 20, true);
  equal(threadCpuMs(0), undefined);
});
