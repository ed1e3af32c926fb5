/**
 * The newest lines of cluster.log in memory, for the page and the command: those that this node writes as they come,
 * and at its start those at the end of the file. Bounded in number, and each line by `MESSAGE_LENGTH_MAX`.
 *
 * An id is `STARTEDMS.N`: when this process began to hold lines, and a number that grows by one. Lines of an earlier
 * run get new ids, so a reader that comes back with an old one is told everything that is held.
 */
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { Disk } from "../base/disk.ts";
import { lastLines } from "../base/file-tail.ts";
import type { LocalTime } from "../base/local-time.ts";
import type { LogLine } from "../base/log.ts";
import type { ClusterLogLine } from "../api/contract/reply.ts";
import { LOG_LINES_MAX } from "../api/contract/route.ts";
import type { ClusterLogFeed } from "../api/needs.ts";
import { bounded, readClusterLine } from "../logfile/line.ts";

export interface LogFeedOptions {
  /** Of this run; what makes ids unique. */
  startedMs: number;
  /** This node's name: what a line is about whose tag names no other. */
  node: string;
  linesMax?: number;
}

/** An object of its own per subscription, so that one listener that subscribes twice is told twice. */
interface FeedListener {
  onLine(line: ClusterLogLine): void;
}

/** How much of the end of cluster.log is read at start: 500 lines of ordinary length several times over. */
export const TAIL_BYTES_MAX = 256 * 1_024;

/** `Worker NAME`, as the master tags what is about a worker. */
const aboutWorker = /^Worker (.+)$/;

export class HeldLogLines implements ClusterLogFeed {
  readonly #node: string;
  readonly #startedMs: number;
  readonly #linesMax: number;
  readonly #held: ClusterLogLine[] = [];
  readonly #listeners = new Set<FeedListener>();
  /** The number of the newest line; the oldest one held has `#count - #held.length + 1`. */
  #count = 0;

  constructor({ startedMs, node, linesMax = LOG_LINES_MAX }: LogFeedOptions) {
    this.#startedMs = startedMs;
    this.#node = node;
    this.#linesMax = linesMax;
  }

  /** A line that is being written. */
  take(atMs: number, line: LogLine): void {
    const held = this.#hold(atMs, line);
    for (const { onLine } of this.#listeners) onLine(held);
  }

  #hold(atMs: number, { level, tag, subtag, message }: LogLine): ClusterLogLine {
    this.#count += 1;
    const node = aboutWorker.exec(tag)?.[1] ?? this.#node;
    const held: ClusterLogLine = {
      ...{ id: `${this.#startedMs}.${this.#count}`, atMs, level, node: bounded(node) },
      ...{ tag: bounded(tag), subtag: bounded(subtag), message: bounded(message) },
    };
    this.#held.push(held);
    if (this.#held.length > this.#linesMax) this.#held.shift();
    return held;
  }

  last(count: number): readonly ClusterLogLine[] {
    return count <= 0 ? [] : this.#held.slice(-count);
  }

  after(id: string): { readonly lines: readonly ClusterLogLine[]; readonly isWhole: boolean } {
    const number = this.#numberOf(id);
    const before = this.#count - this.#held.length;
    if (number === undefined || number < before) return { lines: [...this.#held], isWhole: false };
    return { lines: this.#held.slice(number - before), isWhole: true };
  }

  /** Of an id that this run has given. */
  #numberOf(id: string): number | undefined {
    const [, startedMs, digits] = /^(\d{1,16})\.(\d{1,16})$/.exec(id) ?? [];
    const number = Number(digits);
    return Number(startedMs) === this.#startedMs && number >= 1 && number <= this.#count ? number : undefined;
  }

  subscribe(onLine: (line: ClusterLogLine) => void): () => void {
    const own: FeedListener = { onLine };
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /**
   * Takes the lines at the end of the file at `path`; to be called before any other is taken. An absent file is no
   * error; rejects with the disk's.
   */
  async refill(disk: Disk, path: string, time: LocalTime): Promise<void> {
    const lines = await lastLines(disk, path, TAIL_BYTES_MAX);
    for (const text of lines.slice(-this.#linesMax)) {
      const read = readClusterLine(time, text);
      if (read !== undefined) this.#hold(read.ms, read.line);
    }
  }
}

/** The lines at the end of `folder`/cluster.log, for a node that has not yet written any. Never rejects. */
export async function openClusterLines(options: {
  disk: Disk;
  clock: Clock;
  time: LocalTime;
  /** `HOME/logs`. */
  folder: string;
  node: string;
}): Promise<HeldLogLines> {
  const { disk, clock, time, folder, node } = options;
  const lines = new HeldLogLines({ startedMs: Math.round(clock.wallMs()), node });
  // Where the file cannot be read it cannot be written either, and that is told with the first line.
  await lines.refill(disk, join(folder, "cluster.log"), time).catch(() => undefined);
  return lines;
}
