/**
 * Every route of the API: where it is, what it takes, what it answers, and whether the page may have it.
 *
 * A route is served on the Unix socket of the node. One that is `isPublic` is also served by the page's server, which
 * anybody who can open a connection to the node's loopback address can read: so it is a GET, it changes nothing, and it
 * tells nothing that an ordinary user of the machine must not see. A test lists the routes and where each is served.
 */
import Type, { type Static, type TSchema } from "typebox";
import { alertsReply, journalReply, metricsReply, nodesReply, statusReply } from "./reply.ts";

export interface Route {
  readonly method: "GET";
  readonly path: string;
  readonly isPublic: boolean;
  readonly summary: string;
  readonly query: TSchema;
  /** Undefined for a stream of server-sent events. */
  readonly reply: TSchema | undefined;
}

/** How many alerts one request may have: a screen or two, and no more than the feed holds. */
export const ALERTS_COUNT_MAX = 1_000;

const nothing = Type.Object({}, { additionalProperties: false });

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

export const routes: readonly Route[] = [statusRoute, nodesRoute, alertsRoute, streamRoute, journalRoute, metricsRoute];
