/** A record as it was stored, perhaps by another version: what it lacks is empty, what else it has is dropped. */
import { agentStates, isAgentId, noFacts, noOs } from "../model/agent.ts";
import type { AgentFacts, AgentLabel, AgentOs, AgentRecord, MergedRecord, RegistryRecord } from "../model/agent.ts";

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one: unknown) => typeof one === "string") : [];

/** `undefined` when it is no record. */
export function readRecord(json: string): RegistryRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  const fields = fieldsOf(value);
  if (number(fields["seq"]) < 1) return undefined;
  return fields["kind"] === "merged" ? readMerged(fields) : readAgent(fields);
}

function readMerged(fields: Fields): MergedRecord | undefined {
  const groups = text(fields["groups"]);
  if (groups === "") return undefined;
  return {
    ...{ kind: "merged", seq: number(fields["seq"]), groups, isRemoved: fields["isRemoved"] === true },
    ...{ md5: text(fields["md5"]), sha256: text(fields["sha256"]), bytes: number(fields["bytes"]) },
  };
}

function readAgent(fields: Fields): AgentRecord | undefined {
  const id = text(fields["id"]);
  if (fields["kind"] !== "agent" || !isAgentId(id) || text(fields["name"]) === "") return undefined;
  const { transport } = fields;
  return {
    ...{ kind: "agent", seq: number(fields["seq"]), id, name: text(fields["name"]) },
    ...{ address: text(fields["address"]), key: text(fields["key"]), isRemoved: fields["isRemoved"] === true },
    ...{ groups: texts(fields["groups"]), registeredMs: number(fields["registeredMs"]) },
    state: agentStates.find((state) => state === fields["state"]) ?? "never_connected",
    ...{ stateSinceMs: number(fields["stateSinceMs"]), statusCode: number(fields["statusCode"]) },
    ...{ node: text(fields["node"]), connection: text(fields["connection"]), peerAddress: text(fields["peerAddress"]) },
    transport: transport === "tcp" || transport === "udp" ? transport : "",
    ...{ lastSeenMs: number(fields["lastSeenMs"]), facts: readFacts(fieldsOf(fields["facts"])) },
    counterFloor: number(fields["counterFloor"]),
  };
}

function readFacts(fields: Fields): AgentFacts {
  const os = fieldsOf(fields["os"]);
  const osText = (name: keyof AgentOs): string => text(os[name]) || noOs[name];
  const factText = (name: Exclude<keyof AgentFacts, "os" | "labels">): string => text(fields[name]) || noFacts[name];
  const labels: unknown[] = Array.isArray(fields["labels"]) ? fields["labels"] : [];
  return {
    ...{ version: factText("version"), uname: factText("uname") },
    os: {
      ...{ name: osText("name"), version: osText("version"), major: osText("major"), minor: osText("minor") },
      ...{ codename: osText("codename"), build: osText("build"), platform: osText("platform"), arch: osText("arch") },
    },
    ...{ host: factText("host"), address: factText("address"), configSum: factText("configSum") },
    ...{ mergedSum: factText("mergedSum"), labels: labels.map((label) => readLabel(fieldsOf(label))) },
  };
}

function readLabel(fields: Fields): AgentLabel {
  const { isHidden, isSystem } = fields;
  return {
    key: text(fields["key"]),
    value: text(fields["value"]),
    isHidden: isHidden === true,
    isSystem: isSystem === true,
  };
}
