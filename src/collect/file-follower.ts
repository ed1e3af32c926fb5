/**
 * One followed path through rotations. Under a path stand, over time, several files; the follower reads each to its end:
 *
 *   at the path      read as it grows; truncated: from 0 again
 *   moved or removed read on until it was quiet for `lingerMs`, because its writer may not have noticed yet; then its last
 *                    torn line is handed over and it is closed
 *
 * Where a file begins: at its durable mark if it has one (looked for under its old name and, after a rotation that happened
 * while nobody looked, under other names in the same folder); at its end or beginning, as configured, if it stood there at
 * the start and was never followed; at 0 otherwise. The mark of the path names all files that are read under it.
 */
import { basename, dirname } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { Disk, DiskFile, FileStat } from "../base/disk.ts";
import type { Log } from "../base/log.ts";
import type { OccasionalLog } from "../base/occasional-log.ts";
import { errnoOf } from "../base/error.ts";
import type { Source } from "../model/event.ts";
import type { SourceMark } from "./needs.ts";
import { OpenFile, type Progress, type ReadContext } from "./open-file.ts";
import { hashHead, markKeyOf, readPosition, writePosition, type FilePosition } from "./position.ts";

export interface FileCounters {
  /** Lines handed over. */
  lines: number;
  /** Empty lines, passed over. */
  blank: number;
  /** Lines that were cut at the limit. */
  truncated: number;
  rotations: number;
  truncations: number;
  /** Files that a mark names and that were not found again: their unread rest, if any, is lost. */
  vanished: number;
  /** Errors of the disk or of permissions, each also logged at most once a minute. */
  errors: number;
}

export interface FollowContext extends ReadContext {
  disk: Disk;
  clock: Clock;
  log: Log;
  complaints: OccasionalLog;
  counters: FileCounters;
  lingerMs: number;
  /** Files of all followers of a collector: one inode is never read twice, whatever paths lead to it. */
  claims: Claims;
  notice: (text: string) => void;
}

/** Files that may stand under one path at once; before one more is opened, the oldest is finished. */
const filesAtOnceMax = 4;
/** How many names of a folder are looked through for a file that was rotated while nobody looked. */
const namesLookedThroughMax = 4_096;

/** Which files are being read, and where those ended that were read under another path: a rotated file found by a pattern. */
export class Claims {
  readonly #held = new Set<string>();
  readonly #finished = new Map<string, FilePosition>();

  static #key(file: { device: number; inode: number }): string {
    return `${file.device}:${file.inode}`;
  }

  isHeld(stat: FileStat): boolean {
    return this.#held.has(Claims.#key(stat));
  }

  hold(file: OpenFile): void {
    this.#held.add(Claims.#key(file));
  }

  /** `isFinished`: its end was reached, and is remembered. */
  release(file: OpenFile, isFinished: boolean): void {
    const key = Claims.#key(file);
    this.#held.delete(key);
    if (!isFinished) return;
    this.#finished.delete(key);
    this.#finished.set(key, file.position());
    // A year of daily rotations of ten files; older ones are found by nobody.
    if (this.#finished.size > 4_096) for (const oldest of this.#finished.keys()) return void this.#finished.delete(oldest);
  }

  finishedAt(stat: FileStat): FilePosition | undefined {
    return this.#finished.get(Claims.#key(stat));
  }
}

interface Following {
  file: OpenFile;
  /** When it last grew, or last stood at the path. */
  aliveAtMs: number;
}

export class FileFollower implements SourceMark {
  readonly key: string;
  readonly path: string;
  readonly #context: FollowContext;
  readonly #source: Source;
  /** Oldest first; the last one stands, or stood last, at the path. */
  #files: Following[] = [];
  /** What of the mark is still to be looked for; `undefined` when the path has none. */
  #resume: FilePosition[] | undefined;
  #start: "end" | "beginning";
  #hasLooked = false;
  /** The batcher may ask for the position after the files were closed. */
  #lastPosition: Uint8Array | undefined;

  /** `mark`: the durable position, if there is one. */
  constructor(path: string, start: "end" | "beginning", mark: Uint8Array | undefined, context: FollowContext) {
    this.path = path;
    this.key = markKeyOf(path);
    this.#context = context;
    this.#source = { queue: "1", agentId: "000", agentName: "", agentIp: "", location: path };
    this.#resume = mark === undefined ? undefined : readPosition(mark);
    // Whatever comes to a path after it was followed once was written while it should have been followed.
    this.#start = this.#resume === undefined ? start : "beginning";
  }

  position(): Uint8Array {
    return this.#lastPosition ?? writePosition(this.#files.map(({ file }) => file.position()));
  }

  /** Whether no file is open: a path that a pattern no longer matches may then be forgotten. */
  get isIdle(): boolean {
    return this.#files.length === 0;
  }

  /** Whether files are read that stand at the path no more, so that hints come under other names. */
  get isLingering(): boolean {
    return this.#files.length > 1;
  }

  /** Reads what there is, oldest file first, and looks who stands at the path. Errors are counted, never thrown. */
  async look(): Promise<Progress> {
    try {
      if (!this.#hasLooked) await this.#begin();
      for (const following of this.#files) {
        const progress = await this.#read(following);
        if (progress !== "end") return progress;
      }
      const found = await this.#context.disk.stat(this.path);
      if (found !== undefined && (await this.#take(found))) return "more";
      return await this.#finishQuiet(found);
    } catch (error) {
      this.#complain(error);
      return "end";
    }
  }

  async close(): Promise<void> {
    const files = this.#files;
    this.#lastPosition = this.position();
    this.#files = [];
    for (const { file } of files) {
      this.#context.claims.release(file, false);
      await file.close().catch((error: unknown) => this.#complain(error));
    }
  }

  #complain(error: unknown): void {
    const { counters, complaints } = this.#context;
    const errno = errnoOf(error);
    if (errno === "" || errno.startsWith("ERR_")) throw error; // Not the disk's doing: ours.
    counters.errors += 1;
    complaints.warning(`error ${this.path}`, `Cannot read '${this.path}' (${errno}); trying again.`);
  }

  async #read(following: Following): Promise<Progress> {
    const { counters, clock, log, notice } = this.#context;
    const { file } = following;
    const stat = await file.stat();
    if (await file.restartIfTruncated(stat)) {
      counters.truncations += 1;
      log.info(`File '${this.path}' was truncated; reading it from its beginning.`);
      notice(`ossec: File size reduced (inode remained): '${this.path}'.`);
    }
    const before = file.offset;
    const progress = await file.read(this.#context, stat);
    if (file.offset !== before) following.aliveAtMs = clock.monotonicMs();
    return progress;
  }

  /** The first look: goes on where the durable mark says. An error leaves the rest for the next look. */
  async #begin(): Promise<void> {
    const found = await this.#context.disk.stat(this.path);
    if (this.#resume !== undefined) await this.#goOn(this.#resume, found);
    else if (found !== undefined) await this.#take(found);
    this.#hasLooked = true;
    this.#start = "beginning";
  }

  async #goOn(resume: readonly FilePosition[], atPath: FileStat | undefined): Promise<void> {
    for (const [index, position] of resume.entries()) {
      const isAtPath = atPath?.inode === position.inode && (await this.#resumeAt(this.path, position));
      if (!isAtPath && !(await this.#resumeRotated(position))) this.#onVanished();
      this.#resume = resume.slice(index + 1);
    }
  }

  /** Truncated or removed while nobody looked: what stands at the path is then another text, and begins at 0. */
  #onVanished(): void {
    this.#context.counters.vanished += 1;
    this.#context.log.warning(
      `'${this.path}' was truncated or removed while it was not followed: lines written to it before that may be lost.`,
    );
  }

  async #resumeRotated(position: FilePosition): Promise<boolean> {
    const { disk } = this.#context;
    const folder = dirname(this.path);
    const ownName = basename(this.path);
    const names = await disk.list(folder);
    names.sort((a, b) => Number(b.startsWith(ownName)) - Number(a.startsWith(ownName))); // Most likely ones first.
    for (const name of names.slice(0, namesLookedThroughMax)) {
      const path = `${folder === "/" ? "" : folder}/${name}`;
      if (path === this.path) continue;
      const stat = await disk.stat(path);
      if (stat?.inode === position.inode && (await this.#resumeAt(path, position))) return true;
    }
    return false;
  }

  /** Opens `path` if it is the file of `position`. */
  async #resumeAt(path: string, position: FilePosition): Promise<boolean> {
    const opened = await this.#open(path);
    if (opened === undefined) return false;
    const { handle, stat } = opened;
    if (this.#context.claims.isHeld(stat) || !(await isFileOf(handle, stat, position))) {
      await handle.close();
      return false;
    }
    await this.#follow(handle, stat, position.offset);
    return true;
  }

  /** Follows what stands at the path, unless it is followed already. `true` when there is a new file to read. */
  async #take(found: FileStat): Promise<boolean> {
    const at = this.#files.findIndex(({ file }) => file.isSame(found));
    if (at >= 0) {
      this.#files.push(...this.#files.splice(at, 1)); // It came back to the path after another one stood there.
      return false;
    }
    if (this.#context.claims.isHeld(found)) return false;
    const opened = await this.#open(this.path);
    if (opened === undefined) return false;
    const { handle, stat } = opened;
    if (this.#context.claims.isHeld(stat)) {
      await handle.close();
      return false;
    }
    const isRotation = this.#files.length > 0;
    await this.#follow(handle, stat, await this.#startOf(handle, stat));
    if (isRotation) {
      this.#context.counters.rotations += 1;
      this.#context.notice(`ossec: File rotated (inode changed): '${this.path}'.`);
    }
    return true;
  }

  async #startOf(handle: DiskFile, stat: FileStat): Promise<number> {
    const finished = this.#context.claims.finishedAt(stat);
    if (finished !== undefined && (await isFileOf(handle, stat, finished))) return finished.offset;
    return this.#start === "beginning" ? 0 : startOfLastLine(handle, stat, this.#context.logBytesMax);
  }

  async #open(path: string): Promise<{ handle: DiskFile; stat: FileStat } | undefined> {
    const { disk, complaints } = this.#context;
    const before = await disk.stat(path);
    if (before === undefined) return undefined;
    if (before.kind !== "file") {
      // Opening a pipe would wait for a writer and block a thread of the pool.
      complaints.warning(`kind ${path}`, `'${path}' is not a regular file and is not followed.`);
      return undefined;
    }
    const handle = await disk.open(path, "read");
    return { handle, stat: await handle.stat() };
  }

  async #follow(handle: DiskFile, stat: FileStat, offset: number): Promise<void> {
    const file = await OpenFile.at(handle, stat, offset, this.#source, this);
    this.#context.claims.hold(file);
    this.#files.push({ file, aliveAtMs: this.#context.clock.monotonicMs() });
  }

  /** Closes files that stand at the path no more and were quiet for long enough. */
  async #finishQuiet(atPath: FileStat | undefined): Promise<Progress> {
    const { clock, lingerMs, claims } = this.#context;
    const nowMs = clock.monotonicMs();
    for (const following of [...this.#files]) {
      const { file } = following;
      if (atPath !== undefined && file.isSame(atPath)) following.aliveAtMs = nowMs;
      const isCrowded = this.#files.length > filesAtOnceMax && following === this.#files[0];
      if (nowMs - following.aliveAtMs < lingerMs && !isCrowded) continue;
      if (!(await file.finish(this.#context))) return this.#context.sink.isFull ? "stopped" : "more";
      claims.release(file, true);
      this.#files = this.#files.filter((other) => other !== following);
      await file.close();
    }
    return "end";
  }
}

/** Whether the file is the one that the position was written for: as long, and with the same first bytes. */
async function isFileOf(handle: DiskFile, stat: FileStat, position: FilePosition): Promise<boolean> {
  if (stat.inode !== position.inode || stat.bytes < position.offset) return false;
  const head = Buffer.alloc(position.headBytes);
  const count = await handle.read(head, 0);
  return count === head.length && Buffer.compare(hashHead(head), position.headHash) === 0;
}

/** The end of the file's last whole line, so that a line that is being written is not cut in two. */
async function startOfLastLine(handle: DiskFile, stat: FileStat, logBytesMax: number): Promise<number> {
  const tail = Buffer.alloc(Math.min(stat.bytes, logBytesMax));
  const from = stat.bytes - tail.length;
  const count = await handle.read(tail, from);
  const last = tail.subarray(0, count).lastIndexOf(0x0a);
  return last < 0 && from > 0 ? stat.bytes : from + last + 1;
}
