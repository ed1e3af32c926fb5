/**
 * The agents as the page shows them, worst first. Pure. It is asked for every few seconds by each open page, so what is
 * done for each of 50,000 agents is little: they are told apart by state, and only what is shown is put in order and
 * made into an answer.
 */
import type { AgentRow, AgentsOverviewQuery, AgentsOverviewReply } from "../api/contract/agent-overview.ts";
import { agentStatus, type AgentRecord, type AgentState } from "../model/agent.ts";
import type { Agents } from "../registry/needs.ts";
import { agentEntry, type NodeLook } from "./agent-list.ts";

/** Worst first. */
const ranks = ["disconnected", "pending", "never_connected", "unheard", "active"] as const;
type Rank = (typeof ranks)[number];

const stateOf = (rank: Rank): AgentState => (rank === "unheard" ? "active" : rank);

/** As many as a row of the page has room for, in each of its widths. */
const groupsMax = 4;
/** A version is what an agent says it is. */
const versionLengthMax = 64;
/** All groups of most clusters, in bytes that an answer every few seconds may have. */
const groupTextMax = 8_192;

type Nodes = ReadonlyMap<string, NodeLook>;

/** Agents of a rank come in the order of their ids. News of what was well come first, as does who waits for longest. */
const orders: Partial<Record<Rank, (a: AgentRecord, b: AgentRecord) => number>> = {
  disconnected: (a, b) => b.stateSinceMs - a.stateSinceMs,
  pending: (a, b) => a.stateSinceMs - b.stateSinceMs,
  never_connected: (a, b) => b.registeredMs - a.registeredMs,
};

export function agentsOverview(
  agents: Agents,
  nodes: readonly NodeLook[],
  query: AgentsOverviewQuery,
): AgentsOverviewReply {
  const nodesByName: Nodes = new Map(nodes.map((node) => [node.name, node]));
  const all = agents.list();
  const ranked: Record<Rank, AgentRecord[]> = {
    ...{ disconnected: [], pending: [], never_connected: [], unheard: [], active: [] },
  };
  const isWanted = matcher(nodesByName, query);
  for (const record of all) if (isWanted(record)) ranked[rankOf(record, nodesByName)].push(record);
  const shown = ranks.filter((rank) => query.state === undefined || query.state === stateOf(rank));
  const matching = shown.reduce((sum, rank) => sum + ranked[rank].length, 0);
  const lastScreen = Math.floor(Math.max(0, matching - 1) / query.count) * query.count;
  const from = Math.min(query.from, lastScreen);
  const rows = screenOf(ranked, shown, from, query.count);
  return {
    agents: rows.map((record) => rowOf(agents, record, nodesByName)),
    ...{ from, matching, total: all.length, counts: countsOf(ranked), groups: groupNames(agents) },
  };
}

function rankOf({ state, node }: AgentRecord, nodes: Nodes): Rank {
  return state === "active" && nodes.get(node)?.state === "down" ? "unheard" : state;
}

function countsOf(ranked: Readonly<Record<Rank, readonly AgentRecord[]>>): AgentsOverviewReply["counts"] {
  const { disconnected, pending, never_connected, unheard, active } = ranked;
  return {
    ...{ disconnected: disconnected.length, pending: pending.length, never_connected: never_connected.length },
    ...{ active: unheard.length + active.length, unheard: unheard.length },
  };
}

/** A hidden node cannot be found by its name, as it is not told either. */
function matcher(nodes: Nodes, query: AgentsOverviewQuery): (record: AgentRecord) => boolean {
  const sought = query.search.trim().toLowerCase();
  const isNode = query.node !== "" && nodes.get(query.node)?.isHidden !== true;
  const has = (text: string): boolean => text.toLowerCase().includes(sought);
  return ({ id, name, address, peerAddress, facts, node, groups }) =>
    (query.node === "" || (isNode && node === query.node)) &&
    (query.group === "" || groups.includes(query.group)) &&
    (sought === "" || has(name) || id.includes(sought) || has(address) || has(peerAddress) || has(facts.version));
}

function screenOf(
  ranked: Readonly<Record<Rank, readonly AgentRecord[]>>,
  shown: readonly Rank[],
  from: number,
  count: number,
): AgentRecord[] {
  const rows: AgentRecord[] = [];
  let before = 0;
  for (const rank of shown) {
    const records = ranked[rank];
    const [begin, end] = [from + rows.length - before, from + count - before];
    before += records.length;
    if (begin >= records.length || end <= 0) continue;
    const order = orders[rank];
    rows.push(...(order === undefined ? records : records.toSorted(order)).slice(begin, end));
  }
  return rows;
}

function rowOf(agents: Agents, record: AgentRecord, nodes: Nodes): AgentRow {
  const entry = agentEntry(agents, record, nodes);
  const { id, name, address, state, node, nodeDownSinceMs, lastSeenMs, version, peerAddress, groups, isSynced } = entry;
  return {
    ...{ id, name, address, state, node, nodeDownSinceMs, lastSeenMs, peerAddress, isSynced },
    version: version.slice(0, versionLengthMax),
    isShutDown: state === "disconnected" && record.statusCode === agentStatus.shutdown,
    ...{ groups: groups.slice(0, groupsMax), groupCount: groups.length },
  };
}

function groupNames(agents: Agents): string[] {
  let room = groupTextMax;
  const names: string[] = [];
  for (const { groups: name } of agents.groups()) {
    room -= name.length + 3;
    if (room < 0) break;
    names.push(name);
  }
  return names;
}
