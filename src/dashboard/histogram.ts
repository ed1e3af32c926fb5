/** Alerts by level over time: bars from zero, and a lane for level 12 and above, which is never scaled away. */
import type { Range } from "./address-state.ts";
import { count, roughAge } from "./format.ts";
import { bandOf, bands, graveBands, perBand, type Band } from "./severity.ts";
import type { LevelBins } from "./store.ts";

export interface HistogramBin {
  atMs: number;
  counts: Record<Band, number>;
  total: number;
}

export interface LaneMark {
  atMs: number;
  band: (typeof graveBands)[number];
  count: number;
}

export interface Histogram {
  binMs: number;
  fromMs: number;
  /** The end of the bin that is not over yet. */
  toMs: number;
  /** All of the range, oldest first, empty ones too. */
  bins: HistogramBin[];
  /** The largest total of a bin. */
  peak: number;
  total: number;
  totals: Record<Band, number>;
  /** One for each bin and band of level 12 and above. */
  marks: LaneMark[];
  /** What it shows, in one sentence. */
  sentence: string;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const spans: Record<Range, { ms: number; words: string }> = {
  "15m": { ms: 15 * minuteMs, words: "the last 15 minutes" },
  "1h": { ms: hourMs, words: "the last hour" },
  "24h": { ms: 24 * hourMs, words: "the last 24 hours" },
};

const widthsMs = [1, 6, 12, 30, 90, 360, 2_160, 8_640].map((tens) => tens * 10_000);

/** The smallest width that makes at most so many bins, and that the bins of the source fill without being split. */
export function binMsOf(rangeMs: number, sourceMs: number, binCountMax: number): number {
  const fits = (ms: number): boolean => ms % sourceMs === 0 && rangeMs / ms <= binCountMax;
  return widthsMs.find(fits) ?? Math.ceil(rangeMs / binCountMax / sourceMs) * sourceMs;
}

interface Levels {
  hour: LevelBins;
  day: LevelBins;
}

/** The bins that a range has at a moment. */
function windowOf(levels: Levels, range: Range, nowMs: number, binCountMax: number) {
  const span = spans[range];
  const source = range === "24h" ? levels.day : levels.hour;
  const binMs = binMsOf(span.ms, source.binMs, binCountMax);
  const toMs = (Math.floor(nowMs / binMs) + 1) * binMs;
  return { span, source, binMs, toMs, fromMs: toMs - Math.ceil(span.ms / binMs) * binMs };
}

export function histogramOf(levels: Levels, range: Range, nowMs: number, binCountMax: number): Histogram {
  const { span, source, binMs, toMs, fromMs } = windowOf(levels, range, nowMs, binCountMax);
  const bins: HistogramBin[] = [];
  for (let atMs = fromMs; atMs < toMs; atMs += binMs) bins.push({ atMs, counts: perBand(() => 0), total: 0 });
  for (const { atMs, counts } of source.bins) {
    const bin = bins[Math.floor((atMs - fromMs) / binMs)];
    if (bin !== undefined) add(bin, counts);
  }
  const totals = perBand((band) => bins.reduce((sum, { counts }) => sum + counts[band], 0));
  const total = bins.reduce((sum, bin) => sum + bin.total, 0);
  const peak = bins.reduce((most, bin) => Math.max(most, bin.total), 0);
  const sentence = sentenceOf(span.words, totals, { total, peak, binMs });
  return { binMs, fromMs, toMs, bins, peak, total, totals, marks: bins.flatMap(marksOf), sentence };
}

/** What the bars of a histogram come to together, without making them. */
export function alertCountOf(
  levels: Levels,
  range: Range,
  nowMs: number,
  binCountMax: number,
): { total: number; grave: number } {
  const { source, fromMs, toMs } = windowOf(levels, range, nowMs, binCountMax);
  const sum: HistogramBin = { atMs: fromMs, counts: perBand(() => 0), total: 0 };
  for (const { atMs, counts } of source.bins) {
    if (atMs >= fromMs && atMs < toMs) add(sum, counts);
  }
  return { total: sum.total, grave: graveBands.reduce((grave, band) => grave + sum.counts[band], 0) };
}

function add(bin: HistogramBin, counts: Readonly<Record<string, unknown>>): void {
  for (const [level, value] of Object.entries(counts)) {
    if (!/^\d{1,2}$/.test(level) || typeof value !== "number" || !(value > 0 && value < Infinity)) continue;
    bin.counts[bandOf(Number(level))] += value;
    bin.total += value;
  }
}

function marksOf({ atMs, counts }: HistogramBin): LaneMark[] {
  return graveBands.filter((band) => counts[band] > 0).map((band) => ({ atMs, band, count: counts[band] }));
}

function sentenceOf(
  words: string,
  totals: Record<Band, number>,
  { total, peak, binMs }: { total: number; peak: number; binMs: number },
): string {
  if (total === 0) return `No alert in ${words}.`;
  const parts = bands
    .filter(({ band }) => totals[band] > 0)
    .map(({ band, levels }) => `${count(totals[band])} of level ${levels}`);
  const alerts = total === 1 ? "1 alert" : `${count(total)} alerts`;
  return `${alerts} in ${words}: ${parts.join(", ")}. At most ${count(peak)} in ${roughAge(binMs)}.`;
}
