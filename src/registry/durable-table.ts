/**
 * A table whose changes are numbered, stored, and only then told.
 *
 *   put ──▶ in memory (seq 8, 9, 10) ──flush──▶ agents.db, synced ──▶ told to listeners and replicas (held.seq 10)
 *
 * A tentative change belongs to a decision that may still fail at the disk, and is then taken back; nobody was told.
 */
import { must } from "../base/assert.ts";
import type { Random } from "../base/random.ts";
import { agentIdOf, type AgentRecord, type RegistryRecord } from "../model/agent.ts";
import { AGENT_NUMBER_MAX } from "./agent-id.ts";
import { AgentTable, keyOf } from "./agent-table.ts";
import type { Held, RegistryStore } from "./needs.ts";
import { removed } from "./new-agent.ts";

export interface TableLimits {
  /** Records of one transaction: it holds the node's thread as long as it lasts. */
  readonly recordsPerWriteMax: number;
  /** Beyond so many tombstones the oldest half of those of which only the number is left is forgotten. */
  readonly gravesMax: number;
}

export const tableLimits: TableLimits = { recordsPerWriteMax: 1_000, gravesMax: 10_000 };

/** What a replica that holds `held` lacks. */
export interface Lack {
  /** It must begin anew: this part is the first of all records. */
  readonly isReset: boolean;
  /** In the order of their `seq`. */
  readonly records: readonly RegistryRecord[];
  /** What it holds with them. */
  readonly to: number;
}

export class DurableTable {
  readonly table: AgentTable;
  /** There was nothing to load. */
  readonly isNew: boolean;
  readonly #store: RegistryStore;
  readonly #limits: TableLimits;
  readonly #epoch: string;
  readonly #storedListeners = new Set<(seq: number) => void>();
  /** Keys of tentative changes, and what stood there before them. */
  readonly #tentative = new Map<string, RegistryRecord | undefined>();
  readonly #seen = new Map<string, number>();
  #seq: number;
  #storedSeq: number;
  #lastNumber: number;
  /** Below it no number is free. */
  #freeNumber = 1;
  #forgottenSeq: number;

  /** Throws `RegistryStoreFailed`. */
  constructor(store: RegistryStore, random: Random, limits: TableLimits = tableLimits) {
    this.#store = store;
    this.#limits = limits;
    const { held, records, lastNumber, forgottenSeq } = store.load();
    this.table = new AgentTable(records);
    this.#seq = this.#storedSeq = held.seq;
    // A replica's store has no such number, and one that was restored may have too small a one.
    this.#lastNumber = records.reduce(
      (greatest, one) => (one.kind === "agent" ? Math.max(greatest, Number(one.id)) : greatest),
      lastNumber,
    );
    this.#forgottenSeq = forgottenSeq;
    // The store may be a replica's, or an older copy: the same numbers would then stand for other changes elsewhere.
    this.#epoch = Buffer.from(random.bytes(8)).toString("hex");
    this.isNew = held.epoch === "";
    store.write({ held: this.held, records: [], lastNumber: this.#lastNumber });
  }

  /** What is durable. */
  get held(): Held {
    return { epoch: this.#epoch, seq: this.#storedSeq };
  }

  get isDirty(): boolean {
    return this.#seq > this.#storedSeq;
  }

  /** The greatest number that an agent was ever given. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  /** No agent may have this number, nor one below it, from now on. */
  passNumber(number: number): void {
    this.#lastNumber = Math.max(this.#lastNumber, number);
  }

  /**
   * For the next agent: one above the greatest number, and when that is used up the lowest that no record has.
   * `undefined` when all are.
   */
  nextId(): string | undefined {
    const isUsedUp = this.#lastNumber >= AGENT_NUMBER_MAX;
    for (let number = isUsedUp ? this.#freeNumber : this.#lastNumber + 1; number <= AGENT_NUMBER_MAX; number += 1) {
      if (isUsedUp) this.#freeNumber = number;
      const id = agentIdOf(number);
      if (this.table.agent(id) === undefined) return id;
    }
    return undefined;
  }

  put(record: RegistryRecord): void {
    this.#seq += 1;
    this.table.put({ ...record, seq: this.#seq });
    if (record.kind === "agent") this.passNumber(Number(record.id));
  }

  /** As `put`, until the next `flush` has it stored: `takeBack` undoes it. */
  putTentatively(record: AgentRecord): void {
    const key = keyOf(record);
    if (!this.#tentative.has(key)) this.#tentative.set(key, this.table.get(key));
    this.put(record);
  }

  /** Undoes the tentative changes. Those that were stored before something failed are undone by further changes. */
  takeBack(nowMs: number): void {
    for (const [key, before] of this.#tentative) {
      const record = this.table.get(key);
      if (before !== undefined) this.put(before);
      else if (record !== undefined && record.seq > this.#storedSeq) this.table.forget(key);
      else if (record?.kind === "agent") this.put(removed(record, true, nowMs));
    }
    this.#tentative.clear();
  }

  /** A time that is no change; stored now and then by `writeSeen`. */
  see(id: string, seenMs: number): void {
    if (this.table.see(id, seenMs)) this.#seen.set(id, seenMs);
  }

  /** Throws `RegistryStoreFailed`. */
  writeSeen(): void {
    if (this.#seen.size === 0) return;
    this.#store.writeSeen(this.#seen);
    this.#seen.clear();
  }

  /**
   * Stores all changes so far, in parts between which others have their turn, and tells them. Rejects with
   * `RegistryStoreFailed`; what was not stored then is stored by the next call.
   */
  async flush(): Promise<void> {
    const goal = this.#seq;
    while (this.#storedSeq < goal) {
      const records = this.table.since(this.#storedSeq, goal, this.#limits.recordsPerWriteMax);
      const isLast = records.length < this.#limits.recordsPerWriteMax;
      const seq = isLast ? goal : must(records.at(-1)).seq;
      this.#store.write({ held: { epoch: this.#epoch, seq }, records, lastNumber: this.#lastNumber });
      this.#storedSeq = seq;
      this.table.tell(records);
      for (const listener of this.#storedListeners) listener(seq);
      if (!isLast) await new Promise((resolve) => setImmediate(resolve));
    }
    this.#tentative.clear();
    this.#forgetGraves();
  }

  /** At most `countMax` records, which must be above 0. */
  since(held: Held, countMax: number): Lack {
    const isKnown =
      held.epoch === this.#epoch &&
      held.seq <= this.#storedSeq &&
      (held.seq >= this.#forgottenSeq || this.#forgottenSeq === 0);
    const records = this.table.since(isKnown ? held.seq : 0, this.#storedSeq, countMax);
    const to = records.length < countMax ? this.#storedSeq : must(records.at(-1)).seq;
    return { isReset: !isKnown, records, to };
  }

  /** Further records of a reset that has come up to `seq`; as `since`, whatever has been forgotten. */
  sinceInReset(seq: number, countMax: number): Lack {
    const records = this.table.since(seq, this.#storedSeq, countMax);
    return { isReset: true, records, to: records.length < countMax ? this.#storedSeq : must(records.at(-1)).seq };
  }

  /** Calls back when more is durable. Returns what ends it. */
  onStored(listener: (seq: number) => void): () => void {
    this.#storedListeners.add(listener);
    return () => void this.#storedListeners.delete(listener);
  }

  #forgetGraves(): void {
    if (this.table.removedCount <= this.#limits.gravesMax) return;
    const graves = [...this.table.all()]
      .filter((one) => one.kind === "agent" && one.isRemoved && one.key === "" && one.seq <= this.#storedSeq)
      .sort((a, b) => a.seq - b.seq)
      .slice(0, Math.ceil(this.#limits.gravesMax / 2));
    const last = graves.at(-1);
    if (last === undefined) return;
    this.#store.write({ held: this.held, records: [], forgottenSeq: last.seq, forgotten: graves });
    this.#forgottenSeq = last.seq;
    for (const grave of graves) this.table.forget(keyOf(grave));
  }
}
