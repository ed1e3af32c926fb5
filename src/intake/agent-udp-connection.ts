/**
 * A UDP socket for agents. Nobody can slow a sender of datagrams down: what comes while the node cannot keep up is
 * dropped unread and counted, control messages as well. Without their acks agents find that the manager cannot take
 * anything, and wait with what they have.
 */
import { createSocket, type Socket } from "node:dgram";
import type { OccasionalLog } from "../base/occasional-log.ts";
import type { EventSink } from "../collect/needs.ts";
import type { AddressTexts } from "./agent-address.ts";
import type { AgentDesk } from "./agent-desk.ts";
import type { AgentPath } from "./agent-path.ts";
import { IntakeListenError } from "./errors.ts";

export interface AgentUdpOptions {
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6;
  readonly desk: AgentDesk;
  readonly sink: EventSink;
  readonly addresses: AddressTexts;
  readonly complaints: OccasionalLog;
  /** What the kernel is asked to keep for us between two reads. */
  readonly receiveBufferBytes: number;
}

export class AgentUdp {
  readonly #options: AgentUdpOptions;
  readonly #socket: Socket;
  #isClosed = false;
  /** Resolves with the error of a socket that failed by itself. */
  readonly failed: Promise<unknown>;

  private constructor(options: AgentUdpOptions, socket: Socket) {
    this.#options = options;
    this.#socket = socket;
    socket.on("message", (message, from) => this.#onMessage(message, from.address, from.port));
    this.failed = new Promise((resolve) => socket.on("error", resolve));
  }

  /** Rejects with an `IntakeListenError`. */
  static async open(options: AgentUdpOptions): Promise<AgentUdp> {
    const { host, port, family, receiveBufferBytes } = options;
    const socket = createSocket({ type: family === 6 ? "udp6" : "udp4", recvBufferSize: receiveBufferBytes });
    await new Promise<void>((resolve, reject) => {
      socket.once("error", (cause) => {
        socket.close();
        reject(new IntakeListenError(`udp://${host}:${port}`, cause));
      });
      socket.bind({ address: host, port, exclusive: true }, resolve);
    });
    socket.removeAllListeners("error");
    return new AgentUdp(options, socket);
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

  #onMessage(message: Buffer, ip: string, port: number): void {
    const { desk, sink, addresses, complaints } = this.#options;
    if (sink.isFull) {
      desk.counters.udpDropped += 1;
      complaints.warning("dropped", "Agents' datagrams are dropped: they come faster than this node can keep them.");
      return;
    }
    desk.receive(message, new UdpPath(this, addresses.of(ip), ip, port));
  }

  /** Errors of a single datagram (no route, not allowed by a filter) are the network's: the agent comes again. */
  send(message: Buffer, port: number, ip: string): boolean {
    if (this.#isClosed) return false;
    this.#socket.send(message, port, ip, () => undefined);
    return true;
  }
}

/** One for each datagram, kept for as long as the agent is spoken to there. */
class UdpPath implements AgentPath {
  readonly transport = "udp";
  readonly address: string;
  readonly isCongested = false;
  agentId = "";
  readonly #udp: AgentUdp;
  readonly #ip: string;
  readonly #port: number;

  constructor(udp: AgentUdp, address: string, ip: string, port: number) {
    this.#udp = udp;
    this.address = address;
    this.#ip = ip;
    this.#port = port;
  }

  isSame(other: AgentPath): boolean {
    return other instanceof UdpPath && other.#port === this.#port && other.#ip === this.#ip && other.#udp === this.#udp;
  }

  send(message: Buffer): boolean {
    return this.#udp.send(message, this.#port, this.#ip);
  }

  close(): void {
    // There is nothing that could be closed.
  }
}
