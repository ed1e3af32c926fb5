/** Five figures, each with its last hour. */
import { useComputed, type ReadonlySignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import type { StatusReply } from "../api/contract/reply.ts";
import { age, bareRate, count, fullCount, rate } from "./format.ts";
import { alertCountOf } from "./histogram.ts";
import { useLevelWindow } from "./level-window.ts";
import { AsOf } from "./panel.tsx";
import { usePage } from "./page-context.tsx";
import { GRAVE_LEVEL } from "./severity.ts";
import { alertsSeriesOf, lineWindowOf, pathOf, seriesOf, type LineWindow, type SeriesFigure } from "./sparkline.ts";
import { BEHIND_MS_MAX } from "./verdict.ts";

const WIDTH = 200;
const HEIGHT = 24;
/** So that a line at its largest value, or at zero, keeps its full width. */
const MARGIN = 1.5;

export function FigureStrip(): JSX.Element {
  const { isStale } = usePage();
  return (
    <section id="figures" class={isStale.value ? "is-stale" : ""} aria-label="Figures">
      <dl class="panel figs">
        <EventsIn />
        <Analysed />
        <Behind />
        <Lost />
        <Alerts />
      </dl>
    </section>
  );
}

interface FigureProps {
  name: string;
  /** Undefined while nothing is known. */
  value: ComponentChildren;
  note: ComponentChildren;
  isBad?: boolean;
  /** Says of which moment the figures are when they are old: once for all five. */
  hasMoment?: boolean;
  children: ComponentChildren;
}

function Figure({ name, value, note, isBad = false, hasMoment = false, children }: FigureProps): JSX.Element {
  return (
    <div class="fig">
      <dt class="k">
        <span>{name}</span>
        {hasMoment ? <AsOf /> : null}
        <span class="faint">{useLineWindow().value.words}</span>
      </dt>
      <dd class={isBad ? "v is-bad" : "v"}>{value ?? <NotKnown shape="tall b" />}</dd>
      <dd class="n">
        <span>{note ?? <NotKnown shape="a" />}</span>
        {children}
      </dd>
    </div>
  );
}

/** A grey bar where words will be. */
function NotKnown({ shape }: { shape: string }): JSX.Element {
  return (
    <>
      <span class="vh">not known yet</span>
      <span class={`sk ${shape}`} />
    </>
  );
}

/** What the lines cover: the last hour, or less while less is known. */
function useLineWindow(): ReadonlySignal<LineWindow> {
  const { store, knownFromMs } = usePage();
  return useComputed(() => lineWindowOf(store.nowMs.value - knownFromMs.value));
}

interface SparklineProps {
  figure: SeriesFigure;
  tone?: string;
  /** The value that fills the height where none is larger. */
  peakMin?: number;
}

function Sparkline({ figure, tone = "accent", peakMin = 0 }: SparklineProps): JSX.Element {
  const { store } = usePage();
  const window = useLineWindow();
  const line = useComputed(() => {
    const series = seriesOf(store.figures.value, figure, store.nowMs.peek(), window.value);
    return pathOf(series, WIDTH, HEIGHT, peakMin);
  });
  return <Line line={line.value} tone={tone} />;
}

function Line({ line, tone }: { line: string; tone: string }): JSX.Element {
  const box = `0 ${-MARGIN} ${WIDTH} ${HEIGHT + 2 * MARGIN}`;
  return (
    <svg viewBox={box} preserveAspectRatio="none" aria-hidden="true">
      <path class="s-grid" d={`M0 ${HEIGHT}H${WIDTH}`} vector-effect="non-scaling-stroke" />
      <path class={`s-${tone}`} d={line} stroke-linecap="round" vector-effect="non-scaling-stroke" />
    </svg>
  );
}

function EventsIn(): JSX.Element {
  const events = usePage().store.status.value?.events;
  return (
    <Figure
      name="Events in"
      hasMoment
      value={events && <PerSecond value={events.perSecond} />}
      note={events && <Count value={events.accepted} after="so far" />}
    >
      <Sparkline figure="in" />
    </Figure>
  );
}

function PerSecond({ value }: { value: number }): JSX.Element {
  return (
    <>
      {bareRate(value)}
      <small>/s</small>
    </>
  );
}

function Count({ value, after }: { value: number; after: string }): JSX.Element {
  return (
    <>
      <span title={fullCount(value)}>{count(value)}</span> {after}
    </>
  );
}

function Analysed(): JSX.Element {
  const events = usePage().store.status.value?.events;
  return (
    <Figure
      name="Analysed"
      value={events && <PerSecond value={events.analysedPerSecond} />}
      note={
        events && (events.accepted === 0 ? untilNow(events) : differenceOf(events.analysedPerSecond - events.perSecond))
      }
    >
      <Sparkline figure="analysed" />
    </Figure>
  );
}

function untilNow({ isCounted }: StatusReply["events"]): string {
  return isCounted ? "nothing yet" : "not counted yet";
}

/** Two rates that are taken at slightly different moments are never quite equal. */
const RATE_NOISE = 2;

function differenceOf(perSecond: number): string {
  if (Math.abs(perSecond) < RATE_NOISE) return "as fast as they come";
  return perSecond > 0 ? `${rate(perSecond)} more than comes in` : `${rate(-perSecond)} less than comes in`;
}

function Behind(): JSX.Element {
  const events = usePage().store.status.value?.events;
  const isLate = events !== undefined && events.behindMs >= BEHIND_MS_MAX;
  return (
    <Figure name="Behind" value={events && lateness(events.behindMs)} note={events && waiting(events)}>
      <Sparkline figure="behind" tone={isLate ? "lagging" : "accent"} peakMin={BEHIND_MS_MAX} />
    </Figure>
  );
}

/** Under a second it is the time that an event travels, which changes with every look and says nothing. */
function lateness(ms: number): string {
  return ms > 0 && ms < 1_000 ? "< 1 s" : age(ms);
}

function waiting({ isCounted, behind }: StatusReply["events"]): JSX.Element {
  if (behind === 0) return <>{isCounted ? "no event waits" : "not counted yet"}</>;
  return <Count value={behind} after={behind === 1 ? "event waits" : "events wait"} />;
}

function Lost(): JSX.Element {
  const events = usePage().store.status.value?.events;
  const isBad = events !== undefined && events.lostInDay > 0;
  return (
    <Figure
      name="Lost"
      isBad={isBad}
      value={events && count(events.lostInDay)}
      note={
        events && (
          <>
            in 24 h{events.lost > events.lostInDay ? `, ${count(events.lost)} in all` : ""}, of{" "}
            <span title={fullCount(events.accepted)}>{count(events.accepted)}</span> so far
          </>
        )
      }
    >
      <Sparkline figure="lost" tone={isBad ? "down" : "accent"} />
    </Figure>
  );
}

function Alerts(): JSX.Element {
  const { store } = usePage();
  const window = useLevelWindow();
  const counted = useComputed(() => {
    const { endMs, binCountMax } = window.value;
    return alertCountOf(store.levels.value, "1h", endMs, binCountMax);
  });
  const { total, grave } = counted.value;
  const isKnown = store.status.value !== undefined;
  return (
    <Figure
      name="Alerts"
      value={isKnown ? <span title={fullCount(total)}>{count(total)}</span> : undefined}
      note={isKnown ? `in 1 h, ${grave === 0 ? "none" : count(grave)} of level ${GRAVE_LEVEL} and above` : undefined}
    >
      <AlertsLine />
    </Figure>
  );
}

function AlertsLine(): JSX.Element {
  const { store } = usePage();
  const window = useLineWindow();
  const line = useComputed(() => {
    const series = alertsSeriesOf(store.levels.value.hour, store.figures.value, store.nowMs.peek(), window.value);
    // The slot that is not over yet would let the line end in a fall, always.
    return pathOf(series.slice(0, -1), WIDTH, HEIGHT);
  });
  return <Line line={line.value} tone="accent" />;
}
