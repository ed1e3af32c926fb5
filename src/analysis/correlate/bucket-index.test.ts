import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, ruleOf, rulesetOf, seeded, startMs } from "../../../test/support/ruleset.ts";
import type { EngineEvent } from "../../model/alert.ts";
import { Engine } from "../engine.ts";
import type { CompiledRuleset } from "../ruleset.ts";
import { BucketIndex } from "./bucket-index.ts";
import { KeyedComposite } from "./keyed-composite.ts";
import { ListComposite } from "./list-composite.ts";
import { Window, type Remembered } from "./window.ts";

const bad = '<rule id="100" level="5"><match>failed</match><group>bad,</group><description>f</description></rule>';

interface Told {
  atMs: number;
  ip: number;
  url: number;
  log: string;
  /** Level of the composite that consumed it. */
  consumed: number;
}

/** Few addresses and long runs of one url, so that much is skipped and little is counted. */
function randomTold(seed: number, count: number, ips: number): Told[] {
  const random = seeded(seed);
  let [atMs, url] = [startMs, 0];
  return Array.from({ length: count }, () => {
    atMs += random(3) * 500;
    if (random(40) === 0) url = random(3);
    const [ip, lateMs] = [random(ips), random(6) === 0 ? random(400_000) : 0];
    return { atMs: atMs - lateMs, ip, url, log: `app: srcip=1.1.1.${ip} url=/${url} failed`, consumed: -1 };
  });
}

const eventsOf = (told: readonly Told[]): EngineEvent[] =>
  told.map(({ atMs, log }) => eventOf(log, 0, { eventMs: atMs, receivedMs: startMs }));

/** The plain list of ruleset-spec 5.5, OSSEC, searched whole: `same_source_ip` and perhaps `different_url`. */
function listAnswers(
  told: readonly Told[],
  olderNeeded: number,
  isUrlCompared: boolean,
  timeframeMs: number,
): number[] {
  const list: Told[] = [];
  return told.map((one) => {
    let counted = 0;
    for (const older of list.toReversed()) {
      if (Math.abs(older.atMs - one.atMs) > timeframeMs) continue;
      if (older.consumed >= 10) break;
      if (older.ip !== one.ip || (isUrlCompared && older.url === one.url)) continue;
      counted += 1;
      if (counted < olderNeeded) continue;
      for (const marked of [older, list.at(-1)]) if (marked !== undefined) marked.consumed = 10;
      return 200;
    }
    list.push(one);
    return 100;
  });
}

const answersOf = (ruleset: CompiledRuleset, events: readonly EngineEvent[]): number[] => {
  const engine = new Engine(ruleset);
  return events.map((event) => ruleOf(engine.answer(event)));
};

test("OSSEC: long lists answer as a plain list does that is searched whole", () => {
  for (const [seed, inside] of [
    [1, "<same_source_ip/>"],
    [2, "<same_source_ip/><different_url/>"],
    [3, "<different_url/>"],
  ] as const) {
    const ips = inside.includes("ip") ? 40 : 1;
    const told = randomTold(seed, 1_500, ips);
    const composite = `<rule id="200" level="10" frequency="20" timeframe="300"><if_matched_group>bad</if_matched_group>
      ${inside}<description>d</description></rule>`;
    const ruleset = rulesetOf(bad + composite, { options: { flavour: "ossec" } });
    const found = answersOf(ruleset, eventsOf(told));
    deepEqual(found, listAnswers(told, 21, inside.includes("url"), 300_000), inside);
    ok(found.includes(200) && found.lastIndexOf(100) > 300, inside);
  }
});

test("Wazuh: long buckets answer as entries that are looked at one by one", () => {
  const told = randomTold(4, 1_500, 2);
  const composite = `<rule id="200" level="10" frequency="30" timeframe="300"><if_matched_sid>100</if_matched_sid>
    <same_srcip/><different_url/><description>d</description></rule>`;
  const list: Told[] = [];
  const expected = told.map((one) => {
    const counted: Told[] = [];
    for (const older of list.toReversed()) {
      if (Math.abs(older.atMs - one.atMs) > 300_000 || older.ip !== one.ip || older.url === one.url) continue;
      if (older.consumed >= 10) break;
      if (counted.push(older) < 29) continue;
      for (const newest of counted.slice(0, 1)) newest.consumed = 10;
      return 200;
    }
    list.push(one);
    return 100;
  });
  const found = answersOf(rulesetOf(bad + composite), eventsOf(told));
  deepEqual(found, expected);
  ok(found.includes(200));
});

test("rules of several levels that share their events answer as after a start from a checkpoint at each event", () => {
  const composite = (id: number, level: number, frequency: number, inside: string): string =>
    `<rule id="${id}" level="${level}" frequency="${frequency}" timeframe="300"><if_matched_group>bad</if_matched_group>
     ${inside}<group>bad,</group><description>d</description></rule>`;
  const rules =
    '<rule id="100" level="5"><match>failed</match><group>bad,</group><description>f</description></rule>' +
    composite(200, 12, 30, "<same_source_ip/>") +
    composite(201, 8, 6, "<same_source_ip/><different_url/>") +
    composite(202, 10, 60, "<different_url/>");
  for (const flavour of ["ossec", "wazuh"] as const) {
    const ruleset = rulesetOf(rules, { options: { flavour, memorySize: 400 } });
    const whole = new Engine(ruleset);
    let state = whole.saveState();
    const seen = new Set<number>();
    for (const [index, event] of eventsOf(randomTold(5, 700, 12)).entries()) {
      const cut = new Engine(ruleset, state);
      const answer = ruleOf(whole.answer(event));
      equal(ruleOf(cut.answer(event)), answer, `${flavour}, event ${index}`);
      seen.add(answer);
      state = cut.saveState();
      if (index === 500) [whole, cut].forEach((engine) => engine.agentRemoved("007"));
    }
    deepEqual(Buffer.from(whole.saveState()), Buffer.from(state), flavour);
    ok(seen.size > 2, `${flavour}: ${[...seen].join()}`);
  }
});

function rememberedOf(seq: number, consumedLevel = -1): Remembered {
  return {
    ...{ seq, agentId: "000", eventMs: seq, receivedMs: seq, log: "" },
    ...{ hasDynamicFields: false, consumedLevel, entryCount: 0 },
  };
}

test("what has left a bucket has left its index", () => {
  const window = new Window("", { bytes: 0, events: 0, dropped: 0 });
  for (let seq = 1; seq <= 4; seq += 1) window.append("", rememberedOf(seq, seq % 2 === 0 ? 10 : -1), [`v${seq % 3}`]);
  const bucket = window.buckets.get("");
  ok(bucket);
  const index = new BucketIndex(bucket, { sameCount: 1, comparedCount: 1, level: 10 });
  bucket.index = index;
  const reach = { earliestEventMs: 0, latestEventMs: 9, earliestReceivedMs: 0, firstSeq: 0 };
  const lengths = (): unknown[] => ["v0", "v1", "v2", undefined].map((value) => index.queueOf([value])?.length ?? 0);
  deepEqual([lengths(), index.barringSeq(reach)], [[1, 2, 1, 0], 4]);
  deepEqual(
    [index.barringSeq({ ...reach, latestEventMs: 3 }), index.barringSeq({ ...reach, latestEventMs: 1 })],
    [2, 0],
  );
  window.removeOldest(({ seq }) => seq <= 2);
  deepEqual(lengths(), [1, 1, 0, 0]);
  window.removeOldest(() => true);
  deepEqual([lengths(), index.barringSeq(reach)], [[0, 0, 0, 0], 0]);
});

test("ten thousand entries that cannot be counted cost a search next to nothing", () => {
  const read = (): undefined => undefined;
  const plain = { ruleId: 1, level: 10, frequency: 8, timeframeMs: 1_000_000, fingerprint: "" };
  const keyed = new KeyedComposite({
    ...{ ...plain, isGlobal: true, same: [], different: [read] },
    ...{ comparesDynamicFields: false, comparesDecoderType: false },
  });
  const list = new ListComposite({ ...plain, same: [read], different: [], countsOneRule: false });
  for (const [composite, sought, valueOf] of [
    [keyed, "/same", () => "/same"],
    [list, "other", (seq: number) => `value ${seq}`],
  ] as const) {
    const window = new Window("", { bytes: 0, events: 0, dropped: 0 });
    for (let seq = 1; seq <= 10_000; seq += 1) window.append("", rememberedOf(seq), [valueOf(seq)]);
    const bucket = window.buckets.get("");
    const seeker = { eventMs: 10_001, receivedMs: 10_001, latenessMs: 0, firstSeq: 0, hasDynamicFields: false };
    const before = process.cpuUsage();
    for (let count = 0; count < 10_000; count += 1) {
      equal(bucket && composite.search(bucket, { ...seeker, compared: [sought] }), undefined);
    }
    const { user, system } = process.cpuUsage(before);
    ok((user + system) / 1_000 < 700, `${(user + system) / 1_000} ms`); // One by one it takes two to five seconds.
  }
});
