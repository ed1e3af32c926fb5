/**
 * The journal of the master: every record of every lane in one order, and the master's own intake and control records
 * among them. docs/protocol/spool-format.md has the bytes and the recovery.
 */
import { unreachable } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import type { CrashPoint } from "../base/crash-point.ts";
import type { Disk } from "../base/disk.ts";
import type { ArgusError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { Batch, Epoch, LaneRecord, Predecessor } from "./lane.ts";
import type { SpoolLimits, SpoolStats, SyncMode } from "./spool.ts";

export interface JournalOptions {
  disk: Disk;
  clock: Clock;
  random: Random;
  log: Log;
  crash: CrashPoint;
  /** Absolute; made when absent. */
  folder: string;
  /** The master's own name, under which its own intake is numbered. */
  node: string;
  limits: SpoolLimits;
  sync: SyncMode;
  /** Of the master's own epoch. */
  preamble: Uint8Array;
}

/** Where a record comes from. `receivedMs` (wall clock) never decreases in the journal: a lower one is raised. */
export interface Origin {
  node: string;
  receivedMs: number;
  /** The master's clock minus the node's, as measured by the link. */
  offsetMs: number;
}

/**
 * batch_overlap: overlaps in part what is held. batch_gap: events are missing before it. epoch_unknown: its epoch's
 * record has not been stored. epoch_order: an epoch that is over, or one whose predecessor is not complete here.
 * record_damaged: not a record, or a wrong CRC. record_mismatch: its header and the numbers beside it disagree.
 */
export type StoreRefusal =
  "batch_overlap" | "batch_gap" | "epoch_unknown" | "epoch_order" | "record_damaged" | "record_mismatch";

/**
 * `stored` and `duplicate` resolve when everything of the epoch up to `last` is durable; `last` is what to acknowledge.
 * `note`: rolled_back: the node's predecessor ends below what is held here. lane_restarted: the epoch names no
 * predecessor, or none that is known here, although the lane has a history: its spool was lost or replaced.
 */
export type StoreResult =
  | { code: "stored" | "duplicate"; last: number; note?: "rolled_back" | "lane_restarted" }
  | { code: StoreRefusal; last: number };

/** What is held of one lane of one node. */
export interface LaneState {
  node: string;
  lane: number;
  /** Epochs in the order in which they were journalled; the last one is the current one. At most 256 ended ones. */
  epochs: { epoch: Epoch; last: number }[];
  predecessor: Predecessor | undefined;
  /** Of the current epoch. */
  preamble: Buffer;
}

/** Records of the last segment that were durable once and can no longer be read. */
export interface JournalDamage {
  position: number;
  nextPosition: number;
  lost: { node: string; lane: number; epoch: Epoch; first: number; count: number }[];
}

export class Journal {
  /** What recovery found, for control records of kind `hole`. Usually empty. */
  readonly damages: readonly JournalDamage[] = [];

  /**
   * Recovers the last segment, then begins a new own epoch and journals it. Throws `SpoolError`: ARGUS_SPOOL_IO,
   * ARGUS_SPOOL_VERSION.
   */
  static open(_options: JournalOptions): Promise<Journal> {
    return unreachable("" as never);
  }

  /** Resolves, once, when the disk has failed: the node must stop with this error. */
  get failure(): Promise<ArgusError> {
    return unreachable("" as never);
  }

  /** Stores a worker's record if it is the next one of its lane; waits while the share is full. Never inflates. */
  store(_record: LaneRecord, _from: Origin): Promise<StoreResult> {
    return unreachable("" as never);
  }

  /** The master's own intake: as `Spool.append`. Waits while the share is full. */
  appendOwn(_batch: Batch): Promise<void> {
    return unreachable("" as never);
  }

  /** At most 64 KiB. Resolves with the position of the record when it is durable; has a reserve of 1 MiB. */
  appendControl(_bytes: Uint8Array): Promise<number> {
    return unreachable("" as never);
  }

  /** Take-in time of the own epoch, as `Spool.nowMs`. */
  nowMs(): number {
    return unreachable("" as never);
  }

  /** Whether `appendOwn` and the link must wait until `ready()`. */
  get isBusy(): boolean {
    return unreachable("" as never);
  }

  ready(): Promise<void> {
    return unreachable("" as never);
  }

  /** The last durable position of each of the master's own sources. */
  marks(): Map<string, Buffer> {
    return unreachable("" as never);
  }

  /** What is durable, per node and lane: the acks of hello. */
  table(): LaneState[] {
    return unreachable("" as never);
  }

  /** Everything before it is durable: the limit for `JournalReader.next`. */
  get durablePosition(): number {
    return unreachable("" as never);
  }

  /** The position of the oldest record kept. */
  get oldestPosition(): number {
    return unreachable("" as never);
  }

  onDurable(_listener: (position: number) => void): () => void {
    return unreachable("" as never);
  }

  /** A new own epoch (clock step, changed preamble). */
  beginEpoch(_reason: string, _preamble?: Uint8Array): Promise<void> {
    return unreachable("" as never);
  }

  /**
   * Removes the segments that lie wholly behind `checkpointPosition` and whose last record is older than `keepMs`. When
   * the share is nearly full, those behind the checkpoint go earlier, and it is logged.
   */
  removeBehind(_checkpointPosition: number, _nowMs: number, _keepMs: number): Promise<void> {
    return unreachable("" as never);
  }

  /** `events` is those of the current segments; `oldestMs` the age of the oldest record kept. */
  stats(): SpoolStats {
    return unreachable("" as never);
  }

  close(): Promise<void> {
    return unreachable("" as never);
  }
}
