import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { appDecoders, templates } from "../../test/support/ruleset.ts";
import { SpoolWorld } from "../../test/support/spool-world.ts";
import { noCrash } from "../base/crash-point.ts";
import { logTo } from "../base/log.ts";
import { CheckpointStore } from "../analysis/checkpoint-disk.ts";
import { compileRuleset, defaultRulesetOptions } from "../analysis/ruleset.ts";
import { storeSnapshot } from "../analysis/snapshot-disk.ts";
import { snapshotOf } from "../analysis/snapshot.ts";
import { writeControlRecord } from "../model/control-record.ts";
import { EventBatchBuilder } from "../model/event.ts";
import type { Journal } from "../spool/journal.ts";
import { Analyst } from "./analyst.ts";
import type { PoisonAction } from "./quarantine-book.ts";

const source = { queue: "1", agentId: "001", agentName: "web", agentIp: "10.0.0.1", location: "/var/log/app.log" };

/** A plain rule, and one that needs three in a window; `level` tells one ruleset from another. */
function snapshotAt(level: number): ReturnType<typeof snapshotOf> {
  const rules = `${templates}<group name="app,">
  <rule id="100" level="${level}"><decoded_as>app</decoded_as><description>one</description></rule>
  <rule id="200" level="10" frequency="3" timeframe="60"><if_matched_sid>100</if_matched_sid>
    <description>many</description></rule></group>`;
  return snapshotOf(
    {
      decoders: [{ path: "d.xml", text: appDecoders }],
      rules: [{ path: "r.xml", text: rules }],
      lists: [],
      options: { ...defaultRulesetOptions, logAlertLevel: 3, zone: "UTC" },
    },
    "0.1.0",
  );
}

class World extends SpoolWorld {
  fallback: string | undefined;
  actions: PoisonAction[] = [];

  checkpoints(): CheckpointStore {
    return new CheckpointStore(this.disk.process(), "/checkpoints", noCrash);
  }

  async begin(level = 5): Promise<Journal> {
    const journal = await this.openJournal();
    await this.rule(journal, level);
    return journal;
  }

  async rule(journal: Journal, level: number): Promise<string> {
    const snapshot = snapshotAt(level);
    await storeSnapshot(this.disk.process(), "/rulesets", snapshot, noCrash);
    await journal.appendControl(writeControlRecord({ kind: "ruleset", sha256: snapshot.sha256 }));
    return snapshot.sha256;
  }

  fingerprintOf(ruleId: string): string {
    const { rules } = compileRuleset(snapshotAt(5).source, () => undefined);
    return rules.byId.get(Number(ruleId))?.draft.fingerprint ?? "";
  }

  async event(journal: Journal, user: string): Promise<void> {
    this.clock.advance(1_000);
    const builder = new EventBatchBuilder();
    builder.add(source, this.clock.wallMs(), Buffer.from(`app: user=${user}`), false);
    await journal.appendOwn({ payload: builder.take(), count: 1, marks: [] });
  }

  analyst(end: number, logs = "/logs", withCheckpoints = true): Promise<Analyst> {
    return Analyst.open({
      ...{ disk: this.disk.process(), clock: this.clock, crash: noCrash, end, fallbackSnapshot: this.fallback },
      log: logTo((line) => void this.lines.push(line)),
      ...{ journalFolder: "/journal", rulesetsFolder: "/rulesets", logsFolder: logs },
      checkpoints: withCheckpoints ? this.checkpoints() : undefined,
      ...{ baselineStore: undefined, actions: this.actions, watch: undefined },
    });
  }

  /** Answers up to `limit`, with a checkpoint at the end. */
  async analyse(limit: number, logs = "/logs", withCheckpoints = true): Promise<Analyst> {
    const analyst = await this.analyst(limit, logs, withCheckpoints);
    do await analyst.flush();
    while (await analyst.advance(limit));
    await analyst.flush();
    await analyst.checkpoint();
    await analyst.close();
    return analyst;
  }

  /** The lines of a folder's day files of alerts, all of them together. */
  alerts(logs = "/logs"): string[] {
    const paths = this.disk.paths().filter((path) => path.startsWith(`${logs}/alerts/2`) && path.includes(".json"));
    return paths.flatMap((path) => this.disk.bytesOf(path).toString().split("\n").slice(0, -1));
  }
}

async function world(events: number): Promise<{ world: World; journal: Journal }> {
  const made = new World();
  const journal = await made.begin();
  for (let event = 0; event < events; event += 1) await made.event(journal, `u${event}`);
  return { world: made, journal };
}

test("a restart at every record gives the bytes of an undisturbed run", async () => {
  const { world: made, journal } = await world(12);
  await made.analyse(journal.durablePosition, "/fresh", false);
  for (const { nextPosition } of await made.entries(journal.durablePosition)) await made.analyse(nextPosition);
  equal(made.alerts("/fresh").length, 12);
  ok(made.alerts("/fresh").some((line) => line.includes('"id":"200"')));
  deepEqual(made.alerts(), made.alerts("/fresh"));
});

test("a body that cannot be read: windows are rebuilt with writing off, and the next alerts are the same", async () => {
  const { world: made, journal } = await world(8);
  await made.analyse(journal.durablePosition);
  for (let event = 8; event < 12; event += 1) await made.event(journal, `u${event}`);
  const path = made.disk.paths().find((name) => name.endsWith(".ckpt")) ?? "";
  made.disk.corrupt(path, (bytes) => bytes.subarray(0, -1));
  const { counts } = await made.analyse(journal.durablePosition);
  await made.analyse(journal.durablePosition, "/fresh", false);
  deepEqual(made.alerts(), made.alerts("/fresh"));
  equal(counts.analysed, 12);
  match(made.logged("WARNING"), /windows are rebuilt from the oldest kept journal/);
});

test("a rule is passed over from its event on, and an event put aside is not answered, in any analysis", async () => {
  const { world: made, journal } = await world(8);
  const batches = (await made.entries(journal.durablePosition)).filter(({ kind }) => kind === "batch");
  const [fourth, sixth] = [batches[3]?.position ?? -1, batches[5]?.position ?? -1];
  await made.analyse(batches[2]?.nextPosition ?? -1);
  equal(made.alerts().length, 3);
  made.actions = [{ kind: "poison", position: fourth, event: 0 }];
  await made.analyse(journal.durablePosition);
  equal(made.alerts().length, 7);
  equal(
    made.alerts().some((line) => line.includes("user=u3")),
    false,
  );
  await made.analyse(journal.durablePosition, "/fresh", false);
  deepEqual(made.alerts(), made.alerts("/fresh"));
  const fingerprint = made.fingerprintOf("100");
  made.actions.push({ kind: "quarantine", part: "rule", id: "100", fingerprint, position: sixth, event: 0 });
  await made.analyse(journal.durablePosition, "/other", false);
  equal(made.alerts("/other").length, 4);
  made.actions[1] = { kind: "quarantine", part: "rule", id: "100", fingerprint: "another", position: sixth, event: 0 };
  await made.analyse(journal.durablePosition, "/third", false);
  deepEqual(made.alerts("/third"), made.alerts("/fresh"));
});

test("without any checkpoint what stands in the files is recognised, and only what is missing is written", async () => {
  const { world: made, journal } = await world(6);
  await made.analyse(journal.durablePosition);
  const before = made.alerts();
  await made.checkpoints().clear();
  await made.event(journal, "later");
  await made.analyse(journal.durablePosition);
  deepEqual(made.alerts().slice(0, 6), before);
  equal(made.alerts().length, 7);
});

test("a journal that ends before the checkpoint is analysed whole, with an error, once", async () => {
  const { world: made, journal } = await world(12);
  await made.analyse(journal.durablePosition);
  await journal.close();
  for (const path of made.disk.paths().filter((name) => name.startsWith("/journal/"))) made.disk.removeNow(path);
  const second = await made.begin();
  await made.event(second, "after");
  const { counts, position } = await made.analyse(second.durablePosition);
  equal(counts.analysed, 1);
  match(made.logged("ERROR"), /the journal was lost, cut or replaced/);
  equal(made.alerts().filter((line) => line.includes("after")).length, 1);
  deepEqual(
    (await made.checkpoints().heads()).map((head) => head.position),
    [position],
  );
  made.lines.length = 0;
  await made.event(second, "more");
  equal((await made.analyse(second.durablePosition)).counts.analysed, 2);
  equal(made.logged("ERROR"), "");
});

test("a rebuild begins with the rules in force at the oldest record, not with the checkpoint's", async () => {
  const { world: made, journal } = await world(60);
  const old = snapshotAt(5).sha256;
  await made.rule(journal, 7);
  await made.event(journal, "new");
  await made.analyse(journal.durablePosition);
  const path = made.disk.paths().findLast((name) => name.endsWith(".ckpt")) ?? "";
  made.disk.corrupt(path, (bytes) => bytes.subarray(0, -1));
  const oldest = made.disk.paths().find((name) => name.startsWith("/journal/")) ?? "";
  made.disk.removeNow(oldest);
  made.fallback = old;
  const analyst = await made.analyst(journal.durablePosition);
  equal(analyst.snapshotSha256, old);
  await analyst.close();
});

/** Counts by level, as saved: what a fresh analysis must come to as well. */
const levelsOf = ({ counts }: Analyst): unknown => counts.levels.save();

test("alerts by level are those of a fresh analysis, with a restart at every record", async () => {
  const { world: made, journal } = await world(12);
  const fresh = await made.analyse(journal.durablePosition, "/fresh", false);
  for (const { nextPosition } of await made.entries(journal.durablePosition)) await made.analyse(nextPosition);
  const resumed = await made.analyse(journal.durablePosition);
  deepEqual(levelsOf(resumed), levelsOf(fresh));
  const counts = fresh.counts.levels.save().day.bins.map((bin) => bin.counts);
  deepEqual(counts, [{ "5": 8, "10": 4 }], "twelve alerts, a second apart");
});

test("each alert is counted once by level though the process was killed behind its checkpoint", async () => {
  const { world: made, journal } = await world(6);
  await made.analyse(journal.durablePosition);
  for (let event = 6; event < 12; event += 1) await made.event(journal, `u${event}`);
  const killed = await made.analyst(journal.durablePosition);
  while (await killed.advance(journal.durablePosition));
  await killed.flush();
  equal(killed.counts.alerts, 12);
  made.disk.kill(); // Its alerts stand in the files, and it has left no checkpoint of them.
  const resumed = await made.analyse(journal.durablePosition);
  const fresh = await made.analyse(journal.durablePosition, "/fresh", false);
  deepEqual(levelsOf(resumed), levelsOf(fresh));
  equal(resumed.counts.alerts, 12);
});

test("alerts by level are counted again where a checkpoint's body cannot be read, and not twice", async () => {
  const { world: made, journal } = await world(9);
  const first = await made.analyse(journal.durablePosition);
  const path = made.disk.paths().find((name) => name.endsWith(".ckpt")) ?? "";
  made.disk.corrupt(path, (bytes) => bytes.subarray(0, -1));
  deepEqual(levelsOf(await made.analyse(journal.durablePosition)), levelsOf(first));
});

test("says when the last record that it has read since its start was received", async () => {
  const { world: made, journal } = await world(3);
  const first = await made.analyse(journal.durablePosition);
  equal(first.receivedMs, made.clock.wallMs());
  equal((await made.analyse(journal.durablePosition)).receivedMs, 0, "nothing was new to it");
  await made.event(journal, "later");
  equal((await made.analyse(journal.durablePosition)).receivedMs, made.clock.wallMs());
});

test("a loss is of the day in which it was declared, once, wherever the analysis is restarted", async () => {
  const made = new World();
  const journal = await made.begin();
  const hole = (first: number, count: number) =>
    journal.appendControl(
      writeControlRecord({
        ...{ kind: "hole", node: "n", lane: 0, epoch: { number: 1, bits: "a" }, first, count, reason: "damage" },
      }),
    );
  const lost = ({ counts }: Analyst): number[] => [counts.lost, counts.losses.inDay(made.clock.wallMs())];
  await hole(1, 1_000);
  made.clock.advance(2 * 86_400_000);
  await hole(2_000, 3);
  await made.event(journal, "one");
  const between = journal.durablePosition;
  deepEqual(lost(await made.analyse(between)), [1_003, 3]);
  await hole(3_000, 5);
  await made.event(journal, "two");
  const unsaved = await made.analyst(journal.durablePosition);
  while (await unsaved.advance(journal.durablePosition));
  deepEqual(lost(unsaved), [1_008, 8]);
  await unsaved.close(); // Killed before its checkpoint: the next one begins at the last.
  deepEqual(lost(await made.analyst(journal.durablePosition)), [1_003, 3]);
  deepEqual(lost(await made.analyse(journal.durablePosition)), [1_008, 8]);
  deepEqual(lost(await made.analyse(journal.durablePosition, "/fresh", false)), [1_008, 8], "from the journal alone");
});
