/**
 * The segments of a journal, oldest first: begun at its end, and removed from its start on behind a checkpoint. Only
 * the last one, the active one, is written.
 */
import { assert } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import type { CrashPoint } from "../base/crash-point.ts";
import type { Disk } from "../base/disk.ts";
import { describeError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import { SALT_BYTES } from "./frame.ts";
import { segmentName, writeHead } from "./head.ts";
import type { JournalSegment } from "./journal-recovery.ts";
import { beginSegment, ioError, type SegmentWriter } from "./segment.ts";
import { writeJournalTable, type LaneTable, type MarkTable } from "./table.ts";

/** Room that only control records may use when the share is full: sixteen of the largest. */
const controlReserveBytes = 1_048_576;

export interface JournalSegmentsOptions {
  disk: Disk;
  clock: Clock;
  random: Random;
  log: Log;
  crash: CrashPoint;
  folder: string;
  limits: { bytesMax: number };
}

export class JournalSegments {
  readonly #options: JournalSegmentsOptions;
  readonly #segments: JournalSegment[];
  #checkpointPosition = 0;
  #isRemovingEarly = false;
  #removing: Promise<void> = Promise.resolve();

  /** `segments`: what recovery found. */
  constructor(options: JournalSegmentsOptions, segments: readonly JournalSegment[]) {
    this.#options = options;
    this.#segments = [...segments];
  }

  get active(): JournalSegment {
    const active = this.#segments.at(-1);
    assert(active !== undefined, "a journal has at least one segment");
    return active;
  }

  get oldest(): JournalSegment | undefined {
    return this.#segments[0];
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** Begins a segment on the disk and enters it into the list. An empty one at the same position is replaced. */
  async begin(
    { table, marks }: { table: LaneTable; marks: MarkTable },
    base: number,
    receivedMs: number,
  ): Promise<SegmentWriter> {
    const { disk, folder, crash, clock, random } = this.#options;
    const salt = Buffer.from(random.bytes(SALT_BYTES));
    const createdMs = clock.wallMs();
    const head = writeHead(
      { type: "journal", base, createdMs, salt, receivedMs },
      writeJournalTable(table.states(), marks),
    );
    const crashNames = { written: undefined, synced: "journal.segment.begun" } as const;
    const writer = await beginSegment({ disk, folder, name: segmentName(base), head, salt, crash, crashNames });
    if (this.#segments.at(-1)?.base === base) this.#segments.pop();
    this.#segments.push({ base, path: writer.path, bytes: head.length, createdMs, receivedMs });
    return writer;
  }

  /** As `Journal.removeBehind`. */
  async removeBehind(checkpointPosition: number, nowMs: number, keepMs: number): Promise<void> {
    this.#checkpointPosition = checkpointPosition;
    const { bytesMax } = this.#options.limits;
    await this.#remove((next) => nowMs - next.receivedMs > keepMs || this.#isNearlyFull(bytesMax / 8));
  }

  /** Whether there is room for so many bytes more, once all has gone for it that may go. */
  async makeRoom(bytes: number, isReserved: boolean): Promise<boolean> {
    const limit = this.#options.limits.bytesMax + (isReserved ? controlReserveBytes : 0);
    const isOver = (): boolean => this.bytes + bytes > limit;
    if (isOver()) await this.#remove(() => isOver() && this.#isNearlyFull(bytes));
    return !isOver();
  }

  /** Resolves when nothing is being removed. */
  settled(): Promise<void> {
    return this.#removing;
  }

  #isNearlyFull(bytesFree: number): boolean {
    const isNearlyFull = this.bytes + bytesFree > this.#options.limits.bytesMax;
    if (isNearlyFull && !this.#isRemovingEarly) {
      this.#options.log.warning(
        "journal: its share is nearly full: analysed segments are removed before <keep> is over",
      );
    }
    this.#isRemovingEarly = isNearlyFull;
    return isNearlyFull;
  }

  /** Removes from the oldest on, as long as `isDue` says so of the segment that follows. */
  #remove(isDue: (next: JournalSegment) => boolean): Promise<void> {
    const { disk, folder, crash, log } = this.#options;
    this.#removing = this.#removing.then(async () => {
      let removed = 0;
      try {
        for (;;) {
          const [oldest, next] = this.#segments;
          if (oldest === undefined || next === undefined) break;
          if (next.base > this.#checkpointPosition || !isDue(next)) break;
          await disk.remove(oldest.path);
          crash("journal.segment.removed");
          this.#segments.shift();
          removed += 1;
        }
        if (removed > 0) await disk.syncFolder(folder);
      } catch (error) {
        log.error(`journal: an old segment stays: ${describeError(ioError(folder, "remove from", error))}`);
      }
    });
    return this.#removing;
  }
}
