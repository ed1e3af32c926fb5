import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { FigureSample } from "../api/contract/reply.ts";
import { alertsSeriesOf, lineWindowOf, lineWindows, pathOf, peakOf, seriesOf, type Series } from "./sparkline.ts";

const hourMs = 3_600_000;
const SLOT_MS = 30_000;
const nowMs = Date.UTC(2026, 10, 24, 14, 0, 29);
/** The slot of now begins here. */
const slotMs = Date.UTC(2026, 10, 24, 14, 0, 0);

function sample(atMs: number, change: Partial<FigureSample> = {}): FigureSample {
  return { atMs, accepted: 0, analysed: 0, behind: 0, behindMs: 0, lost: 0, ...change };
}

/** Samples every 10 s that end at `toMs`, with so many events a second. */
function steady(fromMs: number, toMs: number, perSecond: number, from = 0): FigureSample[] {
  const samples: FigureSample[] = [];
  for (let atMs = fromMs; atMs <= toMs; atMs += 10_000) {
    const count = from + (perSecond * (atMs - fromMs)) / 1_000;
    samples.push(sample(atMs, { accepted: count, analysed: count / 2 }));
  }
  return samples;
}

/** The last `count` values. */
const tail = (series: Series, count: number): Series => series.slice(-count);

test("an hour is 120 values, whatever there is", () => {
  for (const figure of ["in", "analysed", "behind", "lost"] as const) {
    const series = seriesOf([], figure, nowMs);
    equal(series.length, hourMs / SLOT_MS);
    ok(series.every((value) => value === undefined));
  }
});

test("counts become events a second", () => {
  const samples = steady(slotMs - hourMs, slotMs + 20_000, 40);
  const series = seriesOf(samples, "in", nowMs);
  ok(series.every((value) => value === 40));
  deepEqual(tail(seriesOf(samples, "analysed", nowMs), 2), [20, 20]);
});

test("a slot's rate is of all the time that was measured in it", () => {
  const samples = [
    sample(slotMs - 10_000),
    sample(slotMs, { accepted: 100 }),
    sample(slotMs + 20_000, { accepted: 400 }),
  ];
  deepEqual(tail(seriesOf(samples, "in", nowMs), 2), [undefined, 400 / 30]);
});

test("where there was no sample for 30 s is a gap, and no rate is made across it", () => {
  const before = steady(slotMs - 300_000, slotMs - 180_000, 10);
  const after = steady(slotMs - 60_000, slotMs + 20_000, 10, 1e6);
  const series = tail(seriesOf([...before, ...after], "in", nowMs), 10);
  deepEqual(series, [10, 10, 10, 10, undefined, undefined, undefined, 10, 10, 10]);
  const apart = (ms: number): Series => seriesOf([sample(slotMs - ms), sample(slotMs, { accepted: 60 })], "in", nowMs);
  deepEqual(tail(apart(30_000), 1), [2]);
  deepEqual(tail(apart(30_001), 1), [undefined]);
});

test("a count that shrinks is of another journal: a gap, and no rate below zero", () => {
  const samples = [
    sample(slotMs - 20_000, { accepted: 900 }),
    sample(slotMs - 10_000, { accepted: 1_000 }),
    sample(slotMs),
  ];
  deepEqual(tail(seriesOf(samples, "in", nowMs), 2), [10, undefined]);
});

test("behind is the worst of a slot, and known from a single sample", () => {
  const samples = [
    sample(slotMs - 60_000, { behindMs: 0 }),
    ...[9_000, 250_000, 4_000].map((behindMs, index) => sample(slotMs + index * 10_000, { behindMs })),
  ];
  deepEqual(tail(seriesOf(samples, "behind", nowMs), 3), [0, undefined, 250_000]);
});

test("lost is what was lost in a slot, not a rate", () => {
  const samples = [5, 5, 8, 8].map((lost, index) => sample(slotMs - 10_000 + index * 10_000, { lost }));
  deepEqual(tail(seriesOf(samples, "lost", nowMs), 1), [3]);
});

test("samples out of the hour are left out", () => {
  const samples = [
    ...steady(slotMs - 2 * hourMs, slotMs - hourMs, 5),
    sample(nowMs + SLOT_MS),
    sample(nowMs + 2 * SLOT_MS),
  ];
  const series = seriesOf(samples, "behind", nowMs);
  equal(series.filter((value) => value !== undefined).length, 0);
});

test("a sample stays in its slot while time goes on, until its slot is over", () => {
  const samples = [sample(slotMs + 5_000, { behindMs: 7 })];
  const at = (ms: number): number => seriesOf(samples, "behind", slotMs + ms).findIndex((value) => value === 7);
  deepEqual([at(5_000), at(29_999), at(30_000), at(3_599_999), at(3_600_000)], [119, 119, 118, 0, -1]);
});

test("alerts are counted in each slot: none while the master ran, a gap while it did not", () => {
  const hour = {
    binMs: 10_000,
    bins: [
      { atMs: slotMs - 30_000, counts: { 3: 2, 12: 1 } },
      { atMs: slotMs - 20_000, counts: { 3: 4 } },
      { atMs: slotMs - 90_000, counts: { 5: 1 } },
      { atMs: slotMs - 2 * hourMs, counts: { 5: 1 } },
    ],
  };
  const samples = [sample(slotMs - 25_000), sample(slotMs + 5_000)];
  deepEqual(tail(alertsSeriesOf(hour, samples, nowMs), 5), [undefined, 1, undefined, 7, 0]);
});

const paths: [what: string, values: Series, path: string][] = [
  ["nothing", [], ""],
  ["only gaps", [undefined, undefined], ""],
  ["a line from zero to the largest value", [0, 5, 10], "M0 20L50 10L100 0"],
  ["zeros at the base", [0, 0], "M0 20L100 20"],
  ["a break at a gap", [10, 10, undefined, 10, 5], "M0 0L25 0M75 0L100 10"],
  ["a dot between two gaps", [undefined, 4, undefined], "M50 0h0"],
  ["a dot at each end", [1, undefined, 1], "M0 0h0M100 0h0"],
  ["a single value", [3], "M0 0h0"],
  ["no more than two decimals", [1, 3, 3, 3], "M0 13.33L33.33 0L66.67 0L100 0"],
];

for (const [what, values, path] of paths) {
  test(`draws ${what}`, () => equal(pathOf(values, 100, 20), path));
}

test("a line covers the least that shows all there is, and an hour at most", () => {
  const words = [0, 60_000, 300_000, 300_001, 900_000, 900_001, hourMs, 9 * hourMs].map((ms) => lineWindowOf(ms).words);
  deepEqual(words, ["5 min", "5 min", "5 min", "15 min", "15 min", "1 h", "1 h", "1 h"]);
});

for (const window of lineWindows) {
  test(`a line of ${window.words} is full when so much is known, at one sample in 10 s that may be late`, () => {
    const samples = steady(slotMs - window.ms, slotMs + 10_000, 7).map((one, index) => ({
      ...{ ...one, atMs: one.atMs + (index % 3) * 900 },
    }));
    for (const figure of ["in", "behind"] as const) {
      const series = seriesOf(samples, figure, slotMs + 15_000, window);
      equal(series.length, window.ms / window.slotMs);
      ok(series.every((value) => value !== undefined));
    }
    const bins = steady(slotMs - window.ms, slotMs + 10_000, 0).map(({ atMs }) => ({ atMs, counts: { 5: 1 } }));
    const alerts = alertsSeriesOf({ binMs: 10_000, bins }, samples, slotMs + 19_000, window).slice(0, -1);
    ok(
      alerts.every((value) => value === window.slotMs / 10_000),
      alerts.join(" "),
    );
  });
}

test("the peak of nothing is zero", () => {
  equal(peakOf([]), 0);
  equal(peakOf([undefined, 2, 7, undefined]), 7);
});

test("a line of values below the least height stays low, and one above fills it", () => {
  equal(pathOf([0, 5], 10, 100, 10), "M0 100L10 50");
  equal(pathOf([0, 20], 10, 100, 10), "M0 100L10 0");
});
