/**
 * The agents in memory: by id, by name, by address, and in the order of their last change. The registry and its
 * replicas hold one each; a table knows nothing of disks and of who may change it.
 */
import { parseAddress } from "../config/address.ts";
import type { AgentRecord, MergedRecord, RegistryRecord } from "../model/agent.ts";
import type { Agents } from "./needs.ts";

/** Several agents may have one name or address: client.keys is edited by hand. */
class Index {
  readonly #ids = new Map<string, Set<string>>();

  add(text: string, id: string): void {
    const ids = this.#ids.get(text);
    if (ids === undefined) this.#ids.set(text, new Set([id]));
    else ids.add(id);
  }

  remove(text: string, id: string): void {
    const ids = this.#ids.get(text);
    if (ids?.delete(id) === true && ids.size === 0) this.#ids.delete(text);
  }

  /** The one that was added first. */
  first(text: string): string | undefined {
    return this.#ids.get(text)?.values().next().value;
  }

  count(text: string): number {
    return this.#ids.get(text)?.size ?? 0;
  }
}

export function keyOf(record: RegistryRecord): string {
  return record.kind === "agent" ? `agent ${record.id}` : `merged ${record.groups}`;
}

/** The canonical text of a single address; `any`, blocks and whatever else an old file holds stand for themselves. */
export function addressKey(text: string): string {
  return parseAddress(text)?.text ?? text;
}

/** Where the records of a table stand in the order of their changes; one that changed again is skipped there. */
interface LogEntry {
  seq: number;
  key: string;
}

/** Below this the log is not tidied up. */
const logSlack = 1_024;

export class AgentTable implements Agents {
  readonly #records = new Map<string, RegistryRecord>();
  readonly #names = new Index();
  readonly #addresses = new Index();
  readonly #listeners = new Set<(changed: readonly RegistryRecord[]) => void>();
  #log: LogEntry[] = [];
  #removedCount = 0;

  constructor(records: readonly RegistryRecord[] = []) {
    for (const record of [...records].sort((a, b) => a.seq - b.seq)) this.put(record);
  }

  get size(): number {
    return this.#records.size;
  }

  /** Tombstones of agents. */
  get removedCount(): number {
    return this.#removedCount;
  }

  get(key: string): RegistryRecord | undefined {
    return this.#records.get(key);
  }

  /** A removed agent as well. */
  agent(id: string): AgentRecord | undefined {
    const record = this.#records.get(`agent ${id}`);
    return record?.kind === "agent" ? record : undefined;
  }

  byId(id: string): AgentRecord | undefined {
    const record = this.agent(id);
    return record === undefined || record.isRemoved ? undefined : record;
  }

  byName(name: string): AgentRecord | undefined {
    const id = this.#names.first(name);
    return id === undefined ? undefined : this.byId(id);
  }

  byAddress(address: string): AgentRecord | undefined {
    const id = this.#addresses.first(addressKey(address));
    return id === undefined ? undefined : this.byId(id);
  }

  countOfName(name: string): number {
    return this.#names.count(name);
  }

  list(): AgentRecord[] {
    return [...this.agents()].sort((a, b) => Number(a.id) - Number(b.id));
  }

  /** All that are not removed, in no order. */
  *agents(): Generator<AgentRecord> {
    for (const record of this.#records.values()) if (record.kind === "agent" && !record.isRemoved) yield record;
  }

  /** With the tombstones, in no order. */
  *all(): Generator<RegistryRecord> {
    yield* this.#records.values();
  }

  merged(groups: readonly string[]): MergedRecord | undefined {
    const record = this.#records.get(`merged ${groups.join(",")}`);
    return record?.kind === "merged" && !record.isRemoved ? record : undefined;
  }

  groups(): MergedRecord[] {
    return this.allMerged().filter(({ groups }) => !groups.includes(","));
  }

  allMerged(): MergedRecord[] {
    const merged: MergedRecord[] = [];
    for (const one of this.#records.values()) if (one.kind === "merged" && !one.isRemoved) merged.push(one);
    return merged.sort((a, b) => (a.groups < b.groups ? -1 : 1));
  }

  /** Adds or replaces. Its `seq` must be above all that were put before. */
  put(record: RegistryRecord): void {
    const key = keyOf(record);
    this.#unindex(this.#records.get(key));
    this.#records.set(key, record);
    this.#index(record);
    this.#log.push({ seq: record.seq, key });
    if (this.#log.length > 2 * this.#records.size + logSlack) {
      this.#log = this.#log.filter((entry) => this.#records.get(entry.key)?.seq === entry.seq);
    }
  }

  /** As if it had never been; only for what nobody was told of, and for tombstones that are forgotten. */
  forget(key: string): void {
    this.#unindex(this.#records.get(key));
    this.#records.delete(key);
  }

  clear(): void {
    for (const record of this.#records.values()) this.#unindex(record);
    this.#records.clear();
    this.#log = [];
  }

  /** A time that is no change. */
  see(id: string, seenMs: number): boolean {
    const record = this.byId(id);
    if (record === undefined || record.lastSeenMs >= seenMs) return false;
    this.#records.set(`agent ${id}`, { ...record, lastSeenMs: seenMs });
    return true;
  }

  /** At most `countMax` records of above `seq` and up to `seqMax`, in their order. */
  since(seq: number, seqMax: number, countMax: number): RegistryRecord[] {
    const found: RegistryRecord[] = [];
    for (let at = this.#firstAfter(seq); at < this.#log.length && found.length < countMax; at += 1) {
      const entry = this.#log[at];
      if (entry === undefined || entry.seq > seqMax) break;
      const record = this.#records.get(entry.key);
      if (record?.seq === entry.seq) found.push(record);
    }
    return found;
  }

  onChanged(listener: (changed: readonly RegistryRecord[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Says that these have changed and are durable. */
  tell(changed: readonly RegistryRecord[]): void {
    if (changed.length === 0) return;
    for (const listener of this.#listeners) listener(changed);
  }

  #firstAfter(seq: number): number {
    let [low, high] = [0, this.#log.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#log[middle]?.seq ?? 0) <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #index(record: RegistryRecord): void {
    if (record.kind !== "agent") return;
    if (record.isRemoved) this.#removedCount += 1;
    else {
      this.#names.add(record.name, record.id);
      this.#addresses.add(addressKey(record.address), record.id);
    }
  }

  #unindex(record: RegistryRecord | undefined): void {
    if (record?.kind !== "agent") return;
    if (record.isRemoved) this.#removedCount -= 1;
    else {
      this.#names.remove(record.name, record.id);
      this.#addresses.remove(addressKey(record.address), record.id);
    }
  }
}
