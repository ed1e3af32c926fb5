/** `argus agents …`: who reports to the cluster, as the node of this home knows it, and what can be changed. */
import { escapeControl } from "../base/escape.ts";
import { ApiClient } from "../api/client-connection.ts";
import type { AgentInfo, AgentReply } from "../api/contract/agent-reply.ts";
import {
  addAgentRoute,
  agentKeyRoute,
  agentRoute,
  agentsRoute,
  reconnectAgentRoute,
  removeAgentRoute,
  restartAgentRoute,
} from "../api/contract/agent-route.ts";
import { statusRoute } from "../api/contract/route.ts";
import type { StatusReply } from "../api/contract/reply.ts";
import { textOf, type Command, type CommandContext, type CommandValues } from "./command.ts";
import { UsageError } from "./errors.ts";
import { elapsedText, grouped } from "./live-status.ts";
import { EXIT_DONE } from "./output.ts";
import { paintFor, type Style } from "./paint.ts";
import { renderTable, type Cell, type Column } from "./table.ts";

const columns: readonly Column[] = [
  { title: "ID" },
  { title: "NAME" },
  { title: "ADDRESS" },
  { title: "STATE" },
  { title: "SINCE", align: "right" },
  { title: "SEEN", align: "right" },
  { title: "NODE" },
  { title: "VERSION" },
  { title: "SYSTEM" },
  { title: "FILES" },
  { title: "GROUPS", isFlexible: true },
];

const styles: Readonly<Record<AgentInfo["state"], Style>> = {
  ...({ active: "green", pending: "yellow", disconnected: "boldRed", never_connected: "dim" } as const),
};

const or = (text: string): string => (text === "" ? "–" : text);
const dayMs = 86_400_000;

/** Agents are away for months: `58d`. */
function ago(ms: number, nowMs: number): string {
  if (ms === 0) return "–";
  const elapsedMs = Math.max(0, nowMs - ms);
  return elapsedMs < 2 * dayMs ? elapsedText(elapsedMs) : `${grouped(Math.floor(elapsedMs / dayMs))}d`;
}

/** `active (node DOWN since 0:42)`: nobody has heard of the agent since. */
export function stateText({ state, nodeDownSinceMs, id }: AgentInfo, nowMs: number): string {
  const isHeld = nodeDownSinceMs !== null && Number(id) > 0 && (state === "active" || state === "pending");
  return isHeld ? `${state} (node DOWN since ${elapsedText(nowMs - nodeDownSinceMs)})` : state;
}

export function agentRow(agent: AgentInfo, nowMs: number): Cell[] {
  const isUnsure = agent.nodeDownSinceMs !== null && agent.state !== "disconnected";
  return [
    { text: agent.id },
    { text: agent.name },
    { text: agent.address },
    { text: stateText(agent, nowMs), style: isUnsure ? "yellow" : styles[agent.state] },
    { text: ago(agent.sinceMs, nowMs) },
    { text: ago(agent.lastSeenMs, nowMs) },
    { text: or(agent.node) },
    { text: or(agent.version) },
    { text: or(agent.system) },
    { text: agent.isSynced === null ? "–" : agent.isSynced ? "synced" : "not synced" },
    { text: or(agent.groups.join(",")) },
  ];
}

/** A worker that has lost its master goes on answering by what it knew. */
function tellOld({ output }: CommandContext, { role, node, master }: StatusReply): void {
  if (role === "master" || master.isConnected) return;
  output.problem(`argus: ${node} is not connected to its master: this is what it knew last`);
}

const states = ["never_connected", "pending", "active", "disconnected"] as const;

function stateOf(values: CommandValues): AgentInfo["state"] | undefined {
  const written = textOf(values, "state");
  const state = states.find((one) => one === written);
  if (written !== undefined && state === undefined) throw new UsageError(`--state must be one of ${states.join(", ")}`);
  return state;
}

export const agentsList: Command = {
  words: ["agents", "list"],
  summary: "The agents, and the nodes themselves as agent 000: state, node, version, groups.",
  isOffline: false,
  arguments: [],
  options: [
    { flags: "--state <state>", help: `Only agents in this state: ${states.join(", ")}.` },
    { flags: "--node <name>", help: "Only agents that are connected to this node." },
    { flags: "--version <text>", help: "Only agents of which the version has this in it: 4.14." },
    { flags: "--group <name>", help: "Only agents of this group." },
    { flags: "--search <text>", help: "Only agents with this in their name, id or address." },
  ],
  async run(context, values) {
    const { output, home, format } = context;
    const client = new ApiClient(home);
    const state = stateOf(values);
    const wanted = {
      ...(state === undefined ? {} : { state }),
      ...{ node: textOf(values, "node"), version: textOf(values, "version") },
      ...{ group: textOf(values, "group"), search: textOf(values, "search") },
    };
    const agents: AgentInfo[] = [];
    let after = "";
    do {
      const page = await client.get(agentsRoute, { ...wanted, after, count: 1_000 });
      agents.push(...page.agents);
      after = page.next;
    } while (after !== "" && !context.signal.aborted);
    const status = await client.get(statusRoute);
    tellOld(context, status);
    if (format === "json") output.line(JSON.stringify({ agents }));
    else {
      const paint = paintFor(output.isTerminal, process.env);
      const width = output.isTerminal ? output.columns : undefined;
      const rows = agents.map((agent) => agentRow(agent, status.nowMs));
      for (const line of renderTable(columns, rows, { paint, columns: width })) output.line(line);
      output.line(`${grouped(agents.filter(({ id }) => Number(id) > 0).length)} agents`);
    }
    return EXIT_DONE;
  },
};

/** `NAME  VALUE` lines; what is not known is left out. */
export function describeAgent(agent: AgentReply, nowMs: number): string[] {
  const { facts } = agent;
  const peer = agent.transport === "" ? "" : `${agent.peerAddress} over ${agent.transport.toUpperCase()}`;
  const labels = facts.labels.map(({ key, value }) => `${key}=${value}`).join(", ");
  const seen = agent.lastSeenMs === 0 ? "never" : `${ago(agent.lastSeenMs, nowMs)} ago`;
  const files = { true: "synced", false: `not synced: it has ${facts.mergedSum}`, null: "" }[String(agent.isSynced)];
  const lines: [string, string | undefined][] = [
    ["id", agent.id],
    ["name", agent.name],
    ["registered address", agent.address],
    ["state", `${stateText(agent, nowMs)}, since ${ago(agent.sinceMs, nowMs)}`],
    ["last seen", seen],
    ["node", agent.node],
    ["connects from", peer],
    ["own address", facts.address],
    ["version", agent.version],
    ["system", agent.system],
    ["host", facts.host],
    ["uname", facts.uname],
    ["groups", agent.groups.join(", ")],
    ["files of its groups", files],
    ["labels", labels],
  ];
  const known = lines.filter((line): line is [string, string] => line[1] !== undefined && line[1] !== "");
  return known.map(([name, value]) => `${name.padEnd(19)}  ${value}`);
}

const idArgument = { name: "<id>", help: "The agent's id: 001." };

/** Ids may be typed without their zeros. */
export function idOf(text: string): string {
  if (!/^\d{1,8}$/.test(text)) throw new UsageError(`${text} is no id of an agent: three to eight digits`);
  return text.padStart(3, "0");
}

export const agentsShow: Command = {
  words: ["agents", "show"],
  summary: "One agent, with all that is known of it.",
  isOffline: false,
  arguments: [idArgument],
  options: [],
  async run(context, _values, [id = ""]) {
    const { output, home, format } = context;
    const client = new ApiClient(home);
    const agent = await client.get(agentRoute, {}, { id: idOf(id) });
    const status = await client.get(statusRoute);
    tellOld(context, status);
    if (format === "json") output.line(JSON.stringify(agent));
    // What an agent says of itself is a stranger's text, of which no control character may reach the terminal.
    else for (const line of describeAgent(agent, status.nowMs)) output.line(escapeControl(line));
    return EXIT_DONE;
  },
};

/** The key as the agent's own program takes it: base64 of its line of client.keys. */
export function importText({ id, name, address, key }: { id: string; name: string; address: string; key: string }) {
  return Buffer.from(`${id} ${name} ${address} ${key}`).toString("base64");
}

export const agentsAdd: Command = {
  words: ["agents", "add"],
  summary: "Register an agent, and print its key for `manage_agents -i` on its machine.",
  isOffline: false,
  arguments: [{ name: "<name>", help: "2 to 128 letters, digits, dots, dashes and underscores." }],
  options: [
    { flags: "--ip <address>", help: "From where it may come: an address, a block, or any.", initial: "any" },
    { flags: "--group <names>", help: "Its groups, joined by commas; the default one when not given." },
    { flags: "--id <id>", help: "The next free one when not given." },
    { flags: "--force", help: "An agent that has the name or the address is removed." },
  ],
  async run({ output, home, format }, values, [name = ""]) {
    const client = new ApiClient(home);
    const id = textOf(values, "id");
    const added = await client.get(addAgentRoute, {
      ...{ name, address: textOf(values, "ip"), groups: textOf(values, "group"), force: values["force"] === true },
      ...(id === undefined ? {} : { id: idOf(id) }),
    });
    const line = await client.get(agentKeyRoute, {}, { id: added.id });
    if (format === "json") output.line(JSON.stringify({ ...line, import: importText(line) }));
    else {
      output.problem(`argus: ${added.text} Its key, for manage_agents -i on its machine:`);
      output.line(importText(line));
    }
    return EXIT_DONE;
  },
};

export const agentsExtractKey: Command = {
  words: ["agents", "extract-key"],
  summary: "The key of an agent, for `manage_agents -i` on its machine. Whoever has it can speak as that agent.",
  isOffline: false,
  arguments: [idArgument],
  options: [],
  async run({ output, home, format }, _values, [id = ""]) {
    const line = await new ApiClient(home).get(agentKeyRoute, {}, { id: idOf(id) });
    output.line(format === "json" ? JSON.stringify({ ...line, import: importText(line) }) : importText(line));
    return EXIT_DONE;
  },
};

export const agentsRemove: Command = {
  words: ["agents", "remove"],
  summary: "Remove an agent: its connection ends, its key is worth nothing, and its id stays taken.",
  isOffline: false,
  arguments: [idArgument],
  options: [{ flags: "--purge", help: "Take its line out of client.keys; otherwise it is marked with `!`." }],
  async run({ output, home, format }, values, [id = ""]) {
    const purge = values["purge"] === true;
    const reply = await new ApiClient(home).get(removeAgentRoute, { purge }, { id: idOf(id) });
    output.line(format === "json" ? JSON.stringify(reply) : reply.text);
    return EXIT_DONE;
  },
};

const order = (
  word: string,
  summary: string,
  route: typeof restartAgentRoute | typeof reconnectAgentRoute,
): Command => ({
  ...{ words: ["agents", word], summary, isOffline: false, arguments: [idArgument], options: [] },
  async run({ output, home, format }, _values, [id = ""]) {
    const reply = await new ApiClient(home).get(route, {}, { id: idOf(id) });
    output.line(format === "json" ? JSON.stringify(reply) : reply.text);
    return EXIT_DONE;
  },
});

export const agentsRestart = order("restart", "Tell an agent to restart, wherever it is connected.", restartAgentRoute);
export const agentsReconnect = order(
  "reconnect",
  "Make an agent connect anew, perhaps to another node. Ask on the master, or on the node that holds it.",
  reconnectAgentRoute,
);
