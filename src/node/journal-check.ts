/**
 * `argus journal check [--replay]`: what a journal at rest holds, whether each event stands in it exactly once, and
 * whether a fresh analysis of it gives the alert files byte for byte. It reads files only and needs the home's lock, so
 * that nobody writes meanwhile.
 */
import { noCrash } from "../base/crash-point.ts";
import { nodeDisk, type Disk } from "../base/disk.ts";
import { CheckpointStore } from "../analysis/checkpoint-disk.ts";
import { readControlRecord } from "../model/control-record.ts";
import { readEventBatch, type Event } from "../model/event.ts";
import type { LaneState } from "../spool/journal.ts";
import { JournalReader, type JournalEntry } from "../spool/journal-reader.ts";
import { nameOfEpoch, type Epoch } from "../spool/lane.ts";
import type { Home } from "./home.ts";
import { replayJournal, type ReplayAccount } from "./journal-replay.ts";

export type { ReplayAccount } from "./journal-replay.ts";

/** One epoch of one lane of one node. */
export interface EpochAccount {
  node: string;
  lane: number;
  epoch: string;
  events: number;
  lost: number;
  last: number;
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
  /** Events that are neither there nor in a declared hole, wherever that stands. */
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

/** Seqs `first` to `last`. */
interface Range {
  first: number;
  last: number;
}

/** With what the master has declared afterwards: its records of damage stand behind those that follow the gap. */
interface OpenAccount extends EpochAccount {
  gaps: Range[];
  declared: Range[];
}

/** What a journal holds, counted record by record. */
export class JournalAccount {
  readonly #epochs = new Map<string, OpenAccount>();
  records = 0;
  events = 0;
  lost = 0;
  duplicated = 0;
  undecodable = 0;
  damagedBytes = 0;

  /** What the head of the oldest segment says went before. */
  begin(lanes: readonly LaneState[]): void {
    for (const { node, lane, epochs } of lanes)
      for (const { epoch, last } of epochs) this.#of(node, lane, epoch).last = last;
  }

  get epochs(): EpochAccount[] {
    return [...this.#epochs.values()].map(({ gaps: _gaps, declared: _declared, ...account }) => account);
  }

  get missing(): number {
    let missing = 0;
    for (const { gaps, declared } of this.#epochs.values()) {
      for (const gap of gaps) missing += gap.last - gap.first + 1 - coveredOf(gap, declared);
    }
    return missing;
  }

  #of(node: string, lane: number, epoch: Epoch): OpenAccount {
    const key = JSON.stringify([node, lane, nameOfEpoch(epoch)]);
    let found = this.#epochs.get(key);
    if (found === undefined) {
      found = { node, lane, epoch: nameOfEpoch(epoch), events: 0, lost: 0, last: 0, gaps: [], declared: [] };
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
    if (record?.kind !== "hole") return;
    const { node, lane, epoch, first, count } = record;
    const account = this.#of(node, lane, epoch);
    account.declared.push({ first, last: first + count - 1 });
    account.lost += count;
    this.lost += count;
  }

  #takeRange(entry: JournalEntry & { kind: "batch" | "hole" }, onEvent: JournalCheckOptions["onEvent"]): void {
    const account = this.#of(entry.node, entry.lane, entry.epoch);
    this.#advance(account, entry.first, entry.count);
    if (entry.kind === "hole") {
      account.lost += entry.count;
      this.lost += entry.count;
      return;
    }
    account.events += entry.count;
    this.events += entry.count;
    const payload = entry.payload();
    const events = payload === undefined ? undefined : readEventBatch(payload);
    if (events === undefined || events.length !== entry.count) this.undecodable += entry.count;
    else for (const event of events) onEvent?.(event, entry.node, entry.position);
  }

  #advance(account: OpenAccount, first: number, count: number): void {
    const expected = account.last + 1;
    if (first > expected) account.gaps.push({ first: expected, last: first - 1 });
    else if (first < expected) this.duplicated += Math.min(count, expected - first);
    account.last = Math.max(account.last, first + count - 1);
  }
}

/** How many of a gap's seqs were declared; each declared range is counted where it overlaps, and they do not repeat. */
function coveredOf(gap: Range, declared: readonly Range[]): number {
  let covered = 0;
  let from = gap.first;
  for (const { first, last } of declared.toSorted((a, b) => a.first - b.first)) {
    const begin = Math.max(first, from);
    const end = Math.min(last, gap.last);
    if (begin > end) continue;
    covered += end - begin + 1;
    from = end + 1;
  }
  return covered;
}

/** Counts a journal at rest; `end`: where it ends, and whether in the middle of a record. Rejects with the spool's. */
export async function accountJournal(
  disk: Disk,
  folder: string,
  onEvent: JournalCheckOptions["onEvent"],
): Promise<{ account: JournalAccount; oldest: number; end: number; isTorn: boolean }> {
  const reader = await JournalReader.open({ disk, folder, from: "oldest" });
  const account = new JournalAccount();
  const oldest = reader.position;
  try {
    account.begin((await reader.oldestHead()).lanes);
    for (let entry = await reader.next(Infinity); entry !== undefined; entry = await reader.next(Infinity)) {
      account.take(entry, onEvent);
    }
    return { account, oldest, end: reader.position, isTorn: reader.standing === "torn" };
  } finally {
    await reader.close();
  }
}

/** Rejects with the spool's errors where the journal cannot be read at all. The caller holds the home's lock. */
export async function checkJournal(home: Home, options: JournalCheckOptions): Promise<JournalReport> {
  const { account, oldest, end, isTorn } = await accountJournal(nodeDisk, home.journal, options.onEvent);
  const [head] = await new CheckpointStore(nodeDisk, home.checkpoints, noCrash).heads();
  const checkpoint = head?.position ?? -1;
  const replay = options.withReplay ? await replayJournal(home, oldest, Math.max(0, checkpoint)) : undefined;
  const { records, events, lost, duplicated, missing, undecodable, damagedBytes, epochs } = account;
  return {
    ...{ home: home.folder, oldest, end, checkpoint, isTorn },
    ...{ records, events, lost, duplicated, missing, undecodable, damagedBytes },
    ...{ epochs, replay },
    isWell: duplicated === 0 && missing === 0 && damagedBytes === 0 && isReplayWell(replay),
  };
}

/** What cannot be compared says nothing against the journal. */
function isReplayWell(replay: ReplayAccount | undefined): boolean {
  return replay === undefined || !replay.isComparable || replay.isIdentical;
}
