/**
 * The followed files of a node as one service: one loop looks at the files that may have changed, one after another,
 * with one window of memory for all. Hints of the system make it prompt, a look at everything every second makes it
 * sure. Hints are coalesced: a thousand appends make a thousand hints, and one look.
 */
import { basename, dirname } from "node:path";
import { assert } from "../base/assert.ts";
import { pause, type Clock } from "../base/clock.ts";
import type { Disk } from "../base/disk.ts";
import type { LocalTime } from "../base/local-time.ts";
import type { Log } from "../base/log.ts";
import { OccasionalLog } from "../base/occasional-log.ts";
import type { Service } from "../base/service.ts";
import { LOG_BYTES_MAX } from "../model/event.ts";
import { Claims, FileFollower, type FileCounters, type FollowContext } from "./file-follower.ts";
import type { EventSink } from "./needs.ts";
import { isPattern, matchingPaths, pathMatcher, withDate } from "./pattern.ts";
import { markKeyOf } from "./position.ts";
import { watchFolder, type FolderWatch, type WatchFolder } from "./watch-disk.ts";

/** One `<localfile>` with a format that is read line by line. */
export interface FollowedLocation {
  /** An absolute path; `*`, `?`, `[…]` match names, `%Y` and its like stand for the local date. */
  location: string;
  /** Where a file begins that exists at the start and has no durable mark. A file that appears later begins at 0. */
  start: "end" | "beginning";
  /** Patterns of paths that `location` matches and that are not followed. */
  exclude?: readonly string[];
}

export interface CollectLimits {
  logBytesMax: number;
  /** One read. Files are read one after another, so there is one window. */
  windowBytes: number;
  readsPerLook: number;
  /** How often everything is looked at, hints or none. */
  pollMs: number;
  /** How long hints are gathered before a look. */
  hintMs: number;
  /** How long a file that was moved away or removed must be quiet before it is given up. */
  lingerMs: number;
  /** Files that one location may stand for, as OSSEC's `logcollector.max_files`. */
  filesMax: number;
}

const collectLimits: CollectLimits = {
  logBytesMax: LOG_BYTES_MAX,
  windowBytes: 256 * 1_024,
  readsPerLook: 4,
  pollMs: 1_000,
  hintMs: 10,
  lingerMs: 60_000, // Writers that are told of a rotation reopen within seconds; a removed file keeps its space.
  filesMax: 1_000,
};

export interface FileCollectorOptions {
  locations: readonly FollowedLocation[];
  sink: EventSink;
  /**
   * The last durable mark of each key, as the spool (or journal) found them at its start. Keys of others are ignored.
   */
  marks: ReadonlyMap<string, Uint8Array>;
  disk: Disk;
  clock: Clock;
  /** The zone of the dates in locations. */
  time: LocalTime;
  log: Log;
  /** Told what OSSEC raises as an event of its own: `ossec: File rotated (inode changed): 'P'.` and the like. */
  notice?: (text: string) => void;
  limits?: Partial<CollectLimits>;
  /** Where hints come from; `watchFolder` unless a test says otherwise. */
  watch?: WatchFolder;
}

export class FileCollector implements Service {
  readonly name = "file collector";
  readonly #options: FileCollectorOptions;
  readonly #limits: CollectLimits;
  readonly #context: FollowContext;
  readonly #followers = new Map<string, FileFollower>();
  readonly #watches = new Map<string, FolderWatch>();
  readonly #counters: FileCounters = {
    lines: 0,
    blank: 0,
    truncated: 0,
    rotations: 0,
    truncations: 0,
    vanished: 0,
    errors: 0,
  };
  /** To be looked at. */
  #dirty = new Set<FileFollower>();
  #wake: () => void = () => undefined;
  /** The paths are looked for the first time: what stands there is not new. */
  #isFirstSearch = true;
  #searchAtMs = 0;
  #isRun = false;
  /** Of the patterns among the locations, as of the last search. */
  #matchers: ((path: string) => boolean)[] = [];

  constructor(options: FileCollectorOptions) {
    this.#options = options;
    this.#limits = { ...collectLimits, ...options.limits };
    const { sink, disk, clock, log, notice = () => undefined } = options;
    const { logBytesMax, readsPerLook, lingerMs, windowBytes } = this.#limits;
    const complaints = new OccasionalLog(log, clock);
    const window = Buffer.allocUnsafeSlow(windowBytes);
    this.#context = {
      ...{ sink, disk, clock, log, notice, complaints, window, logBytesMax, readsPerLook, lingerMs },
      ...{ counters: this.#counters, claims: new Claims() },
    };
  }

  counters(): FileCounters {
    return { ...this.#counters };
  }

  /** The paths that are followed now. */
  paths(): string[] {
    return [...this.#followers.keys()].sort();
  }

  /**
   * Follows until `signal` is aborted, then closes the files; a line that is not whole by then is read again at the
   * next start. Rejects only for a bug of ours: what is wrong with a file is counted and logged, and tried again. May
   * be called once, because the marks are those of the start.
   */
  async run(signal: AbortSignal): Promise<void> {
    assert(!this.#isRun, "a file collector runs once");
    this.#isRun = true;
    const onAbort = (): void => this.#wake();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      while (!signal.aborted) {
        await this.#search();
        if (await this.#lookAtDirty(signal)) await this.#waitForHint(signal);
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
      await this.#close();
    }
  }

  /** Looks for the paths of all locations when it is time, and marks all files for a look. */
  async #search(): Promise<void> {
    const { clock, locations } = this.#options;
    if (!this.#isFirstSearch && clock.monotonicMs() < this.#searchAtMs) return;
    this.#matchers = [];
    const wanted = new Set<string>();
    for (const location of locations) {
      for (const path of await this.#pathsOf(location)) {
        wanted.add(path);
        if (!this.#followers.has(path)) this.#add(path, location);
      }
    }
    this.#isFirstSearch = false;
    this.#searchAtMs = clock.monotonicMs() + this.#limits.pollMs;
    for (const follower of this.#followers.values()) {
      if (!wanted.has(follower.path) && follower.isIdle) this.#followers.delete(follower.path);
      else this.#dirty.add(follower);
    }
  }

  async #pathsOf(location: FollowedLocation): Promise<string[]> {
    const { disk, clock, time } = this.#options;
    const pattern = withDate(location.location, time.parts(clock.wallMs()));
    const excludes = (location.exclude ?? []).map((exclude) => pathMatcher(exclude));
    let paths = [pattern];
    if (isPattern(pattern)) {
      this.#matchers.push(pathMatcher(pattern));
      paths = await matchingPaths(disk, pattern, this.#limits.filesMax);
      this.#watch(dirname(pattern.slice(0, pattern.search(/[*?[]/)) + "x"));
      if (paths.length === this.#limits.filesMax) {
        this.#context.complaints.warning(
          `many ${pattern}`,
          `'${pattern}' matches too many files; ${paths.length} are followed.`,
        );
      }
    }
    return paths.filter((path) => !excludes.some((isExcluded) => isExcluded(path)));
  }

  #add(path: string, location: FollowedLocation): void {
    const { marks } = this.#options;
    const start = this.#isFirstSearch ? location.start : "beginning";
    this.#followers.set(path, new FileFollower(path, start, marks.get(markKeyOf(path)), this.#context));
    this.#watch(dirname(path));
  }

  #watch(folder: string): void {
    if (this.#watches.has(folder)) return;
    const watched = (this.#options.watch ?? watchFolder)(folder, (name) => this.#onHint(folder, name));
    if (watched !== undefined) this.#watches.set(folder, watched);
  }

  #onHint(folder: string, name: string | undefined): void {
    let isKnown = false;
    for (const follower of this.#followers.values()) {
      if (dirname(follower.path) !== folder) continue;
      const isIts = name === undefined || basename(follower.path) === name;
      if (isIts || follower.isLingering) this.#dirty.add(follower);
      isKnown ||= isIts;
    }
    const isNew = !isKnown && name !== undefined && this.#matchers.some((matches) => matches(`${folder}/${name}`));
    if (isNew) this.#searchAtMs = 0;
    if (this.#dirty.size > 0 || isNew) this.#wake();
  }

  /** `true` when there is nothing to do until a hint or the next search. */
  async #lookAtDirty(signal: AbortSignal): Promise<boolean> {
    const looked = this.#dirty;
    this.#dirty = new Set();
    for (const follower of looked) {
      if (signal.aborted) return true;
      const progress = await follower.look();
      if (progress === "end") continue;
      this.#dirty.add(follower);
      if (progress === "stopped") await this.#untilDrained(signal);
    }
    return this.#dirty.size === 0;
  }

  async #untilDrained(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (signal.aborted) resolve();
    });
    while (!signal.aborted && this.#options.sink.isFull) {
      await Promise.race([this.#options.sink.drained(), aborted]);
      if (this.#options.sink.isFull) await pause(this.#options.clock, this.#limits.hintMs, signal);
    }
  }

  async #waitForHint(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const hinted = new AbortController();
    this.#wake = () => hinted.abort();
    if (signal.aborted) return;
    await pause(clock, Math.max(0, this.#searchAtMs - clock.monotonicMs()), hinted.signal);
    this.#wake = () => undefined;
    if (hinted.signal.aborted) await pause(clock, this.#limits.hintMs, signal);
  }

  async #close(): Promise<void> {
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
    for (const follower of this.#followers.values()) await follower.close();
    this.#followers.clear();
    this.#dirty.clear();
  }
}
