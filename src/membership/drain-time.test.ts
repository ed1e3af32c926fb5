import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { drainMs, WaitingSamples } from "./drain-time.ts";
import type { Sample } from "./sample-window.ts";

/** Samples as [seconds, events]. */
const samples = (...pairs: [number, number][]): Sample[] =>
  pairs.map(([seconds, value]) => ({ atMs: seconds * 1_000, value }));

test("what waits, by its decrease per second", () => {
  equal(drainMs(samples([0, 1_000], [4, 900], [10, 500])), 10_000);
  equal(drainMs(samples([100, 3], [112, 2])), 24_000);
});

test("says nothing of a spool that is empty, grows or stands still", () => {
  deepEqual([samples([0, 9], [4, 0]), samples([0, 9], [4, 10]), samples([0, 9], [4, 9])].map(drainMs), [
    undefined,
    undefined,
    undefined,
  ]);
});

test("says nothing of one look, or of two that are close together", () => {
  deepEqual([samples(), samples([5, 9]), samples([5, 9], [5.9, 4])].map(drainMs), [undefined, undefined, undefined]);
  equal(drainMs(samples([5, 9], [6, 4])), 800);
});

test("a rate is that of the last 12 s, whatever was before", () => {
  const held = new WaitingSamples();
  for (let second = 0; second <= 20; second += 4) held.add(1_000_000 - second, second * 1_000);
  equal(held.drainMs, 999_980_000, "one event a second");
  for (let second = 24; second <= 36; second += 4) held.add(10_000 - second * 100, second * 1_000);
  equal(held.drainMs, 64_000, "a hundred a second");
});

test("nothing is known across a time that nobody saw", () => {
  const held = new WaitingSamples();
  held.add(100, 0);
  held.clear();
  held.add(50, 10_000);
  equal(held.drainMs, undefined);
});
