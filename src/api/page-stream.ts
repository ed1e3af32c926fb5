/**
 * The page's streams (contract/page-stream.ts), all of one node together: what they say is the same for all, so it is
 * looked up and made into text once.
 *
 *   every second     status; nodes, figures and levels as far as they have changed
 *   every 250 ms     alerts and lines of cluster.log, when some have come
 *
 * Nothing runs and nothing is subscribed to while no stream is open. A stream that opens is one synchronous step: first
 * the others are brought up to date, then it is given all that there is, and from then on it gets what they get. So
 * nothing falls between what it was given and what comes next, and nothing comes twice.
 *
 * The id of an event is `ALERTID~LOGID`, the last alert and line that the reader has when it has read that far; `-` for
 * none. An id that we would not give is no id. A reader that reads too slowly is let go (stream-response.ts).
 */
import type { Clock, Timer } from "../base/clock.ts";
import { HIGH_LEVEL } from "../model/alert.ts";
import type { PageEvents, PageLog } from "./contract/page-stream.ts";
import type { ClusterLogLine, FiguresReply, NodeInfo } from "./contract/reply.ts";
import { eventText } from "./event-stream.ts";
import type { AlertFeed, ClusterLogFeed, FeedEntry, FigureFeed, NodeStatus } from "./needs.ts";
import { AlertBatch, alertsJson, LineBatch, messageLimits, newestLines, type Gathered } from "./page-batch.ts";
import { boundUnread, writeTo, type StreamResponse } from "./stream-response.ts";

/** What a master has. */
export interface PageNeeds {
  status: Pick<NodeStatus, "status" | "nodes">;
  alerts: AlertFeed;
  figures: FigureFeed;
  clusterLog: ClusterLogFeed;
}

const tickMs = 1_000;
const flushMs = 250;
/** What a page without anything to go on from is given: a screen of the newest, and what should not be overlooked. */
const newestCount = 100;
const newestHighCount = 25;
const newestLineCount = 200;

const none = "-";
/** How far a reader has come. */
interface Position {
  alert: string;
  line: string;
}
const nowhere: Position = { alert: none, line: none };

const idOf = ({ alert, line }: Position): string => `${alert}~${line}`;

/** Of an id that was given back. What no id of ours can be is taken as none. */
export function positionOf(id: string | undefined): Position {
  const parts = /^(-|\d{1,20}\.\d{1,20})~([\x21-\x7d]{1,64})$/.exec(id ?? "");
  return { alert: parts?.[1] ?? none, line: parts?.[2] ?? none };
}

export class PageStreams {
  readonly #needs: PageNeeds;
  readonly #clock: Clock;
  readonly #open = new Set<StreamResponse>();
  readonly #alerts = new AlertBatch();
  readonly #lines = new LineBatch();
  /** How far every open stream has been written to. */
  #at: Position = nowhere;
  /** The last alert and line that came, sent or still gathered. */
  #newest: Position = nowhere;
  #nodesJson = "";
  #sampleMs: number | undefined;
  #revision = 0;
  #tick: Timer | undefined;
  #flush: Timer | undefined;
  #unsubscribe: () => void = () => undefined;

  constructor(needs: PageNeeds, clock: Clock) {
    this.#needs = needs;
    this.#clock = clock;
  }

  /** Writes to `response`, whose head has been written, until it is closed. `lastId` is the last id that it had. */
  open(response: StreamResponse, lastId: string | undefined): void {
    const nodes = this.#needs.status.nodes();
    if (this.#open.size === 0) this.#start(nodes);
    else {
      this.#flushNow();
      this.#send(this.#changes(nodes));
    }
    writeTo(response, this.#opening(positionOf(lastId), nodes));
    this.#open.add(response);
    boundUnread(this.#open);
    response.on("close", () => {
      this.#open.delete(response);
      if (this.#open.size === 0) this.#stop();
    });
  }

  #start(nodes: readonly NodeInfo[]): void {
    const { alerts, clusterLog } = this.#needs;
    this.#at = { alert: alerts.last(1, 0)[0]?.id ?? none, line: clusterLog.last(1)[0]?.id ?? none };
    this.#newest = this.#at;
    this.#changes(nodes); // What the first stream is given whole is not news to it.
    const leaveAlerts = alerts.subscribe(
      (entry) => this.#onAlert(entry),
      (count) => {
        this.#alerts.omit(count);
        this.#flushSoon();
      },
    );
    const leaveLog = clusterLog.subscribe((line) => {
      this.#lines.add(line);
      this.#newest = { ...this.#newest, line: line.id };
      this.#flushSoon();
    });
    this.#unsubscribe = () => {
      leaveAlerts();
      leaveLog();
    };
    this.#tick = this.#clock.after(tickMs, () => this.#onTick());
  }

  #stop(): void {
    this.#unsubscribe();
    this.#tick?.cancel();
    this.#flush?.cancel();
    this.#flush = undefined;
    this.#alerts.take();
    this.#lines.take();
  }

  #onTick(): void {
    this.#tick = this.#clock.after(tickMs, () => this.#onTick());
    const { status } = this.#needs;
    const nodes = status.nodes(); // Looked up once for both: a cluster may have hundreds.
    this.#send(this.#event("status", JSON.stringify(status.status(nodes))) + this.#changes(nodes));
  }

  #onAlert(entry: FeedEntry): void {
    this.#alerts.add(entry);
    this.#newest = { ...this.#newest, alert: entry.id };
    this.#flushSoon();
  }

  #flushSoon(): void {
    this.#flush ??= this.#clock.after(flushMs, () => this.#flushNow());
  }

  #flushNow(): void {
    this.#flush?.cancel();
    this.#flush = undefined;
    let text = "";
    if (!this.#alerts.isEmpty) {
      this.#at = { ...this.#at, alert: this.#newest.alert };
      text += this.#event("alerts", alertsJson(this.#alerts.take(), false));
    }
    if (!this.#lines.isEmpty) {
      this.#at = this.#newest;
      text += this.#event("log", logJson(this.#lines.take(), false));
    }
    this.#send(text);
  }

  /** Nodes, figures and levels as far as they are not what was sent last. */
  #changes(nodes: readonly NodeInfo[]): string {
    let text = "";
    const nodesJson = JSON.stringify({ nodes });
    if (nodesJson !== this.#nodesJson) text += this.#event("nodes", nodesJson);
    this.#nodesJson = nodesJson;
    const figures = this.#newSamples(this.#needs.figures.figures());
    if (figures.samples.length > 0) text += this.#event("figures", JSON.stringify(figures));
    const { levels, revision } = this.#needs.figures.levels(this.#revision);
    if (revision !== this.#revision) text += this.#event("levels", JSON.stringify(levels));
    this.#revision = revision;
    return text;
  }

  /** By their place and not by their time: the clock may have been set back. */
  #newSamples({ everyMs, samples }: FiguresReply): FiguresReply {
    const sent = samples.findLastIndex(({ atMs }) => atMs === this.#sampleMs);
    this.#sampleMs = samples.at(-1)?.atMs;
    return { everyMs, samples: samples.slice(sent + 1) };
  }

  /** All six events for a stream that has read as far as `from`. */
  #opening(from: Position, nodes: readonly NodeInfo[]): string {
    const { status, figures } = this.#needs;
    const before = idOf(from);
    const alerts = this.#alertsSince(from.alert);
    const log = this.#linesSince(from.line);
    const withAlerts = idOf({ alert: this.#at.alert, line: from.line });
    return [
      "retry: 1000\n\n",
      eventText("status", JSON.stringify(status.status(nodes)), before),
      eventText("nodes", this.#nodesJson, before),
      eventText("figures", JSON.stringify(figures.figures()), before),
      eventText("levels", JSON.stringify(figures.levels(0).levels), before),
      eventText("alerts", alerts, withAlerts),
      eventText("log", log, idOf(this.#at)),
    ].join("");
  }

  #alertsSince(id: string): string {
    const { entries, isWhole } = this.#needs.alerts.after(id);
    if (isWhole && id !== none) {
      const since = gather(entries, messageLimits.countMax);
      if (since.omitted === 0) return alertsJson(since, false);
    }
    const newest = this.#needs.alerts.last(newestCount, 0);
    const shown = new Set(newest.map((entry) => entry.id));
    const high = this.#needs.alerts.last(newestHighCount, HIGH_LEVEL).filter((entry) => !shown.has(entry.id));
    // Those of a high level that are not among the newest are older than all of these.
    const { entries: kept } = gather([...high, ...newest], newestCount + newestHighCount);
    return alertsJson({ entries: kept, omitted: 0 }, true);
  }

  #linesSince(id: string): string {
    const { lines, isWhole } = this.#needs.clusterLog.after(id);
    const since = newestLines(lines);
    if (isWhole && id !== none && since.length === lines.length) return logJson(lines, false);
    return logJson(newestLines(this.#needs.clusterLog.last(newestLineCount)), true);
  }

  #event(name: keyof PageEvents, data: string): string {
    return eventText(name, data, idOf(this.#at));
  }

  #send(text: string): void {
    if (text === "") return;
    for (const response of this.#open) writeTo(response, text);
    boundUnread(this.#open);
  }
}

const logJson = (lines: readonly ClusterLogLine[], isReset: boolean): string =>
  JSON.stringify({ lines: [...lines], isReset } satisfies PageLog);

/** As many of them as a message has room for. */
function gather(entries: readonly FeedEntry[], countMax: number): Gathered {
  const batch = new AlertBatch({ ...messageLimits, countMax });
  for (const entry of entries) batch.add(entry);
  return batch.take();
}
