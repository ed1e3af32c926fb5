/**
 * What an agent's report and an agent's silence make of its record (agent-protocol 5.2).
 *
 *   never_connected ──startup──▶ pending ──keepalive──▶ active ──shutdown, or silence──▶ disconnected
 *                        any ──startup──▶ pending          any ──keepalive──▶ active
 *
 * The newest authenticated connection of an agent wins: a report from another one than the record's takes it over, and
 * what the old one says of its end then means nothing. All times are the master's. Pure.
 */
import { agentStatus, noOs, type AgentFacts, type AgentLabel, type AgentOs } from "../model/agent.ts";
import type { AgentRecord, AgentReport, AgentState } from "../model/agent.ts";

/** An OSSEC agent says nothing for ten minutes, and may lose two keepalives of three over UDP (agent-protocol 5.2). */
const OSSEC_SILENCE_MS_MIN = 1_830_000;

/** How far ahead of the clock a new floor of counters is: a node that holds an agent raises it about once an hour. */
const FLOOR_LEAD_S = 3_540;

/**
 * How far ahead a node's claim can bring it: one that lies, or whose clock is wrong, shuts no agent out for longer.
 * What is above the usual lead is for an agent that goes from node to node many times in a second.
 */
const FLOOR_LEAD_S_MAX = 3_600;

/** The greatest counter of a form that every agent reads: ten digits, and a signed number of 32 bits. */
export const COUNTER_MAX = 2_147_483_647;

/** How far off the times of two nodes' reports may be: their links are not equally fast. */
const ORDER_SLACK_MS = 1_000;

export interface Outcome {
  /** The very record when nothing has changed but the time. */
  readonly record: AgentRecord;
  /** It came from another connection than the one that held the agent. */
  readonly isTakeOver: boolean;
}

type StateChange = Pick<AgentRecord, "state" | "stateSinceMs" | "statusCode">;

function become(record: AgentRecord, state: AgentState, statusCode: number, nowMs: number): StateChange {
  const stateSinceMs = record.state === state ? record.stateSinceMs : nowMs;
  return { state, stateSinceMs, statusCode };
}

/**
 * The floor after a node has used `counter`: above it, so that whoever takes the agent over begins above all that was
 * used; and so far ahead that this is not a change for every message.
 */
export function floorAfter(floor: number, counter: number, nowMs: number): number {
  if (counter < floor || counter === 0) return floor;
  const nowS = Math.floor(nowMs / 1_000);
  const next = Math.min(Math.max(counter + 1, nowS + FLOOR_LEAD_S), nowS + FLOOR_LEAD_S_MAX, COUNTER_MAX);
  return Math.max(floor, next);
}

/** `nowMs`: when it happened, by the master's clock. */
export function afterReport(record: AgentRecord, report: AgentReport, node: string, nowMs: number): Outcome {
  const isHolder = record.node === node && record.connection === report.connection;
  if (report.kind === "closed" || report.kind === "shutdown") {
    // The late end of a connection whose agent has moved on.
    if (!isHolder) return { record, isTakeOver: false };
    return { record: afterEnd(record, report, nowMs), isTakeOver: false };
  }
  const { connection, peerAddress, transport } = report;
  const wasHeld = record.connection !== "";
  // What a node says late of a connection that the agent has left takes nothing back.
  if (wasHeld && !isHolder && nowMs < record.lastSeenMs - ORDER_SLACK_MS) return { record, isTakeOver: false };
  const next: AgentRecord = {
    ...record,
    ...(report.kind === "startup"
      ? become(record, "pending", agentStatus.ok, nowMs)
      : become(record, "active", agentStatus.ok, nowMs)),
    ...{ node, connection, peerAddress, transport },
    ...{ groups: groupsAfter(record, report), facts: factsAfter(record, report) },
    counterFloor: floorAfter(record.counterFloor, report.counter, nowMs),
    lastSeenMs: Math.max(record.lastSeenMs, nowMs),
  };
  return { record: isSame(record, next) ? record : next, isTakeOver: wasHeld && !isHolder };
}

function afterEnd(record: AgentRecord, report: AgentReport, nowMs: number): AgentRecord {
  const counterFloor = floorAfter(record.counterFloor, report.counter, nowMs);
  const gone = { ...record, node: "", connection: "", counterFloor, lastSeenMs: Math.max(record.lastSeenMs, nowMs) };
  return report.kind === "closed" ? gone : { ...gone, ...become(record, "disconnected", agentStatus.shutdown, nowMs) };
}

/** An agent that was given no group gets the default one with its first keepalive (agent-protocol 5.3). */
function groupsAfter(record: AgentRecord, report: AgentReport): readonly string[] {
  return report.kind === "keepalive" && record.groups.length === 0 ? ["default"] : record.groups;
}

function factsAfter({ facts }: AgentRecord, report: AgentReport): AgentRecord["facts"] {
  if (report.facts !== undefined) return isSameFacts(facts, report.facts) ? facts : report.facts;
  const { version = "" } = report;
  const said = version === "" || version.includes(" ") ? version : `Wazuh ${version}`;
  return said === "" || said === facts.version ? facts : { ...facts, version: said };
}

/** Groups and facts that have not changed are the very ones. `lastSeenMs` is no difference. */
function isSame(a: AgentRecord, b: AgentRecord): boolean {
  const names = Object.keys(b) as (keyof AgentRecord)[];
  return names.every((name) => name === "lastSeenMs" || a[name] === b[name]);
}

export function isSameFacts(a: AgentFacts, b: AgentFacts): boolean {
  const names = ["version", "uname", "host", "address", "configSum", "mergedSum"] as const;
  if (names.some((name) => a[name] !== b[name]) || a.labels.length !== b.labels.length) return false;
  const osNames = Object.keys(noOs) as (keyof AgentOs)[];
  return (
    osNames.every((name) => a.os[name] === b.os[name]) &&
    a.labels.every((label, at) => isSameLabel(label, b.labels[at]))
  );
}

function isSameLabel(a: AgentLabel, b: AgentLabel | undefined): boolean {
  return a.key === b?.key && a.value === b.value && a.isHidden === b.isHidden && a.isSystem === b.isSystem;
}

/** `disconnectionMs`: `<agents_disconnection_time>`. */
export function silenceMsMax(record: AgentRecord, disconnectionMs: number): number {
  return record.facts.version.startsWith("OSSEC") ? Math.max(disconnectionMs, OSSEC_SILENCE_MS_MIN) : disconnectionMs;
}

/** `startedMs`: since when this master listens; what came before that it could not hear. */
export function isSilent(record: AgentRecord, startedMs: number, disconnectionMs: number, nowMs: number): boolean {
  if (record.isRemoved || (record.state !== "active" && record.state !== "pending")) return false;
  return nowMs - Math.max(record.lastSeenMs, startedMs) >= silenceMsMax(record, disconnectionMs);
}

/** Its connection may be there still (a dead peer): whoever holds it keeps it. */
export function afterSilence(record: AgentRecord, nowMs: number): AgentRecord {
  return { ...record, ...become(record, "disconnected", agentStatus.silent, nowMs) };
}
