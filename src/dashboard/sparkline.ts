/** The last hour of a figure as a line, or less while less is known. Where nothing was measured it has a gap. */
import type { FigureSample } from "../api/contract/reply.ts";
import type { LevelBins } from "./store.ts";

export type SeriesFigure = "in" | "analysed" | "behind" | "lost";

/** Undefined where there is no sample. */
export type Series = (number | undefined)[];

/** What a line covers, and how many ms one of its values is of. */
export interface LineWindow {
  ms: number;
  slotMs: number;
  words: string;
}

/**
 * Shortest first. A slot is of whole bins of alerts (10 s), or else the line would go up and down with how many of them
 * fall into it; and it has two samples (one in 10 s), so that one that is late leaves no gap.
 */
const minuteMs = 60_000;
export const lineWindows = [
  { ms: 5 * minuteMs, slotMs: 20_000, words: "5 min" },
  { ms: 15 * minuteMs, slotMs: 20_000, words: "15 min" },
  { ms: 60 * minuteMs, slotMs: 30_000, words: "1 h" },
] as const satisfies readonly LineWindow[];
const hour: LineWindow = lineWindows[2];

/** The shortest that shows all there is, or the hour: a young line must not be a speck at the end of an empty one. */
export function lineWindowOf(knownMs: number): LineWindow {
  return lineWindows.find(({ ms }) => knownMs <= ms) ?? hour;
}

/** Two samples that are further apart than this have a gap between them. */
const GAP_MS = 30_000;

/**
 * Oldest first. `in` and `analysed` are events a second, `behind` the age in ms of the oldest event that waited, `lost`
 * the events lost in the slot.
 */
export function seriesOf(samples: readonly FigureSample[], figure: SeriesFigure, nowMs: number, window = hour): Series {
  if (figure === "behind") return largest(samples, nowMs, window);
  const member = figure === "in" ? "accepted" : figure;
  const sums = slots(window, () => ({ growth: 0, ms: 0 }));
  for (const [index, sample] of samples.entries()) {
    const before = samples[index - 1];
    const slot = sums[slotOf(sample.atMs, nowMs, window)];
    if (before === undefined || slot === undefined) continue;
    const ms = sample.atMs - before.atMs;
    const growth = sample[member] - before[member];
    // A count that shrinks is of another journal.
    if (ms <= 0 || ms > GAP_MS || growth < 0) continue;
    slot.growth += growth;
    slot.ms += ms;
  }
  return sums.map(({ growth, ms }) => {
    if (ms === 0) return undefined;
    return figure === "lost" ? growth : growth / (ms / 1_000);
  });
}

/** Alerts in each slot. There is no sample either while the master did not run. */
export function alertsSeriesOf(
  levels: LevelBins,
  samples: readonly FigureSample[],
  nowMs: number,
  window = hour,
): Series {
  const series: Series = slots(window, () => undefined);
  for (const { atMs } of samples) {
    const slot = slotOf(atMs, nowMs, window);
    if (slot in series) series[slot] = 0;
  }
  for (const { atMs, counts } of levels.bins) {
    const slot = slotOf(atMs, nowMs, window);
    const sum = Object.values(counts).reduce((total, value) => total + (value > 0 ? value : 0), 0);
    if (slot in series) series[slot] = (series[slot] ?? 0) + sum;
  }
  return series;
}

function largest(samples: readonly FigureSample[], nowMs: number, window: LineWindow): Series {
  const series: Series = slots(window, () => undefined);
  for (const { atMs, behindMs } of samples) {
    const slot = slotOf(atMs, nowMs, window);
    if (slot in series) series[slot] = Math.max(series[slot] ?? 0, behindMs);
  }
  return series;
}

function slots<T>({ ms, slotMs }: LineWindow, make: () => T): T[] {
  return Array.from({ length: ms / slotMs }, make);
}

/** Slots stand still: a sample stays in its slot until the slot leaves the window. */
function slotOf(atMs: number, nowMs: number, { ms, slotMs }: LineWindow): number {
  return Math.floor(atMs / slotMs) - Math.floor(nowMs / slotMs) + ms / slotMs - 1;
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
