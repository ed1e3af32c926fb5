import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { noCrash } from "../base/crash-point.ts";
import { systemClock } from "../base/clock.ts";
import { nodeDisk } from "../base/disk.ts";
import { silentLog } from "../base/log.ts";
import { systemRandom } from "../base/random.ts";
import { writeControlRecord } from "../model/control-record.ts";
import { Journal } from "../spool/journal.ts";
import { checkConfig } from "./config-check.ts";
import { homeAt, type Home } from "./home.ts";
import { checkHomeRuleset } from "./ruleset-check.ts";
import {
  forgetRulesets,
  inForceAt,
  publishRuleset,
  recordedRulesets,
  type RecordedRuleset,
} from "./ruleset-in-force.ts";
import { readSettings } from "./settings.ts";

/** A home with rules of its own, and its journal opened for as long as `work` takes. */
class Place {
  readonly home: Home;

  constructor(folder: string) {
    this.home = homeAt(folder);
  }

  async rule(level: number): Promise<void> {
    const rule = `<group name="local,"><rule id="100100" level="${level}"><match>x</match><description>x</description></rule></group>`;
    await mkdir(join(this.home.etc, "rules"), { recursive: true });
    await mkdir(this.home.rulesets, { recursive: true });
    await writeFile(join(this.home.etc, "rules", "local_rules.xml"), rule);
    await writeFile(this.home.ossecConf, "<ossec_config></ossec_config>\n");
  }

  async withJournal<T>(work: (journal: Journal) => Promise<T>): Promise<T> {
    const limits = { bytesMax: 1e9, segmentBytesMax: 1e6, queueBytesMax: 1e6, groupBytesMax: 1e6, marksMax: 8 };
    const journal = await Journal.open({
      ...{ disk: nodeDisk, clock: systemClock, random: systemRandom, log: silentLog, crash: noCrash, limits },
      ...{ folder: this.home.journal, node: "m", sync: "batch", preamble: Buffer.from("{}") },
      holeRecord: (lost) => writeControlRecord({ kind: "hole", ...lost, reason: "" }),
    });
    try {
      return await work(journal);
    } finally {
      await journal.close();
    }
  }

  publish(): Promise<string> {
    return this.withJournal(async (journal) => {
      const settings = await readSettings(this.home.folder, nodeDisk);
      const { home } = this;
      const { sha256 } = await publishRuleset({
        ...{ disk: nodeDisk, home, settings, zone: "UTC", journal, crash: noCrash, log: silentLog },
      });
      return sha256;
    });
  }

  recorded(): Promise<RecordedRuleset[]> {
    return recordedRulesets(nodeDisk, this.home);
  }
}

async function place(context: TestContext): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "argus-ruleset-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const made = new Place(folder);
  await made.rule(5);
  return made;
}

test("a ruleset is journalled once, and again only when it has changed", async (context) => {
  const made = await place(context);
  const first = await made.publish();
  const once = await made.recorded();
  equal(await made.publish(), first);
  deepEqual(await made.recorded(), once);
  await made.rule(6);
  const second = await made.publish();
  const recorded = await made.recorded();
  deepEqual(
    recorded.map(({ sha256 }) => sha256),
    [first, second],
  );
  ok((recorded[0]?.position ?? 0) < (recorded[1]?.position ?? 0));
});

test("what is recorded is not believed of a journal that does not hold it", async (context) => {
  const made = await place(context);
  const sha256 = await made.publish();
  const before = await made.recorded();
  for (const name of await readdir(made.home.journal)) await rm(join(made.home.journal, name));
  // Longer than the one of before: the record's place is taken by others.
  await made.withJournal(async (journal) => {
    for (let count = 0; count < 9; count += 1) await journal.appendControl(Buffer.from('{"kind":"other"}'));
  });
  equal(await made.publish(), sha256);
  const after = await made.recorded();
  equal(after.length, 1);
  ok((after[0]?.position ?? 0) > (before[0]?.position ?? 0));
});

test("of files that do not load a check says which ruleset of before a start would go on with", async (context) => {
  const made = await place(context);
  const outcome = async (): Promise<string | undefined> => {
    const { exitCode, summary } = await checkConfig(made.home.folder, nodeDisk, checkHomeRuleset);
    equal(exitCode, 2);
    return summary.split("; ").at(-1);
  };
  await made.rule(99);
  equal(await outcome(), "the node would not start");
  await made.rule(5);
  const sha256 = await made.publish();
  await made.rule(99);
  equal(await outcome(), `the node would start with the ruleset of before (${sha256.slice(0, 12)})`);
  await writeFile(made.home.ossecConf, "<ossec_config><remote><port>x</port></remote></ossec_config>\n");
  equal(await outcome(), "the node would not start");
  await writeFile(made.home.ossecConf, "<ossec_config></ossec_config>\n");
  for (const name of await readdir(made.home.journal)) await rm(join(made.home.journal, name));
  equal(await outcome(), "the node would not start");
});

test("a file of another form costs one more record", async (context) => {
  const made = await place(context);
  const sha256 = await made.publish();
  await writeFile(join(made.home.rulesets, "recorded"), `${sha256}\n`);
  equal(await made.publish(), sha256);
  equal((await made.recorded()).length, 1);
});

test("the snapshot in force at a position is that of the last record before it", () => {
  const recorded = [
    { position: 10, sha256: "a" },
    { position: 50, sha256: "b" },
  ];
  deepEqual(
    [0, 10, 11, 50, 51].map((position) => inForceAt(recorded, position)),
    [undefined, undefined, "a", "a", "b"],
  );
});

test("a snapshot goes when neither the journal nor a checkpoint names it", async (context) => {
  const made = await place(context);
  const names: string[] = [];
  for (const level of [5, 6, 7, 8]) {
    await made.rule(level);
    names.push(await made.publish());
  }
  const [first = "", second = "", third = "", fourth = ""] = names;
  const oldest = ((await made.recorded())[2]?.position ?? 0) + 1;
  await forgetRulesets(nodeDisk, made.home, oldest, new Set([first]));
  const isThere = async (name: string): Promise<boolean> =>
    (await nodeDisk.stat(join(made.home.rulesets, name, "manifest.json"))) !== undefined;
  deepEqual(await Promise.all([first, second, third, fourth].map(isThere)), [true, false, true, true]);
  deepEqual(
    (await made.recorded()).map(({ sha256 }) => sha256),
    [third, fourth],
  );
  await forgetRulesets(nodeDisk, made.home, oldest, new Set());
  deepEqual(await Promise.all([first, third].map(isThere)), [false, true]);
});
