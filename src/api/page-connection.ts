/**
 * The page on TCP: its files, and the public routes below PAGE_API_PREFIX. It listens on the loopback address whatever
 * is configured, and everything that comes is judged by page-guard.ts first. It is an extra of the node: where its port
 * is taken the node does its work without it, and tries again.
 *
 * Bounded against programs of this machine that mean no good: connections, one answer at a time on each
 * (connection-turn.ts), the bytes and the time of a request, the number, bytes and time of answers that are not read,
 * streams (DESIGN.md has the sum). What cannot be parsed is answered by a fixed text, with the headers of all answers.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { pause, type Clock } from "../base/clock.ts";
import { describeError, errnoOf } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import { OccasionalLog } from "../base/occasional-log.ts";
import { untilAborted, type Service } from "../base/service.ts";
import { ConnectionTurns, whenOver } from "./connection-turn.ts";
import type { MetricsReply } from "./contract/reply.ts";
import { PAGE_API_PREFIX } from "./contract/route.ts";
import { pageNotOpen, type ReplyCode } from "./errors.ts";
import type { ApiNeeds } from "./needs.ts";
import { takesGzip, type PageFile, type PageFiles } from "./page-file.ts";
import { refusalOf, securityHeaders, type Refusal } from "./page-guard.ts";
import { buildServer, type ApiRoutes } from "./server.ts";

/** Where the page is, and nowhere else. */
const pageAddress = "127.0.0.1";

export interface PageLimits {
  connectionsMax: number;
  headerBytesMax: number;
  /** From the opening of a connection, or the end of the answer before, to the end of the request's head. */
  headMsMax: number;
  /** How long an answer may go unread, and how long a connection may say nothing. */
  idleMsMax: number;
  /** In which time an answer must have been read to its end, however steadily it is; a stream has none. */
  answerMsMax: number;
  /** Answers of the API that are being read at the same time; streams have a limit of their own. */
  answersMax: number;
  retryMs: number;
}

/** A browser opens six connections; the longest head of one has about 1 KiB, cookies of other ports included 8 KiB. */
export const pageLimits: PageLimits = {
  connectionsMax: 128,
  headerBytesMax: 16 * 1_024,
  headMsMax: 5_000,
  idleMsMax: 30_000,
  // The longest answer has 1 MiB: over the slowest line that a page is of use on, 200 kbit/s, that is 42 s.
  answerMsMax: 60_000,
  answersMax: 16,
  retryMs: 10_000,
};

export interface PageServerOptions {
  port: number;
  needs: ApiNeeds;
  files: PageFiles;
  clock: Clock;
  log: Log;
  limits?: PageLimits;
}

const refusals: Readonly<Record<Refusal, { status: number; code: ReplyCode; message: string }>> = {
  host: {
    ...{ status: 421, code: "ARGUS_API_HOST" },
    message: "the page answers at 127.0.0.1, localhost and [::1] only, and this request named another host, or none",
  },
  origin: {
    ...{ status: 403, code: "ARGUS_API_ORIGIN" },
    message: "this request comes from another site, which may read nothing here; open the page by its own address",
  },
  method: {
    ...{ status: 405, code: "ARGUS_API_ROUTE" },
    message: "only GET and HEAD are served here; what changes something is done by the argus command",
  },
};

/** Listens in `run`, and again after it failed to, until its signal is aborted; whoever reads then is cut off. */
export class PageServer implements Service {
  readonly name = "page";
  readonly #options: PageServerOptions;
  readonly #limits: PageLimits;
  readonly #complaints: OccasionalLog;
  readonly #refused: Record<Refusal, number> = { host: 0, origin: 0, method: 0 };
  readonly #api: ApiRoutes;
  readonly #turns: ConnectionTurns;
  /** Those of the API that are being read, streams among them. */
  readonly #answers = new Set<ServerResponse>();
  readonly #ready: Promise<void>;
  #becomeReady: () => void = () => undefined;

  constructor(options: PageServerOptions) {
    this.#options = options;
    this.#limits = options.limits ?? pageLimits;
    this.#complaints = new OccasionalLog(options.log, options.clock);
    this.#turns = new ConnectionTurns(() =>
      this.#complaints.warning("early", "a connection to the page was closed: it asked again before it had its answer"),
    );
    this.#api = buildServer({
      ...{ needs: options.needs, clock: options.clock, audience: "public" as const },
      onFailure: (error) => options.log.error(`The page's API could not answer: ${describeError(error)}`),
    });
    this.#ready = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
  }

  /** Resolves once the port is open, or was found taken: nothing of the node waits for the page. */
  ready(): Promise<void> {
    return this.#ready;
  }

  metrics(): MetricsReply {
    return {
      "page.refusedHost": this.#refused.host,
      "page.refusedOrigin": this.#refused.origin,
      "page.refusedEarly": this.#turns.earlyCount,
      "page.answers": this.#answerCount(),
      "page.streams": this.#api.streamCount(),
    };
  }

  async run(signal: AbortSignal): Promise<void> {
    const { port, log, clock } = this.#options;
    await this.#api.server.ready();
    let isTold = false;
    while (!signal.aborted) {
      const server = this.#makeServer();
      let cause = await listen(server, port);
      if (cause === undefined) {
        isTold = false;
        log.info(`the page is at http://${pageAddress}:${port}`);
        this.#becomeReady();
        cause = await Promise.race([untilAborted(signal), untilLost(server)]);
        await close(server);
        if (signal.aborted) break;
      }
      const error = pageNotOpen(pageAddress, port, cause);
      if (!isTold) log.error(`${error.code}: ${describeError(error)}`);
      isTold = true;
      this.#becomeReady();
      await pause(clock, this.#limits.retryMs, signal);
    }
    await this.#api.server.close();
  }

  #makeServer(): Server {
    const { connectionsMax, headerBytesMax, headMsMax, idleMsMax } = this.#limits;
    const server = createServer({
      maxHeaderSize: headerBytesMax,
      headersTimeout: headMsMax,
      requestTimeout: headMsMax * 2, // A GET has no body to wait for.
      connectionsCheckingInterval: Math.min(1_000, headMsMax / 2),
      keepAliveTimeout: headMsMax,
      insecureHTTPParser: false,
      // A request without a Host is refused by our own guard, with our own headers.
      requireHostHeader: false,
    });
    server.maxConnections = connectionsMax;
    server.timeout = idleMsMax; // A stream says something every second; who does not read it is let go as well.
    const answer = (request: IncomingMessage, response: ServerResponse): void => this.#answer(request, response);
    // With `Expect` comes the same request, and it is answered in the same way.
    server.on("request", answer).on("checkContinue", answer).on("checkExpectation", answer);
    server.on("clientError", (error, socket: Socket) => {
      // Behind an answer that is being read there is no place for another: it would stand in the middle of it.
      if (this.#turns.isAnswering(socket)) socket.destroy();
      else answerGarbage(error, socket);
    });
    return server;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#turns.begin(request, response)) return;
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    response.setHeader("cache-control", "no-store");
    this.#limitTime(request, response);
    const { method = "", url: target = "", rawHeaders } = request;
    const refusal = refusalOf({ method, target, rawHeaders });
    if (refusal !== undefined) return this.#refuse(refusal, request, response);
    const path = target.split("?", 1)[0] ?? "";
    if (path.startsWith(`${PAGE_API_PREFIX}/`)) return this.#answerApi(request, response);
    const file = this.#options.files.get(path);
    if (file !== undefined) return sendFile(file, request, response);
    sendError(response, 404, "ARGUS_API_ROUTE", "there is no such page");
  }

  #limitTime({ socket }: IncomingMessage, response: ServerResponse): void {
    const timer = this.#options.clock.after(this.#limits.answerMsMax, () => {
      if (this.#api.isStream(response)) return;
      this.#complaints.warning("slow", "a connection to the page was closed: it did not read its answer in time");
      socket.destroy();
    });
    whenOver(socket, response, () => timer.cancel());
  }

  #answerApi(request: IncomingMessage, response: ServerResponse): void {
    if (this.#answerCount() >= this.#limits.answersMax) {
      return sendError(response, 503, "ARGUS_API_BUSY", "too many answers are being read at the same time");
    }
    this.#answers.add(response);
    whenOver(request.socket, response, () => this.#answers.delete(response));
    this.#api.server.routing(request, response);
  }

  /** Streams are counted where they are opened. */
  #answerCount(): number {
    let count = 0;
    for (const response of this.#answers) if (!this.#api.isStream(response)) count += 1;
    return count;
  }

  #refuse(refusal: Refusal, request: IncomingMessage, response: ServerResponse): void {
    this.#refused[refusal] += 1;
    if (refusal !== "method") {
      const { host = "", origin = "" } = request.headers;
      const named = refusal === "host" ? `the host ${host.slice(0, 80)}` : `the origin ${origin.slice(0, 80)}`;
      this.#complaints.warning(refusal, `a request to the page was refused, it named ${named}`);
    }
    const { status, code, message } = refusals[refusal];
    if (refusal === "method") response.setHeader("allow", "GET, HEAD");
    response.setHeader("connection", "close"); // Nothing that follows on this connection is wanted either.
    sendError(response, status, code, message);
  }
}

function sendError(response: ServerResponse, status: number, code: ReplyCode, message: string): void {
  const body = JSON.stringify({ error: { code, message } });
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(body);
}

function sendFile(file: PageFile, request: IncomingMessage, response: ServerResponse): void {
  const gzip = takesGzip(request.headers["accept-encoding"]?.toString()) ? file.gzip : undefined;
  const bytes = gzip ?? file.bytes;
  response.writeHead(200, {
    ...{ "content-type": file.type, "content-length": bytes.length, "cache-control": file.cacheControl },
    ...{ vary: "Accept-Encoding" },
    ...(gzip === undefined ? {} : { "content-encoding": "gzip" }),
  });
  response.end(bytes);
}

/** What never became a request: no HTTP, a head beyond the limit, or one that did not come in time. */
function answerGarbage(error: Error, socket: Socket): void {
  if (!socket.writable || errnoOf(error) === "ECONNRESET") return void socket.destroy();
  const status =
    { HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large", ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout" }[
      errnoOf(error)
    ] ?? "400 Bad Request";
  const headers = Object.entries({ ...securityHeaders, "cache-control": "no-store", connection: "close" });
  const lines = [`HTTP/1.1 ${status}`, ...headers.map(([name, value]) => `${name}: ${value}`), "content-length: 0"];
  socket.end(`${lines.join("\r\n")}\r\n\r\n`, () => socket.destroy());
}

/** Undefined when it listens, otherwise why it does not. */
function listen(server: Server, port: number): Promise<unknown> {
  return new Promise((resolve) => {
    server.once("error", resolve);
    server.listen({ host: pageAddress, port, exclusive: true }, () => {
      server.off("error", resolve);
      resolve(undefined);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Resolves with what the system says when it takes the port away. */
function untilLost(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.on("error", resolve));
}
