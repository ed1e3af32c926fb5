/**
 * One answer at a time on a connection. HTTP lets a reader ask again before it has read the answer (pipelining), and
 * node:http makes a request of it at once, with a response that has no connection before the one ahead of it is done.
 * Behind a stream that is never; and when the connection goes away such a response is not told, so that whatever is
 * held for it would be held until the node ends. No browser does it, and a reader that does has to ask again on another
 * connection in any case (RFC 9112, 9.3.2). So whoever asks early loses the connection; one request after the other,
 * on a connection that stays open, is served as ever.
 */
import type { FastifyReply, FastifyRequest } from "fastify";

export type RawRequest = FastifyRequest["raw"];
/** The response below fastify's, to which a stream is written. */
export type RawResponse = FastifyReply["raw"];
type Connection = RawRequest["socket"];

export class ConnectionTurns {
  readonly #answering = new WeakSet<Connection>();
  readonly #onEarly: () => void;
  #earlyCount = 0;

  /** `onEarly` is told of each connection that is closed for asking early. */
  constructor(onEarly: () => void) {
    this.#onEarly = onEarly;
  }

  /** Connections that were closed for asking early. */
  get earlyCount(): number {
    return this.#earlyCount;
  }

  /** Whether `request` may be answered. Where not, its connection is closed, and nothing is to be done for it. */
  begin({ socket }: RawRequest, response: RawResponse): boolean {
    if (socket.destroyed) return false; // What came in one piece with a request that was turned down.
    if (this.isAnswering(socket)) {
      this.#earlyCount += 1;
      this.#onEarly();
      socket.destroy();
      return false;
    }
    this.#answering.add(socket);
    whenOver(socket, response, () => this.#answering.delete(socket));
    return true;
  }

  /** Whether an answer is being read there. */
  isAnswering(socket: Connection): boolean {
    return this.#answering.has(socket);
  }
}

/** Calls `act` once: when the response has been read to its end, or its connection is gone, whichever is told first. */
export function whenOver(socket: Connection, response: RawResponse, act: () => void): void {
  const onClose = (): void => {
    response.off("close", onClose);
    socket.off("close", onClose);
    act();
  };
  response.on("close", onClose);
  socket.on("close", onClose);
}
