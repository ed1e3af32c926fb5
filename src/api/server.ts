/**
 * The routes of the contract over what the node gives. The same server stands on the Unix socket (`everything`) and,
 * from the page on, on TCP (`public`): which routes are served where is decided here and nowhere else.
 */
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Clock } from "../base/clock.ts";
import type { AlertsQuery, Route, StreamQuery } from "./contract/route.ts";
import { routes } from "./contract/route.ts";
import type { ReplyCode } from "./errors.ts";
import type { AlertFeed, ApiNeeds, FeedEntry } from "./needs.ts";

export type Audience = "everything" | "public";

export interface ServerOptions {
  needs: ApiNeeds;
  clock: Clock;
  audience: Audience;
  /** Told of a request that failed by our own fault. */
  onFailure(error: unknown): void;
}

/** Streams are held open, so they are counted; design.md section 4 promises the page at most so many. */
export const STREAMS_MAX = 32;
/** A reader that is so far behind is let go: it comes back and resumes by id. */
const streamBytesMax = 4 * 1_024 * 1_024;
/** Often enough that a proxy between does not think that the stream has died. */
const streamBeatMs = 15_000;

/** The response below fastify's, to which a stream is written. */
type RawResponse = FastifyReply["raw"];
type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** Ends the streams that are open; a server that closes would otherwise wait for them. */
export interface ApiRoutes {
  readonly server: FastifyInstance;
  endStreams(): void;
}

export function buildServer(options: ServerOptions): ApiRoutes {
  const server = fastify({
    logger: false,
    bodyLimit: 1_024, // No route of this contract takes a body.
    requestTimeout: 10_000,
    keepAliveTimeout: 5_000,
    forceCloseConnections: true,
    // A query that names what the contract does not know is refused: a misspelt `levle=12` must not answer for all.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, useDefaults: true } },
  });
  const streams = new Set<RawResponse>();
  const handlers = handlersOver(options, streams);
  for (const route of served(options.audience)) {
    const handler = handlers.get(route.path);
    if (handler === undefined) throw new Error(`no handler for ${route.path}`);
    const schema = {
      querystring: route.query,
      ...(route.reply === undefined ? {} : { response: { 200: route.reply } }),
    };
    server.route({ method: route.method, url: route.path, schema, exposeHeadRoute: false, handler });
  }
  server.setNotFoundHandler((_request, reply) => refuse(reply, 404, "ARGUS_API_ROUTE", "there is no such route"));
  server.setErrorHandler((error: unknown, _request, reply) => {
    if (isValidation(error)) return refuse(reply, 400, "ARGUS_API_QUERY", error.message);
    options.onFailure(error);
    return refuse(reply, 500, "ARGUS_API_FAILED", "the node could not answer; its ossec.log says why");
  });
  return {
    server,
    endStreams() {
      for (const stream of streams) stream.end();
    },
  };
}

/** The routes of an audience. */
export function served(audience: Audience): readonly Route[] {
  return routes.filter((route) => audience === "everything" || route.isPublic);
}

function refuse(reply: FastifyReply, status: number, code: ReplyCode, message: string): FastifyReply {
  return reply.code(status).send({ error: { code, message } });
}

function isValidation(error: unknown): error is Error {
  return error instanceof Error && "validation" in error;
}

function handlersOver(options: ServerOptions, streams: Set<RawResponse>): Map<string, Handler> {
  const { status, alerts } = options.needs;
  const onMaster = (reply: FastifyReply): FastifyReply =>
    refuse(reply, 409, "ARGUS_API_NOT_MASTER", "this node is a worker; ask the master");
  return new Map<string, Handler>([
    ["/status", () => status.status()],
    ["/nodes", () => ({ nodes: status.nodes() })],
    ["/metrics", () => status.metrics()],
    ["/journal", (_request, reply) => status.journal() ?? onMaster(reply)],
    [
      "/alerts/last",
      (request, reply) => {
        if (alerts === undefined) return onMaster(reply);
        const { count, level } = request.query as AlertsQuery; // Checked by the route's schema.
        const entries = alerts.last(count, level);
        // The alerts are JSON already, and are passed on as they stand in the file.
        const body = `{"alerts":[${entries.map((entry) => entry.json).join(",")}]}`;
        return reply.type("application/json; charset=utf-8").serializer(String).send(body);
      },
    ],
    [
      "/alerts/stream",
      (request, reply) => {
        if (alerts === undefined) return onMaster(reply);
        if (streams.size >= STREAMS_MAX) return refuse(reply, 503, "ARGUS_API_STREAMS", "too many streams are open");
        const { level } = request.query as StreamQuery; // Checked by the route's schema.
        const lastId = request.headers["last-event-id"];
        reply.hijack();
        openStream({ response: reply.raw, alerts, level, clock: options.clock, streams }, lastId);
        return reply;
      },
    ],
  ]);
}

interface Stream {
  response: RawResponse;
  alerts: AlertFeed;
  level: number;
  clock: Clock;
  streams: Set<RawResponse>;
}

function openStream(stream: Stream, lastId: string | string[] | undefined): void {
  const { response, alerts, level, clock, streams } = stream;
  streams.add(response);
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" });
  const send = (entry: FeedEntry): void => {
    if (entry.level < level || response.writableEnded) return;
    response.write(`id: ${entry.id}\nevent: alert\ndata: ${entry.json}\n\n`);
    if (response.writableLength > streamBytesMax) response.destroy();
  };
  response.write("retry: 1000\n\n");
  if (typeof lastId === "string") {
    const { entries, isWhole } = alerts.after(lastId);
    if (!isWhole) response.write("event: gap\ndata: {}\n\n"); // The reader may have missed some that are not held.
    for (const entry of entries) send(entry);
  }
  const unsubscribe = alerts.subscribe(send, (count) => {
    if (!response.writableEnded) response.write(`event: gap\ndata: {"count":${count}}\n\n`);
  });
  let beat = clock.after(streamBeatMs, onBeat);
  function onBeat(): void {
    response.write(": beat\n\n");
    beat = clock.after(streamBeatMs, onBeat);
  }
  response.on("close", () => {
    streams.delete(response);
    beat.cancel();
    unsubscribe();
  });
}
