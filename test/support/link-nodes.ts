/** Keys, pins, spools and journals as small as a test of the link needs them: behaving, and in memory. */
import { createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { isSameEpoch, lastOf } from "../../src/link/frames.ts";
import type {
  Epoch,
  HeldLane,
  LaneRecord,
  MasterPin,
  NodeIdentity,
  Pins,
  RecordSource,
  RecordStore,
  StoredLane,
  StoreResult,
} from "../../src/link/needs.ts";
import type { WorkerStatus } from "../../src/link/wire.ts";

export function newIdentity(): NodeIdentity {
  const { privateKey } = generateKeyPairSync("ed25519");
  const der = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return { publicKey: der.subarray(der.length - 32), sign: (message) => sign(null, message, privateKey) };
}

export class MemoryPins implements Pins {
  readonly keys = new Map<string, Buffer>();

  of(name: string): Buffer | undefined {
    return this.keys.get(name);
  }

  async pin(name: string, publicKey: Buffer): Promise<void> {
    await Promise.resolve();
    this.keys.set(name, publicKey);
  }
}

export class MemoryMasterPin implements MasterPin {
  master: { name: string; publicKey: Buffer; term: number } | undefined;

  current(): { name: string; publicKey: Buffer; term: number } | undefined {
    return this.master;
  }

  async pin(master: { name: string; publicKey: Buffer; term: number }): Promise<void> {
    await Promise.resolve();
    this.master = master;
  }
}

export const quietStatus: WorkerStatus = {
  spool: { events: 0, bytes: 0, bytesMax: 1, oldestMs: 0, isFull: false },
  eventsPerSecond: 0,
  counters: {},
  lines: [],
};

interface SpooledEpoch {
  epoch: Epoch;
  records: LaneRecord[];
  last: number;
}

/** A spool in memory: one lane, epochs in order, whole records. */
export class MemorySpool implements RecordSource {
  readonly epochs: SpooledEpoch[] = [];
  readonly #listeners = new Set<() => void>();
  #isReading = false;
  clockMs = 0;

  beginEpoch(): Epoch {
    const number = (this.epochs.at(-1)?.epoch.number ?? 0) + 1;
    const epoch = { number, bits: number.toString(16).padStart(16, "a") };
    const record: LaneRecord = {
      kind: "epoch",
      lane: 0,
      epoch,
      first: 1,
      count: 0,
      bytes: Buffer.from(`epoch ${number}`),
    };
    this.epochs.push({ epoch, records: [record], last: 0 });
    this.#tell();
    return epoch;
  }

  append(count: number, bytes: Buffer = Buffer.alloc(40, count), kind: "events" | "hole" = "events"): LaneRecord {
    const own = this.epochs.at(-1);
    if (own === undefined) throw new Error("no epoch");
    const record: LaneRecord = { kind, lane: 0, epoch: own.epoch, first: own.last + 1, count, bytes };
    own.records.push(record);
    own.last += count;
    this.#tell();
    return record;
  }

  held(): readonly HeldLane[] {
    const epochs = this.epochs.map(({ epoch, records, last }) => {
      const first = records.find(({ kind }) => kind !== "epoch")?.first ?? last + 1;
      return { epoch, first, last };
    });
    return [{ lane: 0, epochs }];
  }

  async read(_lane: number, epoch: Epoch, fromSeq: number, bytesMax: number): Promise<LaneRecord[]> {
    if (this.#isReading) throw new Error("two reads at a time");
    this.#isReading = true;
    await Promise.resolve();
    this.#isReading = false;
    const own = this.epochs.find((one) => isSameEpoch(one.epoch, epoch));
    const found: LaneRecord[] = [];
    let bytes = 0;
    for (const record of own?.records ?? []) {
      if (record.kind === "epoch" ? fromSeq > 0 : lastOf(record) < fromSeq) continue;
      if (found.length > 0 && bytes + record.bytes.length > bytesMax) break;
      found.push(record);
      bytes += record.bytes.length;
    }
    return found;
  }

  onDurable(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async acknowledge(_lane: number, epoch: Epoch, last: number): Promise<void> {
    await Promise.resolve();
    const own = this.epochs.find((one) => isSameEpoch(one.epoch, epoch));
    if (own === undefined) return;
    own.records = own.records.filter((record) => lastOf(record) > last);
    if (own !== this.epochs.at(-1) && last >= own.last) this.epochs.splice(this.epochs.indexOf(own), 1);
  }

  nowMs(): number {
    return this.clockMs;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/**
 * A journal in memory with the rules of spool-format.md: what does not follow is refused, what is there is a duplicate.
 */
export class MemoryJournal implements RecordStore {
  readonly records: { node: string; record: LaneRecord; offsetMs: number }[] = [];
  readonly #lanes = new Map<string, StoredLane[]>();
  /** Resolves each store; a test may make the disk slow. */
  delay: () => Promise<void> = () => Promise.resolve();
  #last: Promise<unknown> = Promise.resolve();

  stored(node: string): readonly StoredLane[] {
    return this.#lanes.get(node) ?? [];
  }

  store(node: string, record: LaneRecord, offsetMs: number): Promise<StoreResult> {
    const work = this.#last.then(async () => {
      await this.delay();
      return this.#take(node, record, offsetMs);
    });
    this.#last = work;
    return work;
  }

  #take(node: string, record: LaneRecord, offsetMs: number): StoreResult {
    const lanes = this.#lanes.get(node) ?? [];
    this.#lanes.set(node, lanes);
    const own = lanes.find((one) => one.lane === record.lane && isSameEpoch(one.epoch, record.epoch));
    if (record.kind === "epoch") {
      if (own !== undefined) return { code: "duplicate", last: own.last };
      lanes.push({ lane: record.lane, epoch: record.epoch, last: 0 });
    } else {
      if (own === undefined) return { code: "epoch_unknown", last: 0 };
      if (lastOf(record) <= own.last) return { code: "duplicate", last: own.last };
      if (record.first <= own.last) return { code: "batch_overlap", last: own.last };
      if (record.first > own.last + 1) return { code: "batch_gap", last: own.last };
      own.last = lastOf(record);
    }
    this.records.push({ node, record, offsetMs });
    return { code: "stored", last: lastOf(record) };
  }

  /** The records of a node in words, in order: `epoch 1`, `1: 3+2` (epoch: first+count). */
  story(node: string): string[] {
    return this.records
      .filter((one) => one.node === node)
      .map(({ record: { kind, epoch, first, count } }) =>
        kind === "epoch" ? `epoch ${epoch.number}` : `${epoch.number}: ${first}+${count}`,
      );
  }
}

/** The same words for what a spool was given, whatever has been released since. */
export function storyOf(records: readonly LaneRecord[]): string[] {
  return records.map(({ kind, epoch, first, count }) =>
    kind === "epoch" ? `epoch ${epoch.number}` : `${epoch.number}: ${first}+${count}`,
  );
}
