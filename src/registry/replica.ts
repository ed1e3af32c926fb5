/**
 * What a node that is not the master knows of the agents: the registry's records, brought up by change. It holds
 * (epoch, seq) and says so; what comes are the records above it, in order and in parts, or all of them anew. A reset
 * counts only when it is whole: until then the old records answer.
 */
import type { Clock } from "../base/clock.ts";
import { describeError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import { agentIdOf, type RegistryRecord } from "../model/agent.ts";
import { AgentTable, keyOf } from "./agent-table.ts";
import type { Agents, Held, KeysLine, RegistryStore } from "./needs.ts";
import { isInFile, lineOf } from "./new-agent.ts";

/** A part of what the master sends. */
export interface RecordsPart {
  readonly epoch: string;
  /** All records are sent anew, and this is one of those parts. */
  readonly isReset: boolean;
  /** What the replica must hold for this part: the `to` of the part before; 0 at the beginning of a reset. */
  readonly from: number;
  readonly to: number;
  /** The last part of a reset. Means nothing otherwise. */
  readonly isLast: boolean;
  /** In the order of their `seq`, which is above `from` and at most `to`. */
  readonly records: readonly RegistryRecord[];
}

/** A reset that is not whole yet. */
interface Incoming {
  readonly epoch: string;
  readonly records: Map<string, RegistryRecord>;
  to: number;
}

export interface ReplicaOptions {
  readonly store: RegistryStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** Records of one transaction of a rewrite. */
const partCount = 1_000;

export class Replica {
  readonly #options: ReplicaOptions;
  readonly #table: AgentTable;
  #held: Held;
  #incoming: Incoming | undefined;
  /** The disk did not take a part: it is given everything at the next one. */
  #isDiskBehind = false;

  /** Throws `RegistryStoreFailed`. */
  constructor(options: ReplicaOptions) {
    this.#options = options;
    const { held, records } = options.store.load();
    this.#table = new AgentTable(records);
    this.#held = held;
  }

  get agents(): Agents {
    return this.#table;
  }

  /** What is to be said to the master when a session begins; a reset that was cut off begins anew. */
  get held(): Held {
    this.#incoming = undefined;
    return this.#held;
  }

  /** False when the part does not fit on what is held: the session is then to begin anew. */
  take(part: RecordsPart): boolean {
    if (!isInOrder(part)) return false;
    if (part.isReset && part.from === 0) {
      this.#incoming = { epoch: part.epoch, to: 0, records: new Map() };
    }
    if (this.#incoming !== undefined) return this.#takeIncoming(this.#incoming, part);
    if (part.epoch !== this.#held.epoch || part.from !== this.#held.seq || part.isReset) return false;
    this.#held = { epoch: part.epoch, seq: part.to };
    for (const record of part.records) this.#table.put(record);
    this.#store((store) => store.write({ held: this.#held, records: part.records }));
    this.#table.tell(part.records);
    return true;
  }

  /** Agents that some node has heard from lately, by number. */
  heard(ids: readonly number[]): void {
    const nowMs = this.#options.clock.wallMs();
    for (const number of ids) this.#table.see(agentIdOf(number), nowMs);
  }

  /** What client.keys of this node is to hold. */
  lines(): KeysLine[] {
    const lines: KeysLine[] = [];
    for (const record of this.#table.all()) if (record.kind === "agent" && isInFile(record)) lines.push(lineOf(record));
    return lines.sort((a, b) => Number(a.id) - Number(b.id));
  }

  #takeIncoming(incoming: Incoming, part: RecordsPart): boolean {
    if (part.epoch !== incoming.epoch || part.from !== incoming.to) return false;
    for (const record of part.records) {
      const key = keyOf(record);
      incoming.records.delete(key); // So that the last change of each stands last.
      incoming.records.set(key, record);
    }
    incoming.to = part.to;
    if (!part.isLast) return true;
    this.#incoming = undefined;
    this.#replaceAll([...incoming.records.values()], { epoch: incoming.epoch, seq: incoming.to });
    return true;
  }

  #replaceAll(records: readonly RegistryRecord[], held: Held): void {
    const before = new Map([...this.#table.all()].map((record) => [keyOf(record), record]));
    this.#table.clear();
    const changed: RegistryRecord[] = [];
    for (const record of records) {
      const old = before.get(keyOf(record));
      before.delete(keyOf(record));
      this.#table.put(record);
      if (old === undefined || !isSame(old, record)) changed.push(record);
    }
    for (const gone of before.values()) if (!gone.isRemoved) changed.push({ ...gone, isRemoved: true });
    this.#held = held;
    this.#isDiskBehind = true;
    this.#store(() => undefined);
    this.#table.tell(changed);
  }

  /** The disk is a copy: where it fails, the node goes on from memory, and after a restart from what the disk has. */
  #store(write: (store: RegistryStore) => void): void {
    const { store, log } = this.#options;
    try {
      if (this.#isDiskBehind) this.#rewrite(store);
      else write(store);
    } catch (error) {
      if (!this.#isDiskBehind) log.warning(`Agents are known in memory only for now: ${describeError(error)}.`);
      this.#isDiskBehind = true;
    }
  }

  #rewrite(store: RegistryStore): void {
    const records = [...this.#table.all()];
    store.beginReset();
    for (let at = 0; at < records.length; at += partCount) store.addToReset(records.slice(at, at + partCount));
    store.finishReset(this.#held);
    this.#isDiskBehind = false;
  }
}

function isInOrder({ from, to, records }: RecordsPart): boolean {
  let last = from;
  for (const { seq } of records) {
    if (seq <= last) return false;
    last = seq;
  }
  return last <= to;
}

function isSame(a: RegistryRecord, b: RegistryRecord): boolean {
  const bare = (record: RegistryRecord): string => JSON.stringify({ ...record, seq: 0, lastSeenMs: 0 });
  return bare(a) === bare(b);
}
