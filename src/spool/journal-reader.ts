/**
 * Reads a journal's files in order, in the analysis thread and in offline commands; it never writes. It may run while
 * the journal grows, if `limit` is a durable position that the journal has told: what lies before such a position is
 * whole, or damaged for good. Without a limit it ends where recovery would cut the last file.
 */
import type { Disk, DiskFile } from "../base/disk.ts";
import { SpoolError } from "./errors.ts";
import { Frames, type Frame } from "./frame.ts";
import { framesAt, numberOfName, segmentName, type JournalCore } from "./head.ts";
import type { Epoch, LaneRecord, Predecessor } from "./lane.ts";
import { readOrigin } from "./origin.ts";
import { epochContent, holeReason, payloadOf } from "./record.ts";
import { ioError, readHead, readTable, scanLast } from "./segment.ts";
import { MarkTable, readJournalTable, type LaneState } from "./table.ts";

const windowBytes = 1_048_576;
const noBytes = Buffer.alloc(0);

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
  /** Whether the table could be read; if not, lanes and marks are empty. */
  isWhole: boolean;
}

/** The segment that is open. */
interface Current {
  core: JournalCore;
  path: string;
  file: DiskFile;
  frames: Frames;
  /** Up to where the file is to be read, as far as is known. */
  end: number;
}

export interface JournalReaderOptions {
  disk: Disk;
  folder: string;
  from: number | "oldest";
}

export class JournalReader {
  readonly #disk: Disk;
  readonly #folder: string;
  #position: number;
  #standing: "limit" | "end" | "torn" = "end";
  #current: Current | undefined;

  private constructor(disk: Disk, folder: string, position: number) {
    this.#disk = disk;
    this.#folder = folder;
    this.#position = position;
  }

  /**
   * `from` must be the start of a record (or the end of the journal); `oldest` is the oldest one kept. Throws
   * `SpoolError`: ARGUS_SPOOL_POSITION_GONE when it has been removed, ARGUS_SPOOL_IO, ARGUS_SPOOL_VERSION.
   */
  static async open({ disk, folder, from }: JournalReaderOptions): Promise<JournalReader> {
    const reader = new JournalReader(disk, folder, 0);
    const oldest = (await reader.#bases())[0];
    reader.#position = from === "oldest" ? (oldest ?? 0) : from;
    if (oldest !== undefined && reader.#position < oldest) {
      const message = `${folder} begins at position ${oldest}; position ${reader.#position} has been removed`;
      throw new SpoolError("ARGUS_SPOOL_POSITION_GONE", folder, message);
    }
    return reader;
  }

  /** Where the next record starts. */
  get position(): number {
    return this.#position;
  }

  /**
   * Why `next` last returned `undefined`: `limit`: the limit is reached. `end`: a clean end of the last file. `torn`:
   * the last file ends in the middle of a record (a crash, or a write in progress).
   */
  get standing(): "limit" | "end" | "torn" {
    return this.#standing;
  }

  /** The table and marks at the head of the oldest segment kept. */
  async oldestHead(): Promise<JournalHead> {
    const base = (await this.#bases())[0];
    const nothing = { lanes: [], marks: new Map<string, Buffer>(), receivedMs: 0 };
    if (base === undefined) return { position: 0, ...nothing, isWhole: true };
    const path = this.#pathOf(base);
    const head = await readHead(this.#disk, path);
    if (head?.core.type !== "journal") return { position: base, ...nothing, isWhole: false };
    const file = await this.#open(path);
    try {
      const table = await readTable(file, head.core);
      const marks = new MarkTable(Infinity);
      const lanes = table === undefined ? undefined : readJournalTable(table, marks);
      const { receivedMs } = head.core;
      if (lanes === undefined) return { position: base, ...nothing, receivedMs, isWhole: false };
      return { position: base, lanes, marks: marks.copy(), receivedMs, isWhole: true };
    } finally {
      await file.close();
    }
  }

  /**
   * The next record before `limit` (Infinity: all there is), or `undefined`. Batches without events are passed over.
   * The buffers are views into what was read at once: keep a copy of what must live longer than the next few.
   */
  async next(limit: number): Promise<JournalEntry | undefined> {
    for (;;) {
      if (this.#position >= limit) return this.#stand("limit");
      const current = this.#current ?? (await this.#enter(limit));
      if (current === undefined) return this.#stand("end");
      if ("kind" in current) return this.#pass(current);
      const offset = framesAt(current.core) + this.#position - current.core.base;
      const end = Math.min(current.end, framesAt(current.core) + limit - current.core.base);
      const found = await this.#look(current, offset, end);
      // What was the end of the file may have been the middle of a write.
      if (found.what !== "frame" && end === current.end && (await this.#hasGrown(current, limit))) continue;
      if (found.what === "end") {
        const more = await this.#more(current, limit);
        if (more === undefined) return undefined;
        if (more === "again") continue;
        return this.#pass(more);
      }
      if (found.what === "bad") return this.#pass(this.#damaged(found.end - offset));
      const entry = entryOf(found.frame, this.#position);
      this.#position = entry.nextPosition;
      if (entry.kind === "batch" && entry.count === 0) continue;
      return entry;
    }
  }

  #stand(standing: "limit" | "end" | "torn"): undefined {
    this.#standing = standing;
    return undefined;
  }

  #damaged(bytes: number): JournalEntry {
    return { kind: "damaged", position: this.#position, nextPosition: this.#position + bytes };
  }

  #pass(entry: JournalEntry): JournalEntry {
    this.#position = entry.nextPosition;
    return entry;
  }

  #look(current: Current, offset: number, end: number): ReturnType<Frames["at"]> {
    return current.frames.at(offset, end).catch((error: unknown) => {
      throw ioError(current.path, "read", error);
    });
  }

  async #hasGrown(current: Current, limit: number): Promise<boolean> {
    const { end } = await this.#endOf(current, await this.#isLast(current), limit);
    if (end <= current.end) return false;
    current.end = end;
    return true;
  }

  async #isLast(current: Current): Promise<boolean> {
    return !(await this.#bases()).some((base) => base > current.core.base);
  }

  /** At the end of a file: the next one goes on, or there is no more. */
  async #more(current: Current, limit: number): Promise<"again" | JournalEntry | undefined> {
    const next = (await this.#bases()).find((base) => base > current.core.base);
    if (next === undefined) {
      const { isTorn } = await this.#endOf(current, true, limit);
      return this.#stand(isTorn ? "torn" : "end");
    }
    await this.close();
    return next > this.#position ? this.#damaged(next - this.#position) : "again";
  }

  /** How far a file may be read: all of it, unless it is the last one and no limit says what of it is durable. */
  async #endOf(current: Current, isLast: boolean, limit: number): Promise<{ end: number; isTorn: boolean }> {
    const { file, core, path } = current;
    try {
      const { bytes } = await file.stat();
      if (!isLast || limit !== Infinity) return { end: bytes, isTorn: false };
      const scan = await scanLast(
        file,
        core,
        bytes,
        () => undefined,
        () => undefined,
      );
      return { end: scan.end, isTorn: scan.end < bytes };
    } catch (error) {
      throw ioError(path, "read", error);
    }
  }

  /**
   * Opens the file that holds the position; an entry where no readable file does, `undefined` where there is none yet.
   */
  async #enter(limit: number): Promise<Current | JournalEntry | undefined> {
    const bases = await this.#bases();
    const base = bases.findLast((one) => one <= this.#position);
    const next = bases.find((one) => one > this.#position);
    const path = base === undefined ? undefined : this.#pathOf(base);
    const head = path === undefined ? undefined : await readHead(this.#disk, path);
    if (path === undefined || head?.core.type !== "journal") {
      return next === undefined ? undefined : this.#damaged(next - this.#position);
    }
    const { core } = head;
    const file = await this.#open(path);
    const current = { core, path, file, frames: new Frames(file, core.salt, windowBytes), end: 0 };
    this.#current = current;
    current.end = (await this.#endOf(current, next === undefined, limit)).end;
    return current;
  }

  async #bases(): Promise<number[]> {
    const bases: number[] = [];
    for (const name of await this.#list()) {
      const base = numberOfName(name);
      if (base !== undefined) bases.push(base);
    }
    return bases;
  }

  #list(): Promise<string[]> {
    return this.#disk.list(this.#folder).catch((error: unknown) => {
      throw ioError(this.#folder, "list", error);
    });
  }

  #open(path: string): Promise<DiskFile> {
    return this.#disk.open(path, "read").catch((error: unknown) => {
      throw ioError(path, "read", error);
    });
  }

  #pathOf(base: number): string {
    return `${this.#folder}/${segmentName(base)}`;
  }

  /** Closes the file that is open. May be called twice; the reader can go on afterwards. */
  async close(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.file.close();
  }
}

function entryOf(frame: Frame, position: number): JournalEntry {
  const { node, receivedMs, offsetMs } = readOrigin(frame.extension);
  const nextPosition = position + frame.end - frame.offset;
  const { record } = frame;
  if (record === undefined) return { kind: "control", position, nextPosition, receivedMs, bytes: frame.body };
  const { lane, epoch, first, count } = record;
  return withContent(record, { position, nextPosition, node, lane, epoch, first, count, receivedMs, offsetMs });
}

function withContent(record: LaneRecord, inLane: InLane): JournalEntry {
  switch (record.kind) {
    case "events":
      return { kind: "batch", ...inLane, payload: () => payloadOf(record) };
    case "epoch": {
      const content = epochContent(record);
      return { kind: "epoch", ...inLane, predecessor: content?.predecessor, preamble: content?.preamble ?? noBytes };
    }
    case "hole":
      return { kind: "hole", ...inLane, reason: holeReason(record) };
  }
}
