/**
 * The UDP socket of a syslog listener. One datagram is one message, line ends inside it included. Nobody can slow a UDP
 * sender down: what comes while the node cannot keep up is dropped and counted, and so is what the kernel drops because
 * this socket is read too late, which only `/proc/net/udp` tells.
 */
import { createSocket, type Socket } from "node:dgram";
import type { OccasionalLog } from "../base/occasional-log.ts";
import type { EventSink } from "../collect/needs.ts";
import { IntakeListenError } from "./errors.ts";
import type { SyslogCounters } from "./metrics.ts";
import type { Senders } from "./senders.ts";
import { logOfMessage } from "./syslog-message.ts";

export interface UdpLimits {
  logBytesMax: number;
  /** What the kernel is asked to keep for us between two reads. */
  receiveBufferBytes: number;
}

export interface UdpOptions {
  host: string;
  port: number;
  family: 4 | 6;
  isIpv6Only: boolean;
  senders: Senders;
  sink: EventSink;
  counters: SyslogCounters;
  complaints: OccasionalLog;
  limits: UdpLimits;
}

export class UdpSyslog {
  readonly #options: UdpOptions;
  readonly #socket: Socket;
  #isClosed = false;
  /** Resolves with the error of a socket that failed by itself. */
  readonly failed: Promise<unknown>;

  private constructor(options: UdpOptions, socket: Socket) {
    this.#options = options;
    this.#socket = socket;
    socket.on("message", (message, from) => this.#onMessage(message, from.address));
    this.failed = new Promise((resolve) => socket.on("error", resolve));
  }

  /** Rejects with an `IntakeListenError`. */
  static async open(options: UdpOptions): Promise<UdpSyslog> {
    const { host, port, family, isIpv6Only, limits } = options;
    const socket = createSocket({
      type: family === 6 ? "udp6" : "udp4",
      ipv6Only: isIpv6Only,
      recvBufferSize: limits.receiveBufferBytes,
    });
    await new Promise<void>((resolve, reject) => {
      socket.once("error", (cause) => {
        socket.close();
        reject(new IntakeListenError(`udp://${host}:${port}`, cause));
      });
      socket.bind({ address: host, port, exclusive: true }, resolve);
    });
    socket.removeAllListeners("error");
    return new UdpSyslog(options, socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** What the kernel granted; it caps what was asked at `net.core.rmem_max` without a word. Linux counts double. */
  get receiveBufferBytes(): number {
    return this.#socket.getRecvBufferSize() / 2;
  }

  /** May be called twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }

  #onMessage(message: Buffer, ip: string): void {
    const { senders, sink, counters, complaints, limits } = this.#options;
    const { isAllowed, source } = senders.of(ip);
    if (!isAllowed) {
      counters.refused += 1;
      complaints.warning("refused", `Message from '${source.location}' not allowed. It is not in <allowed-ips>.`);
      return;
    }
    if (sink.isFull) {
      counters.udpDropped += 1;
      complaints.warning("dropped", "Syslog datagrams are dropped: they come faster than this node can keep them.");
      return;
    }
    const log = logOfMessage(message);
    if (log.length === 0) {
      counters.blank += 1;
      return;
    }
    const isTruncated = log.length > limits.logBytesMax;
    counters.udpEvents += 1;
    if (isTruncated) counters.truncated += 1;
    sink.accept(source, isTruncated ? log.subarray(0, limits.logBytesMax) : log, isTruncated);
  }
}
