/**
 * The alert files and archives of a master, written as a function of the engine's answers.
 *
 *   HOME/logs/alerts/2026/Nov/ossec-alerts-25.json      logs/alerts/alerts.json       (hard link to the file in use)
 *   HOME/logs/alerts/2026/Nov/ossec-alerts-25.log       logs/alerts/alerts.log
 *   HOME/logs/archives/2026/Nov/ossec-archive-25.json   logs/archives/archives.json
 *   HOME/logs/archives/2026/Nov/ossec-archive-25.log    logs/archives/archives.log
 *
 * - The day of a file is the local date of `receivedMs` and never goes back: a late event goes into the day that is.
 * - The OFFSET of an alert id is our own count of bytes written to the day's alerts.log (to alerts.json where that is
 *   off), never a file's size. With SECONDS of `receivedMs` before it, an id stands for one alert for ever.
 * - Nothing is on disk before `write`, nothing is safe before `sync`. The order of a checkpoint is: `write`, `sync`,
 *   `lengths` into the checkpoint, and once that is durable `checkpointed`.
 * - After a restart the files are opened with the checkpoint's lengths and the same answers are added again; how what
 *   stands there already is passed over, growing-file.ts says.
 * - After a rejection the object is of no use: nothing more may be written, since a gap would look like an end.
 */
import { join } from "node:path";
import { assert } from "../base/assert.ts";
import type { CrashPoint } from "../base/crash-point.ts";
import type { Disk } from "../base/disk.ts";
import { describeError } from "../base/error.ts";
import type { LocalTime } from "../base/local-time.ts";
import type { Log } from "../base/log.ts";
import { compressFile } from "../logfile/compress-file.ts";
import { dayFileName, dayPlace, monthsBack } from "../logfile/day-path.ts";
import type { Answer } from "../model/alert.ts";
import { writeAlertJson } from "./alert-json.ts";
import { writeAlertLog, writeArchiveLog } from "./alert-log.ts";
import { decodeText } from "./byte-text.ts";
import { FILE_MODE, FOLDER_MODE, GrowingFile } from "./growing-file.ts";
import { fileKinds, noLengths, readLengths, writeLengths, type FileKind, type Lengths } from "./lengths.ts";

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

const places: Record<FileKind, { folder: string; prefix: string; extension: string; link: string }> = {
  alertsJson: { folder: "alerts", prefix: "ossec-alerts", extension: "json", link: "alerts.json" },
  alertsLog: { folder: "alerts", prefix: "ossec-alerts", extension: "log", link: "alerts.log" },
  archivesJson: { folder: "archives", prefix: "ossec-archive", extension: "json", link: "archives.json" },
  archivesLog: { folder: "archives", prefix: "ossec-archive", extension: "log", link: "archives.log" },
};

/** What agents send to show that they live; no archive wants it. */
const keepalive = "ossec-keepalive";

/** The two newest checkpoints are kept, so a day is finished when two lie behind it. */
const checkpointsBehind = 2;

/** What waits for one day's files. */
interface Batch {
  day: string;
  records: Record<FileKind, string[]>;
  alerts: { id: string; level: number; line: string }[];
}

export class AlertFiles {
  readonly #options: AlertFilesOptions;
  readonly #stopping = new AbortController();
  #output: AlertOutput;
  #open: Partial<Record<FileKind, GrowingFile>> = {};
  /** What stands in the files: the day is the one that is written to. */
  #lengths: Lengths;
  /** The day and the OFFSET of the next alert, ahead of `#lengths` by what waits. */
  #day: string;
  #offset: number;
  #batches: Batch[] = [];
  #pendingBytes = 0;
  #state: "idle" | "writing" | "failed" | "closed" = "idle";
  #checkpointsOfDay = 0;
  #compressing: Promise<void> = Promise.resolve();

  private constructor(options: AlertFilesOptions, lengths: Lengths) {
    this.#options = options;
    this.#output = options.output;
    this.#lengths = lengths;
    this.#day = lengths.day;
    this.#offset = lengths.offset;
  }

  /**
   * `lengths` is what the checkpoint holds; undefined for an engine that starts at the journal's first record. Rejects
   * with an AlertFileError or an AlertLengthsError.
   */
  static async open(options: AlertFilesOptions, lengths: Uint8Array | undefined): Promise<AlertFiles> {
    const files = new AlertFiles(options, lengths === undefined ? noLengths() : readLengths(lengths));
    if (files.#day !== "") for (const kind of files.#kinds()) await files.#fileOf(kind);
    return files;
  }

  /** Bytes that wait in memory to be written. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** What is written from the next answer on (a new ruleset snapshot). */
  setOutput(output: AlertOutput): void {
    this.#output = output;
  }

  #kinds(): FileKind[] {
    const { jsonout_output, alerts_log, logall_json, logall } = this.#output;
    const wanted = {
      alertsJson: jsonout_output,
      alertsLog: alerts_log,
      archivesJson: logall_json,
      archivesLog: logall,
    };
    return fileKinds.filter((kind) => wanted[kind]);
  }

  /** Takes one answer, alert or not (archives want all). Synchronous; nothing is on disk before `write`. */
  add(answer: Answer): void {
    this.advance(answer.event.receivedMs);
    const batch = this.#batchOfDay();
    const id = `${Math.floor(answer.event.receivedMs / 1_000)}.${this.#offset}`;
    if (answer.isAlert) this.#addAlert(batch, answer, id);
    const { logall, logall_json, cluster } = this.#output;
    if ((!logall && !logall_json) || answer.event.location.endsWith(keepalive)) return;
    const { time } = this.#options;
    if (logall) this.#put(batch, "archivesLog", writeArchiveLog(answer, time));
    if (logall_json) {
      this.#put(batch, "archivesJson", `${writeAlertJson(answer, { id, time, cluster, showsFullLog: true })}\n`);
    }
  }

  #addAlert(batch: Batch, answer: Answer, id: string): void {
    const { time } = this.#options;
    const { alerts_log, jsonout_output, cluster } = this.#output;
    const line = writeAlertJson(answer, { id, time, cluster, showsFullLog: false });
    let bytes = line.length + 1;
    if (jsonout_output) this.#put(batch, "alertsJson", `${line}\n`);
    if (alerts_log) {
      const record = writeAlertLog(answer, id, time);
      bytes = record.length;
      this.#put(batch, "alertsLog", record);
    }
    this.#offset += bytes;
    batch.alerts.push({ id, level: answer.rule?.level ?? 0, line });
  }

  #put(batch: Batch, kind: FileKind, record: string): void {
    batch.records[kind].push(record);
    this.#pendingBytes += record.length;
  }

  /** Says that the journal has come to `receivedMs`, so that a new day's files begin without waiting for an alert. */
  advance(receivedMs: number): void {
    const day = this.#options.time.isoDay(receivedMs);
    if (day <= this.#day) return;
    this.#day = day;
    this.#offset = 0;
    this.#batchOfDay();
  }

  #batchOfDay(): Batch {
    const last = this.#batches.at(-1);
    if (last?.day === this.#day) return last;
    const records: Batch["records"] = { alertsJson: [], alertsLog: [], archivesJson: [], archivesLog: [] };
    const batch: Batch = { day: this.#day, records, alerts: [] };
    this.#batches.push(batch);
    return batch;
  }

  /** Appends what waits; returns the alerts that stand in the files only now, not those found after a restart. */
  async write(): Promise<WrittenAlert[]> {
    return this.#exclusively(() => this.#writeBatches());
  }

  async #writeBatches(): Promise<WrittenAlert[]> {
    const batches = this.#batches;
    if (batches.length === 0) return [];
    this.#batches = [];
    this.#pendingBytes = 0;
    const written: WrittenAlert[] = [];
    for (const batch of batches) {
      if (batch.day !== this.#lengths.day) await this.#beginDay(batch.day);
      const known = await this.#writeBatch(batch);
      for (const { id, level, line } of batch.alerts.slice(known)) written.push({ id, level, json: decodeText(line) });
    }
    this.#options.crash("alerts.written");
    return written;
  }

  /** How many of the batch's alerts, from the first on, stood there already. */
  async #writeBatch(batch: Batch): Promise<number> {
    let known: number | undefined;
    for (const kind of fileKinds) {
      const records = batch.records[kind];
      if (records.length === 0) continue;
      const file = await this.#fileOf(kind);
      const there = await file.append(records);
      this.#lengths.files[kind] = file.position;
      // Where the options changed in mid-batch a file lacks some of the alerts, and cannot tell for all of them.
      if (records.length === batch.alerts.length && (kind === "alertsJson" || kind === "alertsLog")) known ??= there;
    }
    return known ?? 0;
  }

  async #fileOf(kind: FileKind): Promise<GrowingFile> {
    const open = this.#open[kind];
    if (open !== undefined) return open;
    const { disk, log, folder } = this.#options;
    const { folder: name, prefix, extension, link } = places[kind];
    const { day } = this.#lengths;
    const { year, month } = dayPlace(day);
    await disk.makeFolder(join(folder, name), FOLDER_MODE);
    const file = await GrowingFile.open(
      {
        ...{ disk, log, link: join(folder, name, link) },
        pathOf: (part) => join(folder, name, year, month, dayFileName(prefix, day, part, extension)),
      },
      this.#lengths.files[kind],
    );
    this.#open[kind] = file;
    return file;
  }

  async #beginDay(day: string): Promise<void> {
    await this.#syncFiles();
    await this.#closeFiles();
    this.#lengths = { ...noLengths(), day };
    this.#checkpointsOfDay = 0;
    for (const kind of this.#kinds()) {
      await this.#fileOf(kind);
      this.#options.crash("alerts.day.begun");
    }
  }

  /** Everything written is on the disk when this resolves. To be called before each checkpoint. */
  async sync(): Promise<void> {
    await this.#exclusively(() => this.#syncFiles());
    this.#options.crash("alerts.synced");
  }

  async #syncFiles(): Promise<void> {
    for (const kind of fileKinds) await this.#open[kind]?.sync();
  }

  async #closeFiles(): Promise<void> {
    const open = this.#open;
    this.#open = {};
    for (const kind of fileKinds) await open[kind]?.close();
  }

  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    assert(this.#state === "idle", `the alert files are ${this.#state}`);
    this.#state = "writing";
    try {
      const result = await work();
      this.#state = "idle";
      return result;
    } catch (error) {
      this.#state = "failed";
      throw error;
    }
  }

  /** The logical lengths for the checkpoint. Only after `write` and `sync`, with nothing added since. */
  lengths(): Uint8Array {
    assert(this.#state === "idle" && this.#batches.length === 0, "alerts wait that the lengths would not cover");
    return writeLengths({ ...this.#lengths, offset: this.#offset });
  }

  /**
   * A checkpoint with the last lengths is durable. The files of days that no kept checkpoint can need again are
   * compressed, beside everything else; a failure is logged and tried again with the next day.
   */
  checkpointed(): void {
    this.#checkpointsOfDay += 1;
    if (this.#checkpointsOfDay !== checkpointsBehind || this.#lengths.day === "") return;
    const { day } = this.#lengths;
    this.#compressing = this.#compressing.then(() => this.#compressBefore(day));
  }

  async #compressBefore(day: string): Promise<void> {
    const { disk, folder, log } = this.#options;
    for (const { folder: name, prefix, extension } of Object.values(places)) {
      // Two months: the first of a month has its predecessors in the other folder.
      for (const month of monthsBack(day, 2)) {
        const within = join(folder, name, month);
        const isThisMonth = month === monthsBack(day, 1)[0];
        for (const file of await disk.list(within).catch(() => [])) {
          if (!isFinished(file, prefix, extension, isThisMonth ? dayPlace(day).day : "32")) continue;
          if (this.#stopping.signal.aborted) return;
          await compressFile(disk, join(within, file), FILE_MODE, this.#stopping.signal).catch((error: unknown) => {
            log.warning(`${join(within, file)} cannot be compressed: ${describeError(error)}`);
          });
        }
      }
    }
  }

  /**
   * Writes, syncs and closes; after a rejection of another call, closes only. A compression that is under way is given
   * up; the next day does it again.
   */
  async close(): Promise<void> {
    this.#stopping.abort();
    if (this.#state === "idle") {
      await this.write();
      await this.#exclusively(async () => {
        await this.#syncFiles();
        await this.#closeFiles();
      });
    } else await this.#closeFiles().catch(() => undefined); // After a failure only the handles are of interest.
    this.#state = "closed";
    await this.#compressing;
  }
}

/** Whether `file` is one of a day before `day` (two digits). */
function isFinished(file: string, prefix: string, extension: string, day: string): boolean {
  if (!file.startsWith(`${prefix}-`) || !file.endsWith(`.${extension}`)) return false;
  const stem = file.slice(prefix.length + 1, -extension.length - 1);
  return /^\d{2}(?:-\d{3})?$/.test(stem) && stem.slice(0, 2) < day;
}
