/**
 * The messages that version 2 of the link adds: agents and blobs (docs/protocol/link.md 6.2 and 6.3). Frozen with
 * testdata/link-v2/schema.json. The bounds are those of model/agent.ts, and none looser: what passes here goes into
 * every node's table of agents. Texts are bounded by a pattern, which counts code points; the validator's own
 * `maxLength` counts what a reader sees as characters, and one of those may have any number of bytes.
 */
import Type, { type Static, type TObject } from "typebox";
import {
  AGENT_FACT_BYTES_MAX,
  AGENT_FIELD_BYTES_MAX,
  AGENT_GROUP_NAME_BYTES_MAX,
  AGENT_GROUPS_MAX,
  AGENT_LABEL_KEY_BYTES_MAX,
  AGENT_LABEL_VALUE_BYTES_MAX,
  AGENT_LABELS_MAX,
  agentStates,
} from "../model/agent.ts";

/** Reports in a message, and records in a page: a message is parsed in one go, so it is what others wait for. */
export const BATCH_COUNT_MAX = 256;
/** Ids in a block; eight digits and a comma each are under 180 KiB. */
export const HEARD_COUNT_MAX = 20_000;
/** Above what an agent takes in one message (agent-protocol 2.8). */
export const DELIVERY_BYTES_MAX = 60_000;
export const BLOB_BYTES_MAX = 1_073_741_824;
/** 30 years; of reports and of nothing else. */
const AGE_MS_MAX = 1e12;
/** A global counter is ten digits and a u32 (agent-protocol 2.6). */
const COUNTER_MAX = 4_294_967_295;

const text = (most: number) => Type.String({ pattern: `^[^]{0,${most}}$` });
const token = (least: number) => Type.String({ pattern: `^[\\x21-\\x7e]{${least},${AGENT_FIELD_BYTES_MAX - 1}}$` });
const hex = (digits: number) => Type.String({ pattern: `^[0-9a-f]{${digits}}$` });
const hexOrNone = (digits: number) => Type.String({ pattern: `^(?:[0-9a-f]{${digits}})?$` });
const natural = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const timeMs = Type.Number({ minimum: 0, maximum: 1e15 });
const ageMs = Type.Number({ minimum: 0, maximum: AGE_MS_MAX });
const counter = Type.Integer({ minimum: 0, maximum: COUNTER_MAX });
const number = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const agentId = Type.String({ pattern: "^[0-9]{3,8}$" });
const nodeName = Type.String({ pattern: "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$" });
const nodeOrNone = Type.String({ pattern: "^(?:[A-Za-z0-9_-][A-Za-z0-9._-]{0,63})?$" });
const groupName = Type.String({ pattern: `^[A-Za-z0-9_.-]{1,${AGENT_GROUP_NAME_BYTES_MAX}}$` });
const groups = Type.Array(groupName, { maxItems: AGENT_GROUPS_MAX });
const fact = text(AGENT_FACT_BYTES_MAX);
const sha256 = hex(64);

const factsSchema = Type.Object({
  version: fact,
  uname: fact,
  os: Type.Object({
    ...{ name: fact, version: fact, major: fact, minor: fact, codename: fact, build: fact, platform: fact, arch: fact },
  }),
  host: fact,
  address: fact,
  configSum: fact,
  mergedSum: fact,
  labels: Type.Array(
    Type.Object({
      key: text(AGENT_LABEL_KEY_BYTES_MAX),
      value: text(AGENT_LABEL_VALUE_BYTES_MAX),
      isHidden: Type.Boolean(),
      isSystem: Type.Boolean(),
    }),
    { maxItems: AGENT_LABELS_MAX },
  ),
});

/** Name, address and key are empty where a removed agent was purged. */
const agentRecordSchema = Type.Object({
  kind: Type.Literal("agent"),
  seq: number,
  id: agentId,
  name: token(0),
  address: token(0),
  key: token(0),
  isRemoved: Type.Boolean(),
  groups,
  registeredMs: timeMs,
  state: Type.Enum([...agentStates]),
  stateSinceMs: timeMs,
  statusCode: Type.Integer({ minimum: 0, maximum: 255 }),
  node: nodeOrNone,
  connection: hexOrNone(16),
  peerAddress: text(64),
  transport: Type.Enum(["tcp", "udp", ""]),
  lastSeenMs: timeMs,
  facts: factsSchema,
  counterFloor: counter,
});

const mergedRecordSchema = Type.Object({
  kind: Type.Literal("merged"),
  seq: number,
  groups: Type.String({
    pattern: `^[A-Za-z0-9_.,-]{1,${AGENT_GROUPS_MAX * (AGENT_GROUP_NAME_BYTES_MAX + 1)}}$`,
    description: "A group's name, or several joined by commas.",
  }),
  isRemoved: Type.Boolean(),
  md5: hexOrNone(32),
  sha256: hexOrNone(64),
  bytes: Type.Integer({ minimum: 0, maximum: BLOB_BYTES_MAX }),
});

const reportSchema = Type.Object({
  id: agentId,
  connection: hex(16),
  kind: Type.Enum(["startup", "keepalive", "shutdown", "closed"]),
  ageMs,
  peerAddress: text(64),
  transport: Type.Enum(["tcp", "udp"]),
  counter,
  version: Type.Optional(fact),
  facts: Type.Optional(factsSchema),
});

const position = { epoch: hex(16), seq: natural };

export const haveSchema = Type.Object(position);
export const reportsSchema = Type.Object({
  number,
  reports: Type.Array(reportSchema, { minItems: 1, maxItems: BATCH_COUNT_MAX }),
});
const ids = Type.Array(Type.Integer({ minimum: 1, maximum: 99_999_999 }), { maxItems: HEARD_COUNT_MAX });
export const heardSchema = Type.Object({ ids });

/** As the agent wrote it: whether it is a name, a group, an address is the registry's to say, in the agent's words. */
export const enrolSchema = Type.Object({
  number,
  name: text(256),
  password: Type.Optional(text(1_024)),
  version: Type.Optional(text(256)),
  groups: Type.Optional(text(65_536)),
  address: Type.Optional(text(256)),
  keyHash: Type.Optional(text(256)),
  source: text(64),
});

const ok = Type.Boolean();
export const deliveredSchema = Type.Object({
  number,
  ok,
  text: Type.String({ pattern: `^[\\x00-\\xff]{0,${DELIVERY_BYTES_MAX}}$`, description: "Bytes, one a character." }),
});

export const changeSchema = Type.Object({
  number,
  change: Type.Union([
    Type.Object({
      kind: Type.Literal("add"),
      name: token(1),
      address: token(1),
      groups,
      id: Type.Optional(agentId),
      key: Type.Optional(token(1)),
      isForced: Type.Boolean(),
    }),
    Type.Object({ kind: Type.Literal("remove"), id: agentId, purge: Type.Boolean() }),
    Type.Object({ kind: Type.Literal("assign"), id: agentId, groups }),
    Type.Object({ kind: Type.Literal("create-group"), group: groupName }),
    Type.Object({ kind: Type.Literal("remove-group"), group: groupName }),
    Type.Object({ kind: Type.Literal("restart"), id: agentId }),
  ]),
});

export const recordsSchema = Type.Object({
  epoch: hex(16),
  isReset: Type.Boolean(),
  from: natural,
  to: natural,
  isLast: Type.Boolean(),
  records: Type.Array(Type.Union([agentRecordSchema, mergedRecordSchema]), { maxItems: BATCH_COUNT_MAX }),
});
export const heardBySchema = Type.Object({ node: nodeName, ids });
/** `agent`: of an enrolment that was done. `id`: of a change that was done and concerns an agent. */
export const answerSchema = Type.Object({
  number,
  ok,
  text: text(4_096),
  id: Type.Optional(agentId),
  agent: Type.Optional(Type.Object({ id: agentId, name: token(1), address: token(1), key: token(1) })),
});
export const deliverSchema = Type.Object({
  number,
  id: agentId,
  message: Type.String({ pattern: `^[\\x00-\\xff]{1,${DELIVERY_BYTES_MAX}}$`, description: "Bytes, one a character." }),
});

export const wantSchema = Type.Object({ sha256, offset: Type.Integer({ minimum: 0, maximum: BLOB_BYTES_MAX }) });
export const missingSchema = Type.Object({ sha256 });

export type RecordsPage = Static<typeof recordsSchema>;
export type WireRecord = RecordsPage["records"][number];
export type AgentsAnswer = Static<typeof answerSchema>;

/** By the number of their frame; see `messageSchemas` of wire.ts. */
export const agentMessageSchemas = {
  have: { kind: 11, schema: haveSchema },
  reports: { kind: 12, schema: reportsSchema },
  heard: { kind: 13, schema: heardSchema },
  enrol: { kind: 14, schema: enrolSchema },
  delivered: { kind: 15, schema: deliveredSchema },
  change: { kind: 18, schema: changeSchema },
  records: { kind: 19, schema: recordsSchema },
  "heard-by": { kind: 20, schema: heardBySchema },
  answer: { kind: 21, schema: answerSchema },
  deliver: { kind: 22, schema: deliverSchema },
  want: { kind: 23, schema: wantSchema },
  missing: { kind: 25, schema: missingSchema },
} as const satisfies Record<string, { kind: number; schema: TObject }>;
