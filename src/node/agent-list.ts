/**
 * The agents as operators see them: records of the registry beside the states of the nodes that hold them. Pure.
 *
 * Agent `000` is a node itself, so there is one for each node. A node that is hidden is left out of lists: its entry,
 * and its name at the agents that it holds. When a node is down nobody has heard of its agents since, so they keep
 * their state until they are silent for too long, and the node's own state is told with them.
 */
import type { AgentInfo, AgentReply, AgentsReply, GroupsReply } from "../api/contract/agent-reply.ts";
import type { AgentsQuery } from "../api/contract/agent-route.ts";
import type { NodeInfo } from "../api/contract/reply.ts";
import { agentIdOf, type AgentRecord } from "../model/agent.ts";
import type { Agents } from "../registry/needs.ts";

const nodeId = agentIdOf(0);
/** About what a page may have in texts: some 2,000 agents of the usual kind, and few of those with 128 groups. */
const pageTextMax = 524_288;
const entryTextUsual = 256;

export type NodeLook = Pick<NodeInfo, "name" | "state" | "sinceMs" | "version" | "isHidden">;

/** Who has been given no group yet gets the files of the default one. */
export function groupsOf({ groups }: Pick<AgentRecord, "groups">): readonly string[] {
  return groups.length === 0 ? ["default"] : groups;
}

/** Only those of the page are made into entries: it is asked for while events come. */
export function listAgents(agents: Agents, nodes: readonly NodeLook[], query: AgentsQuery): AgentsReply {
  const nodesByName = new Map(nodes.map((node) => [node.name, node]));
  const isWanted = matcher(query);
  const ofNodes = nodes
    .flatMap((node) => (node.isHidden ? [] : [nodeEntry(node)]))
    .filter((entry) => isWanted(entry, entry.node, entry.version));
  const isHidden = (name: string): boolean => nodesByName.get(name)?.isHidden === true;
  const matching = agents
    .list()
    .filter((record) => isWanted(record, isHidden(record.node) ? "" : record.node, record.facts.version));
  const page = query.after === "" ? [...ofNodes] : [];
  const afterNumber = Number(query.after);
  let [room, text] = [query.count, 0];
  let next = "";
  for (const record of matching) {
    if (Number(record.id) <= afterNumber) continue;
    text += entryTextUsual + record.groups.reduce((sum, group) => sum + group.length, 0);
    if (room === 0 || text > pageTextMax) {
      next = page.at(-1)?.id ?? nodeId;
      break;
    }
    page.push(agentEntry(agents, record, nodesByName));
    room -= 1;
  }
  return { agents: page, matching: matching.length + ofNodes.length, next };
}

type Sought = Pick<AgentInfo, "id" | "name" | "address" | "state" | "peerAddress"> & {
  readonly groups: readonly string[];
};

function matcher(query: AgentsQuery): (sought: Sought, node: string, version: string) => boolean {
  const search = query.search.toLowerCase();
  const part = query.version.toLowerCase();
  const has = (text: string): boolean => text.toLowerCase().includes(search);
  return ({ id, name, address, peerAddress, state, groups }, node, version) =>
    (query.state === undefined || state === query.state) &&
    (query.node === "" || node === query.node) &&
    (query.group === "" || groups.includes(query.group)) &&
    (part === "" || version.toLowerCase().includes(part)) &&
    (search === "" || has(id) || has(name) || has(address) || has(peerAddress));
}

const nodeStates = {
  ...({ up: "active", syncing: "active", lagging: "active", down: "disconnected", refused: "disconnected" } as const),
  ...({ expected: "never_connected", waiting: "pending" } as const),
};

function nodeEntry({ name, state, sinceMs, version }: NodeLook): AgentInfo {
  return {
    ...{ id: nodeId, name, address: "127.0.0.1", state: nodeStates[state], sinceMs, node: name },
    ...{ nodeDownSinceMs: state === "down" ? sinceMs : null, lastSeenMs: 0, registeredMs: 0 },
    ...{ version: version === "" ? "" : `Argus v${version}`, system: "", peerAddress: "", transport: "" },
    ...{ groups: [], isSynced: null },
  };
}

export function agentEntry(agents: Agents, record: AgentRecord, nodes: ReadonlyMap<string, NodeLook>): AgentInfo {
  const { id, name, address, state, stateSinceMs: sinceMs, lastSeenMs, registeredMs, peerAddress, transport } = record;
  const { facts, groups } = record;
  const node = nodes.get(record.node);
  const wanted = agents.merged(groupsOf(record))?.md5;
  return {
    ...{ id, name, address, state, sinceMs, node: node?.isHidden === true ? "" : record.node },
    ...{ nodeDownSinceMs: node?.state === "down" ? node.sinceMs : null, lastSeenMs, registeredMs },
    ...{ version: facts.version, system: systemOf(record), peerAddress, transport, groups: [...groups] },
    isSynced: wanted === undefined || facts.mergedSum === "" ? null : facts.mergedSum === wanted,
  };
}

function systemOf({ facts: { os } }: AgentRecord): string {
  return [os.name, os.version].filter((part) => part !== "").join(" ");
}

/** Undefined: there is none, or it was removed. */
export function findAgent(agents: Agents, nodes: readonly NodeLook[], id: string): AgentReply | undefined {
  const record = agents.byId(id);
  if (record === undefined) return undefined;
  const { uname, host, address, configSum, mergedSum, os, labels } = record.facts;
  return {
    ...agentEntry(agents, record, new Map(nodes.map((node) => [node.name, node]))),
    statusCode: record.statusCode,
    facts: { uname, host, address, configSum, mergedSum, os: { ...os }, labels: labels.map((label) => ({ ...label })) },
    wantedSum: agents.merged(groupsOf(record))?.md5 ?? "",
  };
}

export function listGroups(agents: Agents): GroupsReply {
  const counts = new Map<string, number>();
  for (const { groups } of agents.list()) {
    for (const group of groups) counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  const groups = agents.groups().map(({ groups: name, md5, bytes }) => {
    return { name, agents: counts.get(name) ?? 0, md5, bytes };
  });
  return { groups };
}
