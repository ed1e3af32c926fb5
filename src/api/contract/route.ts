/** Every route of the API; what a route is stands in route-form.ts. */
import Type, { type Static } from "typebox";
import { agentsOverviewRoute } from "./agent-overview.ts";
import { agentRoutes } from "./agent-route.ts";
import {
  alertReply,
  alertsReply,
  clusterLogReply,
  figuresReply,
  journalReply,
  levelsReply,
  metricsReply,
  nodesReply,
  reloadReply,
  rulesetReply,
  quarantineReply,
  releaseReply,
  statusReply,
} from "./reply.ts";
import { nothing, type Route } from "./route-form.ts";

/** How many alerts one request may have: a screen or two, and no more than the feed holds. */
export const ALERTS_COUNT_MAX = 1_000;

/** How many lines of cluster.log are held for readers; the file has all of them. */
export const LOG_LINES_MAX = 500;

/** What stands before the path of a route where the page is served; `/` and the rest belong to the page itself. */
export const PAGE_API_PREFIX = "/api";

export const alertsQuery = Type.Object(
  {
    count: Type.Integer({ minimum: 1, maximum: ALERTS_COUNT_MAX, default: 20, description: "The newest so many." }),
    level: Type.Integer({ minimum: 0, maximum: 16, default: 0, description: "Only alerts of at least this level." }),
  },
  { additionalProperties: false },
);
export type AlertsQuery = Static<typeof alertsQuery>;

export const streamQuery = Type.Object(
  { level: Type.Integer({ minimum: 0, maximum: 16, default: 0, description: "Only alerts of at least this level." }) },
  { additionalProperties: false },
);
export type StreamQuery = Static<typeof streamQuery>;

export const alertQuery = Type.Object(
  { id: Type.String({ maxLength: 64, description: "The alert's `id`." }) },
  { additionalProperties: false },
);
export type AlertQuery = Static<typeof alertQuery>;

export const logQuery = Type.Object(
  { count: Type.Integer({ minimum: 1, maximum: LOG_LINES_MAX, default: 100, description: "The newest so many." }) },
  { additionalProperties: false },
);
export type LogQuery = Static<typeof logQuery>;

export const pageStreamQuery = Type.Object(
  {
    after: Type.String({
      maxLength: 128,
      default: "",
      description: "Goes on after this id, for readers that cannot send `Last-Event-ID`.",
    }),
  },
  { additionalProperties: false },
);
export type PageStreamQuery = Static<typeof pageStreamQuery>;

export const statusRoute = {
  method: "GET",
  path: "/status",
  isPublic: true,
  summary: "What this node is and how its data path stands.",
  query: nothing,
  reply: statusReply,
} as const satisfies Route;

export const nodesRoute = {
  method: "GET",
  path: "/nodes",
  isPublic: true,
  summary: "The nodes of the cluster as this node sees them.",
  query: nothing,
  reply: nodesReply,
} as const satisfies Route;

export const alertsRoute = {
  method: "GET",
  path: "/alerts/last",
  isPublic: true,
  summary: "The newest alerts, oldest first. On the master only.",
  query: alertsQuery,
  reply: alertsReply,
} as const satisfies Route;

export const streamRoute = {
  method: "GET",
  path: "/alerts/stream",
  isPublic: true,
  summary: "Alerts as they are raised, as server-sent events; `Last-Event-ID` resumes. On the master only.",
  query: streamQuery,
  reply: undefined,
} as const satisfies Route;

export const alertRoute = {
  method: "GET",
  path: "/alerts/one",
  isPublic: true,
  summary: "One of the newest alerts, whole. On the master only.",
  query: alertQuery,
  reply: alertReply,
} as const satisfies Route;

export const figuresRoute = {
  method: "GET",
  path: "/figures",
  isPublic: true,
  summary: "The figures of the last hour. On the master only.",
  query: nothing,
  reply: figuresReply,
} as const satisfies Route;

export const levelsRoute = {
  method: "GET",
  path: "/alerts/levels",
  isPublic: true,
  summary: "How many alerts of each level there were, in the last hour and day. On the master only.",
  query: nothing,
  reply: levelsReply,
} as const satisfies Route;

export const clusterLogRoute = {
  method: "GET",
  path: "/cluster-log",
  isPublic: true,
  summary: "The newest lines of cluster.log.",
  query: logQuery,
  reply: clusterLogReply,
} as const satisfies Route;

export const pageStreamRoute = {
  method: "GET",
  path: "/stream",
  isPublic: true,
  summary: "All that the page shows, as server-sent events (page-stream.ts). On the master only.",
  query: pageStreamQuery,
  reply: undefined,
} as const satisfies Route;

export const journalRoute = {
  method: "GET",
  path: "/journal",
  isPublic: false,
  summary: "How far the journal is written, analysed and safe to forget. On the master only.",
  query: nothing,
  reply: journalReply,
} as const satisfies Route;

export const metricsRoute = {
  method: "GET",
  path: "/metrics",
  isPublic: false,
  summary: "Counters of this node's parts by name.",
  query: nothing,
  reply: metricsReply,
} as const satisfies Route;

export const quarantineRoute = {
  method: "GET",
  path: "/quarantine",
  isPublic: false,
  summary: "Rules and decoders that are passed over because an event held them up. On the master only.",
  query: nothing,
  reply: quarantineReply,
} as const satisfies Route;

export const releaseQuery = Type.Object(
  { id: Type.String({ maxLength: 4_096, description: "As `/quarantine` names it." }) },
  { additionalProperties: false },
);
export type ReleaseQuery = Static<typeof releaseQuery>;

export const releaseRoute = {
  method: "POST",
  path: "/quarantine/release",
  isPublic: false,
  summary: "Lifts the quarantine of a rule or decoder. On the master only.",
  query: releaseQuery,
  reply: releaseReply,
} as const satisfies Route;

export const rulesetRoute = {
  method: "GET",
  path: "/ruleset",
  isPublic: false,
  summary: "Which ruleset is in force, and why the files of the home are not. On the master only.",
  query: nothing,
  reply: rulesetReply,
} as const satisfies Route;

export const reloadRoute = {
  method: "POST",
  path: "/ruleset/reload",
  isPublic: false,
  summary: "Puts decoders, rules and lists in force as they stand in the home's files. On the master only.",
  query: nothing,
  reply: reloadReply,
} as const satisfies Route;

export const routes: readonly Route[] = [
  ...[statusRoute, nodesRoute, alertsRoute, alertRoute, streamRoute, levelsRoute, figuresRoute, clusterLogRoute],
  ...[pageStreamRoute, journalRoute, metricsRoute, quarantineRoute, releaseRoute, rulesetRoute, reloadRoute],
  ...agentRoutes,
  agentsOverviewRoute,
];
