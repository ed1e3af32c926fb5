/** What an agent's program is, and what it therefore understands (agent-protocol 8). */
import type { AgentTransport } from "../model/agent.ts";

export interface AgentVersion {
  readonly product: "wazuh" | "ossec";
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/**
 * `Wazuh v4.14.7` and `OSSEC HIDS v3.7.0` of keepalives; `v4.14.7`, without a product, of Wazuh's startup and
 * enrolment. Undefined: it is none of these, and the agent is treated as one that understands the least.
 */
export function parseAgentVersion(text: string): AgentVersion | undefined {
  const [, product, major, minor, patch = "0"] =
    /^(Wazuh |OSSEC HIDS )?v(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?!\d)/i.exec(text) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  return {
    product: product?.startsWith("O") === true || product?.startsWith("o") === true ? "ossec" : "wazuh",
    ...{ major: Number(major), minor: Number(minor), patch: Number(patch) },
  };
}

/** Whether the agent is Wazuh's, of this version or a later one. */
export function isWazuhFrom(version: AgentVersion | undefined, major: number, minor: number, patch = 0): boolean {
  if (version?.product !== "wazuh") return false;
  const { major: ofMajor, minor: ofMinor, patch: ofPatch } = version;
  return ofMajor !== major ? ofMajor > major : ofMinor !== minor ? ofMinor > minor : ofPatch >= patch;
}

/** Less than 0 when `a` is the older one; of any two agents of one product. */
export function compareVersions(a: AgentVersion, b: AgentVersion): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

/** Since Wazuh 4.4 a colon in an event's location is `|:`, and `|` is `||`. */
export const escapesLocation = (version: AgentVersion | undefined): boolean => isWazuhFrom(version, 4, 4);
/** `req`: whoever does not know it takes it for an unknown message, and gives up a file that it is receiving. */
export const takesRequests = (version: AgentVersion | undefined): boolean => isWazuhFrom(version, 3, 0);
export const takesForceReconnect = (version: AgentVersion | undefined): boolean => isWazuhFrom(version, 4, 3);
/** Active responses and restarts as JSON, and not as OSSEC's line. */
export const takesJsonResponse = (version: AgentVersion | undefined): boolean => isWazuhFrom(version, 4, 2);
export const takesScaDump = (version: AgentVersion | undefined): boolean => isWazuhFrom(version, 3, 9);
export const takesInventoryVerdict = (version: AgentVersion | undefined): boolean => isWazuhFrom(version, 3, 12);

/** An OSSEC agent reads a datagram into 1,024 bytes: 900 that do not compress make 997 at most. */
const ossecPayloadBytesMax = 900;
/** Wazuh before 3.6 inflates into 6,144 bytes. */
const oldWazuhPayloadBytesMax = 6_016;
const wazuhPayloadBytesMax = 65_408;
/** As large as was seen to work with room to spare; a file of 1 MiB is 64 of them. */
const largeChunkBytes = 16_000;

/** The longest payload that the agent can read. */
export function payloadBytesMax(version: AgentVersion | undefined): number {
  if (isWazuhFrom(version, 3, 6)) return wazuhPayloadBytesMax;
  return version?.product === "wazuh" ? oldWazuhPayloadBytesMax : ossecPayloadBytesMax;
}

/** In which pieces a file is sent to the agent; what every manager does is 900 bytes. */
export function chunkBytesMax(version: AgentVersion | undefined, transport: AgentTransport): number {
  return transport === "tcp" && isWazuhFrom(version, 3, 6) ? largeChunkBytes : ossecPayloadBytesMax;
}
