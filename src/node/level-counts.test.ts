import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { LevelBin } from "../api/contract/reply.ts";
import { BinnedLevels, dayBinMs, hourBinMs, LevelCounts } from "./level-counts.ts";

const atMs = Date.UTC(2026, 10, 25, 12);

/** Bins as `SECONDS: LEVEL x COUNT …`, seconds after `atMs`. */
function say(bins: readonly LevelBin[]): string[] {
  return bins.map((bin) => {
    const counts = Object.entries(bin.counts).map(([level, count]) => `${level}x${count}`);
    return `${(bin.atMs - atMs) / 1_000}: ${counts.join(" ")}`;
  });
}

/** Six bins of 10 s. */
function minute(...alerts: [seconds: number, level: number][]): BinnedLevels {
  const levels = new BinnedLevels(10_000, 6);
  for (const [seconds, level] of alerts) levels.add(atMs + seconds * 1_000, level);
  return levels;
}

test("counts each level in the bin of the time that the alert carries", () => {
  const levels = minute([0, 5], [9.999, 5], [10, 12], [3, 0], [11, 16]);
  deepEqual(say(levels.all()), ["0: 0x1 5x2", "10: 12x1 16x1"]);
});

test("tells the bins that have changed, whole, and each change once", () => {
  const levels = minute([0, 5], [10, 3]);
  deepEqual(say(levels.takeChanges()), ["0: 5x1", "10: 3x1"]);
  deepEqual(levels.takeChanges(), []);
  levels.add(atMs + 1_000, 5);
  deepEqual(say(levels.takeChanges()), ["0: 5x2"]);
});

test("drops bins that have left the span, and passes over alerts of a time before it", () => {
  const levels = minute([0, 1], [10, 2], [59.9, 3]);
  deepEqual(say(levels.all()), ["0: 1x1", "10: 2x1", "50: 3x1"]);
  levels.add(atMs + 60_000, 4);
  deepEqual(say(levels.all()), ["10: 2x1", "50: 3x1", "60: 4x1"]);
  levels.add(atMs + 9_999, 5);
  levels.add(atMs + 10_000, 6);
  deepEqual(say(levels.all()), ["10: 2x1 6x1", "50: 3x1", "60: 4x1"]);
});

test("a clock that was set back by more than the span goes on being counted, and what it showed before stays", () => {
  const levels = minute([0, 1], [40, 2]);
  levels.clockStepped(-3_600_000);
  levels.add(atMs - 3_500_000, 3);
  deepEqual(say(levels.all()), ["-3500: 3x1", "0: 1x1", "40: 2x1"]);
  levels.add(atMs + 40_000, 2);
  deepEqual(say(levels.all()), ["0: 1x1", "40: 2x2"], "the time has come there again");
});

test("a clock that is set back again and again does not pile up bins", () => {
  const levels = minute();
  for (let step = 100; step > 0; step -= 1) {
    levels.add(atMs + step * 100_000, 5);
    levels.clockStepped(-100_000);
  }
  equal(levels.all().length <= 6, true);
});

test("after a step back the newest time is seen anew, in the bin counted last as well", () => {
  const levels = minute([40, 2]);
  levels.clockStepped(-3_600_000);
  levels.add(atMs + 40_000, 2);
  levels.add(atMs - 3_500_000, 3);
  deepEqual(say(levels.all()), ["40: 2x2"], "as it would be had it been saved and restored in between");
});

test("a clock that was set forward changes nothing by itself", () => {
  const levels = minute([0, 1]);
  levels.clockStepped(3_600_000);
  levels.add(atMs - 50_000, 2);
  deepEqual(say(levels.all()), ["-50: 2x1", "0: 1x1"]);
});

test("an hour has bins of 10 s and a day such of a quarter of an hour", () => {
  const counts = new LevelCounts();
  counts.add(atMs, 5);
  counts.add(atMs - 3_599_999, 5);
  counts.add(atMs - 3_600_000, 7);
  counts.add(atMs - 86_400_000, 9);
  const { hour, day } = counts.takeChanges();
  deepEqual([hour.binMs, day.binMs], [hourBinMs, dayBinMs]);
  deepEqual(say(hour.bins), ["0: 5x1"], "the bin of an hour ago begins before the span");
  deepEqual(say(day.bins), ["-3600: 5x1 7x1", "0: 5x1"]);
});

test("what was saved goes on as if nothing had been, and is told whole", () => {
  const counts = new LevelCounts();
  for (let second = 0; second < 90; second += 1) counts.add(atMs + second * 1_000, second % 17);
  counts.clockStepped(-60_000);
  const saved = JSON.parse(JSON.stringify(counts.save())) as ReturnType<LevelCounts["save"]>;
  const again = LevelCounts.restored(saved);
  for (const one of [counts, again]) {
    one.add(atMs - 3_500_000, 4);
    one.add(atMs + 30_000, 4);
    one.add(atMs - 3_600_000, 4);
  }
  deepEqual(again.save(), counts.save());
  deepEqual(again.takeChanges(), counts.takeChanges());
  deepEqual(again.takeChanges().hour.bins, []);
});
