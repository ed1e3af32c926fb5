/**
 * How a command asks a running node: HTTP over its Unix socket. Errors are in words that can be printed as they are.
 * Answers are bounded and checked against the contract: a node of another version may stand behind the socket.
 */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { StringDecoder } from "node:string_decoder";
import type { Static, TSchema } from "typebox";
import { Check } from "typebox/value";
import { errnoOf } from "../base/error.ts";
import { alertReply, errorReply, type AlertReply } from "./contract/reply.ts";
import type { Route } from "./contract/route-form.ts";
import { streamRoute, type StreamQuery } from "./contract/route.ts";
import { ApiError, notRunning, socketRefused, unreadable } from "./errors.ts";
import { EventStreamReader } from "./event-stream.ts";
import { findSocket } from "./socket-disk.ts";

type AnsweredRoute = Route & { readonly reply: TSchema };
export type Query<R extends Route> = {
  [K in keyof Static<R["query"]>]?: Static<R["query"]>[K] | undefined;
};
export type Reply<R extends AnsweredRoute> = Static<R["reply"]>;
/** What stands in the route's path for its parts in braces. */
export type Params = Readonly<Record<string, string>>;

/** An alert of a stream. */
export interface StreamedAlert {
  id: string;
  alert: AlertReply;
}

/** A thousand alerts of the largest kind that a feed holds. */
const replyBytesMax = 64 * 1_024 * 1_024;
const replyMsMax = 10_000;
/** Of what a node does before it answers: the largest rulesets compile in some seconds, on a busy machine in more. */
const workMsMax = 150_000;
const retryMs = 500;
/** Long enough for a node to be restarted under a reader. */
const graceMsUsual = 15_000;

export class ApiClient {
  readonly home: string;
  readonly #graceMs: number;

  /**
   * Nothing is connected before the first call; every call is a request of its own. `graceMs` is how long a stream that
   * was open waits for its node to come back.
   */
  constructor(home: string, graceMs = graceMsUsual) {
    this.home = home;
    this.#graceMs = graceMs;
  }

  /** Rejects with an ApiError: ARGUS_API_NOT_RUNNING, _SOCKET, _UNREADABLE, or the node's own code, all in words. */
  async get<R extends AnsweredRoute>(route: R, query: Query<R> = {}, params: Params = {}): Promise<Reply<R>> {
    const response = await this.#send(route, query, {}, params);
    const value = readJson(await this.#readWhole(response));
    if (response.statusCode !== 200) throw this.#refusal(value, response.statusCode);
    if (!Check(route.reply, value))
      throw unreadable(this.home, `${route.path} is not of the form that this version knows`);
    return value as Reply<R>;
  }

  /**
   * Alerts as they are raised, beginning after `lastId` if it is given and still held. Ends when `signal` is aborted;
   * connects again by itself when its node restarts, rejects with ARGUS_API_NOT_RUNNING when none comes back in time
   * (or none was there). `onGap` is told of alerts that the node could not send, with their number where it is known.
   */
  async *stream(
    query: Partial<StreamQuery>,
    signal: AbortSignal,
    lastId?: string,
    onGap: (count: number | undefined) => void = () => undefined,
  ): AsyncGenerator<StreamedAlert> {
    let last = lastId;
    let patientUntilMs = 0;
    while (!signal.aborted) {
      try {
        const response = await this.#openStream(query, signal, last);
        patientUntilMs = Number.POSITIVE_INFINITY;
        for await (const streamed of this.#readStream(response, onGap)) {
          last = streamed.id;
          yield streamed;
        }
      } catch (error) {
        if (signal.aborted) return;
        const isOver = error instanceof ApiError && !error.retry;
        if (isOver || performance.now() > patientUntilMs) throw error;
      }
      patientUntilMs = Math.min(patientUntilMs, performance.now() + this.#graceMs);
      await waitFor(retryMs, signal);
    }
  }

  async #openStream(
    query: Partial<StreamQuery>,
    signal: AbortSignal,
    lastId: string | undefined,
  ): Promise<IncomingMessage> {
    const headers: Record<string, string> = lastId === undefined ? {} : { "last-event-id": lastId };
    const response = await this.#send(streamRoute, query, headers, {}, signal);
    if (response.statusCode !== 200) {
      throw this.#refusal(readJson(await this.#readWhole(response)), response.statusCode);
    }
    return response;
  }

  async *#readStream(
    response: IncomingMessage,
    onGap: (count: number | undefined) => void,
  ): AsyncGenerator<StreamedAlert> {
    const reader = new EventStreamReader();
    const decoder = new StringDecoder("utf8");
    for await (const piece of response) {
      const events = reader.read(decoder.write(piece as Buffer));
      if (events === undefined) throw unreadable(this.home, "an alert is beyond all bounds");
      for (const event of events) {
        if (event.name === "gap") onGap(countOf(readJson(event.data)));
        if (event.name !== "alert") continue;
        const alert = readJson(event.data);
        if (!Check(alertReply, alert))
          throw unreadable(this.home, "an alert is not of the form that this version knows");
        yield { id: event.id, alert };
      }
    }
  }

  async #send(
    route: Route,
    query: Record<string, unknown>,
    headers: Record<string, string>,
    params: Params,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const socketPath = await findSocket(this.home);
    const entries = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(
      Object.fromEntries(entries.map(([name, value]) => [name, String(value)])),
    ).toString();
    const place = route.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
    const path = search === "" ? place : `${place}?${search}`;
    return new Promise((resolve, reject) => {
      const options = { socketPath, path, method: route.method, headers: { host: "localhost", ...headers } };
      const sent = httpRequest(
        { ...options, agent: false, ...(signal === undefined ? {} : { signal }) },
        (response) => {
          sent.setTimeout(0);
          resolve(response);
        },
      );
      const msMax = route.method === "POST" ? workMsMax : replyMsMax;
      const late = `there was none within ${msMax / 1_000} s`;
      sent.setTimeout(msMax, () => sent.destroy(unreadable(this.home, late)));
      sent.on("error", (error) => reject(this.#explained(error, socketPath)));
      sent.end();
    });
  }

  #explained(error: Error, path: string): Error {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ECONNREFUSED" || errno === "ENOTDIR") return notRunning(this.home);
    if (errno === "EACCES" || errno === "EPERM")
      return socketRefused(path, "you may not; run it as the node's user", error);
    return error;
  }

  async #readWhole(response: IncomingMessage): Promise<string> {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of response) {
      bytes += (piece as Buffer).length;
      if (bytes > replyBytesMax) throw unreadable(this.home, "it is beyond all bounds");
      pieces.push(piece as Buffer);
    }
    return Buffer.concat(pieces).toString("utf8");
  }

  #refusal(value: unknown, status: number | undefined): ApiError {
    if (!Check(errorReply, value)) return unreadable(this.home, `HTTP status ${status ?? 0}`);
    return new ApiError(value.error.code, value.error.message);
  }
}

/** Of a gap; undefined where the node does not know it. */
function countOf(gap: unknown): number | undefined {
  if (typeof gap !== "object" || gap === null || !("count" in gap)) return undefined;
  return typeof gap.count === "number" ? gap.count : undefined;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Unlike the clock's, this timer keeps the process alive: a command that waits for its node has nothing else to do. */
function waitFor(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, delayMs);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done, { once: true });
  });
}
