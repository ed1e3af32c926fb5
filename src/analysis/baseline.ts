/**
 * What the modules of agents said last: records of files (classic syscheck), findings of rootcheck, open ports of
 * hosts, results of configuration checks. All of it together is too large to be written with every checkpoint, so it
 * has two halves:
 *
 *   rows      what the last commit holds, on disk, read one at a time (`BaselineRows`)
 *   changes   what has changed since, in memory, read first; the next commit writes them with the journal's position
 *
 * A commit is the owner's (`commitTo`). What an event finds here is the same wherever commits lie, so answers do not
 * depend on them. An agent has a share (`AGENT_BYTES_MAX`), counted in bytes by our own arithmetic; what does not fit
 * is refused, and the caller says what that means for the event.
 */
import { ownCopy } from "./own-copy.ts";

/** What a record is about; names stand in the database and are never changed. */
export type BaselineKind = "file" | "scan" | "rootcheck" | "hostinfo" | "sca" | "sca_summary" | "diff";

/** The half on disk. */
export interface BaselineRows {
  /** Undefined: there is no such record. */
  get(agentId: string, kind: BaselineKind, key: string): string | undefined;
  /** Bytes of all records of an agent, as `bytesOf` counts them. */
  bytes(agentId: string): number;
}

/** `value` undefined: the record is gone. */
export interface BaselineChange {
  agentId: string;
  kind: BaselineKind;
  key: string;
  value: string | undefined;
}

/** The rows with the moment that they are of. */
export interface BaselineStore extends BaselineRows {
  /** Of the journal, at the last commit; undefined before the first one. */
  readonly position: number | undefined;
  /**
   * Begins a commit, so that what has to be written before it is not written in vain; false: another process holds the
   * file, and it may be asked again. Throws the disk's errors.
   */
  begin(): boolean;
  /** All of it or nothing, on the disk when it returns. Begins by itself where it must. Throws the disk's errors. */
  commit(changes: BaselineChanges, position: number): void;
}

export interface BaselineChanges {
  /** Agents all of whose rows go, before the changes are made. */
  forgotten: readonly string[];
  changes: readonly BaselineChange[];
  /** New totals of the agents that changed. */
  bytes: ReadonlyMap<string, number>;
}

/** A million files of an agent with short paths; a file server of many more needs classic syscheck cut down anyway. */
export const AGENT_BYTES_MAX = 256 * 1_024 * 1_024;
/** Longer than any path of Linux; Windows' long ones are cut by no agent that sends classic records. */
export const KEY_BYTES_MAX = 4_096;
export const VALUE_BYTES_MAX = 4_096;
/** Of a `diff` record, which is a whole log. */
export const DIFF_BYTES_MAX = 65_536;
/** What a record costs beside its texts. */
const recordBytes = 64;

/** Bytes that a record counts. */
export function bytesOf(key: string, value: string): number {
  return recordBytes + key.length + value.length;
}

/** Of a baseline that is in memory alone: a trial, or the analysis of what was analysed before. */
const memoryBytesMax = 256 * 1_024 * 1_024;

const noRows: BaselineRows = { get: () => undefined, bytes: () => 0 };

export class Baseline {
  #rows: BaselineRows;
  readonly #agentBytesMax: number;
  /** By agent, kind and key, none of the first two of which holds a tab. */
  readonly #changes = new Map<string, BaselineChange>();
  readonly #forgotten = new Set<string>();
  readonly #bytes = new Map<string, number>();
  #changedBytes = 0;
  #refused = 0;

  /** Without rows all of it is in memory, and bounded there. */
  constructor(rows: BaselineRows = noRows, agentBytesMax: number = AGENT_BYTES_MAX) {
    this.#rows = rows;
    this.#agentBytesMax = agentBytesMax;
  }

  /** Bytes of the changes that wait for a commit. */
  get changedBytes(): number {
    return this.#changedBytes;
  }

  /** Records that did not fit, since the start. */
  get refused(): number {
    return this.#refused;
  }

  get(agentId: string, kind: BaselineKind, key: string): string | undefined {
    const change = this.#changes.get(placeOf(agentId, kind, key));
    if (change !== undefined) return change.value;
    return this.#forgotten.has(agentId) ? undefined : this.#rows.get(agentId, kind, key);
  }

  /** Remembers the record; false when it is too long or the agent's share is used up, and nothing has changed. */
  set(agentId: string, kind: BaselineKind, key: string, value: string): boolean {
    const before = this.get(agentId, kind, key);
    if (before === value) return true;
    const added = bytesOf(key, value) - (before === undefined ? 0 : bytesOf(key, before));
    const bytes = this.#bytesOf(agentId) + added;
    const isTooLong = key.length > KEY_BYTES_MAX || value.length > (kind === "diff" ? DIFF_BYTES_MAX : VALUE_BYTES_MAX);
    const isFull = bytes > this.#agentBytesMax || (this.#rows === noRows && this.#changedBytes > memoryBytesMax);
    if (isTooLong || (added > 0 && isFull)) {
      this.#refused += 1;
      return false;
    }
    this.#change({ agentId: ownCopy(agentId), kind, key: ownCopy(key), value: ownCopy(value) }, bytes);
    return true;
  }

  delete(agentId: string, kind: BaselineKind, key: string): void {
    const before = this.get(agentId, kind, key);
    if (before === undefined) return;
    const bytes = this.#bytesOf(agentId) - bytesOf(key, before);
    this.#change({ agentId: ownCopy(agentId), kind, key: ownCopy(key), value: undefined }, bytes);
  }

  /** The agent is gone: nothing of it is remembered. */
  forget(agentId: string): void {
    for (const [place, change] of this.#changes) {
      if (change.agentId !== agentId) continue;
      this.#changes.delete(place);
      this.#changedBytes -= bytesOf(change.key, change.value ?? "");
    }
    this.#forgotten.add(agentId);
    this.#bytes.set(agentId, 0);
  }

  /** Writes what has changed since the last commit; the store is the one that the rows are in. */
  commitTo(store: BaselineStore, position: number): void {
    const changes = [...this.#changes.values()];
    store.commit({ forgotten: [...this.#forgotten], changes, bytes: this.#bytes }, position);
    this.#clear();
  }

  /** From now on what is remembered is what these rows hold, and nothing of before. */
  useRows(rows: BaselineRows): void {
    this.#rows = rows;
    this.#clear();
  }

  #clear(): void {
    this.#changes.clear();
    this.#forgotten.clear();
    this.#bytes.clear();
    this.#changedBytes = 0;
  }

  #bytesOf(agentId: string): number {
    return this.#bytes.get(agentId) ?? this.#rows.bytes(agentId);
  }

  #change(change: BaselineChange, agentBytes: number): void {
    const place = placeOf(change.agentId, change.kind, change.key);
    const earlier = this.#changes.get(place);
    if (earlier !== undefined) this.#changedBytes -= bytesOf(earlier.key, earlier.value ?? "");
    this.#changedBytes += bytesOf(change.key, change.value ?? "");
    this.#changes.set(place, change);
    this.#bytes.set(change.agentId, agentBytes);
  }
}

function placeOf(agentId: string, kind: BaselineKind, key: string): string {
  return `${agentId}\t${kind}\t${key}`;
}
