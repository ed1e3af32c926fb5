/**
 * `argus journal check [--replay]`: what a journal at rest holds, whether each event stands in it exactly once, and
 * whether a fresh analysis of it gives the alert files byte for byte. It reads files only and needs the home's lock, so
 * that nobody writes meanwhile.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { gunzipSync } from "node:zlib";
import { systemClock } from "../base/clock.ts";
import { noCrash } from "../base/crash-point.ts";
import { nodeDisk } from "../base/disk.ts";
import { errnoOf } from "../base/error.ts";
import { silentLog } from "../base/log.ts";
import { readControlRecord } from "../model/control-record.ts";
import { readEventBatch, type Event } from "../model/event.ts";
import type { LaneState } from "../spool/journal.ts";
import { JournalReader, type JournalEntry } from "../spool/journal-reader.ts";
import { nameOfEpoch, type Epoch } from "../spool/lane.ts";
import { Analyst } from "./analyst.ts";
import { CheckpointStore } from "../analysis/checkpoint-disk.ts";
import type { Home } from "./home.ts";
import { lastRecordedSnapshot } from "./ruleset-in-force.ts";

/** One epoch of one lane of one node. */
export interface EpochAccount {
  node: string;
  lane: number;
  epoch: string;
  events: number;
  lost: number;
  last: number;
}

export interface ReplayAccount {
  alerts: number;
  /** The alert and archive files compared, and how each did. */
  files: { file: string; bytes: number; verdict: "identical" | "shorter" | "different" | "missing"; at: number }[];
  isIdentical: boolean;
}

export interface JournalReport {
  home: string;
  oldest: number;
  end: number;
  /** The position of the newest checkpoint, or -1. */
  checkpoint: number;
  isTorn: boolean;
  records: number;
  events: number;
  lost: number;
  duplicated: number;
  /** Events that are neither there nor in a declared hole. */
  missing: number;
  undecodable: number;
  damagedBytes: number;
  epochs: EpochAccount[];
  replay: ReplayAccount | undefined;
  /** Exactly once as far as the journal tells, and (with a replay) as far as the alert files do. */
  isWell: boolean;
}

export interface JournalCheckOptions {
  withReplay: boolean;
  /** Sees each event that stands in the journal. */
  onEvent?: (event: Event, node: string, position: number) => void;
}

class Account {
  readonly #epochs = new Map<string, EpochAccount>();
  records = 0;
  events = 0;
  lost = 0;
  duplicated = 0;
  missing = 0;
  undecodable = 0;
  damagedBytes = 0;

  /** What the head of the oldest segment says went before. */
  begin(lanes: readonly LaneState[]): void {
    for (const { node, lane, epochs } of lanes)
      for (const { epoch, last } of epochs) this.#of(node, lane, epoch).last = last;
  }

  get epochs(): EpochAccount[] {
    return [...this.#epochs.values()];
  }

  #of(node: string, lane: number, epoch: Epoch): EpochAccount {
    const key = JSON.stringify([node, lane, nameOfEpoch(epoch)]);
    let found = this.#epochs.get(key);
    if (found === undefined) {
      found = { node, lane, epoch: nameOfEpoch(epoch), events: 0, lost: 0, last: 0 };
      this.#epochs.set(key, found);
    }
    return found;
  }

  take(entry: JournalEntry, onEvent: JournalCheckOptions["onEvent"]): void {
    this.records += 1;
    if (entry.kind === "damaged") this.damagedBytes += entry.nextPosition - entry.position;
    else if (entry.kind === "epoch") this.#of(entry.node, entry.lane, entry.epoch);
    else if (entry.kind === "control") this.#takeControl(entry.bytes);
    else this.#takeRange(entry, onEvent);
  }

  #takeControl(bytes: Buffer): void {
    const record = readControlRecord(bytes);
    if (record?.kind === "hole") this.#declare(record.node, record.lane, record.epoch, record.first, record.count);
  }

  #takeRange(entry: JournalEntry & { kind: "batch" | "hole" }, onEvent: JournalCheckOptions["onEvent"]): void {
    if (entry.kind === "hole") return this.#declare(entry.node, entry.lane, entry.epoch, entry.first, entry.count);
    const account = this.#of(entry.node, entry.lane, entry.epoch);
    this.#advance(account, entry.first, entry.count);
    account.events += entry.count;
    this.events += entry.count;
    const payload = entry.payload();
    const events = payload === undefined ? undefined : readEventBatch(payload);
    if (events === undefined || events.length !== entry.count) this.undecodable += entry.count;
    else for (const event of events) onEvent?.(event, entry.node, entry.position);
  }

  #declare(node: string, lane: number, epoch: Epoch, first: number, count: number): void {
    const account = this.#of(node, lane, epoch);
    this.#advance(account, first, count);
    account.lost += count;
    this.lost += count;
  }

  #advance(account: EpochAccount, first: number, count: number): void {
    const expected = account.last + 1;
    if (first > expected) this.missing += first - expected;
    else if (first < expected) this.duplicated += Math.min(count, expected - first);
    account.last = Math.max(account.last, first + count - 1);
  }
}

/** Rejects with the spool's errors where the journal cannot be read at all. The caller holds the home's lock. */
export async function checkJournal(home: Home, options: JournalCheckOptions): Promise<JournalReport> {
  const reader = await JournalReader.open({ disk: nodeDisk, folder: home.journal, from: "oldest" });
  const account = new Account();
  const oldest = reader.position;
  try {
    account.begin((await reader.oldestHead()).lanes);
    for (let entry = await reader.next(Infinity); entry !== undefined; entry = await reader.next(Infinity)) {
      account.take(entry, options.onEvent);
    }
  } finally {
    await reader.close();
  }
  const { checkpoint } = await new CheckpointStore(nodeDisk, home.checkpoints, noCrash).load();
  const replay = options.withReplay ? await replayJournal(home) : undefined;
  const { records, events, lost, duplicated, missing, undecodable, damagedBytes, epochs } = account;
  return {
    ...{ home: home.folder, oldest, end: reader.position, checkpoint: checkpoint?.head.position ?? -1 },
    ...{ isTorn: reader.standing === "torn", records, events, lost, duplicated, missing, undecodable, damagedBytes },
    ...{ epochs, replay },
    isWell: duplicated === 0 && missing === 0 && damagedBytes === 0 && (replay?.isIdentical ?? true),
  };
}

/** Answers the whole journal anew into a folder of its own and compares what stands there with the home's files. */
async function replayJournal(home: Home): Promise<ReplayAccount> {
  const folder = await mkdtemp(join(tmpdir(), "argus-replay-"));
  try {
    const analyst = await Analyst.open({
      disk: nodeDisk,
      clock: systemClock,
      log: silentLog,
      crash: noCrash,
      journalFolder: home.journal,
      rulesetsFolder: home.rulesets,
      logsFolder: folder,
      checkpoints: undefined,
      fallbackSnapshot: await lastRecordedSnapshot(nodeDisk, home),
    });
    do await analyst.flush();
    while (await analyst.advance(Infinity));
    await analyst.flush();
    await analyst.close();
    const files = await compareFolders(folder, home.logs);
    return { alerts: analyst.counts.alerts, files, isIdentical: files.every(({ verdict }) => verdict === "identical") };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The day files of the fresh analysis beside those of the home; links at the top are left out. */
async function compareFolders(fresh: string, kept: string): Promise<ReplayAccount["files"]> {
  const files: ReplayAccount["files"] = [];
  const names = await readdir(fresh, { recursive: true, withFileTypes: true });
  for (const entry of names) {
    const path = join(entry.parentPath, entry.name);
    const file = relative(fresh, path);
    if (!entry.isFile() || file.split("/").length < 4) continue;
    const ours = await readFile(path);
    const theirs = await readKept(join(kept, file));
    files.push({ file, bytes: ours.length, ...verdictOf(ours, theirs) });
  }
  return files.sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** A file of a day that is over may have been compressed. */
async function readKept(path: string): Promise<Buffer | undefined> {
  for (const [name, open] of [
    [path, (bytes: Buffer) => bytes],
    [`${path}.gz`, gunzipSync],
  ] as const) {
    try {
      return open(await readFile(name));
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
    }
  }
  return undefined;
}

function verdictOf(ours: Buffer, theirs: Buffer | undefined): Pick<ReplayAccount["files"][number], "verdict" | "at"> {
  if (theirs === undefined) return ours.length === 0 ? { verdict: "identical", at: 0 } : { verdict: "missing", at: 0 };
  const common = Math.min(ours.length, theirs.length);
  if (!ours.subarray(0, common).equals(theirs.subarray(0, common))) {
    let at = 0;
    while (ours[at] === theirs[at]) at += 1;
    return { verdict: "different", at };
  }
  if (ours.length === theirs.length) return { verdict: "identical", at: common };
  return { verdict: ours.length > theirs.length ? "shorter" : "different", at: common };
}
