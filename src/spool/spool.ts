/**
 * The spool of a worker: one lane of numbered batches on disk, kept until the master has acknowledged them.
 * docs/protocol/spool-format.md has the bytes and the recovery.
 */
import { unreachable } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import type { CrashPoint } from "../base/crash-point.ts";
import type { Disk } from "../base/disk.ts";
import type { ArgusError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { Batch, Epoch, LaneRecord, Predecessor } from "./lane.ts";

/** `batch`: synced before an append resolves. `1s`: written, and synced once a second (safe against kill -9 only). */
export type SyncMode = "batch" | "1s";
/** What happens when the share is full: senders wait, or the oldest events are declared lost. */
export type FullPolicy = "block" | "drop_oldest";

export interface SpoolLimits {
  /** The share of the disk: all files of the lane together. */
  bytesMax: number;
  segmentBytesMax: number;
  /** Raw bytes waiting in memory from which on `isBusy` is true. */
  queueBytesMax: number;
  /** Bytes written by one group commit. */
  groupBytesMax: number;
  /** Marks kept; beyond it the ones not moved for longest are forgotten. */
  marksMax: number;
}

export interface SpoolOptions {
  disk: Disk;
  clock: Clock;
  random: Random;
  log: Log;
  crash: CrashPoint;
  /** Absolute; made when absent. One lane per folder; nobody else writes there (the lock on HOME sees to that). */
  folder: string;
  lane: number;
  limits: SpoolLimits;
  policy: FullPolicy;
  sync: SyncMode;
  /** What the epoch's first record carries for the master (model's EpochPreamble); at most 1,900 bytes. */
  preamble: Uint8Array;
}

/** An epoch of which the spool holds something, or which is the current one. */
export interface HeldEpoch {
  epoch: Epoch;
  /** Seq of the first event on disk (or declared missing); `last + 1` when there is none. */
  first: number;
  /** Seq of the last durable event; 0 when the epoch has none yet. */
  last: number;
  predecessor: Predecessor | undefined;
}

/** A range that the lane lacks and will ship as a record of kind `hole`. */
export interface HeldHole {
  epoch: Epoch;
  first: number;
  count: number;
  reason: string;
}

/** For hello: epochs in order (oldest first), the last one is the current one. */
export interface Held {
  lane: number;
  epochs: HeldEpoch[];
  holes: HeldHole[];
}

export interface SpoolStats {
  /** Durable events not yet acknowledged. */
  events: number;
  /** Of all files, and the share they may take. */
  bytes: number;
  bytesMax: number;
  /** Age of the oldest event not yet acknowledged; 0 when there is none. */
  oldestMs: number;
  isFull: boolean;
  /** Since start: events appended, events declared lost (dropped or damaged). */
  appended: number;
  lost: number;
}

export class Spool {
  /**
   * Recovers the folder (a torn tail is cut off, damage is logged and will be declared), then begins a new epoch whose
   * number is on disk when this resolves. Throws `SpoolError`: ARGUS_SPOOL_IO, ARGUS_SPOOL_VERSION.
   */
  static open(_options: SpoolOptions): Promise<Spool> {
    return unreachable("" as never);
  }

  /** The current epoch. */
  get epoch(): Epoch {
    return unreachable("" as never);
  }

  /** Resolves, once, when the disk has failed and no append will succeed any more: the node must stop with this error. */
  get failure(): Promise<ArgusError> {
    return unreachable("" as never);
  }

  /** Take-in time: the wall clock at the epoch's start plus monotonic time, in ms since 1970. */
  nowMs(): number {
    return unreachable("" as never);
  }

  /**
   * Numbers the batch at once, in the order of the calls, and resolves when it is durable (see `SyncMode`). Waits for as
   * long as the share is full with the policy `block`. Rejects with ARGUS_SPOOL_SYNC_FAILED, ARGUS_SPOOL_IO or
   * ARGUS_SPOOL_CLOSED. Many may be pending: the caller stops at `isBusy`.
   */
  append(_batch: Batch): Promise<void> {
    return unreachable("" as never);
  }

  /** Whether the caller must stop appending until `ready()`; this bounds the memory. */
  get isBusy(): boolean {
    return unreachable("" as never);
  }

  /** Resolves when `isBusy` is false (at once if it is), or when the spool has failed or closed. */
  ready(): Promise<void> {
    return unreachable("" as never);
  }

  /** The last durable position of each source. A copy. */
  marks(): Map<string, Buffer> {
    return unreachable("" as never);
  }

  held(): Held {
    return unreachable("" as never);
  }

  /**
   * Durable records of the epoch in order, from the one that holds `fromSeq`; 0 means from the epoch's own record on.
   * At least one record if there is any, then as many as `bytesMax` allows; an empty list at the end (wait for
   * `onDurable`). What is missing (dropped, damaged, or released although the master lacks it) comes as a record of
   * kind `hole` that starts at `fromSeq` or where the gap begins: the records returned never leave a gap. Batches
   * without events are left out. An epoch that the spool does not know gives an empty list. One call at a time.
   * Rejects with ARGUS_SPOOL_IO.
   */
  read(_epoch: Epoch, _fromSeq: number, _bytesMax: number): Promise<LaneRecord[]> {
    return unreachable("" as never);
  }

  /** Called after every commit and after a new epoch. Returns the function that ends it. */
  onDurable(_listener: () => void): () => void {
    return unreachable("" as never);
  }

  /**
   * The master holds everything of this epoch up to `last`, on disk or as a declared hole: whole segments that lie
   * behind it are released. An epoch that is over is released when its last seq is acknowledged (0 for one without
   * events). An unknown epoch or an old ack is ignored.
   */
  acknowledge(_epoch: Epoch, _last: number): Promise<void> {
    return unreachable("" as never);
  }

  /**
   * The next appends belong to a new epoch: when the clock has stepped, or the preamble changes. Resolves when it is on
   * disk.
   */
  beginEpoch(_reason: string, _preamble?: Uint8Array): Promise<void> {
    return unreachable("" as never);
  }

  stats(): SpoolStats {
    return unreachable("" as never);
  }

  /** Writes what is pending, syncs, closes the files. Appends that wait for a full share reject. May be called twice. */
  close(): Promise<void> {
    return unreachable("" as never);
  }
}

