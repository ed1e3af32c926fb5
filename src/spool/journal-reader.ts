/**
 * Reads a journal's files in order, in the analysis thread and in offline commands; it never writes. It may run while
 * the journal grows, if `limit` is a durable position that the journal has told.
 */
import { unreachable } from "../base/assert.ts";
import type { Disk } from "../base/disk.ts";
import type { LaneState } from "./journal.ts";
import type { Epoch, Predecessor } from "./lane.ts";

interface At {
  /** Where this record starts, and where the next one does. */
  position: number;
  nextPosition: number;
}

interface InLane extends At {
  node: string;
  lane: number;
  epoch: Epoch;
  first: number;
  count: number;
  receivedMs: number;
  offsetMs: number;
}

export type JournalEntry =
  /** `payload()` inflates, bounded; `undefined` when the bytes cannot be inflated (a worker sent them). */
  | (InLane & { kind: "batch"; payload(): Buffer | undefined })
  | (InLane & { kind: "epoch"; predecessor: Predecessor | undefined; preamble: Buffer })
  | (InLane & { kind: "hole"; reason: string })
  | (At & { kind: "control"; receivedMs: number; bytes: Buffer })
  /** Bytes that were durable once and cannot be read; what they held is missing between the records around them. */
  | (At & { kind: "damaged" });

/** The table at the head of a segment: all that is known of the lanes as of its start. */
export interface JournalHead {
  position: number;
  lanes: LaneState[];
  marks: Map<string, Buffer>;
  /** The highest `receivedMs` before it. */
  receivedMs: number;
}

export class JournalReader {
  /**
   * `from` must be the start of a record (or the end of the journal); `oldest` is the oldest one kept. Throws `SpoolError`:
   * ARGUS_SPOOL_POSITION_GONE when it has been removed, ARGUS_SPOOL_IO, ARGUS_SPOOL_VERSION.
   */
  static open(_options: { disk: Disk; folder: string; from: number | "oldest" }): Promise<JournalReader> {
    return unreachable("" as never);
  }

  /** Where the next record starts. */
  get position(): number {
    return unreachable("" as never);
  }

  /**
   * Why `next` last returned `undefined`: `limit`: the limit is reached. `end`: a clean end of the last file. `torn`: the
   * last file ends in the middle of a record (a crash, or a write in progress).
   */
  get standing(): "limit" | "end" | "torn" {
    return unreachable("" as never);
  }

  /** The table and marks at the head of the oldest segment kept. */
  oldestHead(): Promise<JournalHead> {
    return unreachable("" as never);
  }

  /** The next record before `limit` (Infinity: all there is), or `undefined`. Buffers are valid until the next call. */
  next(_limit: number): Promise<JournalEntry | undefined> {
    return unreachable("" as never);
  }

  close(): Promise<void> {
    return unreachable("" as never);
  }
}
