/**
 * A TCP socket for agents and the connections to it.
 *
 * Strangers: a connection on which nobody has proven to be an agent has ten seconds, 4 KiB, and no answer but to a
 * `#ping`. So many of them are held in all and of one address. When the places are full, one that has had a second
 * gives way, since an agent speaks at once; where there is none, the newcomer is refused, since thousands of agents may
 * come in one moment. After the first thing that cannot be taken a connection is closed without a word.
 *
 * Agents are slowed down, never cut off, when the node cannot keep up: no socket is read until the batcher has drained.
 * All are held at once, since each of ten thousand would otherwise give one more piece of 64 KiB. They then get no
 * answers either, and after a minute wait with what they have not sent.
 */
import { createServer, type Server, type Socket } from "node:net";
import type { Clock } from "../base/clock.ts";
import type { EventSink } from "../collect/needs.ts";
import { parseAddress } from "../config/address.ts";
import { frameOf, TcpFrames } from "../wire/tcp-frames.ts";
import type { AddressTexts } from "./agent-address.ts";
import type { AgentDesk } from "./agent-desk.ts";
import type { AgentFault } from "./agent-fault.ts";
import type { AgentPath } from "./agent-path.ts";
import { IntakeListenError } from "./errors.ts";

export interface AgentTcpLimits {
  strangersMax: number;
  strangersPerAddressMax: number;
  /** After this a stranger gives way when places are needed, and after this it goes. */
  strangerMsMin: number;
  strangerMsMax: number;
  /** Held of a stranger's unfinished message. */
  strangerBytesMax: number;
  /** Unsent to one agent; beyond it nothing more is sent. */
  unsentBytesMax: number;
}

export interface AgentTcpOptions {
  readonly host: string;
  readonly port: number;
  readonly desk: AgentDesk;
  readonly sink: EventSink;
  readonly clock: Clock;
  readonly addresses: AddressTexts;
  readonly limits: AgentTcpLimits;
}

export class AgentTcp {
  readonly #options: AgentTcpOptions;
  readonly #server: Server;
  readonly #open = new Set<Connection>();
  /** Those that have proven nothing, the oldest first. */
  readonly #strangers = new Set<Connection>();
  readonly #perPlace = new Map<string, Set<Connection>>();
  /** Connections that are not read. */
  readonly #held = new Set<Connection>();
  #isWaiting = false;
  /** Resolves with the error of a listening socket that failed by itself. */
  readonly failed: Promise<unknown>;

  private constructor(options: AgentTcpOptions, server: Server) {
    this.#options = options;
    this.#server = server;
    server.on("connection", (socket) => this.#onConnection(socket));
    this.failed = new Promise((resolve) => server.on("error", resolve));
  }

  /** Rejects with an `IntakeListenError`. */
  static async open(options: AgentTcpOptions): Promise<AgentTcp> {
    const { host, port } = options;
    const server = createServer({ keepAlive: true, keepAliveInitialDelay: 30_000, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", (cause) => reject(new IntakeListenError(`tcp://${host}:${port}`, cause)));
      server.listen({ host, port, backlog: 4_096 }, resolve);
    });
    server.removeAllListeners("error");
    return new AgentTcp(options, server);
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** May be called twice. */
  async close(): Promise<void> {
    for (const connection of this.#open) {
      connection.close();
      this.#onClosed(connection);
    }
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** To be called each second: closes the connections of strangers whose time is over. */
  sweep(): void {
    const { clock, limits } = this.#options;
    const latestMs = clock.monotonicMs() - limits.strangerMsMax;
    for (const stranger of this.#strangers) {
      if (stranger.openedMs > latestMs) return;
      stranger.refuse("stranger_silent");
    }
  }

  #onConnection(socket: Socket): void {
    const { desk, addresses, limits } = this.#options;
    socket.on("error", () => undefined); // A reset is no news: "close" follows, and what was received is kept.
    const ip = socket.remoteAddress;
    if (ip === undefined) return void socket.destroy(); // Gone already.
    const connection = new Connection(socket, addresses.of(ip), this.#options, {
      onProven: () => this.#onProven(connection),
      onFull: () => this.#holdAll(),
    });
    const ofPlace = this.#perPlace.get(connection.place) ?? new Set();
    if (ofPlace.size >= limits.strangersPerAddressMax) this.#makePlace(ofPlace, connection);
    else if (this.#strangers.size >= limits.strangersMax) this.#makePlace(this.#strangers, connection);
    if (connection.isClosed) return;
    this.#perPlace.set(connection.place, ofPlace.add(connection));
    this.#strangers.add(connection);
    this.#open.add(connection);
    desk.counters.connections += 1;
    desk.counters.strangers += 1;
    socket.on("close", () => this.#onClosed(connection));
    if (this.#isWaiting) this.#holdAll();
  }

  /** Closes the oldest of `strangers`, or else the newcomer. */
  #makePlace(strangers: ReadonlySet<Connection>, newcomer: Connection): void {
    const latestMs = this.#options.clock.monotonicMs() - this.#options.limits.strangerMsMin;
    for (const oldest of strangers) {
      return oldest.openedMs > latestMs ? newcomer.refuse("stranger_crowd") : oldest.refuse("stranger_crowd");
    }
  }

  /** No stranger any more: an agent spoke, or it is closed. */
  #onProven(connection: Connection): void {
    if (!this.#strangers.delete(connection)) return;
    this.#options.desk.counters.strangers -= 1;
    const ofPlace = this.#perPlace.get(connection.place);
    ofPlace?.delete(connection);
    if (ofPlace?.size === 0) this.#perPlace.delete(connection.place);
  }

  #holdAll(): void {
    for (const connection of this.#open) {
      if (this.#held.has(connection)) continue;
      this.#held.add(connection);
      connection.hold();
    }
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    void this.#options.sink.drained().then(() => this.#letGo());
  }

  #letGo(): void {
    this.#isWaiting = false;
    if (this.#options.sink.isFull) return this.#holdAll();
    // Nobody is read before this returns; the first whose piece is one too many holds all again.
    for (const connection of this.#held) connection.goOn();
    this.#held.clear();
  }

  #onClosed(connection: Connection): void {
    this.#onProven(connection);
    this.#held.delete(connection);
    if (!this.#open.delete(connection)) return;
    this.#options.desk.counters.connections -= 1;
    this.#options.desk.onClosed(connection);
  }
}

interface ConnectionEvents {
  /** It is no stranger's any more. */
  onProven(): void;
  /** The sink cannot take more now. */
  onFull(): void;
}

class Connection implements AgentPath {
  readonly transport = "tcp";
  readonly address: string;
  /** The address, of IPv6 the network of a site: it has more addresses than could be counted. */
  readonly place: string;
  readonly openedMs: number;
  agentId = "";
  readonly #socket: Socket;
  readonly #options: AgentTcpOptions;
  readonly #frames = new TcpFrames((message) => this.#onMessage(message));
  readonly #events: ConnectionEvents;
  #isClosed = false;

  constructor(socket: Socket, address: string, options: AgentTcpOptions, events: ConnectionEvents) {
    this.address = address;
    this.place = address.includes(":") ? (parseAddress(address)?.bytes.slice(0, 8).join(" ") ?? address) : address;
    this.openedMs = options.clock.monotonicMs();
    this.#socket = socket;
    this.#options = options;
    this.#events = events;
    socket.on("data", (chunk: Buffer) => this.#onData(chunk));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isCongested(): boolean {
    return this.#socket.writableLength > this.#options.limits.unsentBytesMax;
  }

  isSame(other: AgentPath): boolean {
    return this === other;
  }

  send(message: Buffer): boolean {
    if (this.#isClosed || this.#socket.destroyed || this.isCongested) return false;
    this.#socket.write(frameOf(message));
    return true;
  }

  /** What is unsent is given up: a peer that does not read would keep the connection for as long as it likes. */
  close(): void {
    this.#isClosed = true;
    this.#events.onProven();
    this.#socket.destroy();
  }

  refuse(fault: AgentFault): void {
    this.#options.desk.refuse(fault, this);
    this.close();
  }

  hold(): void {
    this.#socket.pause();
  }

  goOn(): void {
    if (!this.#isClosed) this.#socket.resume();
  }

  #onData(chunk: Buffer): void {
    if (this.#isClosed) return;
    const fault = this.#frames.push(chunk);
    if (this.#isClosed) return;
    if (fault !== undefined) return this.refuse(fault);
    const { limits, sink } = this.#options;
    if (this.agentId === "" && this.#frames.heldBytes > limits.strangerBytesMax) return this.refuse("stranger_long");
    if (sink.isFull) this.#events.onFull();
  }

  #onMessage(message: Buffer): boolean {
    const wasStranger = this.agentId === "";
    const received = this.#options.desk.receive(message, this);
    if (received !== "taken" && received !== "ping") this.close();
    else if (wasStranger && this.agentId !== "") this.#events.onProven();
    return !this.#isClosed;
  }
}
