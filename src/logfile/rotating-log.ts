/**
 * A log file that begins anew each day: `logs/cluster.log`, and of the days before
 * `logs/cluster/2026/Nov/cluster-24.log.gz`.
 *
 * Lines are taken at once and written by a loop of its own, so that no part of a node waits for its log. What waits is
 * bounded: when the disk stands still, lines are dropped, counted, and told once it moves again. A line is not synced:
 * a log tells what happened, it is no account of it.
 *
 * A day is finished by renaming its file into its folder (at once, so that a stop between cannot lose it) and then
 * compressing it there; a file that a stop left uncompressed is compressed at the next opening.
 */
import { dirname, join } from "node:path";
import type { Disk, DiskFile } from "../base/disk.ts";
import { describeError } from "../base/error.ts";
import type { LocalTime } from "../base/local-time.ts";
import { compressFile } from "./compress-file.ts";
import { dayFileName, dayPlace, monthsBack } from "./day-path.ts";

export interface RotatingLogOptions {
  disk: Disk;
  /** `HOME/logs`. */
  folder: string;
  /** `cluster` for `logs/cluster.log` and `logs/cluster/2026/Nov/cluster-24.log.gz`. */
  name: string;
  time: LocalTime;
  /** Told of what could not be written; must not lead back into the same file. */
  onTrouble(message: string): void;
}

const fileMode = 0o640;
const folderMode = 0o750;
/** Thousands of lines; a disk that stands still for longer is not one that a log line helps. */
export const WAITING_BYTES_MAX = 1_024 * 1_024;
const partsMax = 999;

interface Line {
  day: string;
  bytes: Buffer;
}

export class RotatingLog {
  readonly #options: RotatingLogOptions;
  readonly #path: string;
  readonly #stopping = new AbortController();
  #waiting: Line[] = [];
  #waitingBytes = 0;
  #dropped = 0;
  #working: Promise<void> | undefined;
  #compressing: Promise<void> = Promise.resolve();
  #file: DiskFile | undefined;
  #day = "";
  #bytes = 0;

  /** Nothing is opened before the first line. */
  constructor(options: RotatingLogOptions) {
    this.#options = options;
    this.#path = join(options.folder, `${options.name}.log`);
  }

  /** Takes a line (without its end) of `nowMs`. Never blocks or throws; memory is bounded, drops are told. */
  write(nowMs: number, line: string): void {
    const bytes = Buffer.from(`${line}\n`, "utf8");
    if (this.#waitingBytes + bytes.length > WAITING_BYTES_MAX) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push({ day: this.#options.time.isoDay(nowMs), bytes });
    this.#waitingBytes += bytes.length;
    this.#working ??= this.#work();
  }

  /** What was taken so far is in the file (not synced) when this resolves. */
  async flush(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  /** Flushes and closes. A compression that is under way is given up; the next opening does it again. */
  async close(): Promise<void> {
    await this.flush();
    this.#stopping.abort();
    await this.#compressing;
    await this.#letGo();
  }

  /** Never rejects. Lines that could not be written are counted with the dropped ones. */
  async #work(): Promise<void> {
    await Promise.resolve(); // Lets the lines of one turn go out in one write.
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      try {
        await this.#writeLines(lines);
      } catch (error) {
        this.#dropped += lines.length;
        this.#options.onTrouble(`${this.#path} cannot be written: ${describeError(error)}`);
        await this.#letGo();
      }
      for (const { bytes } of lines) this.#waitingBytes -= bytes.length;
      this.#tellDropped();
    }
    this.#working = undefined;
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return;
    this.#options.onTrouble(`${this.#dropped} lines are missing in ${this.#path}.`);
    this.#dropped = 0;
  }

  async #writeLines(lines: readonly Line[]): Promise<void> {
    let from = 0;
    while (from < lines.length) {
      const day = lines[from]?.day ?? "";
      let to = from;
      while (to < lines.length && lines[to]?.day === day) to += 1;
      const file = await this.#fileOf(day);
      const pieces = lines.slice(from, to).map(({ bytes }) => bytes);
      await file.write(pieces, this.#bytes);
      for (const piece of pieces) this.#bytes += piece.length;
      from = to;
    }
  }

  /** A clock that goes back over midnight does not open yesterday again. */
  async #fileOf(day: string): Promise<DiskFile> {
    if (this.#file !== undefined && day > this.#day) await this.#finish(this.#day, day);
    if (this.#file !== undefined && !(await this.#isInPlace(this.#file))) await this.#letGo();
    return this.#file ?? this.#openFor(day);
  }

  /** Somebody may have moved the file; one that was emptied is gone on with at its new end, without a hole of zeros. */
  async #isInPlace(file: DiskFile): Promise<boolean> {
    const found = await this.#options.disk.stat(this.#path);
    const held = await file.stat();
    this.#bytes = Math.min(this.#bytes, held.bytes);
    return found !== undefined && found.inode === held.inode && found.device === held.device;
  }

  async #openFor(day: string): Promise<DiskFile> {
    const { disk, folder, time } = this.#options;
    await disk.makeFolder(folder, folderMode);
    const before = await disk.stat(this.#path);
    if (before !== undefined && before.bytes > 0) {
      const lastDay = time.isoDay(before.modifiedMs);
      if (lastDay < day) await this.#finish(lastDay, day);
    }
    const isFirst = this.#day === "";
    const file = await disk.open(this.#path, "create", fileMode);
    this.#file = file;
    this.#bytes = (await file.stat()).bytes;
    this.#day = day > this.#day ? day : this.#day;
    if (isFirst) this.#compressLater(day);
    return file;
  }

  /** Moves the file of a day that is over into its folder. */
  async #finish(day: string, nextDay: string): Promise<void> {
    const { disk, folder, name } = this.#options;
    const { year, month } = dayPlace(day);
    const within = join(folder, name, year, month);
    await disk.makeFolder(within, folderMode);
    const present = new Set(await disk.list(within));
    let part = 0;
    const isTaken = (file: string): boolean => present.has(file) || present.has(`${file}.gz`);
    while (part < partsMax && isTaken(dayFileName(name, day, part, "log"))) part += 1;
    await this.#letGo();
    if ((await disk.stat(this.#path)) === undefined) return; // Somebody has moved it away already.
    await disk.rename(this.#path, join(within, dayFileName(name, day, part, "log")));
    await disk.syncFolder(within);
    await disk.syncFolder(dirname(this.#path));
    this.#compressLater(nextDay);
  }

  #compressLater(day: string): void {
    this.#compressing = this.#compressing.then(() => this.#compressFinished(day));
  }

  async #compressFinished(day: string): Promise<void> {
    const { disk, folder, name, onTrouble } = this.#options;
    for (const month of monthsBack(day, 2)) {
      const within = join(folder, name, month);
      for (const file of await disk.list(within).catch(() => [])) {
        if (!file.startsWith(`${name}-`) || !file.endsWith(".log") || this.#stopping.signal.aborted) continue;
        await compressFile(disk, join(within, file), fileMode, this.#stopping.signal).catch((error: unknown) => {
          onTrouble(`${join(within, file)} cannot be compressed: ${describeError(error)}`);
        });
      }
    }
  }

  async #letGo(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }
}
