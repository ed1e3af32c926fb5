/**
 * A fresh analysis of a journal at rest, into a folder of its own, and how its files compare with the home's.
 *
 *   journal  ├──────────────────────────┬──────────────────────┤
 *          first record            checkpoint                 end
 *   file     the home's has all of this │ and any part of this, but nothing else
 *
 * Only a journal that is there from its first record on gives the same bytes: what stood in windows, and where the
 * day's files had come to when its oldest record was written, went with the records before.
 */
import { createReadStream } from "node:fs";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { systemClock } from "../base/clock.ts";
import { noCrash } from "../base/crash-point.ts";
import { nodeDisk } from "../base/disk.ts";
import { errnoOf } from "../base/error.ts";
import { silentLog } from "../base/log.ts";
import { Analyst } from "./analyst.ts";
import type { Home } from "./home.ts";
import { readBook } from "./quarantine-disk.ts";
import { StateDatabase } from "./state-database.ts";

/**
 * identical. behind: a proper beginning, and all that the checkpoint stands for. shorter: less than that. different:
 * another byte, or more than a fresh analysis gives. missing: not in the home. unexpected: only in the home.
 */
export type FileVerdict = "identical" | "behind" | "shorter" | "different" | "missing" | "unexpected";

export interface ReplayedFile {
  file: string;
  /** Of the fresh analysis. */
  bytes: number;
  verdict: FileVerdict;
  /** How many bytes from the start are the same. */
  at: number;
}

export interface ReplayAccount {
  /** Whether the journal is there from its first record on; if not, nothing was analysed and nothing compared. */
  isComparable: boolean;
  alerts: number;
  /** The alert and archive files, and how each did. */
  files: ReplayedFile[];
  isIdentical: boolean;
}

const wellVerdicts: ReadonlySet<FileVerdict> = new Set(["identical", "behind"]);

/** `checkpoint`: the position of the newest one, 0 without one. */
export async function replayJournal(home: Home, oldest: number, checkpoint: number): Promise<ReplayAccount> {
  if (oldest > 0) return { isComparable: false, alerts: 0, files: [], isIdentical: false };
  const folder = await mkdtemp(join(tmpdir(), "argus-replay-"));
  const baselineStore = StateDatabase.open(join(folder, "state.db"));
  try {
    const analyst = await Analyst.open({
      ...{ disk: nodeDisk, clock: systemClock, log: silentLog, crash: noCrash },
      ...{ journalFolder: home.journal, rulesetsFolder: home.rulesets, logsFolder: folder },
      ...{ actions: (await readBook(nodeDisk, home)).actions(), watch: undefined },
      ...{ checkpoints: undefined, baselineStore, end: Infinity, fallbackSnapshot: undefined },
    });
    await analyseTo(analyst, checkpoint);
    const promised = await filesOf(folder);
    await analyseTo(analyst, Infinity);
    await analyst.close();
    const files = await compareFolders(folder, home.logs, promised);
    const isIdentical = files.every(({ verdict }) => wellVerdicts.has(verdict));
    return { isComparable: true, alerts: analyst.counts.alerts, files, isIdentical };
  } finally {
    baselineStore.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function analyseTo(analyst: Analyst, limit: number): Promise<void> {
  do await analyst.flush();
  while (await analyst.advance(limit));
  await analyst.flush();
}

/** The day files under a folder for logs, with their lengths; a compressed one under its plain name, length unknown. */
async function filesOf(folder: string): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const kind of ["alerts", "archives"]) {
    const names = await readdir(join(folder, kind), { recursive: true, withFileTypes: true }).catch(
      (error: unknown) => {
        if (errnoOf(error) === "ENOENT") return [];
        throw error;
      },
    );
    for (const entry of names) {
      const path = join(entry.parentPath, entry.name);
      const file = relative(folder, path);
      // YEAR/MONTH/NAME: what lies at the top is a link to the file in use.
      if (!entry.isFile() || file.split("/").length < 4) continue;
      const plain = file.replace(/\.gz$/, "");
      if (plain === file || !found.has(plain)) found.set(plain, plain === file ? (await stat(path)).size : -1);
    }
  }
  return found;
}

export async function compareFolders(
  fresh: string,
  kept: string,
  promised: ReadonlyMap<string, number>,
): Promise<ReplayedFile[]> {
  const ours = await filesOf(fresh);
  const theirs = await filesOf(kept);
  const files: ReplayedFile[] = [];
  for (const [file, bytes] of ours) {
    const { same, isFreshOver, isKeptOver } = await commonBytes(join(fresh, file), join(kept, file));
    const isPromiseKept = same >= (promised.get(file) ?? 0);
    const at = { file, bytes, at: same };
    if (isFreshOver && isKeptOver) files.push({ ...at, verdict: "identical" });
    else if (!isKeptOver) files.push({ ...at, verdict: "different" });
    else if (isPromiseKept) files.push({ ...at, verdict: "behind" });
    else files.push({ ...at, verdict: theirs.has(file) ? "shorter" : "missing" });
  }
  for (const [file, bytes] of theirs) {
    if (!ours.has(file) && bytes !== 0) files.push({ file, bytes: 0, verdict: "unexpected", at: 0 });
  }
  return files.sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** How many bytes two files have in common from the start, and which of them are over there. Holds little of them. */
async function commonBytes(
  fresh: string,
  kept: string,
): Promise<{ same: number; isFreshOver: boolean; isKeptOver: boolean }> {
  const ours = new Pieces(createReadStream(fresh));
  const theirs = new Pieces(await openKept(kept));
  try {
    for (let same = 0; ;) {
      const [a, b] = [await ours.peek(), await theirs.peek()];
      const length = Math.min(a.length, b.length);
      if (length === 0 || !a.subarray(0, length).equals(b.subarray(0, length))) {
        for (let at = 0; at < length && a[at] === b[at]; at += 1) same += 1;
        return { same, isFreshOver: a.length === 0, isKeptOver: b.length === 0 };
      }
      same += length;
      ours.take(length);
      theirs.take(length);
    }
  } finally {
    ours.close();
    theirs.close();
  }
}

/** A file of a day that is over may have been compressed. */
async function openKept(path: string): Promise<Readable | undefined> {
  if ((await nodeDisk.stat(path)) !== undefined) return createReadStream(path);
  if ((await nodeDisk.stat(`${path}.gz`)) === undefined) return undefined;
  // An error of the file reaches the reader of the unpacked bytes by the pipeline itself.
  return pipeline(createReadStream(`${path}.gz`), createGunzip(), () => undefined);
}

/** A stream in pieces of whatever length; nothing at its end, and nothing where there is none. */
class Pieces {
  readonly #stream: Readable | undefined;
  readonly #iterator: AsyncIterator<Buffer> | undefined;
  #piece: Buffer = Buffer.alloc(0);

  constructor(stream: Readable | undefined) {
    this.#stream = stream;
    this.#iterator = stream?.[Symbol.asyncIterator]();
  }

  async peek(): Promise<Buffer> {
    while (this.#piece.length === 0) {
      const next = await this.#iterator?.next();
      if (next === undefined || next.done === true) break;
      this.#piece = next.value;
    }
    return this.#piece;
  }

  take(bytes: number): void {
    this.#piece = this.#piece.subarray(bytes);
  }

  close(): void {
    this.#stream?.destroy();
  }
}
