/**
 * An agent as every part of Argus speaks of it: who it is (its line of client.keys), what it said of itself, and what
 * the registry knows. All of it is plain JSON, because it travels to every node; a text that is not known is empty, a
 * time that is not known is 0. The bounds below hold for whoever takes one of these from a peer.
 */

/** `any`, an address, or a block (`10.0.0.0/8`), as client.keys has it. */
export type AgentAddressText = string;

/** A line of client.keys (agent-protocol 1.6). */
export interface AgentRegistration {
  /** 3 to 8 digits. */
  readonly id: string;
  readonly name: string;
  readonly address: AgentAddressText;
  /** Conventionally 64 hex digits; any text of the form of a name is one. */
  readonly key: string;
}

/** These words everywhere: in JSON, in commands, on the page (agent-protocol 5.2). */
export const agentStates = ["never_connected", "pending", "active", "disconnected"] as const;
export type AgentState = (typeof agentStates)[number];

export type AgentTransport = "tcp" | "udp";

/** Why an agent is in its state (agent-protocol 5.2); 1, 2 and 5 are a Wazuh manager's and are never set here. */
export const agentStatus = { ok: 0, shutdown: 3, silent: 4 } as const;

export interface AgentOs {
  readonly name: string;
  readonly version: string;
  readonly major: string;
  readonly minor: string;
  readonly codename: string;
  readonly build: string;
  readonly platform: string;
  readonly arch: string;
}

/** A label of the agent's own configuration, written `"key":value` with its markers (agent-protocol 3.1). */
export interface AgentLabel {
  readonly key: string;
  readonly value: string;
  readonly isHidden: boolean;
  readonly isSystem: boolean;
}

/** What an agent says of itself in a keepalive. */
export interface AgentFacts {
  /** `Wazuh v4.14.7`, `OSSEC HIDS v3.7.0`. */
  readonly version: string;
  readonly uname: string;
  readonly os: AgentOs;
  readonly host: string;
  /** Its own view of its address (`_agent_ip`). */
  readonly address: string;
  /** MD5 of its agent.conf. */
  readonly configSum: string;
  /** MD5 of its merged.mg; `x` or empty when it has none. */
  readonly mergedSum: string;
  readonly labels: readonly AgentLabel[];
}

/** An agent in the registry, and on every node. `seq` is the number of the change that it last had. */
export interface AgentRecord extends AgentRegistration {
  readonly kind: "agent";
  readonly seq: number;
  /** A tombstone: its id stays taken, and it authenticates nobody. */
  readonly isRemoved: boolean;
  /** In the order of their files' precedence; empty before the first keepalive of an agent that was given none. */
  readonly groups: readonly string[];
  readonly registeredMs: number;
  readonly state: AgentState;
  readonly stateSinceMs: number;
  /** One of `agentStatus`. */
  readonly statusCode: number;
  /** The node that holds its connection (UDP: that last received from it); empty where nobody does. */
  readonly node: string;
  /** Drawn by that node for the connection: 16 hex digits; empty where nobody holds one. */
  readonly connection: string;
  /** Where it connected from, and how; empty when it never did. */
  readonly peerAddress: string;
  readonly transport: AgentTransport | "";
  /** By the master's clock. Newer times of many agents come in blocks and change no `seq`. */
  readonly lastSeenMs: number;
  readonly facts: AgentFacts;
  /**
   * A node that begins to speak to this agent starts at this global counter or above (agent-protocol 2.6): it is
   * greater than all that other nodes have used.
   */
  readonly counterFloor: number;
}

/** What agents of one group, or of one list of groups, are to have as merged.mg. Known to every node. */
export interface MergedRecord {
  readonly kind: "merged";
  readonly seq: number;
  /** A group's name, or several joined by commas. */
  readonly groups: string;
  readonly isRemoved: boolean;
  /** Hex digits; what an agent compares is the MD5, what nodes fetch by is the SHA-256. */
  readonly md5: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** What the registry replicates, in the order of `seq`. */
export type RegistryRecord = AgentRecord | MergedRecord;

/** What a node tells the registry of an agent that it has authenticated. */
export interface AgentReport {
  readonly id: string;
  /** Drawn by the node for the connection, or for the UDP peer: 16 hex digits. */
  readonly connection: string;
  readonly kind: "startup" | "keepalive" | "shutdown" | "closed";
  /** How long before it was sent to the master it happened. */
  readonly ageMs: number;
  readonly peerAddress: string;
  readonly transport: AgentTransport;
  /** The greatest global counter that the node has used towards the agent; 0 when none yet. */
  readonly counter: number;
  /** Of a startup that names one: `v4.14.7`. */
  readonly version?: string | undefined;
  /** Of a keepalive. */
  readonly facts?: AgentFacts | undefined;
}

/** What an agent asks for on port 1515 (agent-protocol 1.2), and from where. */
export interface EnrolmentRequest {
  readonly name: string;
  readonly password?: string | undefined;
  readonly version?: string | undefined;
  /** As written: names joined by commas. */
  readonly groups?: string | undefined;
  /** The field `IP:` as written: an address, a block, or `src`. */
  readonly address?: string | undefined;
  /** SHA-1 of the key that it has, in hex. */
  readonly keyHash?: string | undefined;
  /** The source address of its connection. */
  readonly source: string;
}

export type EnrolmentAnswer =
  | ({ readonly isEnrolled: true } & AgentRegistration)
  /** `reason` is what stands between `ERROR: ` and `. Unable to add agent`. */
  | { readonly isEnrolled: false; readonly reason: string };

/** What an operator may ask for. On a worker it is asked of the master. */
export type AgentChange =
  | {
      readonly kind: "add";
      readonly name: string;
      readonly address: string;
      readonly groups: readonly string[];
      /** Not given: the next free one, or a random key. */
      readonly id?: string | undefined;
      readonly key?: string | undefined;
      /** An agent of that name or address gives way, whatever its state. */
      readonly isForced: boolean;
    }
  | { readonly kind: "remove"; readonly id: string; readonly purge: boolean }
  | { readonly kind: "assign"; readonly id: string; readonly groups: readonly string[] }
  | { readonly kind: "create-group"; readonly group: string }
  | { readonly kind: "remove-group"; readonly group: string };

export type AgentChangeAnswer =
  /** `id` of the agent that was added. The change is durable. */
  | { readonly isDone: true; readonly id: string; readonly text: string }
  | { readonly isDone: false; readonly text: string };

export const AGENT_ID_DIGITS_MAX = 8;
/** Fields of client.keys are shorter than 128 characters (agent-protocol 1.6). */
export const AGENT_FIELD_BYTES_MAX = 128;
export const AGENT_LABELS_MAX = 64;
export const AGENT_LABEL_KEY_BYTES_MAX = 256;
export const AGENT_LABEL_VALUE_BYTES_MAX = 1_024;
/** Every other text of the facts. */
export const AGENT_FACT_BYTES_MAX = 1_024;
/** Groups of one agent (agent-protocol 5.3). */
export const AGENT_GROUPS_MAX = 128;
export const AGENT_GROUP_NAME_BYTES_MAX = 255;

/** The id as it is written: at least three digits. */
export function agentIdOf(number: number): string {
  return String(number).padStart(3, "0");
}

/** `000` is the node itself and no agent. */
export function isAgentId(text: string): boolean {
  return /^\d{3,8}$/.test(text) && Number(text) > 0;
}

/** 2 to 128 of letters, digits, `.`, `_` and `-`, not beginning with a dot (agent-protocol 1.2). */
export function isAgentName(text: string): boolean {
  return /^[A-Za-z0-9_-][A-Za-z0-9._-]{1,127}$/.test(text);
}

/** Keys have the form of names. */
export function isAgentKey(text: string): boolean {
  return isAgentName(text);
}

/** A group is a folder of etc/shared, so it may be no `.`, no `..` and nothing hidden; `all` is a word of commands. */
export function isGroupName(text: string): boolean {
  return /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}$/.test(text) && text !== "all";
}

export const noOs: AgentOs = {
  name: "",
  version: "",
  major: "",
  minor: "",
  codename: "",
  build: "",
  platform: "",
  arch: "",
};

export const noFacts: AgentFacts = {
  version: "",
  uname: "",
  os: noOs,
  host: "",
  address: "",
  configSum: "",
  mergedSum: "",
  labels: [],
};
