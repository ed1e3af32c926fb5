/**
 * The routes of the contract over what the node gives. The same server stands on the Unix socket (`everything`) and,
 * below PAGE_API_PREFIX, behind the page's own on TCP (`public`): which routes are served where is decided here and
 * nowhere else.
 */
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Clock } from "../base/clock.ts";
import { PAGE_API_PREFIX, routes } from "./contract/route.ts";
import type { Route } from "./contract/route-form.ts";
import type { RawRequest, RawResponse } from "./connection-turn.ts";
import { handlersOver } from "./handler.ts";
import type { ApiNeeds } from "./needs.ts";
import { explainQuery, type QueryIssue } from "./query-fault.ts";
import { refuse } from "./refusal.ts";

export type Audience = "everything" | "public";

/**
 * Alerts of one answer. On the socket, which the node's own group alone may use, all that a feed holds, every byte of
 * it escaped; on the page some thousand of the usual length, of which 16 answers may wait to be read.
 */
const alertBytesMax: Readonly<Record<Audience, number>> = {
  everything: 48 * 1_024 * 1_024,
  public: 1_024 * 1_024,
};

export interface ServerOptions {
  needs: ApiNeeds;
  clock: Clock;
  audience: Audience;
  /** Asked before anything is done for a request; one that it turns down is its own to end. All, where it is absent. */
  admits?(request: RawRequest, response: RawResponse): boolean;
  /** Told of a request that failed by our own fault. */
  onFailure(error: unknown): void;
}

/** Ends the streams that are open; a server that closes would otherwise wait for them. */
export interface ApiRoutes {
  readonly server: FastifyInstance;
  endStreams(): void;
  streamCount(): number;
  /** Whether what is written to `response` is a stream. */
  isStream(response: RawResponse): boolean;
}

export function buildServer(options: ServerOptions): ApiRoutes {
  const server = fastify({
    logger: false,
    bodyLimit: 1_024, // No route of this contract takes a body.
    routerOptions: { maxParamLength: 768 }, // A group's name has up to 255 characters, and more where they are escaped.
    requestTimeout: 10_000,
    keepAliveTimeout: 5_000,
    forceCloseConnections: true,
    // A query that names what the contract does not know is refused: a misspelt `levle=12` must not answer for all.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, useDefaults: true } },
    // What is no path at all (`/%zz`) never comes to a route.
    frameworkErrors: (_error, _request, reply) => void noRoute(reply),
  });
  const streams = new Set<RawResponse>();
  const { needs, clock, audience } = options;
  const handlers = handlersOver({ needs, clock, streams, alertBytesMax: alertBytesMax[audience] });
  const prefix = audience === "public" ? PAGE_API_PREFIX : "";
  for (const route of served(audience)) {
    const handler = handlers.get(`${route.method} ${route.path}`);
    if (handler === undefined) throw new Error(`no handler for ${route.method} ${route.path}`);
    const schema = {
      ...(route.params === undefined ? {} : { params: route.params }),
      querystring: route.query,
      ...(route.reply === undefined ? {} : { response: { 200: route.reply } }),
    };
    // HEAD is answered as GET is, without the body (RFC 9110, 9.3.2).
    const url = prefix + route.path.replace(/\{(\w+)\}/g, ":$1");
    server.route({ method: route.method, url, schema, exposeHeadRoute: true, handler });
  }
  server.addHook("onRequest", (request, reply, done) => {
    // What is hijacked goes no further, and fastify forgets it.
    if (options.admits?.(request.raw, reply.raw) === false) reply.hijack();
    done();
  });
  server.setNotFoundHandler((_request, reply) => noRoute(reply));
  server.setErrorHandler((error: unknown, request, reply) => {
    if (isValidation(error)) return refuse(reply, 400, "ARGUS_API_QUERY", queryFault(error, request));
    options.onFailure(error);
    return refuse(reply, 500, "ARGUS_API_FAILED", "the node could not answer; its ossec.log says why");
  });
  return {
    server,
    endStreams() {
      for (const stream of streams) stream.end();
    },
    streamCount: () => streams.size,
    isStream: (response) => streams.has(response),
  };
}

/** The routes of an audience. */
export function served(audience: Audience): readonly Route[] {
  return routes.filter((route) => audience === "everything" || route.isPublic);
}

const noRoute = (reply: FastifyReply): FastifyReply => refuse(reply, 404, "ARGUS_API_ROUTE", "there is no such route");

interface QueryError {
  readonly validation: readonly QueryIssue[];
  /** Which part of the request it is about. */
  readonly validationContext?: unknown;
}

function isValidation(error: unknown): error is QueryError {
  return error instanceof Error && "validation" in error && Array.isArray(error.validation);
}

function queryFault({ validation: [issue], validationContext }: QueryError, request: FastifyRequest): string {
  const { query, params, routeOptions } = request;
  if (validationContext === "params") return explainQuery(issue, params, routeOptions.schema?.params);
  return explainQuery(issue, query, routeOptions.schema?.querystring);
}
