/**
 * What `argus up` shows while it runs: the nodes, the figures, the last alerts; in a terminal drawn again in place, in
 * a pipe one line per change. Everything here is a function of a `LiveStatus`; `LiveScreen` and `LivePlain` remember
 * only what they have shown.
 */
import { escapeControl } from "../base/escape.ts";
import { pad2 } from "../base/local-time.ts";
import { HIGH_LEVEL } from "../model/alert.ts";
import type { AlertReply, NodeInfo } from "../api/contract/reply.ts";
import { fit, noPaint, padTo, type Paint, type Style } from "./paint.ts";
import { renderTable, type Cell, type Column } from "./table.ts";

export interface LiveAlert {
  id: string;
  /** `HH:MM:SS`, from the alert's own timestamp. */
  time: string;
  level: number;
  ruleId: string;
  description: string;
  /** The node that took it in, or the agent where the node is hidden. */
  origin: string;
}

export interface LiveStatus {
  cluster: string;
  /** Since the start of the cluster. */
  elapsedMs: number;
  nodes: readonly NodeInfo[];
  events: { accepted: number; analysed: number; behind: number; lost: number; perSecond: number };
  /** How many were raised; the list holds the last of them, oldest first. */
  alertCount: number;
  alerts: readonly LiveAlert[];
  /** A line at the foot: where the files are, how to stop. */
  hint: string;
}

export interface LiveOptions {
  paint: Paint;
  columns: number;
  rows: number;
}

/** An alert of the API as a line of the live status. */
export function liveAlert(alert: AlertReply): LiveAlert {
  return {
    id: alert.id,
    time: /T(\d\d:\d\d:\d\d)/.exec(alert.timestamp)?.[1] ?? "",
    level: alert.rule.level,
    ruleId: alert.rule.id,
    description: alert.rule.description,
    origin: alert.cluster?.node ?? alert.agent?.name ?? "",
  };
}

/** A cluster whose nodes have been started and of which none has answered yet. */
export function expectedLive(
  nodes: readonly { name: string; role: NodeInfo["role"]; address: string; port: number }[],
): LiveStatus {
  const expected = nodes.map(({ name, role, address, port }): NodeInfo => ({
    ...{ name, role, state: "expected", sinceMs: 0, address: `${address}:${port}`, version: "", isHidden: false },
    ...{ eventsPerSecond: 0, eventsOutPerSecond: 0, link: { sinceMs: null, roundTripMs: null } },
    ...{ spool: null, clockOffsetMs: null, note: "", lastRefusal: "" },
  }));
  return {
    ...{ cluster: "", elapsedMs: 0, nodes: expected, alertCount: 0, alerts: [], hint: "starting …" },
    events: { accepted: 0, analysed: 0, behind: 0, lost: 0, perSecond: 0 },
  };
}

/** Wide enough for everything; on a wider terminal lines stay readable. */
const columnsMax = 120;
/** So few alerts are shown even on a small terminal. */
const alertsMin = 3;
const alertsMax = 15;

const stateStyles: Readonly<Record<NodeInfo["state"], Style>> = {
  ...({ up: "green", syncing: "yellow", lagging: "yellow", waiting: "yellow" } as const),
  ...({ expected: "dim", down: "boldRed", refused: "boldRed" } as const),
};

/** Colours of the bands that OSSEC's rules classification has: noise, notice, attention, attack. */
export function levelStyle(level: number): Style {
  if (level >= HIGH_LEVEL) return "boldRed";
  if (level >= 7) return "yellow";
  return level >= 4 ? "cyan" : "dim";
}

/** `1,234,567`: the same in every locale, so that a script can read it too. */
export function grouped(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1:02:03`, or `2:03` below an hour. */
export function elapsedText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  const tail = `${hours > 0 ? pad2(minutes) : minutes}:${pad2(seconds % 60)}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}

function rateText(perSecond: number): string {
  return perSecond >= 100 || perSecond === 0 ? grouped(perSecond) : perSecond.toFixed(1);
}

const nodeColumns: readonly Column[] = [
  { title: "NODE" },
  { title: "STATE" },
  { title: "ADDRESS", isFlexible: true },
  { title: "EVENTS/S", align: "right" },
  { title: "WAITING", align: "right" },
  { title: "CLOCK", align: "right" },
];

function nodeRow(node: NodeInfo): Cell[] {
  const style = stateStyles[node.state];
  const isHere = node.state === "up" || node.state === "lagging" || node.state === "syncing";
  const clock =
    node.clockOffsetMs === null ? "–" : `${node.clockOffsetMs < 0 ? "" : "+"}${Math.round(node.clockOffsetMs)} ms`;
  const waiting =
    node.spool === null || !isHere ? "–" : `${grouped(node.spool.events)}${node.spool.isFull ? " full" : ""}`;
  return [
    { text: `${isHere ? "●" : "○"} ${node.name}${node.isHidden ? " (hidden)" : ""}`, style },
    { text: node.state, style },
    { text: node.address },
    { text: isHere ? rateText(node.eventsPerSecond) : "–" },
    { text: waiting, style: node.spool?.isFull === true ? "boldRed" : "plain" },
    { text: isHere ? clock : "–" },
  ];
}

/** A reason is a sentence, too long for a column. */
function refusals(nodes: readonly NodeInfo[]): string[] {
  const refused = nodes.filter(({ state, lastRefusal }) => state === "refused" && lastRefusal !== "");
  return refused.map(({ name, lastRefusal }) => `  ${name} is refused: ${lastRefusal}`);
}

const alertColumns: readonly Column[] = [
  { title: "TIME" },
  { title: "LEVEL", align: "right" },
  { title: "RULE", align: "right" },
  { title: "DESCRIPTION", isFlexible: true },
  { title: "FROM" },
];

function alertRow(alert: LiveAlert): Cell[] {
  const style = levelStyle(alert.level);
  return [
    { text: alert.time, style: "dim" },
    { text: String(alert.level), style },
    { text: alert.ruleId },
    { text: alert.description, style },
    { text: alert.origin, style: "dim" },
  ];
}

/** `accepted 1,234`: the number is what is read, so it is what stands out. */
function figure(paint: Paint, name: string, value: string, style: Style = "bold"): string {
  return `${paint("dim", name)} ${paint(style, value)}`;
}

function figureLine(status: LiveStatus, paint: Paint): string {
  const { accepted, analysed, behind, lost, perSecond } = status.events;
  return [
    figure(paint, "events", grouped(accepted)),
    figure(paint, "analysed", grouped(analysed)),
    figure(paint, "behind", grouped(behind), behind > 0 ? "yellow" : "bold"),
    figure(paint, "lost", grouped(lost), lost > 0 ? "boldRed" : "bold"),
    figure(paint, "alerts", grouped(status.alertCount)),
    figure(paint, "rate", `${rateText(perSecond)}/s`),
  ].join("  ");
}

/** The lines of the display: none is wider than the terminal, and there are fewer than it has rows. */
export function renderLive(status: LiveStatus, options: LiveOptions): string[] {
  const { paint } = options;
  const columns = Math.min(options.columns, columnsMax);
  const up = status.nodes.filter(({ state }) => state === "up" || state === "syncing" || state === "lagging").length;
  const name = fit(status.cluster === "" ? "argus" : `argus · cluster ${status.cluster}`, Math.max(10, columns - 30));
  const right = `${up} of ${status.nodes.length} nodes up · ${elapsedText(status.elapsedMs)}`;
  const head = paint("bold", padTo(name, columns - right.length));
  const table = { paint, columns };
  const lines = [
    `${head}${paint("dim", right)}`,
    "",
    ...renderTable(nodeColumns, status.nodes.map(nodeRow), table),
    ...refusals(status.nodes).map((line) => paint("red", fit(line, columns))),
    "",
    // Styles take no columns, so a line of figures that is too long is cut without them.
    displayCut(figureLine(status, noPaint), figureLine(status, paint), columns),
    "",
  ];
  const room = Math.max(alertsMin, Math.min(alertsMax, options.rows - lines.length - 4));
  const alerts = status.alerts.slice(-room);
  if (alerts.length === 0) lines.push(paint("dim", "No alert yet."));
  else lines.push(...renderTable(alertColumns, alerts.map(alertRow), table));
  if (status.hint !== "") lines.push("", paint("dim", fit(status.hint, columns)));
  return lines.slice(0, Math.max(1, options.rows - 1));
}

function displayCut(plain: string, painted: string, columns: number): string {
  const cut = fit(plain, columns);
  return cut === plain ? painted : cut;
}

const hideCursor = "\u001b[?25l";
const showCursor = "\u001b[?25h";
/** What stands between the two is shown at once by terminals that know them, and they are ignored by others. */
const beginFrame = "\u001b[?2026h";
const endFrame = "\u001b[?2026l";
const clearLine = "\u001b[K";
const clearBelow = "\u001b[J";

/** Draws frames one over the other. Each line is overwritten and only its rest is cleared, so that nothing flickers. */
export class LiveScreen {
  readonly #write: (text: string) => void;
  #height = 0;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  draw(lines: readonly string[]): void {
    const up = this.#height > 0 ? `\u001b[${this.#height}A\r` : hideCursor;
    const body = lines.map((line) => `${line}${clearLine}\n`).join("");
    this.#write(`${beginFrame}${up}${body}${clearBelow}${endFrame}`);
    this.#height = lines.length;
  }

  /** Prints plain lines that stay, above the display, which is drawn again by the next `draw`. */
  print(lines: readonly string[]): void {
    const up = this.#height > 0 ? `\u001b[${this.#height}A\r` : "";
    this.#write(`${up}${lines.map((line) => `${escapeControl(line)}${clearLine}\n`).join("")}${clearBelow}`);
    this.#height = 0;
  }

  /** Leaves the last frame where it is. May be called more than once. */
  end(): void {
    this.#write(showCursor);
    this.#height = 0;
  }
}

/** The figures are told in a pipe at most so often … */
const figuresMs = 10_000;
/** … but at once when all is analysed after so long a stretch of being behind: a moment of it means nothing. */
const behindMs = 2_000;

/** For a pipe: one line per change of a node, per alert, and now and then the figures. */
export class LivePlain {
  #states = new Map<string, string>();
  #lastAlertId: string | undefined;
  #figuresMs = Number.NEGATIVE_INFINITY;
  #behindSinceMs: number | undefined;
  #figures = "";

  /** The lines for what has changed since the last call. */
  changes(status: LiveStatus): string[] {
    const lines: string[] = [];
    for (const node of status.nodes) {
      const state = node.state === "refused" ? `refused: ${node.lastRefusal}` : node.state;
      if (this.#states.get(node.name) === state) continue;
      this.#states.set(node.name, state);
      lines.push(`node ${node.name} ${state}${node.address === "" ? "" : ` ${node.address}`}`);
    }
    const seen = status.alerts.findIndex(({ id }) => id === this.#lastAlertId);
    for (const alert of status.alerts.slice(seen + 1)) {
      lines.push(`alert ${alert.time} level ${alert.level} rule ${alert.ruleId} ${alert.origin}: ${alert.description}`);
    }
    this.#lastAlertId = status.alerts.at(-1)?.id ?? this.#lastAlertId;
    const figures = figureLine({ ...status, events: { ...status.events, perSecond: 0 } }, noPaint);
    if (this.#isFiguresDue(status) && figures !== this.#figures) {
      this.#figures = figures;
      this.#figuresMs = status.elapsedMs;
      lines.push(figureLine(status, noPaint));
    }
    return lines.map((line) => escapeControl(line));
  }

  #isFiguresDue({ elapsedMs, events }: LiveStatus): boolean {
    const isDue = elapsedMs - this.#figuresMs >= figuresMs;
    const sinceMs = this.#behindSinceMs;
    this.#behindSinceMs = events.behind > 0 ? (sinceMs ?? elapsedMs) : undefined;
    return isDue || (events.behind === 0 && sinceMs !== undefined && elapsedMs - sinceMs >= behindMs);
  }
}
