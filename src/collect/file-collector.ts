/** The followed files of a node as one service. */
import type { Clock } from "../base/clock.ts";
import type { Disk } from "../base/disk.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import type { EventSink } from "./needs.ts";

/** One `<localfile>` with `log_format` syslog or json. */
export interface FollowedLocation {
  /** An absolute path; `*`, `?`, `[…]` match names, `%Y` and its like stand for the local date. */
  location: string;
  /** Where a file begins that exists at the start and has no durable mark. A file that appears later begins at 0. */
  start: "end" | "beginning";
  /** Patterns of paths that `location` matches and that are not followed. */
  exclude?: readonly string[];
}

export interface FileCollectorOptions {
  locations: readonly FollowedLocation[];
  sink: EventSink;
  /** The last durable mark of each key, as the spool (or journal) found them at its start. Keys of others are ignored. */
  marks: ReadonlyMap<string, Uint8Array>;
  disk: Disk;
  clock: Clock;
  log: Log;
  /** Told what OSSEC raises as an event of its own: `ossec: File rotated (inode changed): 'P'.` and the like. */
  notice?: (text: string) => void;
}

export interface FileCounters {
  /** Lines handed over. */
  lines: number;
  /** Empty lines, passed over. */
  blank: number;
  rotations: number;
  truncations: number;
  /** Files that a mark names and that were not found again: their unread rest, if any, is lost. */
  vanished: number;
  /** Errors of the disk or of permissions, each also logged at most once a minute. */
  errors: number;
}

export class FileCollector implements Service {
  readonly name = "files";
  readonly #counters: FileCounters = { lines: 0, blank: 0, rotations: 0, truncations: 0, vanished: 0, errors: 0 };

  constructor(_options: FileCollectorOptions) {}

  /** Follows until `signal` is aborted; a line that is not whole by then is read again at the next start. */
  async run(_signal: AbortSignal): Promise<void> {}

  counters(): FileCounters {
    return { ...this.#counters };
  }
}
