/**
 * What the page shows of an alert. Only some of its keys are sure, and their values come from whoever wrote a log line,
 * so each type is checked here and nothing is taken on trust; a value of another form is as if it were not there.
 */
import type { AlertReply } from "../api/contract/reply.ts";
import { fieldsOf, memberOf } from "./message.ts";

export interface AlertMitre {
  ids: string[];
  tactics: string[];
  techniques: string[];
}

export interface AlertLine {
  id: string;
  /** Undefined when the alert's timestamp is none. */
  timeMs: number | undefined;
  /** 0 when it is not known. */
  level: number;
  ruleId: string;
  description: string;
  /** `web-02 012`; empty for agent 000, the node itself. */
  agent: string;
  /**
   * Where the event came from, where no agent sent it: the address of a syslog sender; of a followed file the host that
   * the log names, or the node, for the name of the file says little. The file stands in the opened alert.
   */
  sender: string;
  /** The node that took the event in, or empty. */
  node: string;
  groups: string[];
  /** Where whoever did it came from, as the log says. */
  srcip: string;
  /** The user that was aimed at, else the one that acted. */
  user: string;
  fullLog: string;
  /** All of `data`, by path. */
  fields: [name: string, text: string][];
  decoder: string;
  location: string;
  previousOutput: string;
  mitre: AlertMitre;
}

/** Who did it, to whom: `203.0.113.9 to web-02 012, user deploy`. Says what is known of it, and may be empty. */
export function partiesOf({ srcip, user, agent, sender, node }: AlertLine): string {
  const target = agent || sender || node;
  const isOneself = srcip === "" || srcip === target;
  const who = isOneself ? target : [srcip, target].filter((part) => part !== "").join(" to ");
  return [who, user === "" ? "" : `user ${user}`].filter((part) => part !== "").join(", ");
}

/** More than that is no table that anybody reads; `/alerts/one` has the whole. */
const FIELDS_COUNT_MAX = 256;
const DEPTH_MAX = 16;
const LIST_COUNT_MAX = 64;

export function alertLine(alert: AlertReply): AlertLine {
  const text = (...path: string[]): string => textOf(path.reduce<unknown>(memberOf, alert));
  const list = (...path: string[]): string[] => textsOf(path.reduce<unknown>(memberOf, alert));
  const level = memberOf(memberOf(alert, "rule"), "level");
  const agentId = text("agent", "id");
  const isOwn = agentId === "000" || agentId === "";
  const location = text("location");
  const node = text("cluster", "node") || text("manager", "name");
  const sender = location.startsWith("/") ? text("predecoder", "hostname") || node : location;
  return {
    id: text("id"),
    timeMs: timeMsOf(text("timestamp")),
    level: typeof level === "number" && Number.isFinite(level) ? level : 0,
    ruleId: text("rule", "id"),
    description: text("rule", "description"),
    agent: isOwn ? "" : `${text("agent", "name")} ${agentId}`.trim(),
    sender: isOwn ? sender : "",
    node,
    groups: list("rule", "groups"),
    srcip: text("data", "srcip"),
    user: text("data", "dstuser") || text("data", "srcuser"),
    fullLog: text("full_log"),
    fields: flatten(memberOf(alert, "data")),
    decoder: text("decoder", "name"),
    location,
    previousOutput: text("previous_output"),
    mitre: {
      ids: list("rule", "mitre", "id"),
      tactics: list("rule", "mitre", "tactic"),
      techniques: list("rule", "mitre", "technique"),
    },
  };
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

function textsOf(value: unknown): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list
    .slice(0, LIST_COUNT_MAX)
    .map(textOf)
    .filter((text) => text !== "");
}

const stamp = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,3})\d*)?(?:Z|([+-])(\d\d):?(\d\d))$/;

/** ISO's `+0100` is not what every browser's Date understands. */
function timeMsOf(text: string): number | undefined {
  const match = stamp.exec(text);
  if (match === null) return undefined;
  const part = (index: number): number => Number(match[index] ?? "0");
  const ms = Number((match[7] ?? "").padEnd(3, "0"));
  const local = Date.UTC(part(1), part(2) - 1, part(3), part(4), part(5), part(6), ms);
  const zoneMs = (part(9) * 60 + part(10)) * 60_000;
  return match[8] === "-" ? local + zoneMs : local - zoneMs;
}

/** Leaves by path (`win.system.eventID`), in their order; a list of plain values is one leaf. */
function flatten(data: unknown): [string, string][] {
  const fields: [string, string][] = [];
  const visit = (name: string, value: unknown, depth: number): void => {
    if (fields.length >= FIELDS_COUNT_MAX) return;
    const isPlainList = Array.isArray(value) && value.every((member) => !isNested(member));
    if (isPlainList) fields.push([name, value.map(leafText).join(", ")]);
    else if (isNested(value) && depth < DEPTH_MAX) {
      for (const [key, member] of Object.entries(value)) visit(name === "" ? key : `${name}.${key}`, member, depth + 1);
    } else fields.push([name, isNested(value) ? "…" : leafText(value)]);
  };
  if (fieldsOf(data) !== undefined) visit("", data, 0);
  return fields;
}

function isNested(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function leafText(value: unknown): string {
  return value === null ? "null" : textOf(value);
}
