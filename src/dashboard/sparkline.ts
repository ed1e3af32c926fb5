/** The last hour of a figure as a line: 120 values of 30 s each. Where nothing was measured the line has a gap. */
import type { FigureSample } from "../api/contract/reply.ts";
import type { LevelBins } from "./store.ts";

export type SeriesFigure = "in" | "analysed" | "behind" | "lost";

/** Undefined where there is no sample. */
export type Series = (number | undefined)[];

const hourMs = 3_600_000;
/** Two samples that are further apart than this have a gap between them. */
export const SLOT_MS = 30_000;
const slotCount = hourMs / SLOT_MS;

/**
 * Oldest first. `in` and `analysed` are events a second, `behind` the age in ms of the oldest event that waited, `lost`
 * the events lost in the slot.
 */
export function seriesOf(samples: readonly FigureSample[], figure: SeriesFigure, nowMs: number): Series {
  if (figure === "behind") return largest(samples, nowMs);
  const member = figure === "in" ? "accepted" : figure;
  const sums = slots(() => ({ growth: 0, ms: 0 }));
  for (const [index, sample] of samples.entries()) {
    const before = samples[index - 1];
    const slot = sums[slotOf(sample.atMs, nowMs)];
    if (before === undefined || slot === undefined) continue;
    const ms = sample.atMs - before.atMs;
    const growth = sample[member] - before[member];
    // A count that shrinks is of another journal.
    if (ms <= 0 || ms > SLOT_MS || growth < 0) continue;
    slot.growth += growth;
    slot.ms += ms;
  }
  return sums.map(({ growth, ms }) => {
    if (ms === 0) return undefined;
    return figure === "lost" ? growth : growth / (ms / 1_000);
  });
}

/** Alerts in each slot. There is no sample either while the master did not run. */
export function alertsSeriesOf(hour: LevelBins, samples: readonly FigureSample[], nowMs: number): Series {
  const series: Series = slots(() => undefined);
  for (const { atMs } of samples) {
    const slot = slotOf(atMs, nowMs);
    if (slot in series) series[slot] = 0;
  }
  for (const { atMs, counts } of hour.bins) {
    const slot = slotOf(atMs, nowMs);
    const sum = Object.values(counts).reduce((total, value) => total + (value > 0 ? value : 0), 0);
    if (slot in series) series[slot] = (series[slot] ?? 0) + sum;
  }
  return series;
}

function largest(samples: readonly FigureSample[], nowMs: number): Series {
  const series: Series = slots(() => undefined);
  for (const { atMs, behindMs } of samples) {
    const slot = slotOf(atMs, nowMs);
    if (slot in series) series[slot] = Math.max(series[slot] ?? 0, behindMs);
  }
  return series;
}

function slots<T>(make: () => T): T[] {
  return Array.from({ length: slotCount }, make);
}

/** Slots stand still: a sample stays in its slot until the slot leaves the hour. */
function slotOf(atMs: number, nowMs: number): number {
  return Math.floor(atMs / SLOT_MS) - Math.floor(nowMs / SLOT_MS) + slotCount - 1;
}

/** The largest value; 0 when there is none. */
export function peakOf(values: Series): number {
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
}

/**
 * The line as the `d` of an SVG path in a box of that width and height, from zero to the largest value, or to `peakMin`
 * where all are smaller: a line of small values must not look like an alarm. It breaks where a value is undefined; a
 * value between two gaps is a dot (a round line cap shows it).
 */
export function pathOf(values: Series, width: number, height: number, peakMin = 0): string {
  const peak = Math.max(peakMin, peakOf(values));
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  let text = "";
  for (const [index, value] of values.entries()) {
    if (value === undefined) continue;
    const isFirst = values[index - 1] === undefined;
    const y = peak === 0 ? height : height - (value / peak) * height;
    text += `${isFirst ? "M" : "L"}${round(index * step)} ${round(y)}`;
    if (isFirst && values[index + 1] === undefined) text += "h0";
  }
  return text;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
