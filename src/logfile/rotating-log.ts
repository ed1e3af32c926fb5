/** A log file that begins anew each day (skeleton: the signatures are settled, the bodies follow). */
import type { Disk } from "../base/disk.ts";
import type { LocalTime } from "../base/local-time.ts";

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

export class RotatingLog {
  readonly #options: RotatingLogOptions;

  /** Nothing is opened before the first line. */
  constructor(options: RotatingLogOptions) {
    this.#options = options;
  }
  /** Takes a line (without its end) of the moment `nowMs`. Never blocks or throws; memory is bounded, drops are told. */
  write(nowMs: number, line: string): void {
    this.#options.onTrouble(`${nowMs} ${line}`);
  }
  /** What was taken so far is in the file (not synced) when this resolves. */
  flush(): Promise<void> {
    return Promise.resolve();
  }
  /** Flushes and closes. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
