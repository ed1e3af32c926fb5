/**
 * What became of a feed: the lines of the file against the events of the journal, as multisets of hashes.
 *
 * Memory is bounded whatever the length of the feed: the hashes are divided by their remainder into passes of some
 * millions, and both file and journal are read once for each pass.
 */
import { createHash } from "node:crypto";
import { CheckpointStore } from "../../analysis/checkpoint-disk.ts";
import { noCrash } from "../../base/crash-point.ts";
import { nodeDisk } from "../../base/disk.ts";
import { LOG_BYTES_MAX } from "../../model/event.ts";
import { homeAt } from "../../node/home.ts";
import { checkJournal } from "../../node/journal-check.ts";
import { feedLines } from "./feed.ts";

export interface FeedAccount {
  /** Lines of the file. */
  accepted: number;
  /** Events of the feed that stand before the engine's position. */
  analysed: number;
  lost: number;
  duplicated: number;
}

/** An event of the journal: where it was read, what it says, and the position of its batch. */
export interface FeedEvent {
  location: string;
  log: Buffer;
  position: number;
}

export interface FeedJournal {
  /** The engine's position. */
  checkpoint: number;
  /** Reads it from its beginning, telling each event; is called more than once for a long feed. */
  read(onEvent: (event: FeedEvent) => void): Promise<void>;
}

/** A map of so many distinct hashes takes some 150 MiB. */
const linesPerPassMax = 2_000_000;

/**
 * 48 bits: two lines of a million that share them are one chance in five hundred, and only blur which of them is lost.
 */
function hashOf(line: Buffer): number {
  return createHash("md5").update(line.subarray(0, LOG_BYTES_MAX)).digest().readUIntBE(0, 6);
}

/** Compares the lines of `path` with the events of the journal that were read at one of `locations`. */
export async function compareFeed(
  path: string,
  locations: ReadonlySet<string>,
  journal: FeedJournal,
  linesPerPass = linesPerPassMax,
): Promise<FeedAccount> {
  const account: FeedAccount = { accepted: 0, analysed: 0, lost: 0, duplicated: 0 };
  for await (const line of feedLines(path)) account.accepted += line.length > 0 ? 1 : 0;
  const passes = Math.max(1, Math.ceil(account.accepted / linesPerPass));
  for (let pass = 0; pass < passes; pass += 1) {
    const open = new Map<number, number>();
    for await (const line of feedLines(path)) {
      const hash = hashOf(line);
      if (hash % passes === pass) open.set(hash, (open.get(hash) ?? 0) + 1);
    }
    await journal.read(({ location, log, position }) => {
      if (!locations.has(location)) return;
      if (pass === 0 && position < journal.checkpoint) account.analysed += 1;
      const hash = hashOf(log);
      if (hash % passes !== pass) return;
      const left = open.get(hash) ?? 0;
      if (left > 0) open.set(hash, left - 1);
      else account.duplicated += 1;
    });
    for (const left of open.values()) account.lost += left;
  }
  return account;
}

/** The master of `masterHome` must have ended. */
export async function accountFeed(
  path: string,
  locations: ReadonlySet<string>,
  masterHome: string,
): Promise<FeedAccount> {
  const home = homeAt(masterHome);
  const { checkpoint } = await new CheckpointStore(nodeDisk, home.checkpoints, noCrash).load();
  return compareFeed(path, locations, {
    checkpoint: checkpoint?.head.position ?? -1,
    async read(onEvent) {
      await checkJournal(home, {
        withReplay: false,
        onEvent: ({ source, log }, _node, position) => onEvent({ location: source.location, log, position }),
      });
    },
  });
}
