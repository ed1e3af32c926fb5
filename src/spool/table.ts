/**
 * What a journal holds of each lane of each node, and whether a record is the next one of its lane
 * (docs/protocol/spool-format.md section 6). Pure: a value that the journal keeps twice, once as of what it has
 * received and once as of what is on the disk.
 *
 * Invariant: within an epoch the seqs accepted have neither gap nor overlap. A worker may send anything; what does not
 * fit is refused with a code, and nothing changes.
 */
import { ByteReader, ByteWriter } from "../base/bytes.ts";
import { isSameEpoch, type Epoch, type LaneRecord, type Mark, type Predecessor } from "./lane.ts";
import {
  epochContent,
  MARK_BYTES_MAX,
  PREAMBLE_BYTES_MAX,
  readEpoch,
  readMarks,
  readPredecessor,
  writeEpoch,
  writeMarks,
  writePredecessor,
} from "./record.ts";

/**
 * batch_overlap: overlaps in part what is held. batch_gap: events are missing before it. epoch_unknown: its epoch's
 * record has not been stored. epoch_order: an epoch that is over, or one whose predecessor is not complete here.
 * record_damaged: not a record, or a wrong CRC. record_mismatch: its header and the numbers beside it disagree.
 */
export type StoreRefusal =
  | "batch_overlap"
  | "batch_gap"
  | "epoch_unknown"
  | "epoch_order"
  | "record_damaged"
  | "record_mismatch";

/**
 * rolled_back: the predecessor ends below what is held. lane_restarted: no known predecessor, though there is a
 * history.
 */
export type EpochNote = "rolled_back" | "lane_restarted";

/** `last`: of the record's epoch as held afterwards; 0 where the epoch is not known. */
export type Judgement =
  | { code: "stored"; last: number; note?: EpochNote }
  | { code: "duplicate" | StoreRefusal; last: number };

/** What is held of one lane of one node. */
export interface LaneState {
  node: string;
  lane: number;
  /** In the order in which they were journalled; the last one is the current one. At most 256 ended ones. */
  epochs: { epoch: Epoch; last: number }[];
  /** Of the current epoch, as its preamble. */
  predecessor: Predecessor | undefined;
  preamble: Buffer;
}

/** A worker that restarts a hundred times an hour is still recognised after two hours with its link down. */
const endedEpochsMax = 256;
const noBytes = Buffer.alloc(0);

export class LaneTable {
  readonly #lanes = new Map<string, LaneState>();

  static keyOf(node: string, lane: number): string {
    return `${lane} ${node}`;
  }

  lane(node: string, lane: number): LaneState | undefined {
    return this.#lanes.get(LaneTable.keyOf(node, lane));
  }

  /** The last seq held of an epoch, or `undefined` when it is not known. */
  lastOf(node: string, lane: number, epoch: Epoch): number | undefined {
    return this.lane(node, lane)?.epochs.find((held) => isSameEpoch(held.epoch, epoch))?.last;
  }

  /** A copy, sorted by node and lane. */
  states(): LaneState[] {
    const states = [...this.#lanes.values()].map((state) => ({
      ...state,
      epochs: state.epochs.map((held) => ({ ...held })),
    }));
    return states.sort((a, b) => (a.node < b.node ? -1 : a.node > b.node ? 1 : a.lane - b.lane));
  }

  restore(states: readonly LaneState[]): void {
    this.#lanes.clear();
    for (const state of states) {
      const epochs = state.epochs.map((held) => ({ ...held }));
      this.#lanes.set(LaneTable.keyOf(state.node, state.lane), { ...state, epochs });
    }
  }

  /** Accepts the record if it is the next one of its lane. */
  accept(node: string, record: LaneRecord): Judgement {
    return record.kind === "epoch" ? this.#acceptEpoch(node, record) : this.#acceptRange(node, record);
  }

  /**
   * Takes over a record that stands in the journal, whatever is missing before it (damage): returns the range that is
   * missing. An epoch whose own record is missing is taken from its first batch.
   */
  replay(node: string, record: LaneRecord): { first: number; count: number } | undefined {
    const { code } = this.accept(node, record);
    if (code !== "batch_gap" && code !== "epoch_unknown") return undefined;
    const { lane, epoch, first } = record;
    if (code === "epoch_unknown") {
      const epochs = [...(this.lane(node, lane)?.epochs ?? []), { epoch, last: 0 }];
      this.#lanes.set(LaneTable.keyOf(node, lane), { node, lane, epochs, predecessor: undefined, preamble: noBytes });
    }
    const held = this.lastOf(node, lane, epoch) ?? 0;
    this.#advance(node, record);
    return first > held + 1 ? { first: held + 1, count: first - held - 1 } : undefined;
  }

  #acceptRange(node: string, record: LaneRecord): Judgement {
    const held = this.lastOf(node, record.lane, record.epoch);
    if (held === undefined) return { code: "epoch_unknown", last: 0 };
    const last = record.first + record.count - 1;
    if (last <= held) return { code: "duplicate", last: held };
    if (record.first <= held) return { code: "batch_overlap", last: held };
    if (!this.#isCurrent(node, record)) return { code: "epoch_order", last: held };
    if (record.first > held + 1) return { code: "batch_gap", last: held };
    this.#advance(node, record);
    return { code: "stored", last };
  }

  #isCurrent(node: string, record: LaneRecord): boolean {
    const current = this.lane(node, record.lane)?.epochs.at(-1);
    return current !== undefined && isSameEpoch(current.epoch, record.epoch);
  }

  #advance(node: string, record: LaneRecord): void {
    const current = this.lane(node, record.lane)?.epochs.at(-1);
    if (current !== undefined && this.#isCurrent(node, record)) current.last = record.first + record.count - 1;
  }

  #acceptEpoch(node: string, record: LaneRecord): Judgement {
    const content = epochContent(record);
    if (content === undefined) return { code: "record_damaged", last: 0 };
    const held = this.lastOf(node, record.lane, record.epoch);
    if (held !== undefined) return { code: "duplicate", last: held };
    const state = this.lane(node, record.lane);
    const note = noteOf(state, content.predecessor);
    if (note === "epoch_order") return { code: "epoch_order", last: 0 };
    const epochs = [...(state?.epochs ?? []).slice(-endedEpochsMax), { epoch: record.epoch, last: 0 }];
    const { lane } = record;
    this.#lanes.set(LaneTable.keyOf(node, lane), { node, lane, epochs, ...content });
    return note === undefined ? { code: "stored", last: 0 } : { code: "stored", last: 0, note };
  }
}

function noteOf(
  state: LaneState | undefined,
  predecessor: Predecessor | undefined,
): EpochNote | "epoch_order" | undefined {
  const current = state?.epochs.at(-1);
  if (state === undefined || current === undefined) return undefined;
  if (predecessor === undefined) return "lane_restarted";
  const named = state.epochs.find((held) => isSameEpoch(held.epoch, predecessor.epoch));
  if (named === undefined) return "lane_restarted";
  if (named !== current) return "rolled_back";
  // The worker still has events of the epoch before: they come first, or they would never be analysed in order.
  if (predecessor.last > current.last) return "epoch_order";
  return predecessor.last < current.last ? "rolled_back" : undefined;
}

/** The marks of a node's sources: the ones not moved for longest are forgotten beyond a limit. */
export class MarkTable {
  readonly #marks = new Map<string, Buffer>();
  readonly #max: number;
  #isUnknown = false;

  constructor(max: number) {
    this.#max = max;
  }

  apply(marks: readonly Mark[]): void {
    for (const { key, position } of marks) {
      this.#marks.delete(key);
      this.#marks.set(key, Buffer.from(position));
    }
    for (const key of this.#marks.keys()) {
      if (this.#marks.size <= this.#max) break;
      this.#marks.delete(key);
    }
  }

  copy(): Map<string, Buffer> {
    return new Map(this.#marks);
  }

  /** Whether `restore` found no table: marks are then missing that an older table has. */
  get isUnknown(): boolean {
    return this.#isUnknown;
  }

  /** Takes a segment's table of marks over; `undefined`: it could not be read. */
  restore(table: Uint8Array | undefined): void {
    this.#isUnknown = table === undefined || !this.read(new ByteReader(table));
  }

  write(writer: ByteWriter): void {
    writer.u32(this.#marks.size);
    writeMarks(
      writer,
      [...this.#marks].map(([key, position]) => ({ key, position })),
    );
  }

  /** Replaces all marks; returns whether the bytes were marks. */
  read(reader: ByteReader): boolean {
    const count = reader.u32();
    // Six bytes are the least that a mark takes: a count beyond that is no count.
    const marks = count * 6 > reader.remaining ? undefined : readMarks(reader, count);
    this.#marks.clear();
    this.apply(marks ?? []);
    return marks !== undefined && !reader.isBroken;
  }
}

/** The table of a journal's segment: lanes, then marks. */
export function writeJournalTable(lanes: readonly LaneState[], marks: MarkTable): Buffer {
  const writer = new ByteWriter(4_096);
  writer.u32(lanes.length);
  for (const { node, lane, epochs, predecessor, preamble } of lanes) {
    writer.text16(node).u16(lane);
    writePredecessor(writer, predecessor);
    writer.bytes32(preamble).u16(epochs.length);
    for (const { epoch, last } of epochs) {
      writeEpoch(writer, epoch);
      writer.u64(last);
    }
  }
  marks.write(writer);
  return writer.copy();
}

/** `undefined` when the bytes are no such table. Fills `marks`. */
export function readJournalTable(bytes: Uint8Array, marks: MarkTable): LaneState[] | undefined {
  const reader = new ByteReader(bytes);
  const lanes: LaneState[] = [];
  for (let left = reader.u32(); left > 0 && !reader.isBroken; left -= 1) {
    const node = reader.text16();
    const lane = reader.u16();
    const predecessor = readPredecessor(reader);
    const preamble = Buffer.from(reader.bytes32());
    const epochs: LaneState["epochs"] = [];
    for (let more = reader.u16(); more > 0 && !reader.isBroken; more -= 1) {
      epochs.push({ epoch: readEpoch(reader), last: reader.u64() });
    }
    if (preamble.length > PREAMBLE_BYTES_MAX) return undefined;
    lanes.push({ node, lane, epochs, predecessor, preamble });
  }
  const hasMarks = marks.read(reader);
  return reader.isBroken || !hasMarks || reader.remaining > 0 ? undefined : lanes;
}

/** The largest table that is read: a thousand nodes with two lanes and all their epochs, and a full mark table. */
export const TABLE_BYTES_MAX = 1_000 * 2 * (endedEpochsMax + 1) * 24 + 4_096 * 2 * MARK_BYTES_MAX;
