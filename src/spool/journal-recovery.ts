/** Opens a journal's folder after whatever has happened to it (docs/protocol/spool-format.md section 5). */
import type { Disk } from "../base/disk.ts";
import type { Log } from "../base/log.ts";
import { SpoolError } from "./errors.ts";
import { openFolder, type Listed } from "./folder.ts";
import { Frames, type Frame } from "./frame.ts";
import { framesAt, type JournalCore } from "./head.ts";
import type { Epoch, LaneRecord } from "./lane.ts";
import { readOrigin, type Origin } from "./origin.ts";
import { marksOf, slimRecord } from "./record.ts";
import { readTable, scanLast, settleTail, withSegment } from "./segment.ts";
import { LaneTable, MarkTable, readJournalTable } from "./table.ts";

/** Events that were durable once and are missing now. */
export interface LostRange {
  node: string;
  lane: number;
  epoch: Epoch;
  first: number;
  count: number;
}

/** Records that were durable once and can no longer be read; `lost` names what is known to be missing. */
export interface JournalDamage {
  position: number;
  nextPosition: number;
  lost: LostRange[];
}

/** A segment that is not written any more, or the one being written. */
export interface JournalSegment {
  base: number;
  path: string;
  /** Bytes of the file. */
  bytes: number;
  createdMs: number;
  /** Of the last record before it. */
  receivedMs: number;
}

export interface RecoveredJournal {
  segments: JournalSegment[];
  table: LaneTable;
  marks: MarkTable;
  receivedMs: number;
  /** Where the next record goes. */
  position: number;
  damages: JournalDamage[];
}

export interface JournalRecoveryOptions {
  disk: Disk;
  folder: string;
  node: string;
  marksMax: number;
  log: Log;
}

interface Replayed {
  origin: Origin;
  record: LaneRecord | undefined;
}

type Journalled = Listed & { core: JournalCore };

const firstFrameBytes = 65_536;

export async function recoverJournal(options: JournalRecoveryOptions): Promise<RecoveredJournal> {
  const { disk, folder, log } = options;
  const listing = await openFolder(disk, folder, "journal", log);
  const listed = listing.segments.map(asJournalled);
  const recovered: RecoveredJournal = {
    segments: listed.map(({ path, bytes, core }) => ({ ...segmentOf(core), path, bytes })),
    table: new LaneTable(),
    marks: new MarkTable(options.marksMax),
    receivedMs: 0,
    position: 0,
    damages: [],
  };
  const from = await restoreTable(options, await begunOf(options, listed), recovered);
  for (const segment of listed.slice(from)) await replay(options, segment, segment === listed.at(-1), recovered);
  // Positions are never used twice: what has been put aside keeps its own.
  for (const { number, bytes } of listing.aside) recovered.position = Math.max(recovered.position, number + bytes);
  return recovered;
}

function asJournalled(listed: Listed): Journalled {
  const { core } = listed;
  if (core.type === "journal") return { ...listed, core };
  throw new SpoolError("ARGUS_SPOOL_IO", listed.path, `${listed.path} belongs to a spool`);
}

function segmentOf({ base, createdMs, receivedMs }: JournalCore): Omit<JournalSegment, "path" | "bytes"> {
  return { base, createdMs, receivedMs };
}

/**
 * The segments without a last one in which nothing was written: what the start that began it had found in the one
 * before (holes, damage) was not declared, so it is looked for again. Without one before it stands for itself.
 */
async function begunOf(
  { disk }: JournalRecoveryOptions,
  listed: readonly Journalled[],
): Promise<readonly Journalled[]> {
  const last = listed.at(-1);
  if (last === undefined || listed.length < 2) return listed;
  let isBegun = false;
  await withSegment(disk, last.path, "read", async (file) => {
    const frames = new Frames(file, last.core.salt, firstFrameBytes);
    isBegun = (await frames.at(framesAt(last.core), last.bytes)).what === "frame";
  });
  return isBegun ? listed : listed.slice(0, -1);
}

/** The table of the last segment that has a readable one; returns the index of that segment. */
async function restoreTable(
  options: JournalRecoveryOptions,
  listed: readonly Journalled[],
  into: RecoveredJournal,
): Promise<number> {
  for (let index = listed.length - 1; index >= 0; index -= 1) {
    const segment = listed[index];
    if (segment === undefined) break;
    let isRestored = false;
    await withSegment(options.disk, segment.path, "read", async (file) => {
      const table = await readTable(file, segment.core);
      const lanes = table === undefined ? undefined : readJournalTable(table, into.marks);
      if (lanes !== undefined) into.table.restore(lanes);
      isRestored = lanes !== undefined;
    });
    if (isRestored) return index;
    options.log.error(`${segment.path}: its table is damaged; it is computed from the segments before`);
  }
  return 0;
}

function keep(frame: Frame): Replayed {
  const record = frame.record === undefined ? undefined : slimRecord(frame.record);
  return { origin: { ...readOrigin(frame.extension) }, record };
}

/** Applies a segment's records to the table; the last segment is cut where it is torn, and made durable. */
async function replay(
  options: JournalRecoveryOptions,
  segment: Journalled,
  isLast: boolean,
  into: RecoveredJournal,
): Promise<void> {
  const { core, path, bytes } = segment;
  const toPosition = (offset: number): number => core.base + offset - framesAt(core);
  let damage: JournalDamage | undefined;
  // It falls where the clock was set back, and nowhere else: the last one counts, not the highest.
  into.receivedMs = core.receivedMs;
  await withSegment(options.disk, path, "write", async (file) => {
    const scan = await scanLast(file, core, bytes, keep, (found) => {
      if (found.what === "bad") {
        damage = { position: toPosition(found.offset), nextPosition: toPosition(found.end), lost: [] };
        into.damages.push(damage);
      } else replayOne(options.node, found.frame, damage, into);
    });
    into.position = toPosition(scan.end);
    for (const { offset, end } of scan.damages) {
      options.log.error(`${path} is damaged: ${end - offset} bytes at ${offset} cannot be read and are passed over`);
    }
    if (!isLast) return;
    if (scan.end < bytes) options.log.info(`${path}: ${bytes - scan.end} bytes of an unfinished write are cut off`);
    await settleTail(file, scan, bytes);
    const last = into.segments.at(-1);
    if (last !== undefined) last.bytes = scan.end;
  });
}

function replayOne(
  ownNode: string,
  { origin, record }: Replayed,
  damage: JournalDamage | undefined,
  into: RecoveredJournal,
): void {
  into.receivedMs = origin.receivedMs;
  if (record === undefined) return;
  const { node } = origin;
  if (node === ownNode) into.marks.apply(marksOf(record));
  const missing = into.table.replay(node, record);
  if (missing === undefined) return;
  damage?.lost.push({ node, lane: record.lane, epoch: record.epoch, ...missing });
}
