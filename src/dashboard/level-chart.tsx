/** Alerts by level over time: a lane for the grave ones, bars for all, the figures of the bar that is pointed at. */
import { useComputed, useSignal, type ReadonlySignal } from "@preact/signals";
import type { JSX } from "preact";
import { ranges, type Range } from "./address-state.ts";
import { count, roughAge } from "./format.ts";
import { GraveList } from "./grave-list.tsx";
import { histogramOf, type Histogram, type HistogramBin } from "./histogram.ts";
import { LevelPlot, spanOf } from "./level-plot.tsx";
import { LevelTable } from "./level-table.tsx";
import { useLevelWindow } from "./level-window.ts";
import { usePage } from "./page-context.tsx";
import { Choice, GreyRows, Panel } from "./panel.tsx";
import { bands, isGraveBand, type Band } from "./severity.ts";

const rangeWords: Record<Range, string> = { "15m": "15 min", "1h": "1 h", "24h": "24 h" };

/** The chart, and the last of the grave alerts beside it. */
export function LevelChart(): JSX.Element {
  return (
    <div class="levelsection">
      <Chart />
      <GraveList />
    </div>
  );
}

function Chart(): JSX.Element {
  const { store, range, knownFromMs, choose } = usePage();
  const window = useLevelWindow();
  const histogram = useComputed(() => {
    const { endMs, binCountMax } = window.value;
    return histogramOf(store.levels.value, range.value, endMs, binCountMax);
  });
  const isTable = useSignal(false);
  /** Which bin is pointed at, by its time, so that it stays itself while the window moves. */
  const pointedMs = useSignal<number | undefined>(undefined);
  const pointed = useComputed(() => histogram.value.bins.find(({ atMs }) => atMs === pointedMs.value));
  const isKnown = useComputed(() => store.status.value !== undefined);
  return (
    <Panel
      id="levels"
      class="levels"
      title="Alerts by level"
      aside={<Span histogram={histogram} pointed={pointed} range={range.value} />}
      actions={
        <>
          <button
            type="button"
            class="btn small"
            aria-pressed={isTable}
            onClick={() => (isTable.value = !isTable.value)}
          >
            Show as table
          </button>
          <Choice
            label="Time"
            options={ranges.map((value) => ({ value, word: rangeWords[value] }))}
            value={range.value}
            onChoose={(next) => choose({ range: next })}
          />
        </>
      }
    >
      {isKnown.value ? (
        <div class="body">
          <Legend histogram={histogram} pointed={pointed} />
          {isTable.value ? (
            <LevelTable histogram={histogram.value} />
          ) : (
            <LevelPlot histogram={histogram.value} pointedMs={pointedMs} knownFromMs={knownFromMs.value} />
          )}
        </div>
      ) : (
        <GreyRows count={5} />
      )}
    </Panel>
  );
}

interface PointedProps {
  histogram: ReadonlySignal<Histogram>;
  pointed: ReadonlySignal<HistogramBin | undefined>;
}

function Span({ histogram, pointed, range }: PointedProps & { range: Range }): JSX.Element | null {
  const { store, todayMs } = usePage();
  const { total, binMs } = histogram.value;
  if (store.status.value === undefined) return null;
  const bin = pointed.value;
  if (bin === undefined) {
    return <span class="faint">{`${count(total)} in ${rangeWords[range]}, a bar is ${roughAge(binMs)}`}</span>;
  }
  return <span class="faint">{`${count(bin.total)} ${spanOf(bin.atMs, binMs, todayMs.value)}`}</span>;
}

function Legend({ histogram, pointed }: PointedProps): JSX.Element {
  const counts = pointed.value?.counts ?? histogram.value.totals;
  return (
    <div class="legend">
      <span>Level</span>
      {bands.map(({ band, levels }) => (
        <span key={band}>
          <Key band={band} />
          {levels} <b>{count(counts[band])}</b>
        </span>
      ))}
    </div>
  );
}

function Key({ band }: { band: Band }): JSX.Element {
  return (
    <svg width="9" height="9" viewBox="0 0 9 9" aria-hidden="true">
      {isGraveBand(band) ? (
        <path class={`f-${band}`} d="M4.5 0 9 4.5 4.5 9 0 4.5z" />
      ) : (
        <rect class={`f-${band}`} width="9" height="9" rx="1" />
      )}
    </svg>
  );
}
