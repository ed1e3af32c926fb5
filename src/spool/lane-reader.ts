/**
 * Reads a spool's durable records in order, for the link: draining a backlog and following the tail alike. It keeps one
 * file open and its place in it. What is missing comes as a hole that is made up on the spot, so the records that it
 * returns never leave a gap (docs/protocol/spool-format.md section 5).
 */
import type { Disk, DiskFile } from "../base/disk.ts";
import { errnoOf } from "../base/error.ts";
import { Frames } from "./frame.ts";
import type { Epoch, LaneRecord } from "./lane.ts";
import type { Ledger, SegmentEntry } from "./ledger.ts";
import { epochRecord, holeRecord } from "./record.ts";
import { ioError } from "./segment.ts";

/** Read at once while a backlog drains: some thirty batches. */
const windowBytesMax = 1_048_576;

export const REASON_DROPPED = "dropped: the spool was full";
const reasonDamaged = "damaged on disk";
const reasonReleased = "no longer held, and the master lacks it";

interface Cursor {
  segment: SegmentEntry;
  file: DiskFile;
  frames: Frames;
  offset: number;
  /** The seq that the record at `offset` must begin with. */
  next: number;
}

/** What has been gathered so far, and the seq that comes next. */
interface Gathered {
  records: LaneRecord[];
  bytes: number;
  next: number;
}

export class LaneReader {
  readonly #disk: Disk;
  readonly #ledger: Ledger;
  readonly #lane: number;
  readonly #onHole: (segment: SegmentEntry | undefined, hole: LaneRecord, reason: string) => void;
  #cursor: Cursor | undefined;

  /** `onHole` is called each time that a hole is made up; `segment` is undefined where it has been released. */
  constructor(
    disk: Disk,
    ledger: Ledger,
    lane: number,
    onHole: (segment: SegmentEntry | undefined, hole: LaneRecord, reason: string) => void,
  ) {
    this.#disk = disk;
    this.#ledger = ledger;
    this.#lane = lane;
    this.#onHole = onHole;
  }

  /** As `Spool.read`. */
  async read(epoch: Epoch, fromSeq: number, bytesMax: number): Promise<LaneRecord[]> {
    const got: Gathered = { records: [], bytes: 0, next: Math.max(1, fromSeq) };
    const oldest = this.#ledger.ofEpoch(epoch)[0];
    if (oldest === undefined) return [];
    if (fromSeq === 0) add(got, epochRecord(this.#lane, epoch, oldest.predecessor, oldest.preamble), 1);
    if (got.next < oldest.first) this.#addHole(got, undefined, epoch, oldest.first - 1, reasonReleased);
    while (got.bytes < bytesMax) {
      const segment = this.#ledger.find(epoch, got.next);
      // Released in the meantime: the next call sees what there is now.
      if (segment === undefined || segment.first > got.next) break;
      if (segment.isDropped) {
        this.#addHole(got, segment, epoch, this.#ledger.lastOf(segment), REASON_DROPPED);
      } else if (!(await this.#readSegment(segment, got, bytesMax))) break;
    }
    return got.records;
  }

  /** Gathers from one segment; returns whether it has been read to its end. */
  async #readSegment(segment: SegmentEntry, got: Gathered, bytesMax: number): Promise<boolean> {
    // Both of now: what is committed while this reads is for the next call.
    const limit = segment.end;
    const last = this.#ledger.lastOf(segment);
    try {
      const cursor = await this.#seek(segment, got.next, Math.min(windowBytesMax, bytesMax));
      return await this.#gather(cursor, limit, last, got, bytesMax);
    } catch (error) {
      await this.close();
      // Released between finding and opening it.
      if (errnoOf(error) === "ENOENT") return false;
      throw ioError(segment.path, "read", error);
    }
  }

  async #gather(cursor: Cursor, limit: number, last: number, got: Gathered, bytesMax: number): Promise<boolean> {
    const { segment, frames } = cursor;
    for (;;) {
      const found = await frames.at(cursor.offset, limit);
      if (found.what === "bad") {
        segment.isDamaged = true;
        cursor.offset = found.end;
        continue;
      }
      const record = found.what === "frame" ? found.frame.record : undefined;
      const first = found.what === "end" ? last + 1 : (record?.first ?? 0);
      if (first > got.next) this.#addHole(got, segment, segment.epoch, first - 1, reasonDamaged);
      cursor.next = got.next;
      if (found.what === "end") return true;
      if (record !== undefined && record.count > 0 && record.first + record.count > got.next) {
        if (got.records.length > 0 && got.bytes + record.bytes.length > bytesMax) return false;
        add(got, record, record.first + record.count);
      }
      cursor.offset = found.frame.end;
      cursor.next = got.next;
    }
  }

  #addHole(got: Gathered, segment: SegmentEntry | undefined, epoch: Epoch, last: number, reason: string): void {
    const hole = holeRecord(this.#lane, epoch, got.next, last - got.next + 1, reason);
    this.#onHole(segment, hole, reason);
    add(got, hole, last + 1);
  }

  async #seek(segment: SegmentEntry, next: number, windowBytes: number): Promise<Cursor> {
    const held = this.#cursor;
    if (held?.segment === segment) {
      if (held.next !== next) Object.assign(held, { offset: segment.framesAt, next });
      return held;
    }
    await this.close();
    const file = await this.#disk.open(segment.path, "read");
    const frames = new Frames(file, segment.salt, Math.max(windowBytes, 65_536));
    this.#cursor = { segment, file, frames, offset: segment.framesAt, next };
    return this.#cursor;
  }

  /** Closes the file that is open. The reader can be used again. */
  async close(): Promise<void> {
    const held = this.#cursor;
    this.#cursor = undefined;
    await held?.file.close();
  }
}

function add(got: Gathered, record: LaneRecord, next: number): void {
  got.records.push(record);
  got.bytes += record.bytes.length;
  got.next = next;
}
