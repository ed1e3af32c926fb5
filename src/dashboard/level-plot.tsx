/** The marks of the histogram. They are SVG and are stretched; words are not part of what is stretched. */
import type { Signal } from "@preact/signals";
import { scaleLinear, scaleTime } from "d3-scale";
import type { JSX } from "preact";
import { binEdgeOf, count, hourAndMinuteOf } from "./format.ts";
import type { Histogram, HistogramBin, LaneMark } from "./histogram.ts";
import { usePage } from "./page-context.tsx";
import { bands, GRAVE_LEVEL } from "./severity.ts";

const WIDTH = 960;
const HEIGHT = 196;

interface PlotProps {
  histogram: Histogram;
  pointedMs: Signal<number | undefined>;
  /** Before that there is no data. */
  knownFromMs: number;
}

export function LevelPlot({ histogram, pointedMs, knownFromMs }: PlotProps): JSX.Element {
  const top = topOf(histogram.peak);
  const emptyBins = histogram.bins.filter(({ atMs, total }) => total === 0 && atMs + histogram.binMs <= knownFromMs);
  return (
    <>
      <div class="chart">
        <span class="lane-k" aria-hidden="true">
          {`${GRAVE_LEVEL}+`}
        </span>
        <div class="lane">
          <Lane histogram={histogram} />
        </div>
        <div class="y" aria-hidden="true">
          <span>{count(top)}</span>
          <span>{top >= 2 ? count(top / 2) : ""}</span>
          <span>0</span>
        </div>
        <div class="plot">
          <svg
            viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
            preserveAspectRatio="none"
            role="img"
            aria-label={histogram.sentence}
            shape-rendering="crispEdges"
          >
            {emptyBins.length > 0 && (
              <rect class="f-gap" width={(WIDTH * emptyBins.length) / histogram.bins.length} height={HEIGHT} />
            )}
            <path class="s-grid" d={`M0 .5H${WIDTH}M0 ${HEIGHT / 2 + 0.5}H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}`} />
            <Cursor histogram={histogram} pointedMs={pointedMs} />
            <Bars histogram={histogram} top={top} />
          </svg>
          <Reader histogram={histogram} pointedMs={pointedMs} />
        </div>
        <TimeAxis histogram={histogram} />
      </div>
      {histogram.total === 0 && <p class="note">{histogram.sentence}</p>}
      {emptyBins.length > 0 && (
        <p class="note">
          {`Nothing is known of the time before ${hourAndMinuteOf(knownFromMs)}: the master had not counted yet.`}
        </p>
      )}
    </>
  );
}

/** The end of the scale: a round number, even where it can be, so that its half is one as well. */
function topOf(peak: number): number {
  if (peak <= 1) return Math.max(1, peak) * 2;
  return scaleLinear().domain([0, peak]).nice(2).domain()[1] ?? peak;
}

const diamonds = { high: "M0-4 4 0 0 4-4 0z", critical: "M0-5.5 5.5 0 0 5.5-5.5 0z" };

/** A rare thing is never scaled away: each mark has its own size whatever the bars do. */
function Lane({ histogram }: { histogram: Histogram }): JSX.Element {
  const { fromMs, toMs, binMs, marks } = histogram;
  const at = (mark: LaneMark): string => `${((100 * (mark.atMs + binMs / 2 - fromMs)) / (toMs - fromMs)).toFixed(2)}%`;
  return (
    <svg width="100%" height="18" aria-hidden="true">
      {marks
        .toReversed() // Within a bin the critical one comes first, and has to lie on top.
        .map((mark) => (
          <svg key={`${mark.atMs} ${mark.band}`} x={at(mark)} y="9" overflow="visible">
            <path class={`f-${mark.band}`} d={diamonds[mark.band]} />
          </svg>
        ))}
    </svg>
  );
}

function Bars({ histogram, top }: { histogram: Histogram; top: number }): JSX.Element {
  const step = WIDTH / histogram.bins.length;
  const gap = Math.min(1.5, step / 6);
  const y = scaleLinear().domain([0, top]).range([0, HEIGHT]);
  return (
    <>
      {histogram.bins.map((bin, index) =>
        bin.total === 0 ? null : (
          <Bar key={bin.atMs} bin={bin} x={index * step + gap / 2} width={step - gap} heightOf={y} />
        ),
      )}
    </>
  );
}

interface BarProps {
  bin: HistogramBin;
  x: number;
  width: number;
  heightOf(alerts: number): number;
}

/** Severest at the base: only what stands on zero can be compared along the time. */
function Bar({ bin, x, width, heightOf }: BarProps): JSX.Element {
  let below = 0;
  return (
    <>
      {bands.map(({ band }) => {
        const alerts = bin.counts[band];
        if (alerts === 0) return null;
        const height = heightOf(alerts);
        below += height;
        return <rect key={band} class={`f-${band}`} x={x} y={HEIGHT - below} width={width} height={height} />;
      })}
    </>
  );
}

function Cursor({ histogram, pointedMs }: Omit<PlotProps, "knownFromMs">): JSX.Element | null {
  const index = histogram.bins.findIndex(({ atMs }) => atMs === pointedMs.value);
  if (index === -1) return null;
  const step = WIDTH / histogram.bins.length;
  return <rect class="f-cursor" x={index * step} width={step} height={HEIGHT} />;
}

/**
 * Lies over the marks. With the mouse, a finger or the arrow keys it points at one bin, whose figures the legend then
 * shows; to those who hear the page it is a slider that reads them out.
 */
function Reader({ histogram, pointedMs }: Omit<PlotProps, "knownFromMs">): JSX.Element {
  const { todayMs } = usePage();
  const { bins, binMs } = histogram;
  const last = bins.length - 1;
  const found = bins.findIndex(({ atMs }) => atMs === pointedMs.value);
  const index = found === -1 ? last : found;
  const point = (next: number): void => {
    pointedMs.value = bins[Math.max(0, Math.min(last, next))]?.atMs;
  };
  const pointAt = ({ clientX, currentTarget }: PointerEvent): void => {
    if (!(currentTarget instanceof Element)) return;
    const { left, width } = currentTarget.getBoundingClientRect();
    point(Math.floor(((clientX - left) / width) * bins.length));
  };
  const steps: Record<string, number> = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: last };
  const bin = bins[index];
  return (
    <div
      class="reader"
      role="slider"
      tabIndex={0}
      aria-label="Figures of one bar"
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={index}
      aria-valuetext={bin === undefined ? "" : `${spanOf(bin.atMs, binMs, todayMs.value)}: ${wordsOf(bin)}`}
      onPointerMove={pointAt}
      onPointerDown={pointAt}
      onPointerLeave={() => (pointedMs.value = undefined)}
      onFocus={() => point(index)}
      onBlur={() => (pointedMs.value = undefined)}
      onKeyDown={(event: KeyboardEvent) => {
        const next = steps[event.key];
        if (event.key === "Escape") pointedMs.value = undefined;
        if (next === undefined) return;
        event.preventDefault();
        point(next);
      }}
    />
  );
}

/** `from 14:30 to 14:45`. */
export function spanOf(atMs: number, binMs: number, nowMs: number): string {
  return `from ${binEdgeOf(atMs, binMs, nowMs)} to ${binEdgeOf(atMs + binMs, binMs, nowMs)}`;
}

function wordsOf({ counts, total }: HistogramBin): string {
  if (total === 0) return "no alert";
  const parts = bands
    .filter(({ band }) => counts[band] > 0)
    .map(({ band, levels }) => `${counts[band]} of level ${levels}`);
  return parts.join(", ");
}

/** Round times of the reader's clock. Its text is not stretched: only its places are relative. */
function TimeAxis({ histogram }: { histogram: Histogram }): JSX.Element {
  const { isNarrow, isStale } = usePage();
  const { fromMs, toMs } = histogram;
  const scale = scaleTime()
    .domain([new Date(fromMs), new Date(toMs)])
    .range([0, 100]);
  // One that is near an end would run into `now`, or out of the plot.
  const ticks = scale
    .ticks(isNarrow.value ? 4 : 8)
    .filter((tick) => scale(tick) > 2 && scale(tick) < (isNarrow.value ? 84 : 93));
  return (
    <div class="x" aria-hidden="true">
      <svg width="100%" height="20">
        {ticks.map((tick) => (
          <text key={tick.getTime()} x={`${scale(tick).toFixed(2)}%`} y="14">
            {hourAndMinuteOf(tick.getTime())}
          </text>
        ))}
        <text class="end" x="100%" y="14">
          {isStale.value ? hourAndMinuteOf(toMs) : "now"}
        </text>
      </svg>
    </div>
  );
}
