/** Which agents a reader looks at, and in which words their states are told. */
import type { AgentRow, AgentsOverviewReply } from "../api/contract/agent-overview.ts";

export type AgentState = AgentRow["state"];

/** Worst first, as the list itself is ordered. */
export const agentStates: readonly AgentState[] = ["disconnected", "pending", "never_connected", "active"];

export const agentWords: Readonly<Record<AgentState, string>> = {
  ...{ disconnected: "disconnected", pending: "pending", never_connected: "never connected", active: "active" },
};

export interface AgentView {
  /** Only agents in this state; empty: in any. */
  agentState: AgentState | "";
  /** Only agents that this node holds; empty: any node. */
  agentNode: string;
  /** Only agents of this group; empty: of any. */
  agentGroup: string;
  /** Only agents with this in their name, id, address or version; empty: all. */
  agentQuery: string;
  /** So many stand before the first that is shown. */
  agentFrom: number;
}

export const firstView: Readonly<AgentView> = {
  ...{ agentState: "", agentNode: "", agentGroup: "", agentQuery: "", agentFrom: 0 },
};

/** A screen of rows; what is below the list is to be reached without scrolling past hundreds. */
export const AGENTS_SHOWN = 20;

/** No list is longer; a link can say what it wants. */
const FROM_MAX = 9_999_999;
/** What the API takes of each. */
const lengthMax = { node: 64, group: 255, search: 128 };

/** `40`, as an address has it. */
export function readFrom(text: string): number {
  return /^\d{1,7}$/.test(text) ? Math.min(Number(text), FROM_MAX) : 0;
}

export function isFiltered(view: AgentView): boolean {
  return view.agentState !== "" || view.agentNode !== "" || view.agentGroup !== "" || view.agentQuery.trim() !== "";
}

/** What is asked for. A text that the API would refuse for its length is cut: it finds nothing either way. */
export function pathOf(view: AgentView): string {
  const query = new URLSearchParams({ count: String(AGENTS_SHOWN) });
  const write = (name: string, value: string): void => {
    if (value !== "") query.set(name, value);
  };
  write("state", view.agentState);
  write("node", view.agentNode.slice(0, lengthMax.node));
  write("group", view.agentGroup.slice(0, lengthMax.group));
  write("search", view.agentQuery.trim().slice(0, lengthMax.search));
  if (view.agentFrom > 0) query.set("from", String(view.agentFrom));
  return `/api/agents/overview?${query.toString()}`;
}

/** What the list holds, in a sentence: `21 to 40 of 342 agents`. */
export function rangeOf({ from, agents, matching }: AgentsOverviewReply, count: (value: number) => string): string {
  const noun = matching === 1 ? "agent" : "agents";
  if (agents.length === matching) return `${count(matching)} ${noun}`;
  if (agents.length === 0) return `None of ${count(matching)} ${noun}`;
  return `${count(from + 1)} to ${count(from + agents.length)} of ${count(matching)} ${noun}`;
}

/** Why an agent is in its state, where that is known and is not what the state says. */
export function reasonOf({ state, nodeDownSinceMs, isShutDown, isSynced }: AgentRow): AgentReason {
  if (nodeDownSinceMs !== null && state !== "never_connected") return "node_down";
  if (isShutDown) return "shut_down";
  return state === "active" && isSynced === false ? "files_old" : "";
}

export type AgentReason = "node_down" | "shut_down" | "files_old" | "";

/** Its groups in a line; those that the answer has no room for are counted. */
export function groupsText({ groups, groupCount }: AgentRow): string {
  const more = groupCount - groups.length;
  const named = groups.join(", ");
  if (named === "") return "";
  return more > 0 ? `${named} and ${more} more` : named;
}
