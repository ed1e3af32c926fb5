/** What became of a feed: the lines of the file against the events of the journal, as multisets of hashes. */
import { createHash } from "node:crypto";
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

/**
 * 48 bits: two lines of a million that share them are one chance in five hundred, and only blur which of them is lost.
 */
function hashOf(line: Buffer): number {
  return createHash("md5").update(line.subarray(0, LOG_BYTES_MAX)).digest().readUIntBE(0, 6);
}

/** The master of `masterHome` must have ended. */
export async function accountFeed(
  path: string,
  locations: ReadonlySet<string>,
  masterHome: string,
): Promise<FeedAccount> {
  const open = new Map<number, number>();
  let accepted = 0;
  for await (const line of feedLines(path)) {
    const hash = hashOf(line);
    open.set(hash, (open.get(hash) ?? 0) + 1);
    accepted += 1;
  }
  const positions: number[] = [];
  const report = await checkJournal(homeAt(masterHome), {
    withReplay: false,
    onEvent({ source, log }, _node, position) {
      if (!locations.has(source.location)) return;
      positions.push(position);
      const hash = hashOf(log);
      open.set(hash, (open.get(hash) ?? 0) - 1);
    },
  });
  let lost = 0;
  let duplicated = 0;
  for (const left of open.values()) {
    if (left > 0) lost += left;
    else duplicated -= left;
  }
  return { accepted, analysed: positions.filter((position) => position < report.checkpoint).length, lost, duplicated };
}
