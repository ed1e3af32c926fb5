/** A registry, a copy of it, and blobs as small as a test of the link needs them: behaving, and in memory. */
import { createHash } from "node:crypto";
import type {
  AgentsOfMaster,
  AgentsOfWorker,
  AgentsSession,
  AskedChange,
  Blob,
  BlobSink,
  BlobStore,
  Delivery,
  RegistryPage,
  RegistryPosition,
} from "../../src/link/agent-needs.ts";
import { noPosition } from "../../src/link/agent-needs.ts";
import {
  agentIdOf,
  noFacts,
  type AgentChangeAnswer,
  type AgentRecord,
  type AgentReport,
  type MergedRecord,
  type EnrolmentAnswer,
  type EnrolmentRequest,
  type RegistryRecord,
} from "../../src/model/agent.ts";
import type { Agents } from "../../src/registry/needs.ts";

export function agentRecord(number: number, seq: number, changed: Partial<AgentRecord> = {}): AgentRecord {
  const id = agentIdOf(number);
  return {
    ...{ kind: "agent", seq, id, name: `agent${number}`, address: "any", key: "0".repeat(64), isRemoved: false },
    ...{ groups: ["default"], registeredMs: 1, state: "never_connected", stateSinceMs: 1, statusCode: 0, node: "" },
    ...{ connection: "", peerAddress: "", transport: "", lastSeenMs: 0, facts: noFacts, counterFloor: 0 },
    ...changed,
  };
}

/** A registry of these, in the order of their ids, all with files of the same sum. */
export function agentsOf(records: readonly AgentRecord[], groups: readonly string[] = ["default"]): Agents {
  const merged = groups.map((name): MergedRecord => {
    return { kind: "merged", seq: 1, groups: name, isRemoved: false, md5: "aa", sha256: "bb", bytes: 1 };
  });
  return {
    byId: (id) => records.find((record) => record.id === id),
    byAddress: () => undefined,
    list: () => [...records],
    merged: () => merged[0],
    groups: () => merged,
    allMerged: () => merged,
    onChanged: () => () => undefined,
  };
}

export const agentReport = (number: number, changed: Partial<AgentReport> = {}): AgentReport => ({
  ...{ id: agentIdOf(number), connection: "00000000000000aa", kind: "keepalive", ageMs: 0, peerAddress: "10.0.0.9" },
  ...{ transport: "tcp", counter: 0 },
  ...changed,
});

/** The master's: each change raises `seq`, and the record that it changes carries it. */
export class MemoryRegistry implements AgentsOfMaster {
  epoch = "00000000000000e1";
  /** In the order of `seq`. */
  records = new Map<string, RegistryRecord>();
  /** All that was ever put, in the order of `seq`; those that count are in `records`. */
  #put: AgentRecord[] = [];
  readonly reports: { node: string; report: AgentReport }[] = [];
  readonly blocks: { node: string; ids: readonly number[] }[] = [];
  readonly changes: { node: string; change: AskedChange }[] = [];
  readonly requests: EnrolmentRequest[] = [];
  /** How often a page was made, and of how many records. */
  readonly pages: number[] = [];
  /** Resolves each answer; a test may make the disk slow. */
  delay: () => Promise<void> = () => Promise.resolve();
  #seq = 0;
  readonly #listeners = new Set<() => void>();

  get listenerCount(): number {
    return this.#listeners.size;
  }

  position(): RegistryPosition {
    return { epoch: this.epoch, seq: this.#seq };
  }

  /** As after a restore from a backup: another registry, of other agents. */
  renew(epoch: string): void {
    this.epoch = epoch;
    this.records = new Map();
    this.#put = [];
    this.#seq = 0;
  }

  put(number: number, changed: Partial<AgentRecord> = {}): AgentRecord {
    this.#seq += 1;
    const record = agentRecord(number, this.#seq, changed);
    this.records.delete(record.id);
    this.records.set(record.id, record);
    this.#put.push(record);
    for (const listener of this.#listeners) listener();
    return record;
  }

  recordsSince(held: RegistryPosition, max: number): RegistryPage {
    const isReset = held.epoch !== this.epoch || held.seq > this.#seq;
    const from = isReset ? 0 : held.seq;
    const records: RegistryRecord[] = [];
    let isLast = true;
    // Every `seq` is put once, so the place of one is known.
    for (let index = from; index < this.#put.length; index += 1) {
      const record = this.#put[index];
      if (record === undefined || this.records.get(record.id) !== record) continue;
      if (records.length >= max) {
        isLast = false;
        break;
      }
      records.push(record);
    }
    this.pages.push(records.length);
    const to = isLast ? this.#seq : (records.at(-1)?.seq ?? from);
    return { epoch: this.epoch, isReset, from, to, isLast, records };
  }

  onChanged(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async report(node: string, reports: readonly AgentReport[]): Promise<void> {
    await this.delay();
    for (const report of reports) this.reports.push({ node, report });
  }

  heard(node: string, ids: readonly number[]): void {
    this.blocks.push({ node, ids });
  }

  async enrol(_node: string, request: EnrolmentRequest): Promise<EnrolmentAnswer> {
    this.requests.push(request);
    await this.delay();
    if (request.name === "taken") return { isEnrolled: false, reason: "Duplicate agent name: taken" };
    const { id, name, address, key } = this.put(this.records.size + 1, { name: request.name });
    return { isEnrolled: true, id, name, address, key };
  }

  async change(node: string, change: AskedChange): Promise<AgentChangeAnswer> {
    this.changes.push({ node, change });
    await this.delay();
    if (change.kind === "add") return { isDone: true, id: this.put(this.records.size + 1).id, text: "added" };
    return { isDone: false, text: `no ${change.kind} here` };
  }
}

/** A worker's: takes pages as they come, and a reset as a whole. Refuses what does not follow. */
export class MemoryCopy implements AgentsOfWorker {
  records = new Map<string, RegistryRecord>();
  position: RegistryPosition = noPosition;
  session: AgentsSession | undefined;
  readonly events: string[] = [];
  readonly blocks: { node: string; ids: readonly number[] }[] = [];
  /** Resolves each page; a test may make the disk slow. */
  delay: () => Promise<void> = () => Promise.resolve();
  onDeliver: (id: string, message: string) => Promise<Delivery> = (id, message) =>
    Promise.resolve({ isDelivered: true, text: `${id}: ${message}` });
  #staged: Map<string, RegistryRecord> | undefined;
  #isApplying = false;
  pageCount = 0;

  held(): RegistryPosition {
    this.#staged = undefined;
    return this.position;
  }

  async apply(page: RegistryPage): Promise<void> {
    if (this.#isApplying) throw new Error("two pages at a time");
    this.#isApplying = true;
    await this.delay();
    this.#isApplying = false;
    this.pageCount += 1;
    if (page.isReset) this.#staged = new Map();
    const records = this.#staged ?? this.records;
    if (!page.isReset && this.#staged === undefined && page.from !== this.position.seq) throw new Error("a gap");
    for (const record of page.records) {
      const id = record.kind === "agent" ? record.id : record.groups;
      records.delete(id);
      records.set(id, record);
    }
    if (this.#staged !== undefined && !page.isLast) return;
    this.records = records;
    this.#staged = undefined;
    this.position = { epoch: page.epoch, seq: page.to };
  }

  heard(node: string, ids: readonly number[]): void {
    this.blocks.push({ node, ids });
  }

  deliver(id: string, message: string): Promise<Delivery> {
    return this.onDeliver(id, message);
  }

  onSession(session: AgentsSession | undefined): void {
    this.session = session;
    this.events.push(session === undefined ? "gone" : "served");
  }
}

export const sha256Of = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

export class MemoryBlobs implements BlobStore {
  readonly blobs = new Map<string, Buffer>();
  /** Offsets that were read, of all blobs. */
  readonly reads: number[] = [];

  put(bytes: Buffer): string {
    const sha256 = sha256Of(bytes);
    this.blobs.set(sha256, bytes);
    return sha256;
  }

  async open(sha256: string): Promise<Blob | undefined> {
    await Promise.resolve();
    const bytes = this.blobs.get(sha256);
    if (bytes === undefined) return undefined;
    return {
      bytes: bytes.length,
      read: async (offset, length) => {
        await Promise.resolve();
        this.reads.push(offset);
        return this.blobs.has(sha256) ? bytes.subarray(offset, offset + length) : undefined;
      },
    };
  }
}

export class MemorySink implements BlobSink {
  bytesMax = 1_073_741_824;
  readonly pieces: Buffer[] = [];
  #length = 0;
  /** Resolves each piece; a test may make the disk slow. */
  delay: () => Promise<void> = () => Promise.resolve();

  offset(): number {
    return this.#length;
  }

  async take(offset: number, bytes: Buffer): Promise<void> {
    if (offset !== this.#length) throw new Error(`piece at ${offset} of a sink that has ${this.#length}`);
    await this.delay();
    this.pieces.push(Buffer.from(bytes));
    this.#length += bytes.length;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }
}
