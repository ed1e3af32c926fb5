/** What intake needs of the node that it runs in: a durable queue, the take-in time, and who the agents are. */
import type { AgentRecord, AgentReport, RegistryRecord } from "../model/agent.ts";

/** The position of a durable source after its last event of a batch; opaque to all but the source. */
export interface BatchMark {
  key: string;
  position: Uint8Array;
}

export interface EventBatch {
  /** The batch in the layout of `model/event.ts`, in memory of its own: the receiver may keep or transfer it. */
  payload: Buffer;
  /** How many events it holds; at least one. */
  count: number;
  marks: BatchMark[];
}

/** The spool of a worker, or the journal of a master. */
export interface AppendBatch {
  /**
   * Resolves when the batch is durable. Called again before that: batches become durable in the order of the calls. A
   * rejection is final for the batcher, whose `run` rejects with it; events in flight are then not acknowledged.
   */
  append(batch: EventBatch): Promise<void>;
}

/** The take-in time of the current epoch: its wall clock at the start plus monotonic time, in ms since 1970. */
export interface TakeInClock {
  nowMs(): number;
}

/** What of an agent's record the listener looks at. */
export type AgentIdentity = Pick<
  AgentRecord,
  "id" | "name" | "address" | "key" | "counterFloor" | "connection" | "facts"
>;

/** Who the agents are: the registry, or a node's replica of it. Answers are from memory. */
export interface AgentTable {
  /** Undefined: there is none, or it was removed. */
  byId(id: string): AgentIdentity | undefined;
  /** By the text of a single registered address, in any spelling of it. */
  byAddress(address: string): AgentIdentity | undefined;
  /** Calls back with what has changed, removed agents among them. Returns what ends it. */
  onChanged(listener: (changed: readonly RegistryRecord[]) => void): () => void;
}

/** Where the listener tells what it hears of agents. Neither call may throw, nor wait for anything. */
export interface AgentReports {
  /** `ageMs` is 0: it happens now. */
  report(report: AgentReport): void;
  /** Every ten seconds: whose messages have come since the last call. */
  heard(ids: readonly string[]): void;
}

/** A merged.mg, and its MD5 in hex. */
export interface AgentFile {
  readonly md5: string;
  readonly bytes: Buffer;
}

/** What agents are to have in etc/shared. */
export interface SharedFile {
  /** MD5 of the merged.mg that the agent is to have; undefined: not known now, and nothing is sent to it. */
  sumOf(id: string): string | undefined;
  /** Undefined: not to be had now; the agent's next keepalive asks again. Never rejects. */
  read(id: string): Promise<AgentFile | undefined>;
}
