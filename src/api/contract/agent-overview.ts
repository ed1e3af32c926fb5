/**
 * The agents as a person looks at them: those that need somebody first, a screenful at a time, with how many there are
 * in each state. It is public, as the page shows it; what it says of an agent is less than `/agents` does.
 */
import Type, { type Static } from "typebox";
import { agentInfo } from "./agent-reply.ts";
import { agentsQuery } from "./agent-route.ts";
import type { Route } from "./route-form.ts";

/** How many agents one answer may have: a screen of a large window. */
export const OVERVIEW_COUNT_MAX = 100;

const closed = { additionalProperties: false };
const { state, node, group } = agentsQuery.properties;

export const agentsOverviewQuery = Type.Object(
  {
    ...{ state, node, group },
    search: Type.String({
      maxLength: 128,
      default: "",
      description: "A part of the name, of the id, of an address or of the version.",
    }),
    from: Type.Integer({
      minimum: 0,
      maximum: 99_999_999,
      default: 0,
      description: "Passes over so many; where that is all of them, the last screenful is given.",
    }),
    count: Type.Integer({ minimum: 1, maximum: OVERVIEW_COUNT_MAX, default: 20 }),
  },
  closed,
);
export type AgentsOverviewQuery = Static<typeof agentsOverviewQuery>;

const fields = agentInfo.properties;

/** Some 300 bytes; at most 3 KiB, whatever an agent says of itself and how many groups it is in. */
export const agentRow = Type.Object(
  {
    ...{ id: fields.id, name: fields.name, address: fields.address, state: fields.state, node: fields.node },
    ...{ nodeDownSinceMs: fields.nodeDownSinceMs, lastSeenMs: fields.lastSeenMs, version: fields.version },
    peerAddress: fields.peerAddress,
    isShutDown: Type.Boolean({ description: "It is disconnected because it said that it stops, and is not silent." }),
    groups: Type.Array(Type.String(), { description: "The first of them." }),
    groupCount: Type.Number({ description: "How many there are in all." }),
    isSynced: fields.isSynced,
  },
  closed,
);
export type AgentRow = Static<typeof agentRow>;

export const agentsOverviewReply = Type.Object(
  {
    agents: Type.Array(agentRow, {
      description:
        "Disconnected (of late first), pending (for long first), never connected (registered of late first), active " +
        "on a node that is down, active; otherwise in the order of their ids. Nodes are not among them.",
    }),
    from: Type.Number({ description: "How many stand before the first of them." }),
    matching: Type.Number({ description: "How many match." }),
    total: Type.Number({ description: "How many there are." }),
    counts: Type.Object(
      {
        ...{ disconnected: Type.Number(), pending: Type.Number(), never_connected: Type.Number() },
        active: Type.Number(),
        unheard: Type.Number({ description: "Those of the active whose node is down: nobody knows of them." }),
      },
      { ...closed, description: "How many match all but `state`, by state." },
    ),
    groups: Type.Array(Type.String(), { description: "The groups there are, by name, as far as there is room." }),
  },
  closed,
);
export type AgentsOverviewReply = Static<typeof agentsOverviewReply>;

export const agentsOverviewRoute = {
  method: "GET",
  path: "/agents/overview",
  isPublic: true,
  summary: "The agents, worst first, and how many are in each state.",
  query: agentsOverviewQuery,
  reply: agentsOverviewReply,
} as const satisfies Route;
