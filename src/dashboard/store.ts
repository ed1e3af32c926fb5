/**
 * What the page knows: signals, and what the stream's messages do to them. No component writes them. Everything is
 * bounded: a page may stay open for weeks.
 *
 * All times are by the master's clock, the only one that says what an age is: the reader's may be hours off. The master
 * tells the time with each status; between them the reader's clock goes on from there.
 */
import { batch, signal, type Signal } from "@preact/signals";
import type { PageAlert } from "../api/contract/page-stream.ts";
import type {
  ClusterLogLine,
  FigureSample,
  FiguresReply,
  LevelBin,
  NodeInfo,
  StatusReply,
} from "../api/contract/reply.ts";
import { memberOf, readAlerts, readFigures, readLevels, readLog, readNodes, readStatus } from "./message.ts";
import { GRAVE_LEVEL } from "./severity.ts";

export interface LevelBins {
  binMs: number;
  /** Oldest first. */
  bins: readonly LevelBin[];
}

export type StaleReason = "no_answer" | "silent" | "too_many_streams" | "hidden";

/** Times are by the master's clock, as far as it is known. */
export type Connection =
  | { name: "connecting"; sinceMs: number }
  | { name: "live" }
  | {
      name: "stale";
      /** When the master was last heard, or when the page was opened if it never was. */
      sinceMs: number;
      /** Tries since then. */
      tries: number;
      /** Undefined while a try is under way, and while the page is hidden. */
      nextTryMs: number | undefined;
      reason: StaleReason;
    };

const hourMs = 3_600_000;

export const ALERTS_HELD_MAX = 200;
export const GRAVE_ALERTS_HELD_MAX = 50;
export const LOG_LINES_HELD_MAX = 500;

/** Figures come every few seconds, bins are of 10 s and more; whatever a master sends, no more than this is kept. */
const SAMPLES_HELD_MAX = 4_000;
const BINS_HELD_MAX = 2_000;

/** A status that was under way for longer than the others would put the clock back; this much is jitter. */
const JITTER_MS_MAX = 1_000;

export class Store {
  readonly status: Signal<StatusReply | undefined> = signal(undefined);
  readonly nodes: Signal<readonly NodeInfo[]> = signal([]);
  /** Oldest first, of the last hour. */
  readonly figures: Signal<readonly FigureSample[]> = signal([]);
  readonly levels: Signal<{ hour: LevelBins; day: LevelBins }> = signal({
    hour: { binMs: 10_000, bins: [] },
    day: { binMs: 300_000, bins: [] },
  });
  /** Newest first. */
  readonly alerts: Signal<readonly PageAlert[]> = signal([]);
  /** Those of level 12 and above, newest first; they outlast the flood of the others. */
  readonly graveAlerts: Signal<readonly PageAlert[]> = signal([]);
  /** Alerts that came too fast to be shown, since the list began. */
  readonly omitted: Signal<number> = signal(0);
  /** Newest first. */
  readonly log: Signal<readonly ClusterLogLine[]> = signal([]);
  readonly connection: Signal<Connection>;
  readonly nowMs: Signal<number>;

  readonly #readerNowMs: () => number;
  /** The master's clock less the reader's; undefined before the first status. */
  #offsetMs: number | undefined;

  /** `readerNowMs` is the reader's clock. */
  constructor(readerNowMs: () => number) {
    this.#readerNowMs = readerNowMs;
    this.nowMs = signal(readerNowMs());
    this.connection = signal({ name: "connecting", sinceMs: readerNowMs() });
  }

  /** Lets the time go on; called every second. */
  tick(): void {
    this.nowMs.value = this.masterNowMs();
  }

  /** The time by the master's clock at this moment; `nowMs` is that of the last tick. */
  masterNowMs(): number {
    return this.#readerNowMs() + (this.#offsetMs ?? 0);
  }

  /** Takes the message `name` of the stream. One of another form, or of a name that is not known, is passed over. */
  take(name: string, data: unknown): void {
    batch(() => {
      if (name === "status") this.#takeStatus(data);
      else if (name === "nodes") this.nodes.value = readNodes(data) ?? this.nodes.value;
      else if (name === "figures") this.#takeFigures(data);
      else if (name === "levels") this.#takeLevels(data);
      else if (name === "alerts") this.#takeAlerts(data);
      else if (name === "log") this.#takeLog(data);
    });
  }

  #takeStatus(data: unknown): void {
    const status = readStatus(data);
    if (status === undefined) return;
    const offsetMs = status.nowMs - this.#readerNowMs();
    // The message that took the shortest way knows best.
    const isLater = this.#offsetMs !== undefined && offsetMs < this.#offsetMs;
    if (!isLater || (this.#offsetMs ?? 0) - offsetMs > JITTER_MS_MAX) this.#offsetMs = offsetMs;
    this.status.value = status;
    this.tick();
  }

  #takeFigures(data: unknown): void {
    const figures = readFigures(data);
    if (figures !== undefined) this.figures.value = joinSamples(this.figures.value, figures);
  }

  #takeLevels(data: unknown): void {
    const levels = readLevels(data);
    if (levels === undefined) return;
    const { hour, day } = this.levels.value;
    const nowMs = this.masterNowMs();
    this.levels.value = {
      hour: joinBins(hour, levels.hour, nowMs - hourMs),
      day: joinBins(day, levels.day, nowMs - 24 * hourMs),
    };
  }

  #takeAlerts(data: unknown): void {
    const message = readAlerts(data);
    if (message === undefined) return;
    const { alerts, omitted, isReset } = message;
    const idOf = ({ alert }: PageAlert): string => alert.id;
    const graves = alerts.filter(isGrave);
    const held = isReset ? [] : this.alerts.value;
    const heldGraves = isReset ? [] : this.graveAlerts.value;
    this.alerts.value = joinNewest(held, alerts, idOf, ALERTS_HELD_MAX);
    this.graveAlerts.value = joinNewest(heldGraves, graves, idOf, GRAVE_ALERTS_HELD_MAX);
    this.omitted.value = (isReset ? 0 : this.omitted.value) + omitted;
  }

  #takeLog(data: unknown): void {
    const message = readLog(data);
    if (message === undefined) return;
    const held = message.isReset ? [] : this.log.value;
    this.log.value = joinNewest(held, message.lines, ({ id }) => id, LOG_LINES_HELD_MAX);
  }
}

function isGrave({ alert }: PageAlert): boolean {
  const level = memberOf(memberOf(alert, "rule"), "level");
  return typeof level === "number" && level >= GRAVE_LEVEL;
}

/** `held` is newest first, `incoming` oldest first; what is held already is not taken twice. */
function joinNewest<T>(
  held: readonly T[],
  incoming: readonly T[],
  idOf: (one: T) => string,
  max: number,
): readonly T[] {
  const known = new Set(held.map(idOf));
  const fresh: T[] = [];
  for (const one of incoming) {
    if (known.has(idOf(one))) continue;
    known.add(idOf(one));
    fresh.push(one);
  }
  return fresh.length === 0 ? held : [...fresh.reverse(), ...held].slice(0, max);
}

/** A message's newest sample is the newest there is; what is held of later times is of before a clock was put back. */
function joinSamples(held: readonly FigureSample[], { samples }: FiguresReply): readonly FigureSample[] {
  const newestMs = samples.reduce((newest, { atMs }) => Math.max(newest, atMs), -Infinity);
  if (samples.length === 0) return held;
  const byTime = new Map<number, FigureSample>();
  for (const sample of [...held, ...samples]) {
    if (sample.atMs <= newestMs && sample.atMs > newestMs - hourMs) byTime.set(sample.atMs, sample);
  }
  return [...byTime.values()].sort((a, b) => a.atMs - b.atMs).slice(-SAMPLES_HELD_MAX);
}

/** Bins of another width replace what is held; bins that ended before `fromMs` go. */
function joinBins(held: LevelBins, incoming: LevelBins, fromMs: number): LevelBins {
  const { binMs } = incoming;
  const byTime = new Map<number, LevelBin>();
  for (const bin of [...(held.binMs === binMs ? held.bins : []), ...incoming.bins]) {
    if (bin.atMs + binMs > fromMs) byTime.set(bin.atMs, bin);
  }
  const bins = [...byTime.values()].sort((a, b) => a.atMs - b.atMs).slice(-BINS_HELD_MAX);
  return { binMs, bins };
}
