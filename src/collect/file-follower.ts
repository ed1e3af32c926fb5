/**
 * One followed path through rotations. Under a path stand, over time, several files; the follower reads each to its
 * end:
 *
 *   at the path      read as it grows; truncated: from 0 again
 *   moved or removed read on until it was quiet for `lingerMs`, because its writer may not have noticed yet; then its
 *                    last torn line is handed over and it is closed
 *
 * Where a file begins: at its durable mark if it has one (looked for under its old name and, after a rotation that
 * happened while nobody looked, under other names in the same folder); at its end or beginning, as configured, if it
 * stood there at the start and was never followed; at 0 otherwise. The mark of the path names all files that are read
 * under it.
 *
 * A path may be rotated more than once between two looks, above all while the node is down: when the newest file that
 * was known is found under another name, rotated files that were changed after it are read as well, in order of their
 * change. Only names such as `x.log.1` and `x.log-20261125` count, so nothing compressed is read.
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

/** Rotated files that are read at most after a time of not looking; a mark has room for 255 files. */
const caughtUpMax = 128;
const rotatedSuffix = /^[.-]\d[\d.-]*$/;

/**
 * Which files are being read, and where those ended that were read under another path: a rotated file found by a
 * pattern.
 */
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
    if (this.#finished.size > 4_096)
      for (const oldest of this.#finished.keys()) return void this.#finished.delete(oldest);
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
  /** The last file that was given up while no other stood at the path: where the search for missed ones begins. */
  #gone: { position: FilePosition; stat: FileStat } | undefined;
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
    if (this.#lastPosition !== undefined) return this.#lastPosition;
    const files = this.#files.map(({ file }) => file.position());
    if (files.length === 0 && this.#gone !== undefined) files.push(this.#gone.position);
    return writePosition(files);
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
      // With nothing at the path, a file may have come and been rotated away since the last look.
      if (found === undefined ? await this.#catchUp() : await this.#take(found)) return "more";
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
      const rotated = isAtPath ? undefined : await this.#resumeRotated(position);
      if (!isAtPath && rotated === undefined) this.#onVanished();
      if (rotated !== undefined && index === resume.length - 1) await this.#catchUp();
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

  async #resumeRotated(position: FilePosition): Promise<FileStat | undefined> {
    for (const { path, stat } of await this.#siblings()) {
      if (stat.inode === position.inode && (await this.#resumeAt(path, position))) return stat;
    }
    return undefined;
  }

  /** What else stands in the folder of the path, the likeliest names first. */
  async #siblings(): Promise<{ path: string; name: string; stat: FileStat }[]> {
    const { disk } = this.#context;
    const [folder, ownName] = [dirname(this.path), basename(this.path)];
    const names = (await disk.list(folder)).filter((name) => name !== ownName);
    names.sort((a, b) => Number(b.startsWith(ownName)) - Number(a.startsWith(ownName)));
    const found: { path: string; name: string; stat: FileStat }[] = [];
    for (const name of names.slice(0, namesLookedThroughMax)) {
      const path = `${folder === "/" ? "" : folder}/${name}`;
      const stat = await disk.stat(path);
      if (stat?.kind === "file") found.push({ path, name, stat });
    }
    return found;
  }

  /** Follows the files that stood at the path after the newest known one and were rotated before anybody looked. */
  async #catchUp(): Promise<boolean> {
    const newest = (await this.#files.at(-1)?.file.stat()) ?? this.#gone?.stat;
    if (newest === undefined) return false;
    const ownName = basename(this.path);
    const missed = (await this.#siblings()).filter(
      ({ name, stat }) =>
        name.startsWith(ownName) &&
        rotatedSuffix.test(name.slice(ownName.length)) &&
        stat.modifiedMs >= newest.modifiedMs &&
        !this.#context.claims.isHeld(stat) &&
        this.#context.claims.finishedAt(stat)?.offset !== stat.bytes,
    );
    missed.sort((a, b) => a.stat.modifiedMs - b.stat.modifiedMs);
    let isAny = false;
    for (const { path } of missed.slice(0, caughtUpMax)) {
      if (!(await this.#openAndFollow(path, (handle, stat) => this.#startOf(handle, stat)))) continue;
      this.#context.counters.rotations += 1;
      isAny = true;
    }
    return isAny;
  }

  /** Opens `path` if it is the file of `position`. */
  async #resumeAt(path: string, position: FilePosition): Promise<boolean> {
    return this.#openAndFollow(path, async (handle, stat) =>
      (await isFileOf(handle, stat, position)) ? position.offset : undefined,
    );
  }

  /** Follows what stands at the path, unless it is followed already. `true` when there is something new to read. */
  async #take(found: FileStat): Promise<boolean> {
    const at = this.#files.findIndex(({ file }) => file.isSame(found));
    if (at >= 0) {
      this.#files.push(...this.#files.splice(at, 1)); // It came back to the path after another one stood there.
      return false;
    }
    if (this.#context.claims.isHeld(found)) return false;
    await this.#catchUp();
    const isRotation = this.#files.length > 0 || this.#gone !== undefined;
    const isTaken = await this.#openAndFollow(this.path, async (handle, stat) => {
      const isStillThere = stat.inode === found.inode && stat.device === found.device;
      return isStillThere ? this.#startOf(handle, stat) : undefined; // Otherwise rotated again: the next look sees it.
    });
    if (isTaken && isRotation) {
      this.#context.counters.rotations += 1;
      this.#context.notice(`ossec: File rotated (inode changed): '${this.path}'.`);
    }
    return isTaken;
  }

  async #startOf(handle: DiskFile, stat: FileStat): Promise<number> {
    const finished = this.#context.claims.finishedAt(stat);
    if (finished !== undefined && (await isFileOf(handle, stat, finished))) return finished.offset;
    return this.#start === "beginning" ? 0 : startOfLastLine(handle, stat, this.#context.logBytesMax);
  }

  /** Opens `path` and follows it from where `startOf` says, if that is anywhere and nobody reads the file already. */
  async #openAndFollow(
    path: string,
    startOf: (handle: DiskFile, stat: FileStat) => Promise<number | undefined>,
  ): Promise<boolean> {
    const { disk, complaints, claims, clock } = this.#context;
    const before = await disk.stat(path);
    if (before === undefined) return false;
    if (before.kind !== "file") {
      // Opening a pipe would wait for a writer and block a thread of the pool.
      complaints.warning(`kind ${path}`, `'${path}' is not a regular file and is not followed.`);
      return false;
    }
    const handle = await disk.open(path, "read");
    let file: OpenFile | undefined;
    try {
      const stat = await handle.stat();
      const offset = claims.isHeld(stat) ? undefined : await startOf(handle, stat);
      if (offset !== undefined) file = await OpenFile.at(handle, stat, offset, this.#source, this);
    } finally {
      if (file === undefined) await handle.close();
    }
    if (file === undefined) return false;
    claims.hold(file);
    this.#files.push({ file, aliveAtMs: clock.monotonicMs() });
    return true;
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
      const stat = await file.stat();
      claims.release(file, true);
      this.#files = this.#files.filter((other) => other !== following);
      this.#gone = { position: file.position(), stat };
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
