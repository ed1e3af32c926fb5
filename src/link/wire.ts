/**
 * The messages of the link as schemas: those of version 1 are here, those that version 2 adds in agent-wire.ts. They
 * are frozen: testdata/link-v1/schema.json and testdata/link-v2/schema.json are written from them, and a test fails
 * when they change without a new version. Everything a peer says is checked against them, after its frame has been
 * bounded and before anything is believed. docs/protocol/link.md sections 4 to 6.
 *
 * Objects are open: a field that this version does not know is ignored, so that a later one may add some.
 */
import Type, { type Static } from "typebox";
import { agentMessageSchemas } from "./agent-wire.ts";

/** Versions that this Argus speaks, best first; a release speaks N and N-1. */
export const PROTOCOL_VERSIONS: readonly number[] = [2, 1];

const name = Type.String({ pattern: "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$" });
const shortText = Type.String({ maxLength: 255 });
const code = Type.String({ pattern: "^[a-z][a-z0-9_]{0,63}$" });
const natural = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const publicKey = Type.String({ pattern: "^[A-Za-z0-9+/]{43}=$", description: "Ed25519, the raw 32 bytes, base64" });
const signature = Type.String({ pattern: "^[A-Za-z0-9+/]{86}==$", description: "64 bytes, base64" });
const epoch = Type.Object({ number: natural, bits: Type.String({ pattern: "^[0-9a-f]{16}$" }) });
const lane = Type.Integer({ minimum: 0, maximum: 65_535 });

export const helloSchema = Type.Object({
  versions: Type.Array(Type.Integer({ minimum: 1, maximum: 65_535 }), { minItems: 1, maxItems: 8 }),
  cluster: Type.String({ maxLength: 128 }),
  name,
  role: Type.Union([Type.Literal("master"), Type.Literal("worker")]),
  publicKey,
  signature,
  argus: shortText,
  host: shortText,
  isHidden: Type.Boolean(),
  lanes: Type.Array(
    Type.Object({
      lane,
      epochs: Type.Array(Type.Object({ epoch, first: natural, last: natural }), { maxItems: 1_000 }),
    }),
    { maxItems: 16 },
  ),
});

export const welcomeSchema = Type.Object({
  version: Type.Integer({ minimum: 1, maximum: 65_535 }),
  cluster: Type.String({ maxLength: 128 }),
  name,
  publicKey,
  signature,
  term: natural,
  argus: shortText,
});

/** In place of `welcome` or `join`, or at any later time before the end. */
export const refuseSchema = Type.Object({ code });
export const joinSchema = Type.Object({});
export const pingSchema = Type.Object({ id: natural });
export const pongSchema = Type.Object({ id: natural, nowMs: Type.Number({ minimum: 0, maximum: 1e15 }) });
/** What the master holds of the epochs that hello named; an epoch that it does not know is left out. */
export const liveSchema = Type.Object({
  acks: Type.Array(Type.Object({ lane, epoch, last: natural }), { maxItems: 16_000 }),
});
/** Why the sender ends the session. */
export const closeSchema = Type.Object({ code });

export const statusSchema = Type.Object({
  spool: Type.Object({
    events: natural,
    bytes: natural,
    bytesMax: natural,
    oldestMs: Type.Number({ minimum: 0, description: "Age of the oldest waiting event; 0 when there is none." }),
    isFull: Type.Boolean(),
  }),
  eventsPerSecond: Type.Number({ minimum: 0 }),
  counters: Type.Record(Type.String({ pattern: "^[A-Za-z0-9_.-]{1,64}$" }), Type.Number(), {
    maxProperties: 64,
    additionalProperties: false,
  }),
  /** Warnings and errors of the worker's log since the last status, for the master's cluster.log. */
  lines: Type.Array(
    Type.Object({
      level: Type.Union([Type.Literal("WARNING"), Type.Literal("ERROR")]),
      tag: Type.String({ maxLength: 64 }),
      message: Type.String({ maxLength: 1_024 }),
    }),
    { maxItems: 32 },
  ),
});

/** Opaque to the link: what the master shows as the cluster. */
export const snapshotSchema = Type.Object({ snapshot: Type.Unknown() });

export type Hello = Static<typeof helloSchema>;
export type Welcome = Static<typeof welcomeSchema>;
export type Pong = Static<typeof pongSchema>;
export type Live = Static<typeof liveSchema>;
export type WorkerStatus = Static<typeof statusSchema>;

/** JSON messages by the number of their frame (link.md section 5), which is never given to another message. */
export const sessionMessageSchemas = {
  hello: { kind: 1, schema: helloSchema },
  welcome: { kind: 2, schema: welcomeSchema },
  refuse: { kind: 3, schema: refuseSchema },
  join: { kind: 4, schema: joinSchema },
  ping: { kind: 5, schema: pingSchema },
  pong: { kind: 6, schema: pongSchema },
  live: { kind: 7, schema: liveSchema },
  close: { kind: 8, schema: closeSchema },
  status: { kind: 9, schema: statusSchema },
  snapshot: { kind: 10, schema: snapshotSchema },
} as const;

export const messageSchemas = { ...sessionMessageSchemas, ...agentMessageSchemas } as const;

export type MessageName = keyof typeof messageSchemas;
export type MessageBody<N extends MessageName> = Static<(typeof messageSchemas)[N]["schema"]>;
type MessageOf<N extends MessageName> = { [M in N]: { type: M; body: MessageBody<M> } }[N];
export type Message = MessageOf<MessageName>;
/** What goes over the streams of every version. */
export type SessionMessage = MessageOf<keyof typeof sessionMessageSchemas>;
/** What a worker says of agents, and what its master does; version 2. */
export type AgentsWorkerMessage = MessageOf<"have" | "reports" | "heard" | "enrol" | "delivered" | "change">;
export type AgentsMasterMessage = MessageOf<"records" | "heard-by" | "answer" | "deliver">;
export type BlobMessage = MessageOf<"want" | "missing">;
