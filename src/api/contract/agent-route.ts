/**
 * The routes about agents and their groups. Every node answers them: what is asked out of its own copy of the registry,
 * and what is to be changed by asking the master.
 */
import Type, { type Static } from "typebox";
import { agentChangeReply, agentKeyReply, agentReply, agentsReply, groupReply, groupsReply } from "./agent-reply.ts";
import { nothing, type Route } from "./route-form.ts";

/** How many agents one answer may have. */
export const AGENTS_COUNT_MAX = 1_000;

const closed = { additionalProperties: false };
const words = (maxLength: number, description: string) => Type.String({ maxLength, default: "", description });

const groupName = Type.String({ maxLength: 255, description: "The folder of etc/shared." });
/** 128 groups have such room if their names are of the usual length. */
const groupNames = words(8_192, "Names joined by commas.");
const agentId = Type.Object({ id: Type.String({ maxLength: 8, description: "Three to eight digits." }) }, closed);
const groupOf = Type.Object({ name: groupName }, closed);
export type AgentParams = Static<typeof agentId>;
export type GroupParams = Static<typeof groupOf>;

export const agentsQuery = Type.Object(
  {
    state: Type.Optional(Type.Enum(["never_connected", "pending", "active", "disconnected"])),
    node: words(64, "The node that holds it."),
    version: words(64, "A part of the version: `4.14`."),
    group: words(255, "A group that it is in."),
    search: words(128, "A part of the name, of the id or of an address."),
    after: words(8, "Goes on after this id: `next` of the page before."),
    count: Type.Integer({ minimum: 1, maximum: AGENTS_COUNT_MAX, default: 500 }),
  },
  closed,
);
export type AgentsQuery = Static<typeof agentsQuery>;

export const agentsRoute = {
  method: "GET",
  path: "/agents",
  isPublic: true,
  summary: "The agents, and the nodes as agent 000.",
  query: agentsQuery,
  reply: agentsReply,
} as const satisfies Route;

export const agentRoute = {
  method: "GET",
  path: "/agents/{id}",
  isPublic: false,
  summary: "One agent, with all that it said of itself.",
  params: agentId,
  query: nothing,
  reply: agentReply,
} as const satisfies Route;

export const groupsRoute = {
  method: "GET",
  path: "/groups",
  isPublic: false,
  summary: "The groups of agents.",
  query: nothing,
  reply: groupsReply,
} as const satisfies Route;

export const groupRoute = {
  method: "GET",
  path: "/groups/{name}",
  isPublic: false,
  summary: "One group, with the files that its agents have.",
  params: groupOf,
  query: nothing,
  reply: groupReply,
} as const satisfies Route;

export const addAgentQuery = Type.Object(
  {
    name: Type.String({ maxLength: 128 }),
    address: Type.String({ maxLength: 128, default: "any", description: "`any`, an address or a block." }),
    groups: groupNames,
    id: words(8, "The next free one where it is not given."),
    key: words(128, "A random one where it is not given."),
    force: Type.Boolean({ default: false, description: "An agent of that name or address gives way." }),
  },
  closed,
);
export type AddAgentQuery = Static<typeof addAgentQuery>;

export const addAgentRoute = {
  method: "POST",
  path: "/agents",
  isPublic: false,
  summary: "Registers an agent.",
  query: addAgentQuery,
  reply: agentChangeReply,
} as const satisfies Route;

export const removeAgentQuery = Type.Object(
  { purge: Type.Boolean({ default: false, description: "Its line leaves client.keys; otherwise it is marked." }) },
  closed,
);
export type RemoveAgentQuery = Static<typeof removeAgentQuery>;

export const removeAgentRoute = {
  method: "POST",
  path: "/agents/{id}/remove",
  isPublic: false,
  summary: "Removes an agent: its connection ends, and its id stays taken.",
  params: agentId,
  query: removeAgentQuery,
  reply: agentChangeReply,
} as const satisfies Route;

export const assignGroupsQuery = Type.Object({ groups: groupNames }, closed);
export type AssignGroupsQuery = Static<typeof assignGroupsQuery>;

export const assignGroupsRoute = {
  method: "POST",
  path: "/agents/{id}/groups",
  isPublic: false,
  summary: "Puts an agent into these groups and no others; into `default` where none is given.",
  params: agentId,
  query: assignGroupsQuery,
  reply: agentChangeReply,
} as const satisfies Route;

/** A POST, although it changes nothing: so it can never become public. */
export const agentKeyRoute = {
  method: "POST",
  path: "/agents/{id}/key",
  isPublic: false,
  summary: "The line of client.keys of an agent, with its key.",
  params: agentId,
  query: nothing,
  reply: agentKeyReply,
} as const satisfies Route;

export const restartAgentRoute = {
  method: "POST",
  path: "/agents/{id}/restart",
  isPublic: false,
  summary: "Tells an agent to restart, wherever in the cluster it is connected.",
  params: agentId,
  query: nothing,
  reply: agentChangeReply,
} as const satisfies Route;

export const reconnectAgentRoute = {
  method: "POST",
  path: "/agents/{id}/reconnect",
  isPublic: false,
  summary: "Makes an agent connect anew, perhaps to another node. On the master, or on the node that holds it.",
  params: agentId,
  query: nothing,
  reply: agentChangeReply,
} as const satisfies Route;

export const createGroupQuery = Type.Object({ name: groupName }, closed);
export type CreateGroupQuery = Static<typeof createGroupQuery>;

export const createGroupRoute = {
  method: "POST",
  path: "/groups",
  isPublic: false,
  summary: "Makes a group.",
  query: createGroupQuery,
  reply: agentChangeReply,
} as const satisfies Route;

export const removeGroupRoute = {
  method: "POST",
  path: "/groups/{name}/remove",
  isPublic: false,
  summary: "Removes a group; its folder is kept below backup/, and its agents leave it.",
  params: groupOf,
  query: nothing,
  reply: agentChangeReply,
} as const satisfies Route;

export const agentRoutes: readonly Route[] = [
  ...[agentsRoute, agentRoute, groupsRoute, groupRoute, addAgentRoute, removeAgentRoute, assignGroupsRoute],
  ...[agentKeyRoute, restartAgentRoute, reconnectAgentRoute, createGroupRoute, removeGroupRoute],
];
