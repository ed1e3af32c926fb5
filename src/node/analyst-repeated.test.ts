import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { appDecoders, templates } from "../../test/support/ruleset.ts";
import { SpoolWorld } from "../../test/support/spool-world.ts";
import { noCrash } from "../base/crash-point.ts";
import { silentLog } from "../base/log.ts";
import { CheckpointStore } from "../analysis/checkpoint-disk.ts";
import { defaultRulesetOptions } from "../analysis/ruleset.ts";
import { storeSnapshot } from "../analysis/snapshot-disk.ts";
import { snapshotOf } from "../analysis/snapshot.ts";
import { writeControlRecord } from "../model/control-record.ts";
import { EventBatchBuilder } from "../model/event.ts";
import type { Journal } from "../spool/journal.ts";
import { Analyst } from "./analyst.ts";

const source = { queue: "1", agentId: "001", agentName: "web", agentIp: "any", location: "/var/log/app.log" };
const rules = `${templates}<group name="app,">
  <rule id="100" level="5"><decoded_as>app</decoded_as><description>one</description></rule></group>`;
const snapshot = snapshotOf(
  {
    decoders: [{ path: "d.xml", text: appDecoders }],
    rules: [{ path: "r.xml", text: rules }],
    lists: [],
    options: { ...defaultRulesetOptions, logAlertLevel: 3, zone: "UTC" },
  },
  "0.1.0",
);

class World extends SpoolWorld {
  async begin(): Promise<Journal> {
    const journal = await this.openJournal();
    await storeSnapshot(this.disk.process(), "/rulesets", snapshot, noCrash);
    await journal.appendControl(writeControlRecord({ kind: "ruleset", sha256: snapshot.sha256 }));
    return journal;
  }

  /** Events of an agent's epoch, as one batch. */
  async batch(journal: Journal, number: number, ...seqs: number[]): Promise<void> {
    const builder = new EventBatchBuilder();
    for (const seq of seqs) {
      const origin = { epoch: { number, bits: "00000000000000aa" }, seq };
      builder.add(source, this.clock.wallMs(), Buffer.from(`app: user=e${number}-${seq}`), false, origin);
    }
    await journal.appendOwn({ payload: builder.take(), count: seqs.length, marks: [] });
  }

  /** Answers up to `limit`, with a checkpoint at the end. */
  async analyse(limit: number): Promise<Analyst> {
    const analyst = await Analyst.open({
      ...{ disk: this.disk.process(), clock: this.clock, crash: noCrash, end: limit, fallbackSnapshot: undefined },
      ...{ log: silentLog, journalFolder: "/journal", rulesetsFolder: "/rulesets", logsFolder: "/logs" },
      checkpoints: new CheckpointStore(this.disk.process(), "/checkpoints", noCrash),
      ...{ baselineStore: undefined, actions: [], watch: undefined },
    });
    do await analyst.flush();
    while (await analyst.advance(limit));
    await analyst.flush();
    await analyst.checkpoint();
    await analyst.close();
    return analyst;
  }

  users(): string[] {
    const paths = this.disk.paths().filter((path) => path.startsWith("/logs/alerts/2") && path.includes(".json"));
    const text = paths.map((path) => this.disk.bytesOf(path).toString()).join("");
    return [...text.matchAll(/"full_log":"app: user=(\S+?)"/g)].map((found) => found[1] ?? "");
  }
}

test("an event that its agent sent by two nodes is answered once, whichever copy is first, across a checkpoint", async () => {
  const world = new World();
  const journal = await world.begin();
  await world.batch(journal, 1, 4, 5, 6);
  await world.analyse(journal.durablePosition);
  await world.batch(journal, 1, 1, 2, 3, 4);
  await world.batch(journal, 1, 5, 6, 7);
  await world.batch(journal, 2, 1);
  const { counts } = await world.analyse(journal.durablePosition);
  deepEqual(world.users(), ["e1-4", "e1-5", "e1-6", "e1-1", "e1-2", "e1-3", "e1-7", "e2-1"]);
  deepEqual([counts.repeated, counts.analysed], [3, 11]);
  const again = await world.analyse(journal.durablePosition);
  equal(again.counts.repeated, 3, "the checkpoint keeps the count");
});
