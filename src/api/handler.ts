/** What each route of the contract answers, over what the node gives. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../base/clock.ts";
import { agentHandlers } from "./agent-handler.ts";
import { openAlertStream } from "./alert-stream.ts";
import { whenOver, type RawResponse } from "./connection-turn.ts";
import type {
  AlertQuery,
  AlertsQuery,
  LogQuery,
  PageStreamQuery,
  ReleaseQuery,
  StreamQuery,
} from "./contract/route.ts";
import type { ApiNeeds, FeedEntry } from "./needs.ts";
import { PageStreams } from "./page-stream.ts";
import { refuse, type Handler } from "./refusal.ts";

/** Streams are held open, so they are counted, both kinds together: a reader more costs at most what DESIGN.md says. */
export const STREAMS_MAX = 32;

export interface HandlerOptions {
  needs: ApiNeeds;
  /** How long the alerts of one answer may be together. The newest is given however long it is. */
  alertBytesMax: number;
  clock: Clock;
  /** The streams that are open. Handlers add theirs, and take each away when it is closed. */
  streams: Set<RawResponse>;
}

const onMaster = (reply: FastifyReply): FastifyReply =>
  refuse(reply, 409, "ARGUS_API_NOT_MASTER", "this node is a worker; ask the master");

/** What is JSON already, and is passed on as it stands in the file. */
const sendJson = (reply: FastifyReply, json: string): FastifyReply =>
  // As bytes: a text that waits to be read takes up to twice as much, and as much again while it is written.
  reply.type("application/json; charset=utf-8").send(Buffer.from(json));

/** By method and path of the route. Queries have been checked by the route's schema. */
export function handlersOver(options: HandlerOptions): ReadonlyMap<string, Handler> {
  const { status, figures, clusterLog, ruleset } = options.needs;
  return new Map<string, Handler>([
    ["GET /status", () => status.status()],
    ["GET /nodes", () => ({ nodes: status.nodes() })],
    ["GET /metrics", () => status.metrics()],
    ["GET /journal", (_request, reply) => status.journal() ?? onMaster(reply)],
    ["GET /figures", (_request, reply) => figures?.figures() ?? onMaster(reply)],
    ["GET /alerts/levels", (_request, reply) => figures?.levels(0).levels ?? onMaster(reply)],
    ["GET /cluster-log", (request) => ({ lines: clusterLog.last((request.query as LogQuery).count) })],
    ["GET /ruleset", (_request, reply) => ruleset?.status() ?? onMaster(reply)],
    ["POST /ruleset/reload", (_request, reply) => ruleset?.reload() ?? onMaster(reply)],
    ...alertHandlers(options),
    ...quarantineHandlers(options),
    ...agentHandlers(options.needs.agents),
    ...streamHandlers(options),
  ]);
}

function alertHandlers({ needs: { alerts }, alertBytesMax }: HandlerOptions): [string, Handler][] {
  return [
    [
      "GET /alerts/last",
      (request, reply) => {
        if (alerts === undefined) return onMaster(reply);
        const { count, level } = request.query as AlertsQuery;
        const entries = alerts.last(count, level);
        const shown = newestWithin(entries, alertBytesMax);
        const texts = shown.map((entry) => entry.json).join(",");
        return sendJson(reply, `{"alerts":[${texts}],"omitted":${entries.length - shown.length}}`);
      },
    ],
    [
      "GET /alerts/one",
      (request, reply) => {
        if (alerts === undefined) return onMaster(reply);
        const entry = alerts.find((request.query as AlertQuery).id);
        if (entry !== undefined) return sendJson(reply, entry.json);
        const message = "this alert is not among the newest that the node holds; logs/alerts/alerts.json has it";
        return refuse(reply, 404, "ARGUS_API_ALERT", message);
      },
    ],
  ];
}

function quarantineHandlers({ needs: { quarantine } }: HandlerOptions): [string, Handler][] {
  return [
    ["GET /quarantine", (_request, reply) => quarantine?.list() ?? onMaster(reply)],
    [
      "POST /quarantine/release",
      async (request, reply) => {
        if (quarantine === undefined) return onMaster(reply);
        const { id } = request.query as ReleaseQuery;
        const message = `nothing is in quarantine under ${id}; argus ruleset quarantine lists what is`;
        return (await quarantine.release(id)) ?? refuse(reply, 404, "ARGUS_API_QUARANTINE", message);
      },
    ],
  ];
}

/** The newest that have room in so many bytes, oldest first, and one in any case. */
function newestWithin(entries: readonly FeedEntry[], bytesMax: number): readonly FeedEntry[] {
  let bytes = 0;
  const tooFar = entries.findLastIndex(({ json }, index) => {
    bytes += Buffer.byteLength(json) + 1;
    return bytes > bytesMax && index < entries.length - 1;
  });
  return entries.slice(tooFar + 1);
}

const streamHead = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" };

function streamHandlers({ needs, clock, streams }: HandlerOptions): [string, Handler][] {
  const { alerts, figures, status, clusterLog } = needs;
  const isMaster = alerts !== undefined && figures !== undefined;
  const page = isMaster ? new PageStreams({ status, alerts, figures, clusterLog }, clock) : undefined;
  const tooMany = (reply: FastifyReply): FastifyReply =>
    refuse(reply, 503, "ARGUS_API_STREAMS", "too many streams are open");
  const take = (request: FastifyRequest, reply: FastifyReply): RawResponse => {
    reply.hijack();
    const response = reply.raw;
    streams.add(response);
    whenOver(request.raw.socket, response, () => streams.delete(response));
    // A reader that goes away while something is written to it is no error of ours.
    response.on("error", () => response.destroy());
    response.writeHead(200, streamHead);
    return response;
  };
  /** What HEAD is told of a stream: that it is there, and nothing that would have to be held open. */
  const headOnly = (reply: FastifyReply): FastifyReply => {
    reply.hijack();
    reply.raw.writeHead(200, streamHead).end();
    return reply;
  };
  return [
    [
      "GET /alerts/stream",
      (request, reply) => {
        if (alerts === undefined) return onMaster(reply);
        if (request.method === "HEAD") return headOnly(reply);
        if (streams.size >= STREAMS_MAX) return tooMany(reply);
        const { level } = request.query as StreamQuery;
        openAlertStream({ response: take(request, reply), alerts, level, clock }, lastIdOf(request));
        return reply;
      },
    ],
    [
      "GET /stream",
      (request, reply) => {
        if (page === undefined) return onMaster(reply);
        if (request.method === "HEAD") return headOnly(reply);
        if (streams.size >= STREAMS_MAX) return tooMany(reply);
        const { after } = request.query as PageStreamQuery;
        page.open(take(request, reply), lastIdOf(request) ?? after);
        return reply;
      },
    ],
  ];
}

function lastIdOf({ headers }: FastifyRequest): string | undefined {
  const id = headers["last-event-id"];
  return typeof id === "string" ? id : undefined;
}
