/** The promise: every accepted line is analysed exactly once as far as alerts show it, whatever is killed. */
import { deepEqual, equal } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { mixedLines } from "../../bench/mixed-log.ts";
import { removeFolder, temporaryFolder, until, type TestAlert } from "../support/argus-process.ts";
import { FeedRun } from "../support/local-cluster.ts";

const folder = temporaryFolder("feed");
after(() => removeFolder(folder));

function writeFeed(name: string, seed: number, count: number): string {
  const path = join(folder, name);
  writeFileSync(path, [...mixedLines(seed, count), ""].join("\n"));
  return path;
}

async function untilAnalysed(run: FeedRun, count: number): Promise<void> {
  await until(
    `${count} events analysed\n${run.stderr}`,
    async () => ((await run.status("master-node"))?.events.analysed ?? 0) >= count,
    120_000,
  );
}

/** Rules that look at one event only: their alerts do not depend on how batches of two workers are mixed. */
const isOfFeed = (alert: TestAlert): boolean => alert.location.endsWith(".feed.log");

/** Composite rules of the shipped ruleset: all have a frequency. */
const isPlain = (alert: TestAlert): boolean => !("frequency" in alert.rule);

test("loses and doubles nothing of 200,000 lines with a kill -9 of the master and one of a worker in mid-run", async () => {
  const feed = writeFeed("large.log", 7, 200_000);
  const run = new FeedRun({ dir: join(folder, "large"), feed, network: "127.51.0" });
  await untilAnalysed(run, 30_000);
  await run.kill("master-node");
  await until("the master is back", () => run.status("master-node"));
  await untilAnalysed(run, 90_000);
  await run.kill("worker-node1");
  const { code, result } = await run.end();
  deepEqual(result.events, { accepted: 200_000, analysed: 200_000, lost: 0, duplicated: 0 }, run.stderr);
  equal(code, 0, run.stderr);
  const check = await run.check();
  equal(check.code, 0, check.text);
});

test("gives the same alerts of plain rules in the same order with one worker and one file, killed or not", async () => {
  const feed = writeFeed("small.log", 11, 40_000);
  const quiet = new FeedRun({ dir: join(folder, "quiet"), feed, network: "127.52.0", workers: 1 });
  equal((await quiet.end()).code, 0, quiet.stderr);
  const disturbed = new FeedRun({ dir: join(folder, "disturbed"), feed, network: "127.53.0", workers: 1 });
  await untilAnalysed(disturbed, 5_000);
  await disturbed.kill("worker-node1");
  await until("some more", async () => ((await disturbed.status("master-node"))?.events.analysed ?? 0) >= 15_000);
  await disturbed.kill("master-node");
  const { code, result } = await disturbed.end();
  equal(code, 0, JSON.stringify(result) + disturbed.stderr);
  const story = (run: FeedRun): string[] =>
    run
      .alerts()
      .filter((alert) => isOfFeed(alert) && isPlain(alert))
      .map(({ rule, full_log: log }) => `${rule.id} ${log}`);
  const expected = story(quiet);
  equal(expected.length > 1_000, true, `${expected.length} alerts`);
  deepEqual(story(disturbed), expected);
  for (const run of [quiet, disturbed]) {
    const check = await run.check();
    equal(check.code, 0, check.text);
  }
});

test("goes on where it stopped when argus up is ended in the middle and started again", async () => {
  const feed = writeFeed("resumed.log", 13, 40_000);
  const dir = join(folder, "resumed");
  const first = new FeedRun({ dir, feed, network: "127.54.0" });
  await untilAnalysed(first, 2_000);
  first.stop();
  await first.end();
  const second = new FeedRun({ dir, feed, network: "127.54.0" });
  const { code, result } = await second.end();
  deepEqual(result.events, { accepted: 40_000, analysed: 40_000, lost: 0, duplicated: 0 }, second.stderr);
  equal(code, 0);
});
