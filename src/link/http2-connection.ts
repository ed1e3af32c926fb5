/**
 * A transport over HTTP/2 on a TLS socket whose peer has proven the cluster's key: docs/protocol/link.md section 3.3.
 * The master is the server, whoever dialled. Windows are set by us, because Node's defaults differ between releases.
 */
import {
  connect,
  constants,
  performServerHandshake,
  type ClientHttp2Session,
  type Http2Session,
  type Http2Stream,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { TLSSocket } from "node:tls";
import type { NodeRole } from "../model/node.ts";
import {
  agentStreams,
  sessionStreams,
  type PeerProof,
  type StreamName,
  type Transport,
  type TransportEvents,
} from "./transport.ts";

const STREAM_WINDOW_BYTES = 524_288;
const SESSION_WINDOW_BYTES = 1_048_576;
/** After `close`, how long queued frames may take to leave. */
const LINGER_MS = 1_000;

const settings = {
  initialWindowSize: STREAM_WINDOW_BYTES,
  enablePush: false,
  maxConcurrentStreams: 8,
  maxHeaderListSize: 4_096,
};
const options = { settings, maxSessionMemory: 8, maxHeaderListPairs: 16, maxOutstandingPings: 2 };

function isOneOf<N extends StreamName>(names: readonly N[], name: string): name is N {
  return (names as readonly string[]).includes(name);
}

export class Http2Transport implements Transport {
  readonly peer: PeerProof;
  readonly plays: NodeRole;
  readonly #socket: TLSSocket;
  readonly #streams = new Map<StreamName, Http2Stream>();
  readonly #paused = new Set<StreamName>();
  #session: Http2Session | undefined;
  #events: TransportEvents | undefined;
  #hasAgents = false;
  #isClosing = false;
  #isClosed = false;
  #reason = "";

  constructor(socket: TLSSocket, plays: NodeRole, peer: PeerProof) {
    this.#socket = socket;
    this.plays = plays;
    this.peer = peer;
    socket.on("error", (error) => this.#note(error));
    socket.on("close", () => this.#onClosed());
  }

  start(events: TransportEvents): void {
    this.#events = events;
    if (this.#socket.destroyed) return this.#onClosed();
    if (this.plays === "master") this.#serve();
    else this.#connect();
  }

  send(name: StreamName, ...pieces: Buffer[]): void {
    const stream = this.#streams.get(name);
    if (stream === undefined || this.#isClosing || stream.destroyed || stream.writableEnded) return;
    const isTold = isOneOf(agentStreams, name);
    if (pieces.length > 1) stream.cork();
    for (const [index, piece] of pieces.entries()) {
      if (isTold && index === pieces.length - 1) stream.write(piece, () => this.#onTaken(name, stream));
      else stream.write(piece);
    }
    if (pieces.length > 1) stream.uncork();
  }

  #onTaken(name: StreamName, stream: Http2Stream): void {
    if (!this.#isClosing && stream.writableLength === 0) this.#events?.onDrained(name);
  }

  pendingBytes(name: StreamName): number {
    return this.#streams.get(name)?.writableLength ?? 0;
  }

  pause(name: StreamName): void {
    this.#paused.add(name);
    this.#streams.get(name)?.pause();
  }

  resume(name: StreamName): void {
    this.#paused.delete(name);
    this.#streams.get(name)?.resume();
  }

  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    for (const stream of this.#streams.values()) {
      if (!stream.destroyed) stream.end();
      stream.resume(); // What still comes is not delivered, but must not keep the stream open.
    }
    // Frames in the queue leave first; a peer that does not read is cut off after the linger.
    const cut = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    cut.unref();
    if (this.#session === undefined || this.#session.destroyed) this.#socket.destroy();
    else this.#session.close(() => this.#socket.destroy());
  }

  #serve(): void {
    const session: ServerHttp2Session = performServerHandshake(this.#socket, options);
    this.#watch(session);
    setImmediate(() => {
      if (!session.destroyed) session.setLocalWindowSize(SESSION_WINDOW_BYTES);
    });
    session.on("stream", (stream: ServerHttp2Stream, headers) => {
      const name = String(headers[":path"]).slice(1);
      const isExpected = isOneOf(sessionStreams, name) || (this.#hasAgents && isOneOf(agentStreams, name));
      if (!isExpected || this.#streams.has(name) || this.#isClosing) return this.#break(stream, name);
      stream.respond({ ":status": 200 });
      this.#adopt(name, stream);
    });
  }

  openAgentStreams(): void {
    if (this.#hasAgents) return;
    this.#hasAgents = true;
    const session = this.#session;
    if (this.plays === "master" || session === undefined || session.destroyed || this.#isClosing) return;
    for (const name of agentStreams) this.#request(session as ClientHttp2Session, name);
  }

  /** A stream that the protocol does not have, or has already: the peer is not one of ours. */
  #break(stream: ServerHttp2Stream, name: string): void {
    stream.on("error", () => undefined);
    stream.close(constants.NGHTTP2_REFUSED_STREAM);
    this.#reason ||= `stream ${name.slice(0, 32)} is not part of the protocol`;
    this.#socket.destroy();
  }

  #connect(): void {
    const session: ClientHttp2Session = connect("https://argus.invalid", {
      ...options,
      createConnection: () => this.#socket,
    });
    this.#watch(session);
    session.on("connect", () => session.setLocalWindowSize(SESSION_WINDOW_BYTES));
    session.on("stream", (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM));
    for (const name of sessionStreams) this.#request(session, name);
  }

  #request(session: ClientHttp2Session, name: StreamName): void {
    const stream = session.request({ ":method": "POST", ":path": `/${name}` }, { endStream: false });
    stream.on("response", (headers) => {
      if (headers[":status"] !== 200) this.#socket.destroy();
    });
    this.#adopt(name, stream);
  }

  #watch(session: Http2Session): void {
    this.#session = session;
    session.on("error", (error) => {
      this.#note(error);
      this.#socket.destroy();
    });
    session.on("goaway", () => this.#socket.destroySoon());
    session.on("close", () => {
      if (!this.#isClosing) this.#socket.destroy();
    });
  }

  #adopt(name: StreamName, stream: Http2Stream): void {
    this.#streams.set(name, stream);
    stream.on("error", (error) => this.#note(error));
    stream.on("data", (bytes: Buffer) => {
      if (!this.#isClosing) this.#events?.onBytes(name, bytes);
    });
    // Streams live as long as the session: the end of one is the end of all.
    stream.on("close", () => {
      if (!this.#isClosing) this.#socket.destroy();
    });
    if (this.#paused.has(name)) stream.pause();
  }

  #note(error: Error): void {
    this.#reason ||= error.message;
  }

  #onClosed(): void {
    this.#isClosing = true;
    if (this.#isClosed || this.#events === undefined) return;
    this.#isClosed = true;
    if (this.#session !== undefined && !this.#session.destroyed) this.#session.destroy();
    this.#events.onClosed(this.#reason === "" ? "the connection ended" : this.#reason);
  }
}
