/**
 * One line of alerts.json or archives.json, in the keys and the order of Wazuh (docs/operating/alerts.md lists them).
 * The bytes depend on the answer, the offset and the output options alone: a second analysis writes the same.
 */
import type { LocalTime } from "../base/local-time.ts";
import type { AnsweredRule, Answer, EngineEvent } from "../model/alert.ts";
import { jsonString, validUtf8 } from "./byte-text.ts";
import { writeData } from "./data-field.ts";
import { writeSyscheck } from "./syscheck-json.ts";

export interface JsonContext {
  /** `SECONDS.OFFSET`. */
  id: string;
  time: LocalTime;
  /** The cluster's name; undefined where no cluster is configured. */
  cluster: string | undefined;
  /** Archives show the whole log whatever the rule says of it. */
  showsFullLog: boolean;
}

/** Groups with these beginnings are shown apart, under the beginning without its last underscore. */
const compliances: readonly string[] = ["pci_dss", "cis", "gdpr", "gpg13", "hipaa", "nist_800_53", "tsc"];

/** What else stands in the object of a rule: no finding may write over it. */
const ruleKeys: ReadonlySet<string> = new Set([
  ...["level", "description", "id", "mitre", "cve", "info", "frequency", "firedtimes", "mail", "groups"],
]);

/** The header that makes a log's own host worth showing: `Mmm dd hh:mm:ss host `. */
const syslogHost = /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d ([^ ]+) /;

/** The name of the manager that took the event in: its host's, as in Wazuh; `cluster.node` has the node's own. */
export function managerName(event: EngineEvent): string {
  return event.host === "" ? event.node : event.host;
}

/** The line without its end, UTF-8 as a byte string. */
export function writeAlertJson(answer: Answer, context: JsonContext): string {
  const { event, decoded, rule } = answer;
  let line = `{"timestamp":"${context.time.isoStamp(event.eventMs)}"`;
  if (rule !== undefined) line += `,"rule":${writeRule(rule, requirementsOf(answer))}`;
  const agentless = writeAgentless(event);
  if (agentless === undefined) line += `,"agent":${writeAgent(event)}`;
  line += `,"manager":{"name":${jsonString(managerName(event))}},"id":"${context.id}"`;
  if (context.cluster !== undefined && !event.isHidden) {
    line += `,"cluster":{"name":${jsonString(context.cluster)},"node":${jsonString(event.node)}}`;
  }
  if (answer.previousOutput.length > 1) line += `,"previous_output":${jsonString(joinLogs(answer.previousOutput))}`;
  if (context.showsFullLog || !answer.hidesFullLog) line += `,"full_log":${jsonString(event.log)}`;
  if (event.isTruncated) line += ',"truncated":true';
  const { syscheck } = decoded;
  if (syscheck !== undefined) line += `,"syscheck":${writeSyscheck(syscheck, context.time)}`;
  line += `,"predecoder":${writePredecoder(answer)},"decoder":${writeDecoder(decoded.decoder)}`;
  if (answer.previousLog !== undefined) line += `,"previous_log":${jsonString(answer.previousLog)}`;
  const data = syscheck === undefined ? writeData(decoded) : undefined;
  if (data !== undefined) line += `,"data":${data}`;
  line += `,"location":${jsonString(event.location)}`;
  return `${line}${agentless === undefined ? "" : `,"agentless":${agentless}`}}`;
}

/** Logs are made valid one by one: the tail of one must not make a character with the head of the next. */
function joinLogs(logs: readonly string[]): string {
  return logs.map((log) => validUtf8(log)).join("\n");
}

/** By the name that an alert shows them under. */
type Requirements = ReadonlyMap<string, readonly string[]>;

const noRequirements: Requirements = new Map();
/** `{PCI_DSS: 2.2.4, 6.5}` in a finding of rootcheck. */
const requirementPattern = /\{([A-Za-z][A-Za-z0-9_]{0,31}): ([^{}]{1,1024})\}/g;
const requirementsMax = 16;

/** What a finding of rootcheck says that it violates stands with the rule (ruleset-spec 9.1). */
function requirementsOf({ event, decoded }: Answer): Requirements {
  if (decoded.decoder?.name !== "rootcheck") return noRequirements;
  const found = new Map<string, readonly string[]>();
  for (const [, key = "", values = ""] of event.log.matchAll(requirementPattern)) {
    if (found.size >= requirementsMax) break;
    const name = key.toLowerCase();
    if (!ruleKeys.has(name))
      found.set(
        name,
        values.split(",").map((value) => value.trim()),
      );
  }
  return found;
}

function writeRule(rule: AnsweredRule, requirements: Requirements): string {
  const { level, mitre } = rule;
  let text = level > 0 ? `"level":${level},` : "";
  text += `"description":${jsonString(rule.description)},"id":${jsonString(rule.id)}`;
  if (mitre !== undefined && mitre.id.length > 0) {
    const { id, tactic, technique } = mitre;
    text += `,"mitre":{"id":${strings(id)},"tactic":${strings(tactic)},"technique":${strings(technique)}}`;
  }
  if (rule.cve !== undefined) text += `,"cve":${jsonString(rule.cve)}`;
  if (rule.info !== undefined) text += `,"info":${jsonString(rule.info)}`;
  if (rule.frequency !== undefined) text += `,"frequency":${rule.frequency}`;
  if (rule.firedtimes !== undefined) text += `,"firedtimes":${rule.firedtimes}`;
  return `{${text},"mail":${rule.mail}${writeGroups(rule.groups, requirements)}}`;
}

function strings(values: readonly string[]): string {
  return `[${values.map((value) => jsonString(value)).join(",")}]`;
}

function writeGroups(groups: readonly string[], requirements: Requirements): string {
  const plain: string[] = [];
  const apart = new Map<string, string[]>();
  for (const group of groups) {
    const compliance = compliances.find((name) => group.startsWith(`${name}_`));
    if (compliance === undefined) plain.push(group);
    else {
      const requirement = group.slice(compliance.length + 1);
      const known = apart.get(compliance);
      if (known === undefined) apart.set(compliance, [requirement]);
      else known.push(requirement);
    }
  }
  for (const [name, values] of requirements) {
    const known = apart.get(name) ?? [];
    apart.set(name, [...known, ...values.filter((value) => !known.includes(value))]);
  }
  let text = groups.length === 0 ? "" : `,"groups":${strings(plain)}`;
  const others = [...apart.keys()].filter((name) => !compliances.some((known) => known === name));
  for (const name of [...compliances, ...others]) {
    const values = apart.get(name);
    if (values !== undefined) text += `,"${name}":${strings(values)}`;
  }
  return text;
}

/** Agent `000` is the node itself. */
function writeAgent(event: EngineEvent): string {
  const name = event.agentId === "000" || event.agentName === "" ? managerName(event) : event.agentName;
  const hasIp = event.agentIp !== "" && event.agentIp !== "any";
  const ip = hasIp ? `,"ip":${jsonString(event.agentIp)}` : "";
  return `{"id":${jsonString(event.agentId)},"name":${jsonString(name)}${ip}}`;
}

const agentlessLocation = /^\(([^)]+)\) ([^@>]+)@([^>]+?)->/;

/** A device that is asked from here, by a script, has no agent: its location says who it is (ruleset-spec 9.1). */
function writeAgentless(event: EngineEvent): string | undefined {
  if (event.agentId !== "000" || !event.location.startsWith("(")) return undefined;
  const [, script, user, host] = agentlessLocation.exec(event.location) ?? [];
  if (script === undefined || user === undefined || host === undefined) return undefined;
  return `{"script":${jsonString(script)},"user":${jsonString(user)},"host":${jsonString(host)}}`;
}

function writePredecoder({ event, decoded }: Answer): string {
  const { programName, timestamp } = decoded.predecoder;
  const hostname = decoded.predecoder.hostname === undefined ? undefined : syslogHost.exec(event.log)?.[1];
  const parts: string[] = [];
  if (programName !== undefined) parts.push(`"program_name":${jsonString(programName)}`);
  if (timestamp !== undefined) parts.push(`"timestamp":${jsonString(timestamp)}`);
  if (hostname !== undefined) parts.push(`"hostname":${jsonString(hostname)}`);
  return `{${parts.join(",")}}`;
}

function writeDecoder(decoder: Answer["decoded"]["decoder"]): string {
  if (decoder === undefined) return "{}";
  const parts: string[] = [];
  if (decoder.accumulate) parts.push('"accumulate":1');
  if (decoder.parent !== undefined) parts.push(`"parent":${jsonString(decoder.parent)}`);
  parts.push(`"name":${jsonString(decoder.name)}`);
  if (decoder.ftscomment !== undefined) parts.push(`"ftscomment":${jsonString(decoder.ftscomment)}`);
  return `{${parts.join(",")}}`;
}
