/** What the registry needs of the node that it runs in, and what it offers to all others. */
import type { AgentRecord, AgentRegistration, EnrolmentAnswer, EnrolmentRequest } from "../model/agent.ts";
import type { MergedRecord, RegistryRecord } from "../model/agent.ts";

/**
 * Who the agents are, asked in the same way of the registry (on the master) and of its replica (on every other node).
 * Answers are from memory.
 */
export interface Agents {
  /** `undefined` when there is none, or it was removed. */
  byId(id: string): AgentRecord | undefined;
  /** By the text of a single registered address, in any spelling of it. */
  byAddress(address: string): AgentRecord | undefined;
  /** All that are not removed, in the order of their numbers. */
  list(): AgentRecord[];
  /** What an agent of these groups is to have; `undefined` while it is not known. */
  merged(groups: readonly string[]): MergedRecord | undefined;
  /** The groups that there are, by name. */
  groups(): MergedRecord[];
  /** Of every group, and of every list of groups that agents have. */
  allMerged(): MergedRecord[];
  /**
   * Calls back with records that have changed and are durable, removed ones among them; last-seen times are no change.
   * Returns what ends it.
   */
  onChanged(listener: (changed: readonly RegistryRecord[]) => void): () => void;
}

/** How far a replica has come: all records of the registry `epoch` up to `seq`. */
export interface Held {
  /** 16 hex digits; empty when it holds nothing. */
  readonly epoch: string;
  readonly seq: number;
}

/** What a registry or a replica keeps on its disk. */
export interface StoredRegistry {
  readonly held: Held;
  /** The greatest number that an agent was ever given. */
  readonly lastNumber: number;
  /** Records of up to here may have been forgotten: who holds less is given all. */
  readonly forgottenSeq: number;
  readonly records: readonly RegistryRecord[];
}

/** Durable when the call returns. Throws `RegistryStoreFailed`; nothing of the call is stored then. */
export interface RegistryStore {
  /** What was there when it was opened; to be called once. */
  load(): StoredRegistry;
  /** Adds or replaces `records`, drops `forgotten`, and takes over the numbers that are given. */
  write(change: StoredChange): void;
  /** Times without a change, by id. */
  writeSeen(seen: ReadonlyMap<string, number>): void;
  /** All records anew, in parts: what was there before counts until `finishReset`. */
  beginReset(): void;
  addToReset(records: readonly RegistryRecord[]): void;
  finishReset(held: Held): void;
  close(): void;
}

export interface StoredChange {
  readonly held: Held;
  readonly records: readonly RegistryRecord[];
  readonly lastNumber?: number;
  readonly forgottenSeq?: number;
  readonly forgotten?: readonly RegistryRecord[];
}

/** Things that happen to agents and that the rules should hear of. The node makes events of them (OwnEvents). */
export interface AgentEvents {
  /** Not heard of for too long: `ossec: Agent disconnected: 'NAME-IP'.` (agent-protocol 5.2). */
  agentDisconnected(agent: AgentRecord): void;
  /** `ossec: Agent removed: 'NAME-IP'.` */
  agentRemoved(agent: AgentRecord): void;
  /** Two connections take it from one another: two machines with one key, or a balancer that does not stick. */
  agentContested(agent: AgentRecord, peers: readonly [string, string]): void;
  /** Somebody at `source` asked for the name or the address of an agent that may not be replaced. */
  agentCoveted(agent: AgentRecord, source: string): void;
}

/** A change of a folder was noticed, or may have been: hints come late, twice or not at all. */
export type WatchFolder = (folder: string, onHint: () => void) => { close(): void } | undefined;

/** Port 1515 asks this: on a master the registry, on a worker what relays to the master. */
export interface Enrolment {
  /** Never rejects. When it answers with a key, this node knows the agent already. */
  enrol(request: EnrolmentRequest): Promise<EnrolmentAnswer>;
}

/** An agent as etc/client.keys has it. */
export interface KeysLine extends AgentRegistration {
  readonly isRemoved: boolean;
}

/** The file was changed by somebody else: what it was, and what it is. */
export interface KeysEdit {
  readonly before: readonly KeysLine[];
  readonly after: readonly KeysLine[];
  /** The greatest number that stands where an id does, in whatever line: no agent may have it again. */
  readonly greatestId: number;
  /** Ids at the head of lines that cannot be read, as those of a cut file: nobody has removed such an agent. */
  readonly unreadable: ReadonlySet<string>;
  /** It was made to a file that we have replaced meanwhile: the file is to be written again. */
  readonly isOverwritten: boolean;
}

/** etc/client.keys. One call at a time. */
export interface KeysFile {
  /** What others have changed since the last call, or since it was last written. Rejects with `ClientKeysFailed`. */
  look(): Promise<KeysEdit | undefined>;
  /**
   * Makes the file hold exactly these, and besides what it holds that is no agent. False when somebody has changed it
   * meanwhile: it is then to be looked at first. Durable when it resolves. Rejects with `ClientKeysFailed`.
   */
  write(lines: readonly KeysLine[]): Promise<boolean>;
}

/** The folders of etc/shared. */
export interface GroupFolders {
  /** As of the last look. */
  has(group: string): boolean;
  /** Looks at the disk. Never rejects. */
  refresh(): Promise<void>;
  /** Reject with `GroupFolderFailed`. A folder that is removed is kept under backup/. */
  create(group: string): Promise<void>;
  remove(group: string): Promise<void>;
}

/** What a home that is taken over knows of the agents in its client.keys. */
export interface AdoptedAgents {
  /** 0 where it is not known. */
  registeredMsOf(id: string): number;
  /** Empty where none is known. */
  groupsOf(id: string): readonly string[];
}
