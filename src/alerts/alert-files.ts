/** The alert files of a master (skeleton: the signatures are settled, the bodies follow). */
import { unreachable } from "../base/assert.ts";
import type { CrashPoint } from "../base/crash-point.ts";
import type { Disk } from "../base/disk.ts";
import type { Log } from "../base/log.ts";
import type { LocalTime } from "../base/local-time.ts";
import type { Answer } from "../model/alert.ts";

/** Which files are written, and what an alert says of the cluster: all of it from the ruleset snapshot. */
export interface AlertOutput {
  /** `<global>`: alerts.json, alerts.log, archives.json, archives.log. */
  jsonout_output: boolean;
  alerts_log: boolean;
  logall_json: boolean;
  logall: boolean;
  /** The cluster's name for the `cluster` block; undefined where no cluster is configured. */
  cluster: string | undefined;
}

export interface AlertFilesOptions {
  disk: Disk;
  /** `HOME/logs`, or another folder for a fresh analysis that is to be compared. */
  folder: string;
  time: LocalTime;
  output: AlertOutput;
  log: Log;
  crash: CrashPoint;
}

/** An alert that now stands in the files and did not before. */
export interface WrittenAlert {
  id: string;
  level: number;
  /** The line of alerts.json as UTF-8 text, without its end. */
  json: string;
}

export class AlertFiles {
  /** `lengths` is what the checkpoint holds; undefined for an engine that starts at the journal's first record. */
  static open(options: AlertFilesOptions, lengths: Uint8Array | undefined): Promise<AlertFiles> {
    return unreachable([options, lengths] as never);
  }
  /** Bytes that wait in memory to be written. */
  get pendingBytes(): number {
    return 0;
  }
  /** What is written from the next answer on (a new ruleset snapshot). */
  setOutput(output: AlertOutput): void {
    unreachable(output as never);
  }
  /** Takes one answer, alert or not (archives want all). Synchronous; nothing is on disk before `write`. */
  add(answer: Answer): void {
    unreachable(answer as never);
  }
  /** Says that the journal has come to `receivedMs`, so that a new day's files begin without waiting for an alert. */
  advance(receivedMs: number): void {
    unreachable(receivedMs as never);
  }
  /** Appends what waits; returns the alerts that stand in the files only now (not those found there after a restart). */
  write(): Promise<WrittenAlert[]> {
    return Promise.resolve([]);
  }
  /** Everything written is on the disk when this resolves. To be called before each checkpoint. */
  sync(): Promise<void> {
    return Promise.resolve();
  }
  /** The logical lengths for the checkpoint. Only after `write` and `sync`, with nothing added since. */
  lengths(): Uint8Array {
    return new Uint8Array();
  }
  /** A checkpoint with these lengths is durable: files of days before it are compressed. */
  checkpointed(): Promise<void> {
    return Promise.resolve();
  }
  /** Writes, syncs and closes. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
