/** What the API answers about agents. Times are ms since 1970 by the master's clock; 0 stands for never. */
import Type, { type Static } from "typebox";

const closed = { additionalProperties: false };

/** As registered, and as it was last seen. Nothing secret, and none of the labels that an agent gives itself. */
const agentFields = {
  id: Type.String({ description: "`000` for a node itself: one entry for each node that is not hidden." }),
  name: Type.String(),
  address: Type.String({ description: "As registered: `any`, an address or a block." }),
  state: Type.Enum(["never_connected", "pending", "active", "disconnected"]),
  sinceMs: Type.Number({ description: "When the state was entered." }),
  node: Type.String({
    description: "The node that holds its connection. Empty where none does, and where that node is hidden.",
  }),
  nodeDownSinceMs: Type.Union([Type.Number(), Type.Null()], {
    description: "That node is down since then, so nobody knows of the agent; null where the node is not down.",
  }),
  lastSeenMs: Type.Number(),
  registeredMs: Type.Number(),
  version: Type.String({ description: "`Wazuh v4.14.7`, or empty while it is not known." }),
  system: Type.String({ description: "Its operating system in words, or empty." }),
  peerAddress: Type.String({ description: "Where it connected from last, or empty." }),
  transport: Type.Enum(["tcp", "udp", ""]),
  groups: Type.Array(Type.String()),
  isSynced: Type.Union([Type.Boolean(), Type.Null()], {
    description: "Whether it has the files of its groups; null where that is not known, or it has said nothing yet.",
  }),
};

export const agentInfo = Type.Object(agentFields, closed);
export type AgentInfo = Static<typeof agentInfo>;

export const agentsReply = Type.Object(
  {
    agents: Type.Array(agentInfo, { description: "In the order of their ids." }),
    matching: Type.Number({ description: "How many there are in all that match." }),
    next: Type.String({ description: "`after` of the next page; empty where this is the last." }),
  },
  closed,
);
export type AgentsReply = Static<typeof agentsReply>;

const agentLabel = Type.Object(
  { key: Type.String(), value: Type.String(), isHidden: Type.Boolean(), isSystem: Type.Boolean() },
  closed,
);

export const agentReply = Type.Object(
  {
    ...agentFields,
    statusCode: Type.Number({ description: "Why it is in its state: 0 well, 3 it was shut down, 4 it is silent." }),
    facts: Type.Object(
      {
        uname: Type.String(),
        host: Type.String(),
        address: Type.String({ description: "Its own view of its address." }),
        configSum: Type.String({ description: "MD5 of its agent.conf." }),
        mergedSum: Type.String({ description: "MD5 of its merged.mg." }),
        os: Type.Record(Type.String(), Type.String()),
        labels: Type.Array(agentLabel),
      },
      { ...closed, description: "What it said of itself." },
    ),
    wantedSum: Type.String({ description: "MD5 of the merged.mg that it is to have; empty while it is not known." }),
  },
  closed,
);
export type AgentReply = Static<typeof agentReply>;

const groupFields = {
  name: Type.String(),
  agents: Type.Number({ description: "How many agents are in it." }),
  md5: Type.String({ description: "Of its merged.mg." }),
  bytes: Type.Number({ description: "Of its merged.mg." }),
};

export const groupsReply = Type.Object({ groups: Type.Array(Type.Object(groupFields, closed)) }, closed);
export type GroupsReply = Static<typeof groupsReply>;

export const groupReply = Type.Object(
  {
    ...groupFields,
    files: Type.Union([Type.Array(Type.Object({ name: Type.String(), bytes: Type.Number() }, closed)), Type.Null()], {
      description: "What is in its merged.mg; null on a node that has not fetched it yet.",
    }),
  },
  closed,
);
export type GroupReply = Static<typeof groupReply>;

/** A line of client.keys. */
export const agentKeyReply = Type.Object(
  { id: Type.String(), name: Type.String(), address: Type.String(), key: Type.String() },
  closed,
);
export type AgentKeyReply = Static<typeof agentKeyReply>;

export const agentChangeReply = Type.Object(
  {
    id: Type.String({ description: "Of the agent that it is about; empty for a group." }),
    text: Type.String({ description: "What was done, in words." }),
  },
  closed,
);
export type AgentChangeReply = Static<typeof agentChangeReply>;
