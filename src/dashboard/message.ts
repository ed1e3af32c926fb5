/**
 * Reads what the stream says. The master may be of another version than the page that it once served, and a proxy may
 * answer in its place, so each message is looked at before anything shows it; what has another form is passed over.
 * Members that are not known are left alone.
 */
import type { AgentRow, AgentsOverviewReply } from "../api/contract/agent-overview.ts";
import type { PageAlert, PageAlerts, PageLog } from "../api/contract/page-stream.ts";
import type {
  AlertReply,
  ClusterLogLine,
  FigureSample,
  FiguresReply,
  LevelBin,
  LevelsReply,
  NodeInfo,
  StatusReply,
} from "../api/contract/reply.ts";
import { agentStates, AGENTS_SHOWN } from "./agent-view.ts";
import { logLevels } from "./log-filter.ts";
import { nodeStates } from "./node-order.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** An object of JSON that is no list. */
export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** The member `name` that the object itself has; one that it inherits (`constructor`) is none. */
export function memberOf(value: unknown, name: string): unknown {
  const fields = fieldsOf(value);
  return fields !== undefined && Object.hasOwn(fields, name) ? fields[name] : undefined;
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isNumber: Check = (value) => typeof value === "number" && Number.isFinite(value);
const isFlag: Check = (value) => typeof value === "boolean";
const oneOf =
  (values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

function has(checks: Readonly<Record<string, Check>>): Check {
  const list = Object.entries(checks);
  return (value) => fieldsOf(value) !== undefined && list.every(([name, check]) => check(memberOf(value, name)));
}

function numbers(...names: string[]): Record<string, Check> {
  return Object.fromEntries(names.map((name) => [name, isNumber]));
}

const isStatus = has({
  ...{ node: isText, role: oneOf(["master", "worker"]), cluster: isText, version: isText, keyWeakness: isText },
  ...numbers("startedMs", "nowMs", "alerts"),
  events: has({
    isCounted: isFlag,
    ...numbers("accepted", "analysed", "behind", "behindMs", "lost", "lostInDay"),
    ...numbers("perSecond", "analysedPerSecond"),
  }),
  ruleset: has({ refusal: isText, quarantined: isNumber }),
  master: has({ name: isText, isConnected: isFlag }),
});

const isSpool = has({
  ...numbers("events", "bytes", "bytesMax"),
  ...{ oldestMs: orNull(isNumber), isFull: isFlag, drainMs: orNull(isNumber) },
});

const isNode = has({
  ...{ name: isText, role: oneOf(["master", "worker"]), state: oneOf(nodeStates), sinceMs: isNumber },
  ...{ address: isText, version: isText, isHidden: isFlag, eventsPerSecond: isNumber, eventsOutPerSecond: isNumber },
  link: has({ sinceMs: orNull(isNumber), roundTripMs: orNull(isNumber) }),
  ...{ spool: orNull(isSpool), clockOffsetMs: orNull(isNumber), note: isText, lastRefusal: isText },
});

const isSample = has(numbers("atMs", "accepted", "analysed", "behind", "behindMs", "lost"));

const isBin = has({ atMs: isNumber, counts: (value) => fieldsOf(value) !== undefined });
const isBins = has({ binMs: (value) => isNumber(value) && Number(value) >= 1, bins: Array.isArray });

/** Of an alert nothing is sure but what tells it from others; `alertLine` makes the best of the rest. */
const isAlert = has({ id: isText });
const isPageAlert = has({ alert: isAlert });

const isLogLine = has({
  ...{ id: isText, atMs: isNumber, level: oneOf(logLevels), node: isText, tag: isText, subtag: isText },
  message: isText,
});

const isAgent = has({
  ...{ id: isText, name: isText, address: isText, state: oneOf(agentStates), node: isText, version: isText },
  ...{ nodeDownSinceMs: orNull(isNumber), peerAddress: isText, isShutDown: isFlag, isSynced: orNull(isFlag) },
  ...{ groups: (value: unknown) => Array.isArray(value) && value.every(isText) },
  ...numbers("lastSeenMs", "groupCount"),
});
const isAgentCounts = has(numbers("disconnected", "pending", "never_connected", "active", "unheard"));
const isOverview = has({
  ...{ agents: Array.isArray, groups: Array.isArray, counts: isAgentCounts },
  ...numbers("from", "matching", "total"),
});

/** The members of a list that have the form; the others are left out. */
function listOf(value: unknown, name: string, check: Check): unknown[] | undefined {
  const list = memberOf(value, name);
  return Array.isArray(list) ? list.filter((member) => check(member)) : undefined;
}

export function readStatus(data: unknown): StatusReply | undefined {
  return isStatus(data) ? (data as StatusReply) : undefined;
}

export function readNodes(data: unknown): NodeInfo[] | undefined {
  return listOf(data, "nodes", isNode) as NodeInfo[] | undefined;
}

export function readFigures(data: unknown): FiguresReply | undefined {
  const samples = listOf(data, "samples", isSample) as FigureSample[] | undefined;
  const everyMs = memberOf(data, "everyMs");
  return samples === undefined ? undefined : { everyMs: typeof everyMs === "number" ? everyMs : 0, samples };
}

export function readLevels(data: unknown): LevelsReply | undefined {
  const hour = readBins(memberOf(data, "hour"));
  const day = readBins(memberOf(data, "day"));
  return hour === undefined || day === undefined ? undefined : { hour, day };
}

function readBins(value: unknown): LevelsReply["hour"] | undefined {
  if (!isBins(value)) return undefined;
  return { binMs: Number(memberOf(value, "binMs")), bins: (listOf(value, "bins", isBin) ?? []) as LevelBin[] };
}

export function readAlerts(data: unknown): PageAlerts | undefined {
  const alerts = listOf(data, "alerts", isPageAlert)?.map(readPageAlert);
  if (alerts === undefined) return undefined;
  const omitted = memberOf(data, "omitted");
  return {
    alerts,
    omitted: typeof omitted === "number" && omitted > 0 ? omitted : 0,
    isReset: memberOf(data, "isReset") === true,
  };
}

function readPageAlert(value: unknown): PageAlert {
  return { alert: memberOf(value, "alert") as AlertReply, isCut: memberOf(value, "isCut") === true };
}

export function readLog(data: unknown): PageLog | undefined {
  const lines = listOf(data, "lines", isLogLine) as ClusterLogLine[] | undefined;
  return lines === undefined ? undefined : { lines, isReset: memberOf(data, "isReset") === true };
}

export function readAgents(data: unknown): AgentsOverviewReply | undefined {
  if (!isOverview(data)) return undefined;
  const agents = (listOf(data, "agents", isAgent) ?? []) as AgentRow[];
  const groups = (listOf(data, "groups", isText) ?? []) as string[];
  return { ...(data as AgentsOverviewReply), agents: agents.slice(0, AGENTS_SHOWN), groups };
}
