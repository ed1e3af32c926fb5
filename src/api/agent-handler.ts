/** What the routes about agents answer. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { escapeControl } from "../base/escape.ts";
import type { AgentsOverviewQuery } from "./contract/agent-overview.ts";
import type {
  AddAgentQuery,
  AgentParams,
  AgentsQuery,
  AssignGroupsQuery,
  CreateGroupQuery,
  GroupParams,
  RemoveAgentQuery,
} from "./contract/agent-route.ts";
import type { AgentControl } from "./needs.ts";
import { refuse, type Handler } from "./refusal.ts";

type Change = Parameters<AgentControl["change"]>[0];

const idOf = ({ params }: FastifyRequest): string => (params as AgentParams).id;
const nameOf = ({ params }: FastifyRequest): string => (params as GroupParams).name;
const namesOf = (text: string): string[] => text.split(",").filter((name) => name !== "");

const noAgent = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  refuse(reply, 404, "ARGUS_API_AGENT", `there is no agent ${escapeControl(idOf(request))}`);

/** By method and path, as `handlersOver`. */
export function agentHandlers(agents: AgentControl): [string, Handler][] {
  const changing =
    (changeOf: (request: FastifyRequest) => Change): Handler =>
    async (request, reply) => {
      const outcome = await agents.change(changeOf(request));
      if (!outcome.isDone) return refuse(reply, 409, "ARGUS_API_CHANGE", outcome.text);
      return { id: outcome.id, text: outcome.text };
    };
  return [
    ["GET /agents", (request) => agents.list(request.query as AgentsQuery)],
    ["GET /agents/overview", (request) => agents.overview(request.query as AgentsOverviewQuery)],
    ["GET /agents/{id}", (request, reply) => agents.find(idOf(request)) ?? noAgent(request, reply)],
    ["POST /agents/{id}/key", (request, reply) => agents.keyOf(idOf(request)) ?? noAgent(request, reply)],
    ["GET /groups", () => agents.groups()],
    [
      "GET /groups/{name}",
      async (request, reply) => {
        const message = `there is no group ${escapeControl(nameOf(request))}`;
        return (await agents.group(nameOf(request))) ?? refuse(reply, 404, "ARGUS_API_GROUP", message);
      },
    ],
    ["POST /agents", changing((request) => additionOf(request.query as AddAgentQuery))],
    [
      "POST /agents/{id}/remove",
      changing((request) => ({ kind: "remove", id: idOf(request), ...(request.query as RemoveAgentQuery) })),
    ],
    [
      "POST /agents/{id}/groups",
      changing((request) => {
        const groups = namesOf((request.query as AssignGroupsQuery).groups);
        return { kind: "assign", id: idOf(request), groups };
      }),
    ],
    ["POST /agents/{id}/restart", changing((request) => ({ kind: "restart", id: idOf(request) }))],
    ["POST /agents/{id}/reconnect", changing((request) => ({ kind: "reconnect", id: idOf(request) }))],
    [
      "POST /groups",
      changing((request) => ({ kind: "create-group", group: (request.query as CreateGroupQuery).name })),
    ],
    ["POST /groups/{name}/remove", changing((request) => ({ kind: "remove-group", group: nameOf(request) }))],
  ];
}

function additionOf({ name, address, groups, id, key, force }: AddAgentQuery): Change {
  return {
    ...{ kind: "add", name, address, groups: namesOf(groups), isForced: force },
    ...(id === "" ? {} : { id }),
    ...(key === "" ? {} : { key }),
  };
}
