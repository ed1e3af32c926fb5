/**
 * What a peer may say on which stream (docs/protocol/link.md section 5): bytes become checked messages, records, acks
 * and pieces, or a reason to end the session. Nothing that leaves here is unchecked in form; whether it is its turn is
 * the session's to say.
 */
import type { NodeRole } from "../model/node.ts";
import {
  FRAME_ACK,
  FRAME_PIECE,
  FRAME_RECORD,
  FrameReader,
  frameBytesMax,
  messageNameOf,
  readAck,
  readMessage,
  readPiece,
  readRecord,
  type Ack,
  type Piece,
} from "./frames.ts";
import type { LaneRecord } from "./needs.ts";
import type { StreamName } from "./transport.ts";
import type { AgentsMasterMessage, AgentsWorkerMessage, BlobMessage, MessageName, SessionMessage } from "./wire.ts";

export type Received =
  | { type: "message"; message: SessionMessage }
  | { type: "record"; record: LaneRecord }
  | { type: "ack"; ack: Ack }
  /** `bytes` of its frame: what it cost to send. */
  | { type: "agents"; message: AgentsWorkerMessage | AgentsMasterMessage; bytes: number }
  | { type: "blob"; message: BlobMessage }
  | { type: "piece"; piece: Piece }
  | { type: "malformed"; reason: "bad_frame" | "bad_message" | "out_of_turn" };

/** By who speaks. */
const allowed: Record<NodeRole, Record<StreamName, readonly MessageName[]>> = {
  worker: {
    ...{ hello: ["hello", "join", "pong", "refuse", "close"], events: [], status: ["status"], watch: [] },
    ...{ agents: ["have", "reports", "heard", "enrol", "delivered", "change"], blob: ["want"] },
  },
  master: {
    ...{ hello: ["welcome", "ping", "live", "refuse", "close"], events: [], status: [], watch: ["snapshot"] },
    ...{ agents: ["records", "heard-by", "answer", "deliver"], blob: ["missing"] },
  },
};

export class Inbox {
  readonly #speaker: NodeRole;
  readonly #readers: Record<StreamName, FrameReader>;

  constructor(speaker: NodeRole) {
    this.#speaker = speaker;
    const reader = (stream: StreamName): FrameReader => new FrameReader(frameBytesMax(stream));
    this.#readers = {
      hello: reader("hello"),
      events: reader("events"),
      status: reader("status"),
      watch: reader("watch"),
      agents: reader("agents"),
      blob: reader("blob"),
    };
  }

  push(stream: StreamName, bytes: Buffer, onReceived: (received: Received) => void): void {
    const reader = this.#readers[stream];
    if (reader.isBroken) return;
    reader.push(bytes, (kind, body) => onReceived(this.#parse(stream, kind, body)));
    if (reader.isBroken) onReceived({ type: "malformed", reason: "bad_frame" });
  }

  #parse(stream: StreamName, kind: number, body: Buffer): Received {
    if (stream === "events") return this.#parseEvents(kind, body);
    if (stream === "blob" && kind === FRAME_PIECE) return this.#parsePiece(body);
    const name = messageNameOf(kind);
    if (name === undefined || !allowed[this.#speaker][stream].includes(name)) {
      return { type: "malformed", reason: "out_of_turn" };
    }
    const message = readMessage(name, body);
    if (message === undefined) return { type: "malformed", reason: "bad_message" };
    // The names that may stand on a stream are those of `allowed`.
    if (stream === "blob") return { type: "blob", message: message as BlobMessage };
    if (stream !== "agents") return { type: "message", message: message as SessionMessage };
    return { type: "agents", message: message as AgentsWorkerMessage | AgentsMasterMessage, bytes: body.length };
  }

  #parsePiece(body: Buffer): Received {
    if (this.#speaker === "worker") return { type: "malformed", reason: "out_of_turn" };
    const piece = readPiece(body);
    return piece === undefined ? { type: "malformed", reason: "bad_message" } : { type: "piece", piece };
  }

  #parseEvents(kind: number, body: Buffer): Received {
    if (this.#speaker === "worker" && kind === FRAME_RECORD) {
      const record = readRecord(body);
      if (record !== undefined) return { type: "record", record };
    } else if (this.#speaker === "master" && kind === FRAME_ACK) {
      const ack = readAck(body);
      if (ack !== undefined) return { type: "ack", ack };
    } else return { type: "malformed", reason: "out_of_turn" };
    return { type: "malformed", reason: "bad_message" };
  }
}
