/**
 * One file (an inode) that is read line by line from a known position.
 *
 *        handed over          │ offset            │ end of the file
 *   ──────────────────────────┤ torn last line … ─┤
 *                             └ read again on the next look, until its LF is there
 *
 * Only whole lines are handed over, and the offset moves behind a line before it is: whoever reads the position at any
 * moment gets the one after the last line handed over. A torn line is not kept in memory but read again, except when it
 * is longer than the window: then its first bytes up to the limit are kept and the rest is searched for the LF.
 *
 * A file that is shorter than what was read, or whose first bytes have changed, was truncated: it is read from 0.
 */
import type { DiskFile, FileStat } from "../base/disk.ts";
import type { Source } from "../model/event.ts";
import { logOfLine, withoutLeadingNuls } from "./line.ts";
import type { EventSink, SourceMark } from "./needs.ts";
import { HEAD_BYTES_MAX, hashHead, type FilePosition } from "./position.ts";

/** `end`: all whole lines are handed over. `more`: there is more to read. `stopped`: the sink is full. */
export type Progress = "end" | "more" | "stopped";

/** What a look at a file needs; shared by all files of a collector, one look at a time. */
export interface ReadContext {
  sink: EventSink;
  /** Every read goes here: nothing of it is kept after a look. */
  window: Buffer;
  logBytesMax: number;
  /** Reads per look, so that one large file does not keep the others waiting. */
  readsPerLook: number;
  counters: { lines: number; blank: number; truncated: number };
}

const lf = 0x0a;
const nothing = Buffer.alloc(0);

export class OpenFile {
  readonly device: number;
  readonly inode: number;
  readonly #file: DiskFile;
  readonly #source: Source;
  readonly #mark: SourceMark;
  /** After the last line handed over. */
  #offset: number;
  /** The file's first bytes, known up to min(256, bytes read). */
  readonly #head = Buffer.alloc(HEAD_BYTES_MAX);
  #headHash: { headBytes: number; hash: Uint8Array } | undefined;
  /** Of a line longer than the window: its first bytes, its length so far, and where the search for its LF goes on. */
  #long: { head: Buffer; bytes: number; searchFrom: number } | undefined;
  /** Size and time of change at which nothing more was to be had. */
  #seenBytes = -1;
  #seenModifiedMs = -1;

  private constructor(file: DiskFile, stat: FileStat, offset: number, source: Source, mark: SourceMark) {
    this.#file = file;
    this.device = stat.device;
    this.inode = stat.inode;
    this.#offset = offset;
    this.#source = source;
    this.#mark = mark;
  }

  /** Takes over `file`. Reads its first bytes when it goes on at `offset` beyond 0. */
  static async at(file: DiskFile, stat: FileStat, offset: number, source: Source, mark: SourceMark): Promise<OpenFile> {
    const open = new OpenFile(file, stat, offset, source, mark);
    if (offset > 0) await file.read(open.#head.subarray(0, Math.min(HEAD_BYTES_MAX, offset)), 0);
    return open;
  }

  get offset(): number {
    return this.#offset;
  }

  position(): FilePosition {
    const headBytes = Math.min(HEAD_BYTES_MAX, this.#offset);
    if (this.#headHash?.headBytes !== headBytes) {
      this.#headHash = { headBytes, hash: hashHead(this.#head.subarray(0, headBytes)) };
    }
    return { device: this.device, inode: this.inode, offset: this.#offset, headBytes, headHash: this.#headHash.hash };
  }

  isSame(stat: FileStat): boolean {
    return stat.inode === this.inode && stat.device === this.device;
  }

  /** Whether the file was truncated, or replaced in place; it then begins again at 0. */
  async restartIfTruncated(stat: FileStat): Promise<boolean> {
    if (stat.bytes === this.#seenBytes && stat.modifiedMs === this.#seenModifiedMs) return false;
    const read = Math.max(this.#offset, this.#long?.searchFrom ?? 0);
    if (stat.bytes >= read && (await this.#hasSameHead())) return false;
    this.#offset = 0;
    this.#long = undefined;
    this.#headHash = undefined;
    this.#seenBytes = -1;
    return true;
  }

  async #hasSameHead(): Promise<boolean> {
    const expected = this.#head.subarray(0, Math.min(HEAD_BYTES_MAX, this.#offset));
    if (expected.length === 0) return true;
    const found = Buffer.alloc(expected.length);
    return (await this.#file.read(found, 0)) === expected.length && found.equals(expected);
  }

  stat(): Promise<FileStat> {
    return this.#file.stat();
  }

  /** Hands over what whole lines there are. `stat` is the file's of just now. */
  async read(context: ReadContext, stat: FileStat): Promise<Progress> {
    if (stat.bytes === this.#seenBytes && stat.modifiedMs === this.#seenModifiedMs) return "end";
    for (let reads = 0; reads < context.readsPerLook; reads += 1) {
      const from = this.#long?.searchFrom ?? this.#offset;
      const count = await this.#file.read(context.window, from);
      const window = context.window.subarray(0, count);
      if (from < HEAD_BYTES_MAX) window.copy(this.#head, from, 0, HEAD_BYTES_MAX - from);
      if (!this.#handOverLines(context, window, from)) return "stopped";
      if (count < context.window.length) {
        this.#seenBytes = from + count;
        this.#seenModifiedMs = stat.modifiedMs;
        return "end";
      }
    }
    return "more";
  }

  /** `false` when the sink is full; what was not handed over is read again. */
  #handOverLines(context: ReadContext, window: Buffer, from: number): boolean {
    let at = 0;
    for (let end = window.indexOf(lf); end >= 0; end = window.indexOf(lf, at)) {
      const start = at;
      at = end + 1;
      this.#offset = from + at;
      if (!this.#handOver(context, window.subarray(start, end))) return false;
    }
    const isFull = window.length === context.window.length;
    if (this.#long !== undefined || (at === 0 && isFull && window.length > 0)) {
      this.#keep(context, window.subarray(at), from + window.length);
    }
    return true;
  }

  #keep(context: ReadContext, part: Buffer, searchFrom: number): void {
    const long = (this.#long ??= { head: nothing, bytes: 0, searchFrom });
    // A hole of NULs before the line is no part of it, however many windows it fills.
    const text = long.bytes === 0 ? withoutLeadingNuls(part) : part;
    const room = context.logBytesMax - long.head.length;
    if (room > 0) long.head = Buffer.concat([long.head, text.subarray(0, room)]);
    long.bytes += text.length;
    long.searchFrom = searchFrom;
  }

  #handOver(context: ReadContext, part: Buffer): boolean {
    const { counters, logBytesMax, sink } = context;
    let line = part;
    let isCut = false;
    if (this.#long !== undefined) {
      this.#keep(context, part, this.#offset);
      line = this.#long.head;
      isCut = this.#long.bytes > line.length;
      this.#long = undefined;
    }
    const log = isCut ? line : logOfLine(line);
    if (log.length === 0) {
      counters.blank += 1;
      return true;
    }
    const isTruncated = isCut || log.length > logBytesMax;
    counters.lines += 1;
    if (isTruncated) counters.truncated += 1;
    return sink.accept(
      this.#source,
      log.length > logBytesMax ? log.subarray(0, logBytesMax) : log,
      isTruncated,
      this.#mark,
    );
  }

  /**
   * For a file that nobody writes to any more: hands over a last line without LF. `false` when it is not over yet,
   * because the sink is full or there is more than a torn line.
   */
  async finish(context: ReadContext): Promise<boolean> {
    if (context.sink.isFull) return false;
    const from = this.#long?.searchFrom ?? this.#offset;
    const count = await this.#file.read(context.window, from);
    const window = context.window.subarray(0, count);
    if (window.includes(lf) || count === context.window.length) return false;
    this.#offset = from + count;
    if (count > 0 || this.#long !== undefined) this.#handOver(context, window);
    return true;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
