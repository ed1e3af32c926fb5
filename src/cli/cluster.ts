/** `argus cluster nodes` and `argus cluster status`: the cluster as the node of this home sees it. */
import { ApiClient } from "../api/client-connection.ts";
import { nodesRoute, quarantineRoute, rulesetRoute, statusRoute } from "../api/contract/route.ts";
import type { NodeInfo, StatusReply } from "../api/contract/reply.ts";
import type { Command } from "./command.ts";
import { elapsedText, grouped } from "./live-status.ts";
import { EXIT_DONE, EXIT_UNWELL, type Output } from "./output.ts";
import { paintFor, type Style } from "./paint.ts";
import { quarantineLines } from "./ruleset-release.ts";
import { rulesetLine } from "./ruleset-reload.ts";
import { renderTable, type Cell, type Column } from "./table.ts";

const columns: readonly Column[] = [
  { title: "NODE" },
  { title: "ROLE" },
  { title: "STATE" },
  { title: "SINCE", align: "right" },
  { title: "ADDRESS" },
  { title: "VERSION" },
  { title: "EVENTS/S", align: "right" },
  { title: "WAITING", align: "right" },
  { title: "OLDEST", align: "right" },
  { title: "DRAINED", align: "right" },
  { title: "CLOCK", align: "right" },
  { title: "NOTE", isFlexible: true },
];

/** Worst first: what an operator has to look at stands on top. */
const badness: Readonly<Record<NodeInfo["state"], number>> = {
  ...({ refused: 0, down: 1, waiting: 2, expected: 3, lagging: 4, syncing: 5, up: 6 } as const),
};

const styles: Readonly<Record<NodeInfo["state"], Style>> = {
  ...({ refused: "boldRed", down: "boldRed", waiting: "yellow", expected: "dim" } as const),
  ...({ lagging: "yellow", syncing: "yellow", up: "green" } as const),
};

/** A spool whose oldest event is younger only passes events through: its drain time would flicker. */
const waitMsMin = 2_000;

/** `in 0:42`: when the spool is empty at this rate. */
function drainText(spool: NodeInfo["spool"], nowMs: number): string {
  if (spool === null || spool.drainMs === null || spool.oldestMs === null) return "–";
  return nowMs - spool.oldestMs < waitMsMin ? "–" : `in ${elapsedText(spool.drainMs)}`;
}

/** One line of the table. What a node that is down holds, and what its clock shows, nobody knows. */
export function nodeRow(node: NodeInfo, nowMs: number): Cell[] {
  const isDown = node.state === "down";
  const spool = isDown ? null : node.spool;
  const clockOffsetMs = isDown ? null : node.clockOffsetMs;
  return [
    { text: node.name },
    { text: node.role },
    { text: isDown ? "DOWN" : node.state, style: styles[node.state] },
    { text: elapsedText(nowMs - node.sinceMs) },
    { text: node.address === "" ? "–" : node.address },
    { text: node.version === "" ? "–" : node.version },
    { text: node.eventsPerSecond.toFixed(1) },
    { text: spool === null ? "–" : `${grouped(spool.events)}${spool.isFull ? " full" : ""}` },
    { text: spool === null || spool.oldestMs === null ? "–" : elapsedText(nowMs - spool.oldestMs) },
    { text: drainText(spool, nowMs) },
    { text: clockOffsetMs === null ? "–" : `${Math.round(clockOffsetMs)} ms` },
    { text: [node.isHidden ? "hidden" : "", node.note, node.lastRefusal].filter((part) => part !== "").join("; ") },
  ];
}

/** ` (the oldest for 1:05)`, where that is long enough to be more than events on their way. */
/** A master that has just started does not know yet how far it had come. */
export function eventsText({ isCounted, accepted, analysed, behind, behindMs, lost }: StatusReply["events"]): string {
  const late = `${grouped(behind)} behind${ageText(behindMs)}`;
  if (!isCounted) return `not counted yet, the analysis is starting${behind === 0 ? "" : `; ${late} in spools`}`;
  return `${grouped(accepted)} accepted, ${grouped(analysed)} analysed, ${late}, ${grouped(lost)} lost`;
}

function ageText(behindMs: number): string {
  return behindMs < waitMsMin ? "" : ` (the oldest for ${elapsedText(behindMs)})`;
}

function isWell(node: NodeInfo): boolean {
  return node.state === "up" || node.state === "syncing";
}

/** What is not well, a clause each; none where all is. */
export function lacksOf({ ruleset: { refusal, quarantined } }: StatusReply, nodes: readonly NodeInfo[]): string[] {
  const lacks = nodes.filter((node) => !isWell(node)).map(({ name, state }) => `${name} is ${state}`);
  if (refusal !== "") lacks.push("the changed ruleset does not load");
  if (quarantined > 0) {
    const what = quarantined === 1 ? "1 rule or decoder is" : `${grouped(quarantined)} rules and decoders are`;
    lacks.push(`${what} in quarantine`);
  }
  return lacks;
}

function terminalColumns(output: Output): number | undefined {
  return output.isTerminal ? output.columns : undefined;
}

export const clusterNodes: Command = {
  words: ["cluster", "nodes"],
  summary: "The nodes, worst first: state, address, waiting events, clock. Exit 1 when one is not well.",
  isOffline: false,
  arguments: [],
  options: [],
  async run({ output, home, format }) {
    const client = new ApiClient(home);
    const { nodes } = await client.get(nodesRoute);
    const { nowMs } = await client.get(statusRoute);
    const sorted = [...nodes].sort((a, b) => badness[a.state] - badness[b.state]);
    if (format === "json") output.line(JSON.stringify({ nodes }));
    else {
      const paint = paintFor(output.isTerminal, process.env);
      const rows = sorted.map((node) => nodeRow(node, nowMs));
      for (const line of renderTable(columns, rows, { paint, columns: terminalColumns(output) })) output.line(line);
    }
    return nodes.every(isWell) ? EXIT_DONE : EXIT_UNWELL;
  },
};

export const clusterStatus: Command = {
  words: ["cluster", "status"],
  summary: "Whether the cluster is well, and how its data path stands. Exit 1 when it is not.",
  isOffline: false,
  arguments: [],
  options: [],
  async run({ output, home, format }) {
    const client = new ApiClient(home);
    const [status, { nodes }] = [await client.get(statusRoute), await client.get(nodesRoute)];
    const lacks = lacksOf(status, nodes);
    if (format === "json") output.line(JSON.stringify({ ...status, isWell: lacks.length === 0 }));
    else {
      const { events } = status;
      const name = status.cluster === "" ? "single node" : `cluster ${status.cluster}`;
      output.line(`${name}: ${lacks.length === 0 ? "well" : lacks.join(", ")}`);
      output.line(`seen from ${status.role} ${status.node} (argus ${status.version}, process ${status.processId})`);
      output.line(`events: ${eventsText(events)}, ${events.perSecond.toFixed(1)} per second`);
      if (status.role === "master") {
        for (const line of quarantineLines(await client.get(quarantineRoute))) output.line(`quarantine: ${line}`);
      }
      if (status.role === "master") {
        output.line(`ruleset: ${rulesetLine(await client.get(rulesetRoute), status.nowMs)}`);
      }
      if (status.role === "master") output.line(`alerts: ${grouped(status.alerts)}`);
      else
        output.line(
          `master: ${status.master.name === "" ? "not known yet" : status.master.name}${status.master.isConnected ? "" : " (not connected)"}`,
        );
    }
    return lacks.length === 0 ? EXIT_DONE : EXIT_UNWELL;
  },
};
