/**
 * Who may become an agent, and whom he replaces: agent-protocol 1.2 (what a request must be like) and 1.5 (when an
 * agent gives way). The reasons are a Wazuh manager's, letter for letter, its spelling included. Pure.
 */
import { parseAddress, parseCidrs, type Address } from "../config/address.ts";
import { AGENT_GROUPS_MAX, isAgentName, isGroupName } from "../model/agent.ts";
import type { AgentRecord, EnrolmentRequest } from "../model/agent.ts";
import { keyHash } from "../wire/agent-cipher.ts";

/** `<auth>`, as far as it decides. */
export interface EnrolmentPolicy {
  readonly usesSourceIp: boolean;
  readonly allowsHigherVersions: boolean;
  readonly isForceEnabled: boolean;
  readonly isKeyMismatchNeeded: boolean;
  /** 0: whoever it is and whatever it does may be replaced. */
  readonly disconnectedMsMin: number;
  readonly registeredMsMin: number;
}

/** What a decision looks at besides the request. */
export interface EnrolmentWorld {
  readonly nowMs: number;
  /** The host name of the manager, which no agent may have. */
  readonly ownName: string;
  byName(name: string): AgentRecord | undefined;
  /** Registered under this very address. */
  byAddress(address: string): AgentRecord | undefined;
  hasGroup(group: string): boolean;
}

export type Decision =
  | {
      readonly isGranted: true;
      readonly name: string;
      readonly address: string;
      readonly groups: readonly string[];
      /** To be removed in the same change: none, one, or one of the name and another of the address. */
      readonly replaces: readonly AgentRecord[];
    }
  | {
      readonly isGranted: false;
      readonly reason: string;
      /** Who did not give way; undefined where nobody was asked to. */
      readonly owner: AgentRecord | undefined;
    };

/** The version that an agent may not exceed where that is asked for: of the newest agents that we know. */
export const MANAGER_VERSION = { major: 4, minor: 14 };

/** What is repeated of a stranger's text in an answer. */
const quotedMax = 256;
const quoted = (text: string): string => text.slice(0, quotedMax);

const refuse = (reason: string, owner?: AgentRecord): Decision => ({ isGranted: false, reason, owner });

export function decideEnrolment(request: EnrolmentRequest, policy: EnrolmentPolicy, world: EnrolmentWorld): Decision {
  const { name } = request;
  if (!isEnrollableName(name)) return refuse(`Invalid agent name: ${quoted(name)}`);
  if (!policy.allowsHigherVersions && isHigherVersion(request.version ?? "")) {
    return refuse("Agent version must be lower or equal to manager version");
  }
  const address = addressOf(request, policy);
  if (address === undefined) return refuse(`Invalid IP: ${quoted(request.address ?? "")}`);
  const groups = groupsOf(request.groups ?? "", world);
  if (typeof groups === "string") return refuse(groups);
  // The order is a Wazuh manager's: groups, address, the manager's own name, name.
  const sameAddress = address === "any" ? undefined : world.byAddress(address);
  if (sameAddress !== undefined && !givesWay(sameAddress, request, policy, world.nowMs)) {
    return refuse(`Duplicate IP: ${address}`, sameAddress);
  }
  if (name === world.ownName) return refuse(`Invalid agent name: ${name}`);
  const sameName = world.byName(name);
  if (sameName !== undefined && !givesWay(sameName, request, policy, world.nowMs)) {
    return refuse(`Duplicate agent name: ${name}`, sameName);
  }
  const replaces = [...new Set([sameAddress, sameName].filter((one) => one !== undefined))];
  return { isGranted: true, name, address, groups, replaces };
}

/** `all` means every agent in commands and in active responses, so none may be called so. */
export function isEnrollableName(name: string): boolean {
  return isAgentName(name) && name !== "all";
}

/** agent-protocol 1.5: all of these, or the agent stays. */
export function givesWay(
  agent: AgentRecord,
  request: Pick<EnrolmentRequest, "keyHash">,
  policy: EnrolmentPolicy,
  nowMs: number,
): boolean {
  if (!policy.isForceEnabled) return false;
  if (policy.disconnectedMsMin > 0 && agent.state !== "never_connected") {
    if (agent.state !== "disconnected" || nowMs - agent.stateSinceMs < policy.disconnectedMsMin) return false;
  }
  if (nowMs - agent.registeredMs < policy.registeredMsMin) return false;
  // Who has the key already has lost nothing: another key for him would change his id at every hiccup.
  return !policy.isKeyMismatchNeeded || request.keyHash === undefined || request.keyHash !== keyHash(agent);
}

/** Major and minor of `v4.14.7`; a text without a version is no higher one. */
function isHigherVersion(text: string): boolean {
  const [, major = "0", minor = "0"] = /^v?(\d{1,4})\.(\d{1,4})/.exec(text) ?? [];
  const { major: ownMajor, minor: ownMinor } = MANAGER_VERSION;
  return Number(major) > ownMajor || (Number(major) === ownMajor && Number(minor) > ownMinor);
}

/** The text of client.keys, or undefined where what is asked for is no address. */
function addressOf(request: EnrolmentRequest, { usesSourceIp }: EnrolmentPolicy): string | undefined {
  const { address, source } = request;
  if (address === "src" || (address === undefined && usesSourceIp)) return registeredAddress(source);
  return address === undefined ? "any" : registeredAddress(address);
}

/** An address or block as it is registered; `undefined` when the text is neither, nor `any`. */
export function registeredAddress(text: string): string | undefined {
  if (text === "any") return "any";
  const [block] = /^any$/i.test(text) ? [] : parseCidrs(text);
  if (block === undefined) return undefined;
  const isBlock = text.includes("/");
  const address = isBlock ? block.address : parseAddress(text);
  if (address === undefined) return undefined;
  return isBlock ? `${writtenOut(address)}/${block.prefixBits}` : writtenOut(address);
}

/** IPv6 is registered expanded and in capitals, in eight groups of four digits (agent-protocol 1.2). */
function writtenOut({ family, text, bytes }: Address): string {
  if (family === 4) return text;
  const digits = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return (digits.match(/.{4}/g) ?? []).join(":").toUpperCase();
}

/** The groups in their order, each once; or the reason why not. */
function groupsOf(text: string, world: Pick<EnrolmentWorld, "hasGroup">): readonly string[] | string {
  const names = [...new Set(text.split(",").map((name) => name.trim()))].filter((name) => name !== "");
  if (names.length > AGENT_GROUPS_MAX) return `Maximum multigroup reached: Limit is ${AGENT_GROUPS_MAX}`;
  for (const name of names) {
    if (!isGroupName(name)) return `Invalid group name: ${quoted(name)}`;
    if (!world.hasGroup(name)) return `Invalid group: ${name}`;
  }
  return names;
}
