/**
 * What the page's one stream says: server-sent events, each named, with JSON as data, and each with an id that says how
 * far the reader has come. Whoever comes back with the id (`Last-Event-ID`, or `after` in the query) gets what came
 * since; where that is not held any more, `isReset` says that what follows replaces what the reader has.
 *
 *   event      sent                                              data
 *   status     at once, then every second                        StatusReply
 *   nodes      at once, then when something of it has changed    NodesReply
 *   figures    at once the last hour, then each new sample       FiguresReply; samples are joined by `atMs`
 *   levels     at once all bins, then those that have changed    LevelsReply; a bin replaces the one of its `atMs`
 *   alerts     at once the newest, then at most four a second    PageAlerts
 *   log        at once the newest lines, then as they come       PageLog
 *
 * All six come in this order when a stream opens, and none waits for something to happen.
 */
import type { AlertReply, ClusterLogLine, FiguresReply, LevelsReply, NodesReply, StatusReply } from "./reply.ts";

export interface PageAlert {
  alert: AlertReply;
  /** Long texts of it were cut; `/alerts/one` has the whole. */
  isCut: boolean;
}

export interface PageAlerts {
  /** Oldest first. */
  alerts: PageAlert[];
  /** Alerts that came too fast to be shown here; those of level 12 and above are the last to be left out. */
  omitted: number;
  isReset: boolean;
}

export interface PageLog {
  /** Oldest first. */
  lines: ClusterLogLine[];
  isReset: boolean;
}

/** The events by name. */
export interface PageEvents {
  status: StatusReply;
  nodes: NodesReply;
  figures: FiguresReply;
  levels: LevelsReply;
  alerts: PageAlerts;
  log: PageLog;
}
