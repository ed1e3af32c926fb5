/**
 * The TCP socket of a syslog listener and the connections of its senders.
 *
 * A sender is slowed down, never cut off, when the node cannot keep up: his socket is not read until the batcher has
 * drained. Silent connections are kept, because syslog senders are silent for hours and lose the first message of a
 * connection that was closed under them; TCP keepalive finds the dead ones. When all places are taken, the connection
 * that has been silent longest gives way, if it has been so for a minute; otherwise the newcomer is refused.
 */
import { createServer, type Server, type Socket } from "node:net";
import type { Clock } from "../base/clock.ts";
import type { OccasionalLog } from "../base/occasional-log.ts";
import type { EventSink } from "../collect/needs.ts";
import type { Source } from "../model/event.ts";
import { IntakeListenError } from "./errors.ts";
import type { SyslogCounters } from "./metrics.ts";
import type { Senders } from "./senders.ts";
import { SyslogFrames, type FrameFault, type FrameLimits, type FrameReceiver } from "./syslog-frames.ts";
import { logOfMessage } from "./syslog-message.ts";

export interface TcpLimits extends FrameLimits {
  connectionsMax: number;
  connectionsPerAddressMax: number;
  /** A connection that has been silent this long may be closed to make place. */
  silenceMsMin: number;
}

export interface TcpOptions {
  host: string;
  port: number;
  isIpv6Only: boolean;
  senders: Senders;
  sink: EventSink;
  counters: SyslogCounters;
  clock: Clock;
  complaints: OccasionalLog;
  limits: TcpLimits;
}

/** Closes and open connections of one listening socket. */
export class TcpSyslog {
  readonly #options: TcpOptions;
  readonly #server: Server;
  readonly #open = new Set<Connection>();
  readonly #perAddress = new Map<string, number>();
  /** Resolves with the error of a listening socket that failed by itself. */
  readonly failed: Promise<unknown>;

  private constructor(options: TcpOptions, server: Server) {
    this.#options = options;
    this.#server = server;
    server.on("connection", (socket) => this.#onConnection(socket));
    this.failed = new Promise((resolve) => server.on("error", resolve));
  }

  /** Rejects with an `IntakeListenError`. */
  static async open(options: TcpOptions): Promise<TcpSyslog> {
    const server = createServer({ keepAlive: true, keepAliveInitialDelay: 60_000 });
    await new Promise<void>((resolve, reject) => {
      server.once("error", (cause) => reject(new IntakeListenError(`tcp://${options.host}:${options.port}`, cause)));
      server.listen({ host: options.host, port: options.port, ipv6Only: options.isIpv6Only }, resolve);
    });
    server.removeAllListeners("error");
    return new TcpSyslog(options, server);
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Hands over what each connection holds of an unfinished message, and ends all. May be called twice. */
  async close(): Promise<void> {
    for (const connection of this.#open) connection.close();
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #onConnection(socket: Socket): void {
    const { senders, counters, complaints, limits } = this.#options;
    socket.on("error", () => undefined); // A reset is no news: "close" follows, and what was received is kept.
    const ip = socket.remoteAddress;
    if (ip === undefined) return void socket.destroy(); // Gone already.
    const { isAllowed, source } = senders.of(ip);
    if (!isAllowed) {
      counters.refused += 1;
      complaints.warning("refused", `Message from '${source.location}' not allowed. It is not in <allowed-ips>.`);
      return void socket.destroy();
    }
    const ofAddress = this.#perAddress.get(source.location) ?? 0;
    if (ofAddress >= limits.connectionsPerAddressMax || !this.#hasPlace()) {
      counters.crowded += 1;
      complaints.warning("crowded", `Connection from '${source.location}' refused: too many syslog connections.`);
      return void socket.destroy();
    }
    const connection = new Connection(socket, source, this.#options);
    this.#open.add(connection);
    this.#perAddress.set(source.location, ofAddress + 1);
    counters.connections += 1;
    socket.on("close", () => this.#onClosed(connection));
  }

  #hasPlace(): boolean {
    const { counters, clock, limits } = this.#options;
    if (this.#open.size < limits.connectionsMax) return true;
    let longest: Connection | undefined;
    for (const one of this.#open) if (longest === undefined || one.heardAtMs < longest.heardAtMs) longest = one;
    if (longest === undefined || clock.monotonicMs() - longest.heardAtMs < limits.silenceMsMin) return false;
    counters.crowded += 1;
    longest.close();
    this.#onClosed(longest);
    return true;
  }

  #onClosed(connection: Connection): void {
    connection.finish();
    if (!this.#open.delete(connection)) return;
    this.#options.counters.connections -= 1;
    const { location } = connection.source;
    const left = (this.#perAddress.get(location) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(location, left);
    else this.#perAddress.delete(location);
  }
}

/** One sender's connection. */
class Connection implements FrameReceiver {
  readonly source: Source;
  heardAtMs: number;
  readonly #socket: Socket;
  readonly #options: TcpOptions;
  readonly #frames: SyslogFrames;
  #isFinished = false;

  constructor(socket: Socket, source: Source, options: TcpOptions) {
    this.source = source;
    this.heardAtMs = options.clock.monotonicMs();
    this.#socket = socket;
    this.#options = options;
    this.#frames = new SyslogFrames(this, options.limits);
    socket.on("data", (chunk: Buffer) => this.#onData(chunk));
  }

  onMessage(bytes: Buffer, isTruncated: boolean): void {
    const { sink, counters } = this.#options;
    const log = logOfMessage(bytes);
    if (log.length === 0) {
      counters.blank += 1;
      return;
    }
    counters.tcpEvents += 1;
    if (isTruncated) counters.truncated += 1;
    sink.accept(this.source, log, isTruncated);
  }

  /** Ends the connection; the peer learns it by the close. */
  close(): void {
    this.finish();
    this.#socket.destroy();
  }

  /** Hands over what an unfinished last message has. */
  finish(): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#frames.end();
  }

  #onData(chunk: Buffer): void {
    if (this.#isFinished) return;
    this.heardAtMs = this.#options.clock.monotonicMs();
    const fault = this.#frames.push(chunk);
    if (fault !== undefined) this.#onFault(fault);
    else if (this.#options.sink.isFull) this.#waitForSink();
  }

  #onFault(fault: FrameFault): void {
    this.#options.counters.badFrames += 1;
    const { location } = this.source;
    this.#options.complaints.warning(fault, `Connection from '${location}' closed: its octet count is impossible.`);
    this.#isFinished = true; // What is held is part of a frame that cannot be trusted.
    this.#socket.destroy();
  }

  #waitForSink(): void {
    this.#socket.pause();
    void this.#options.sink.drained().then(() => {
      if (!this.#socket.destroyed) this.#socket.resume();
    });
  }
}
