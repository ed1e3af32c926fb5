import { deepEqual } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { compareFeed, type FeedAccount, type FeedEvent } from "./feed-account.ts";

const folder = mkdtempSync(join(tmpdir(), "argus-account-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const where = "/input/worker-node1.feed.log";

/** Compares a file of `lines` with a journal of `logs`, each a batch of its own at 0, 10, 20 …, read in `passes`. */
function compare(lines: readonly string[], logs: readonly string[], passes = 1, checkpoint = Infinity) {
  const path = join(folder, "feed.log");
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  const event = (log: string, index: number): FeedEvent => ({
    location: where,
    log: Buffer.from(log),
    position: index * 10,
  });
  const journal = {
    checkpoint,
    read(onEvent: (event: FeedEvent) => void): Promise<void> {
      for (const one of logs.map(event)) onEvent(one);
      onEvent({ location: "argus-files", log: Buffer.from("File size reduced"), position: 0 });
      return Promise.resolve();
    },
  };
  return compareFeed(path, new Set([where]), journal, Math.max(1, Math.ceil(lines.length / passes)));
}

const account = (accepted: number, analysed: number, lost: number, duplicated: number): FeedAccount => ({
  ...{ accepted, analysed, lost, duplicated },
});

const many = Array.from({ length: 1_000 }, (_, index) => `line ${index % 700}`);

test("finds nothing lost or doubled when both hold the same lines as often, in any order", async () => {
  deepEqual(await compare(many, many.toReversed()), account(1_000, 1_000, 0, 0));
});
test("counts what is missing, and what is there more often than in the file", async () => {
  deepEqual(await compare(["a", "b", "b", "c"], ["b", "c", "c", "c", "x"]), account(4, 5, 2, 3));
});
test("counts only the feed's events before the engine's position as analysed", async () => {
  deepEqual(await compare(["a", "b", "c"], ["a", "b", "c"], 1, 20), account(3, 2, 0, 0));
  deepEqual(await compare(["a"], ["a"], 1, -1), account(1, 0, 0, 0));
});
test("gives the same account however many passes it takes", async () => {
  const logs = [...many.slice(37), "line 50", "line 50", "other"];
  const expected = await compare(many, logs);
  deepEqual(expected, account(1_000, 966, 37, 3));
  for (const passes of [2, 3, 7, 100]) deepEqual(await compare(many, logs, passes), expected, `${passes} passes`);
});
test("passes over empty lines, as the workers do, and knows a line beyond the limit by its beginning", async () => {
  const long = "x".repeat(70_000);
  deepEqual(await compare(["a", "", "\r", long], ["a", long.slice(0, 65_536)]), account(2, 2, 0, 0));
});
