/**
 * What the sessions need of a connection between two nodes: four named streams of bytes with flow control. The real one
 * is http2-connection.ts, the in-memory one is in test/support; nothing above this file knows which.
 */
import type { NodeRole } from "../model/node.ts";
import type { DialTarget } from "./needs.ts";

/** The streams of every session, in the order in which they are opened. */
export const sessionStreams = ["hello", "events", "status", "watch"] as const;
/** Those of a session of version 2 besides, open from `welcome` on. */
export const agentStreams = ["agents", "blob"] as const;
export const streamNames = [...sessionStreams, ...agentStreams] as const;
export type StreamName = (typeof streamNames)[number];

export interface TransportEvents {
  /** The bytes belong to the receiver. Not called while the stream is paused, nor after `onClosed`. */
  onBytes(stream: StreamName, bytes: Buffer): void;
  /** The connection has taken all that was sent on the stream; of `agentStreams` only. */
  onDrained(stream: StreamName): void;
  /** Called once, also after our own `close`. `reason` is for people: why the connection ended, as far as known. */
  onClosed(reason: string): void;
}

/** How the connection was proven before the first byte of ours: see docs/protocol/link.md section 3. */
export interface PeerProof {
  /** The name in the TLS identity: who dialled, or whom we dialled; `undefined` when we dialled `*`. */
  readonly name: string | undefined;
  readonly address: string;
  readonly port: number;
  readonly isDialledByUs: boolean;
  /** 32 bytes that both ends of this connection share with nobody else. */
  readonly exporter: Buffer;
}

export interface Transport {
  readonly peer: PeerProof;
  /** What we are on this connection: the server plays the master. A dialled node plays what its dialler is not. */
  readonly plays: NodeRole;
  /**
   * To be called once; nothing is delivered before. The worker's end opens `sessionStreams` here, in their order.
   */
  start(events: TransportEvents): void;
  /**
   * The session is of version 2. The worker's end opens `agentStreams`; the master's takes them from here on, and
   * before has ended the connection for one. May be called twice.
   */
  openAgentStreams(): void;
  /** Queues the pieces, one after another. Ignored when the stream is not open or the connection has closed. */
  send(stream: StreamName, ...pieces: Buffer[]): void;
  /** Bytes queued on the stream that the connection has not taken. */
  pendingBytes(stream: StreamName): number;
  /** While paused, the peer's window is not renewed: it stops sending before our memory grows. */
  pause(stream: StreamName): void;
  resume(stream: StreamName): void;
  /** Sends what is queued within a short while, then ends the connection. May be called twice. */
  close(): void;
}

/** Why a connection was refused or could not be made, in the words of docs/protocol/link.md section 8. */
export interface ConnectionRefusal {
  /** The name that was claimed or dialled, as far as known. From a stranger: it is only a claim. */
  name: string | undefined;
  address: string;
  code: string;
  /** For the log, without its full stop. */
  message: string;
}

export interface NetworkEvents {
  /** A peer has dialled us and has proven the cluster's key. */
  onTransport(transport: Transport): void;
  /**
   * Someone could not prove it, or asked for another node. Already limited to one line a minute and reason in the log.
   */
  onRefused(refusal: ConnectionRefusal): void;
}

/** `code` `unreachable` is the ordinary case of a node that is not there. */
export type DialResult = { transport: Transport } | { refusal: ConnectionRefusal };

/** The listening port and the way out. */
export interface Network {
  /** Starts to listen. Rejects with `LinkListenError`. */
  listen(events: NetworkEvents): Promise<void>;
  /** Never rejects. */
  dial(target: DialTarget, signal: AbortSignal): Promise<DialResult>;
  /**
   * Stops listening and drops who has not proven the key; transports are closed by their owners. May be called twice.
   */
  close(): Promise<void>;
}
