/**
 * What a peer may say on which stream (docs/protocol/link.md section 5): bytes become checked messages, records and
 * acks, or a reason to end the session. Nothing that leaves here is unchecked in form; whether it is its turn is the
 * session's to say.
 */
import type { NodeRole } from "../model/node.ts";
import {
  FRAME_ACK,
  FRAME_RECORD,
  FrameReader,
  frameBytesMax,
  messageNameOf,
  readAck,
  readMessage,
  readRecord,
  type Ack,
} from "./frames.ts";
import type { LaneRecord } from "./needs.ts";
import type { StreamName } from "./transport.ts";
import type { Message, MessageName } from "./wire.ts";

export type Received =
  | { type: "message"; message: Message }
  | { type: "record"; record: LaneRecord }
  | { type: "ack"; ack: Ack }
  | { type: "malformed"; reason: "bad_frame" | "bad_message" | "out_of_turn" };

/** By who speaks. */
const allowed: Record<NodeRole, Record<StreamName, readonly MessageName[]>> = {
  worker: { hello: ["hello", "join", "pong", "refuse", "close"], events: [], status: ["status"], watch: [] },
  master: { hello: ["welcome", "ping", "live", "refuse", "close"], events: [], status: [], watch: ["snapshot"] },
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
    const name = messageNameOf(kind);
    if (name === undefined || !allowed[this.#speaker][stream].includes(name)) {
      return { type: "malformed", reason: "out_of_turn" };
    }
    const message = readMessage(name, body);
    return message === undefined ? { type: "malformed", reason: "bad_message" } : { type: "message", message };
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
