import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { ranges } from "./address-state.ts";
import { alertCountOf, binMsOf, histogramOf, type Histogram } from "./histogram.ts";
import type { LevelBins } from "./store.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const nowMs = Date.UTC(2026, 10, 24, 14, 32, 7);
const noon = Date.UTC(2026, 10, 24, 12, 0, 0);

type Counts = Record<string, number>;

function levelsOf(hour: [atMs: number, counts: Counts][], day: [atMs: number, counts: Counts][] = []) {
  const bins = (list: [number, Counts][]) => list.map(([atMs, counts]) => ({ atMs, counts }));
  const make = (binMs: number, list: [number, Counts][]): LevelBins => ({ binMs, bins: bins(list) });
  return { hour: make(10_000, hour), day: make(5 * minuteMs, day) };
}

const widths: [range: "15m" | "1h" | "24h", binCountMax: number, binMs: number][] = [
  ["15m", 96, 10_000],
  ["1h", 96, minuteMs],
  ["24h", 96, 15 * minuteMs],
  ["15m", 48, minuteMs],
  ["1h", 48, 2 * minuteMs],
  ["24h", 48, hourMs],
];

for (const [range, binCountMax, binMs] of widths) {
  test(`${range} in at most ${binCountMax} bins has bins of ${binMs / 1_000} s, up to the one of now`, () => {
    const histogram = histogramOf(levelsOf([]), range, nowMs, binCountMax);
    equal(histogram.binMs, binMs);
    ok(histogram.bins.length <= binCountMax);
    equal(histogram.bins[0]?.atMs, histogram.fromMs);
    equal(histogram.toMs - histogram.fromMs, histogram.bins.length * binMs);
    ok(histogram.toMs > nowMs && histogram.toMs - binMs <= nowMs);
    ok(histogram.bins.every(({ atMs }, index) => atMs === histogram.fromMs + index * binMs));
  });
}

test("no bin of the source is split", () => {
  equal(binMsOf(15 * minuteMs, 10_000, 96), 10_000);
  equal(binMsOf(15 * minuteMs, minuteMs, 96), minuteMs);
  equal(binMsOf(hourMs, 7_000, 96), 6 * 7_000);
  equal(binMsOf(400 * 24 * hourMs, 10_000, 96), Math.ceil((400 * 24 * hourMs) / 96 / 10_000) * 10_000);
});

/** Of the last hour in bins of a minute: what stands in them, by minutes ago. */
function filled(histogram: Histogram): [minutesAgo: number, counts: Counts][] {
  return histogram.bins
    .filter(({ total }) => total > 0)
    .map(({ atMs, counts }) => [
      (histogram.toMs - atMs) / histogram.binMs - 1,
      Object.fromEntries(Object.entries(counts).filter(([, alerts]) => alerts > 0)),
    ]);
}

test("puts levels into bands and bins together", () => {
  const at = (minutesAgo: number, seconds: number): number =>
    Math.floor(nowMs / minuteMs) * minuteMs - minutesAgo * minuteMs + seconds * 1_000;
  const levels = levelsOf([
    [at(59, 0), { 3: 1 }],
    [at(2, 0), { 0: 1, 3: 2, 4: 3, 6: 4, 7: 5 }],
    [at(2, 50), { 11: 1, 12: 1, 14: 1, 15: 1, 16: 1 }],
    [at(0, 0), { 5: 9 }],
  ]);
  const histogram = histogramOf(levels, "1h", nowMs, 96);
  deepEqual(filled(histogram), [
    [59, { quiet: 1 }],
    [2, { critical: 2, high: 2, medium: 6, low: 7, quiet: 3 }],
    [0, { low: 9 }],
  ]);
  deepEqual(
    [histogram.total, histogram.peak, histogram.totals],
    [30, 20, { critical: 2, high: 2, medium: 6, low: 16, quiet: 4 }],
  );
});

test("has a mark for each bin and band of level 12 and above, however many others there are", () => {
  const levels = levelsOf([
    [nowMs - 600_000, { 3: 100_000, 12: 1 }],
    [nowMs, { 13: 2, 15: 1 }],
  ]);
  const { marks, toMs } = histogramOf(levels, "1h", nowMs, 96);
  deepEqual(marks, [
    { atMs: toMs - 11 * minuteMs, band: "high", count: 1 },
    { atMs: toMs - minuteMs, band: "critical", count: 1 },
    { atMs: toMs - minuteMs, band: "high", count: 2 },
  ]);
});

test("leaves out what is before the range and what claims to be of the future", () => {
  const { fromMs, toMs } = histogramOf(levelsOf([]), "1h", nowMs, 96);
  const levels = levelsOf([
    [fromMs - 10_000, { 5: 1 }],
    [fromMs, { 5: 10 }],
    [toMs - 10_000, { 5: 100 }],
    [toMs, { 5: 1_000 }],
  ]);
  equal(histogramOf(levels, "1h", nowMs, 96).total, 110);
});

test("the day is made of the day's bins, the rest of the hour's", () => {
  const levels = levelsOf([[nowMs - 60_000, { 5: 1 }]], [[nowMs - 60_000, { 5: 7 }]]);
  deepEqual(
    ranges.map((range) => histogramOf(levels, range, nowMs, 96).total),
    [1, 1, 7],
  );
});

test("bins of before and after a restart of the master are one picture", () => {
  const levels = levelsOf([
    [noon, { 5: 3 }],
    [noon + 30 * minuteMs, { 5: 4 }],
  ]);
  const histogram = histogramOf(levels, "1h", noon + 31 * minuteMs, 96);
  deepEqual(filled(histogram), [
    [31, { low: 3 }],
    [1, { low: 4 }],
  ]);
});

test("what is no level or no number counts for nothing", () => {
  const counts = JSON.parse('{"__proto__":5,"x":1,"-1":1,"5":"7","6":-3,"100":2,"7":null,"4":1e999,"3":2}') as Counts;
  equal(histogramOf(levelsOf([[nowMs, counts]]), "1h", nowMs, 96).total, 2);
});

test("says what it shows in a sentence", () => {
  const sentence = (counts: Counts, range: "15m" | "1h" | "24h" = "1h"): string => {
    const bins: [number, Counts][] = [[nowMs, counts]];
    return histogramOf(levelsOf(bins, bins), range, nowMs, 96).sentence;
  };
  equal(sentence({}), "No alert in the last hour.");
  equal(sentence({ 3: 1 }), "1 alert in the last hour: 1 of level 0–3. At most 1 in 1 min.");
  equal(
    sentence({ 15: 1, 12: 14, 7: 391, 5: 6_204, 3: 11_822 }, "24h"),
    "18,432 alerts in the last 24 hours: 1 of level 15, 14 of level 12–14, 391 of level 7–11, 6,204 of level 4–6, " +
      "11,822 of level 0–3. At most 18,432 in 15 min.",
  );
  ok(sentence({ 3: 2 }, "15m").endsWith("in the last 15 minutes: 2 of level 0–3. At most 2 in 10 s."));
});

test("the count of a window is what its bars come to, in any range and width", () => {
  const every = (ms: number, count: number): [number, Counts][] =>
    Array.from({ length: count }, (_, index) => [
      Math.floor(nowMs / ms) * ms - index * ms,
      { "3": 2, "13": 1, "15": 1 },
    ]);
  const levels = levelsOf(every(10_000, 400), every(5 * minuteMs, 300));
  for (const range of ranges) {
    for (const binCountMax of [96, 48]) {
      const { total, totals } = histogramOf(levels, range, nowMs, binCountMax);
      const counted = alertCountOf(levels, range, nowMs, binCountMax);
      deepEqual(counted, { total, grave: totals.high + totals.critical }, `${range} ${binCountMax}`);
      ok(counted.total > 0);
    }
  }
});
