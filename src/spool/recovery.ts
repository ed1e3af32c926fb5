/** Opens a spool's folder after whatever has happened to it (docs/protocol/spool-format.md sections 3 and 5). */
import type { Disk, DiskFile } from "../base/disk.ts";
import type { Log } from "../base/log.ts";
import { SpoolError } from "./errors.ts";
import { Frames } from "./frame.ts";
import { openFolder, type Listed } from "./folder.ts";
import { framesAt } from "./head.ts";
import type { LaneRecord, Predecessor } from "./lane.ts";
import { Ledger, type SegmentEntry } from "./ledger.ts";
import { marksOf, slimRecord } from "./record.ts";
import { readTable, scanLast, settleTail, withSegment } from "./segment.ts";
import { MarkTable } from "./table.ts";

export interface Recovered {
  ledger: Ledger;
  marks: MarkTable;
  nextOrdinal: number;
  /** The epoch before the one to begin: the highest number that the folder knows. */
  predecessor: Predecessor | undefined;
}

export interface RecoveryOptions {
  disk: Disk;
  folder: string;
  lane: number;
  marksMax: number;
  log: Log;
}

export async function recoverSpool(options: RecoveryOptions): Promise<Recovered> {
  const { disk, folder, log } = options;
  const listing = await openFolder(disk, folder, "spool", log);
  const ledger = new Ledger();
  for (const listed of listing.segments) ledger.add(entryOf(listed, options));
  const marks = new MarkTable(options.marksMax);
  const last = listing.segments.at(-1);
  const nextOrdinal = Math.max(-1, ...[...listing.segments, ...listing.aside].map(({ number }) => number)) + 1;
  if (last === undefined) return { ledger, marks, nextOrdinal, predecessor: undefined };
  await withSegment(disk, last.path, "write", (file) => settleLast(file, last, ledger.active, marks, log));
  if (marks.isUnknown) await marksFromBefore(options, listing.segments, marks);
  for (const segment of ledger.segments) await findOwnLast(disk, ledger, segment);
  const predecessor = { epoch: ledger.active.epoch, last: ledger.lastOf(ledger.active) };
  return { ledger, marks, nextOrdinal, predecessor };
}

function entryOf({ number, path, core, bytes, modifiedMs }: Listed, options: RecoveryOptions): SegmentEntry {
  if (core.type !== "spool" || core.lane !== options.lane) {
    throw new SpoolError("ARGUS_SPOOL_IO", path, `${path} does not belong to lane ${options.lane}`);
  }
  const { salt, epoch, predecessor, preamble, first, createdMs, isDropped } = core;
  return {
    ...{ ordinal: number, path, salt, epoch, predecessor, preamble, first, createdMs, isDropped },
    framesAt: framesAt(core),
    end: bytes,
    writtenMs: modifiedMs,
    isDamaged: false,
    ownLast: first - 1,
  };
}

async function settleLast(
  file: DiskFile,
  { core, bytes, path }: Listed,
  entry: SegmentEntry,
  marks: MarkTable,
  log: Log,
): Promise<void> {
  const records: LaneRecord[] = [];
  const scan = await scanLast(
    file,
    core,
    bytes,
    (frame) => (frame.record === undefined ? undefined : slimRecord(frame.record)),
    (found) => {
      if (found.what === "frame" && found.frame !== undefined) records.push(found.frame);
    },
  );
  if (scan.end < bytes) log.info(`${path}: ${bytes - scan.end} bytes of an unfinished write are cut off`);
  for (const { offset, end } of scan.damages) {
    log.error(`${path} is damaged: ${end - offset} bytes at ${offset} cannot be read; what they held is declared lost`);
  }
  await settleTail(file, scan, bytes);
  const table = await readTable(file, core);
  marks.restore(table);
  for (const record of records) marks.apply(marksOf(record));
  entry.end = scan.end;
  entry.isDamaged = scan.damages.length > 0;
  const last = records.at(-1);
  if (last !== undefined) entry.ownLast = Math.max(entry.ownLast, last.first + last.count - 1);
}

/** The last table is unreadable: the newest one before it that is not, and the marks of all records since. */
async function marksFromBefore(options: RecoveryOptions, segments: readonly Listed[], marks: MarkTable): Promise<void> {
  options.log.error(`${options.folder}: the last table of marks is damaged; it is computed from the segments before`);
  let from = segments.length - 1;
  for (; from > 0 && marks.isUnknown; from -= 1) {
    const before = segments[from - 1];
    if (before === undefined) break;
    // The head of a dropped segment has an empty table.
    if (before.core.type === "spool" && before.core.isDropped) continue;
    await withSegment(options.disk, before.path, "write", async (file) =>
      marks.restore(await readTable(file, before.core)),
    );
  }
  for (const segment of segments.slice(from)) {
    await withSegment(options.disk, segment.path, "write", async (file) => {
      await scanLast(
        file,
        segment.core,
        segment.bytes,
        (frame) => (frame.record === undefined ? [] : marksOf(frame.record)),
        (found) => {
          if (found.what === "frame") marks.apply(found.frame);
        },
      );
    });
  }
}

/** Where the segment after does not tell a segment's last seq (files between them are gone), its own records must. */
async function findOwnLast(disk: Disk, ledger: Ledger, segment: SegmentEntry): Promise<void> {
  if (segment === ledger.active || segment.isDropped || ledger.isLastTold(segment)) return;
  await withSegment(disk, segment.path, "write", async (file) => {
    const { salt, end } = segment;
    const frames = new Frames(file, salt, 1_048_576);
    for (let offset = segment.framesAt; offset < end;) {
      const found = await frames.at(offset, end);
      if (found.what === "end") break;
      const record = found.what === "frame" ? found.frame.record : undefined;
      if (record !== undefined) segment.ownLast = Math.max(segment.ownLast, record.first + record.count - 1);
      offset = found.what === "frame" ? found.frame.end : found.end;
    }
  });
}
