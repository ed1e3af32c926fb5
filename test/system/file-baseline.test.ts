/**
 * Records of files, compared with the baseline by a real node on a real disk: killed at every step of a commit, the
 * node has told each change once, and a fresh analysis of its journal gives the same alerts, byte for byte.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import { noCrash } from "../../src/base/crash-point.ts";
import { nodeDisk } from "../../src/base/disk.ts";
import { silentLog } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import { writeControlRecord, writeEpochPreamble } from "../../src/model/control-record.ts";
import { EventBatchBuilder } from "../../src/model/event.ts";
import { homeAt } from "../../src/node/home.ts";
import { statusRoute } from "../../src/api/contract/route.ts";
import { Journal } from "../../src/spool/journal.ts";
import { removeFolder, runArgus, temporaryFolder, TestNode, until } from "../support/argus-process.ts";

const folder = temporaryFolder("baseline");
const node = new TestNode(join(folder, "home"));
after(async () => {
  await node.kill();
  removeFolder(folder);
});

const batchCount = 600;
const fileCount = 40;

/** In each batch each agent tells some files; every seventh time one of another size, now and then that one is gone. */
function* records(batch: number): Generator<{ agentId: string; log: string; rule: number | undefined }> {
  for (const agentId of ["001", "002"]) {
    if (batch === 20) yield { agentId, log: "syscheck-db-completed", rule: undefined };
    for (let file = batch % 8; file < fileCount; file += 8) {
      const path = `/etc/${file}`;
      const round = Math.floor(batch / 8);
      const size = Math.floor(round / 7);
      const isFirst = round === 0;
      if (round % 35 === 34) yield { agentId, log: `-1 ${path}`, rule: 553 };
      else {
        const wasGone = round % 35 === 0 && round > 0;
        const rule = wasGone ? 554 : !isFirst && round % 7 === 0 ? 550 : undefined;
        yield { agentId, log: `${size}:33188:0:0:a:b ${path}`, rule };
      }
    }
  }
}

/** As another node's intake would have it; the home's node is not running. */
async function fillJournal(): Promise<number[]> {
  const expected: number[] = [];
  const limits = { bytesMax: 1e9, segmentBytesMax: 1e6, queueBytesMax: 1e6, groupBytesMax: 1e6, marksMax: 8 };
  const journal = await Journal.open({
    ...{ disk: nodeDisk, clock: systemClock, random: systemRandom, log: silentLog, crash: noCrash, limits },
    ...{ folder: homeAt(node.home).journal, node: "agents", sync: "batch" },
    preamble: writeEpochPreamble({ host: "agents", hidden: false }),
    holeRecord: (lost) => writeControlRecord({ kind: "hole", ...lost, reason: "" }),
  });
  const appended: Promise<unknown>[] = [];
  for (let batch = 0; batch < batchCount; batch += 1) {
    const builder = new EventBatchBuilder();
    for (const { agentId, log, rule } of records(batch)) {
      const source = { queue: "8", agentId, agentName: "web", agentIp: "any", location: "syscheck" };
      builder.add(source, systemClock.wallMs(), Buffer.from(log), false);
      if (rule !== undefined) expected.push(rule);
    }
    const { count } = builder;
    appended.push(journal.appendOwn({ payload: builder.take(), count, marks: [] }));
  }
  await Promise.all(appended);
  await journal.close();
  return expected;
}

const isAnalysed = async (): Promise<boolean> => {
  const { events } = await node.api.get(statusRoute);
  return events.isCounted && events.behind === 0 && events.analysed > 0;
};

test("each change of a file is told once, wherever the commit of the baseline is killed", async () => {
  node.write("etc/ossec.conf", "<ossec_config></ossec_config>");
  node.start();
  await node.untilReady();
  equal(await node.stop(), 0);
  const expected = await fillJournal();
  ok(expected.length > 500, `${expected.length} alerts are expected`);
  for (const point of ["alerts.synced:2", "checkpoint.written:3", "checkpoint.renamed:2", "baseline.committed:3"]) {
    node.start({ ARGUS_TEST_CRASH: point, ARGUS_TEST_CHECKPOINT_MS: "1" });
    equal(await node.ended(), null, `killed at ${point}\n${node.output}`);
  }
  node.start();
  await node.untilReady();
  await until("all events are analysed", isAnalysed);
  await node.stop();
  const rules = node.alerts().map(({ rule }) => Number(rule.id));
  deepEqual(
    rules.filter((rule) => rule > 549),
    expected,
  );
  const check = await runArgus(["journal", "check", "--replay", "--home", node.home]);
  equal(check.code, 0, check.stdout + check.stderr);
  match(check.stdout, /identical|well/);
});
