import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { SampleWindow } from "./sample-window.ts";

test("keeps what the span holds, and one that is as old", () => {
  const window = new SampleWindow(10_000);
  for (let second = 0; second <= 30; second += 4) window.add(second, second * 1_000);
  deepEqual(
    window.samples.map(({ atMs, value }) => [atMs, value]),
    [
      [16_000, 16],
      [20_000, 20],
      [24_000, 24],
      [28_000, 28],
    ],
  );
  window.clear();
  deepEqual(window.samples, []);
});

test("a hundred thousand values a second cost no more than one: the newest is kept, the others a second apart", () => {
  const window = new SampleWindow(12_000);
  for (let index = 0; index <= 3_000_000; index += 1) window.add(index, index / 100);
  ok(window.samples.length <= 14, `${window.samples.length} are kept`);
  deepEqual(window.samples.at(-1), { atMs: 30_000, value: 3_000_000 });
  const gaps = window.samples.slice(1, -1).map(({ atMs }, index) => atMs - (window.samples[index]?.atMs ?? 0));
  ok(
    gaps.every((gap) => gap >= 1_000),
    gaps.join(),
  );
});
