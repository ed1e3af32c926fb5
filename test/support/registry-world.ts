/**
 * A registry with all that is around it in memory: a file of keys that a test edits, a store that can fail or die, and
 * ears for what it says.
 */
import type { Log } from "../../src/base/log.ts";
import { logTo } from "../../src/base/log.ts";
import type { AgentFacts, AgentRecord, AgentReport, RegistryRecord } from "../../src/model/agent.ts";
import { noFacts } from "../../src/model/agent.ts";
import { keyOf } from "../../src/registry/agent-table.ts";
import type { AgentEvents, GroupFolders, Held, KeysEdit, KeysFile } from "../../src/registry/needs.ts";
import type { KeysLine, RegistryStore, StoredChange, StoredRegistry } from "../../src/registry/needs.ts";
import { Registry, type RegistryOptions } from "../../src/registry/registry.ts";
import { seededRandom } from "./seeded-random.ts";
import { SimClock } from "./sim-clock.ts";

/** A store as a disk keeps it; `dies` makes it throw for ever, as when the process is gone. */
export class MemoryStore implements RegistryStore {
  held: Held = { epoch: "", seq: 0 };
  lastNumber = 0;
  forgottenSeq = 0;
  records = new Map<string, string>();
  incoming = new Map<string, string>();
  failures = 0;
  writes = 0;

  load(): StoredRegistry {
    const { held, lastNumber, forgottenSeq } = this;
    const records = [...this.records.values()].map((text) => JSON.parse(text) as RegistryRecord);
    return { held, lastNumber, forgottenSeq, records };
  }

  write(change: StoredChange): void {
    this.#gate();
    this.writes += 1;
    for (const record of change.records) this.records.set(keyOf(record), JSON.stringify(record));
    for (const record of change.forgotten ?? []) this.records.delete(keyOf(record));
    this.held = change.held;
    this.lastNumber = change.lastNumber ?? this.lastNumber;
    this.forgottenSeq = change.forgottenSeq ?? this.forgottenSeq;
  }

  writeSeen(): void {
    this.#gate();
  }

  beginReset(): void {
    this.#gate();
    this.incoming.clear();
  }

  addToReset(records: readonly RegistryRecord[]): void {
    this.#gate();
    for (const record of records) this.incoming.set(keyOf(record), JSON.stringify(record));
  }

  finishReset(held: Held): void {
    this.#gate();
    this.records = new Map(this.incoming);
    this.incoming.clear();
    this.held = held;
  }

  close(): void {
    this.#gate();
  }

  #gate(): void {
    if (this.failures <= 0) return;
    this.failures -= 1;
    throw new Error("the disk is full");
  }
}

/** client.keys without its bytes. `lines` is the file; undefined: it is absent. */
export class MemoryKeys implements KeysFile {
  lines: readonly KeysLine[] | undefined;
  known: readonly KeysLine[] | undefined;
  unreadable = new Set<string>();
  failures = 0;
  writes = 0;
  /** Called before a write, as somebody who edits at that very moment. */
  meanwhile: () => void = () => undefined;

  async look(): Promise<KeysEdit | undefined> {
    await Promise.resolve();
    if (this.lines === undefined || this.lines === this.known) return undefined;
    const { known: before = [], lines: after, unreadable } = this;
    const edit = { before, after, unreadable, greatestId: 0, isOverwritten: false };
    this.known = this.lines;
    return edit;
  }

  async write(lines: readonly KeysLine[]): Promise<boolean> {
    await Promise.resolve();
    this.meanwhile();
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error("the disk is full");
    }
    if (this.lines !== this.known) return false;
    this.lines = this.known = lines;
    this.writes += 1;
    return true;
  }

  text(): string[] {
    return (this.lines ?? []).map((line) => `${line.id} ${line.isRemoved ? "!" : ""}${line.name} ${line.address}`);
  }
}

export class MemoryGroups implements GroupFolders {
  readonly folders = new Set(["default", "web", "db"]);
  #known = new Set<string>();

  has(group: string): boolean {
    return this.#known.has(group);
  }

  async refresh(): Promise<void> {
    await Promise.resolve();
    this.#known = new Set(this.folders);
  }

  async create(group: string): Promise<void> {
    this.folders.add(group);
    await this.refresh();
  }

  async remove(group: string): Promise<void> {
    this.folders.delete(group);
    await this.refresh();
  }
}

export class RegistryWorld {
  readonly clock = new SimClock();
  readonly store = new MemoryStore();
  readonly keys = new MemoryKeys();
  readonly groups = new MemoryGroups();
  readonly told: string[] = [];
  readonly logged: string[] = [];
  readonly events: AgentEvents;
  readonly log: Log;
  seed = 1;

  constructor() {
    const tell = (word: string) => (agent: AgentRecord, more?: unknown) =>
      void this.told.push(`${word} ${agent.id} ${agent.name}${more === undefined ? "" : ` ${JSON.stringify(more)}`}`);
    this.events = {
      agentDisconnected: tell("disconnected"),
      agentRemoved: tell("removed"),
      agentContested: tell("contested"),
      agentCoveted: tell("coveted"),
    };
    this.log = logTo(({ level, message }) => void this.logged.push(`${level} ${message}`));
  }

  open(more: Partial<RegistryOptions> = {}): Promise<Registry> {
    const { clock, store, keys, groups, events, log } = this;
    this.seed += 1;
    return Registry.open({
      ...{ clock, store, keys, groups, events, log, random: seededRandom(this.seed), isPurging: false },
      ...{ ownName: "manager", disconnectionMs: 900_000, disconnectionAlertMs: 0 },
      policy: {
        ...{ usesSourceIp: false, allowsHigherVersions: true, isForceEnabled: true, isKeyMismatchNeeded: true },
        ...{ disconnectedMsMin: 3_600_000, registeredMsMin: 3_600_000 },
      },
      ...more,
    });
  }
}

export function reportOf(id: string, more: Partial<AgentReport> = {}): AgentReport {
  return {
    ...{ id, connection: "c1", kind: "keepalive", ageMs: 0, peerAddress: "192.0.2.1", transport: "tcp", counter: 0 },
    ...more,
  };
}

export function factsOf(more: Partial<AgentFacts> = {}): AgentFacts {
  return { ...noFacts, version: "Wazuh v4.14.7", host: "web", ...more };
}
