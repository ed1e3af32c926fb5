/** Every durable step may be the last one: the process is killed at each named point, and the oracle must hold. */
import { deepEqual, equal, match } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { mixedLines } from "../../bench/mixed-log.ts";
import { crashPointNames, type CrashPointName } from "../../src/base/crash-point.ts";
import { removeFolder, temporaryFolder } from "../support/argus-process.ts";
import { FeedRun } from "../support/local-cluster.ts";

const folder = temporaryFolder("crash");
after(() => removeFolder(folder));
/** Some batches for each worker. */
const lineCount = 10_000;
const feed = join(folder, "feed.log");
writeFileSync(feed, [...mixedLines(17, lineCount), ""].join("\n"));

/** Which node passes a point, and the how manieth passing kills it: the first of the master's belong to its start. */
function armed(point: CrashPointName): { crash: string; node: string } {
  const isWorkers = point.startsWith("spool.") || point === "link.batch.shipped";
  const node = isWorkers ? "worker-node1" : "master-node";
  return { crash: `${node}=${point}:${nth(point)}`, node };
}

function nth(point: CrashPointName): number {
  return /^(?:link|journal\.batch|alerts\.written)/.test(point) ? 2 : 1;
}

/** A feed of a few seconds would otherwise end before its first checkpoint, in the first segment. */
const soon = { ARGUS_TEST_CHECKPOINT_MS: "200", ARGUS_TEST_SEGMENT_BYTES: "32768" };

/** The account of a feed needs the whole journal; the journal's own walks kill it while it removes segments. */
const unreachedByFeed: ReadonlySet<CrashPointName> = new Set(["journal.segment.removed"]);

for (const [index, point] of crashPointNames.filter((name) => !unreachedByFeed.has(name)).entries()) {
  test(`loses and doubles nothing when killed at ${point}`, async () => {
    const { crash, node } = armed(point);
    const run = new FeedRun({ dir: join(folder, point), feed, network: `127.60.${index}`, crash, env: soon });
    const { code, result } = await run.end();
    // A node that had something to say before is quoted behind the signal.
    match(run.stderr, new RegExp(`${node} ended \\(signal SIGKILL\\b`), `the point was reached\n${run.stderr}`);
    deepEqual(result.events, { accepted: lineCount, analysed: lineCount, lost: 0, duplicated: 0 }, run.stderr);
    equal(code, 0);
    const check = await run.check();
    equal(check.code, 0, check.text);
  });
}
