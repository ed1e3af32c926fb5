import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, play, ruleOf, rulesetOf } from "../../../test/support/ruleset.ts";
import { ByteWriter } from "../../base/bytes.ts";
import { Engine } from "../engine.ts";
import { StateReader } from "../state-part.ts";
import { AlertRing } from "./alert-ring.ts";

function pushed(count: number, limit: number, ageMs = 1e9, everyMs = 1_000): AlertRing {
  const ring = new AlertRing();
  for (let seq = 1; seq <= count; seq += 1) ring.push(seq, seq * everyMs, limit, ageMs);
  return ring;
}

// ── ruleset-spec 5.5, Limits ───────────────────────────────────────────────────────────────────────────────────────

test("the ten oldest leave together when there is one more than fits", () => {
  deepEqual(
    [20, 21, 30, 31, 32].map((count) => pushed(count, 20).firstSeq),
    [1, 11, 11, 21, 21],
  );
});

test("with them leave all that are older than the largest frequency in seconds, but none before the ring is full", () => {
  equal(pushed(20, 20, 3_000).firstSeq, 1);
  equal(pushed(21, 20, 3_000).firstSeq, 18);
  // Events of one time of arrival leave together.
  equal(pushed(21, 20, 3_000, 0).firstSeq, 11);
});

test("events from before the limit count as young, and at most as many as fit are kept", () => {
  const ring = new AlertRing();
  ring.push(100, 1_000, 20, 0);
  equal(ring.firstSeq, 81);
  ring.push(101, 2_000, 20, 0);
  // The tenth-oldest is 91; event 100 is older than the second in which 101 came, and so is all before it.
  equal(ring.firstSeq, 101);
});

test("a step of the clock moves the times", () => {
  const ring = pushed(20, 20, 3_000);
  ring.shift(-100_000);
  ring.push(21, -79_000, 20, 3_000);
  equal(ring.firstSeq, 18);
});

test("the rules of the events that leave are given, oldest first", () => {
  const ring = new AlertRing();
  const gone: number[][] = [];
  for (let seq = 1; seq <= 41; seq += 1) {
    ring.push(seq, 0, 30, 0);
    gone.push(ring.pushRule(seq, 1_000 + seq));
  }
  deepEqual(gone.slice(0, 30).flat(), []);
  deepEqual(
    gone[30],
    Array.from({ length: 10 }, (_, back) => 1_001 + back),
  );
  deepEqual(gone[40]?.[0], 1_011);
});

test("what is written is read back, and an empty ring writes nothing", () => {
  const ring = pushed(45, 20, 5_000);
  ring.pushRule(45, 7);
  const writer = new ByteWriter();
  ring.write(writer);
  const again = new AlertRing();
  again.read(new StateReader(writer.copy()));
  const copy = new ByteWriter();
  again.write(copy);
  deepEqual(copy.view(), writer.view());
  again.clear();
  const empty = new ByteWriter();
  again.write(empty);
  equal(empty.view().length, 0);
});

test("a ring of events that all came at other times is as large as its limit, and no larger", () => {
  const bytesOf = (count: number): number => {
    const writer = new ByteWriter();
    pushed(count, 20).write(writer);
    return writer.view().length;
  };
  equal(bytesOf(2_000), bytesOf(200));
  equal(bytesOf(2_000) <= 16 + 20 * 16, true);
});

// ── the engine ─────────────────────────────────────────────────────────────────────────────────────────────────────

const failed = '<rule id="100" level="5"><match>failed</match><group>bad,</group><description>f</description></rule>';
const other = '<rule id="101" level="5"><match>other</match><description>o</description></rule>';
const quiet = '<rule id="102" level="0"><match>quiet</match><description>q</description></rule>';
const counting = (source: string, attributes = 'frequency="2" timeframe="600"'): string =>
  `<rule id="200" level="10" ${attributes}><if_sid>100</if_sid>${source}<description>m</description></rule>`;
const bySid = counting("<if_matched_sid>100</if_matched_sid>");
const repeat = (log: string, count: number): string[] => Array<string>(count).fill(log);
const lastOf = (rules: string, memorySize: number, logs: string[]): number =>
  play(rulesetOf(rules, { options: { memorySize } }), logs).at(-1) ?? 0;

test("memory_size counts every alerted event, whether or not a rule counts it, and no event of level 0", () => {
  const rules = failed + other + quiet + bySid;
  const last = (log: string, count: number, memorySize = 16): number =>
    lastOf(rules, memorySize, ["failed", ...repeat(log, count), "failed"]);
  deepEqual([last("other", 15), last("other", 16)], [200, 100]);
  equal(last("quiet", 50), 200);
  equal(last("nothing", 50), 200);
  equal(last("other", 50, 0), 200);
});

test("the ring bounds rules that count a group or an expression likewise", () => {
  for (const source of ["<if_matched_group>bad</if_matched_group>", "<if_matched_regex>failed</if_matched_regex>"]) {
    const last = (count: number): number =>
      lastOf(failed + other + counting(source), 16, ["failed", ...repeat("other", count), "failed"]);
    deepEqual([last(15), last(16)], [200, 100], source);
  }
});

test("a run that is cut goes on from its ring, and a limit that is lifted or set later holds from then on", () => {
  const rules = failed + other + bySid;
  const limited = rulesetOf(rules, { options: { memorySize: 16 } });
  const engineAfter = (count: number): Engine => {
    const engine = new Engine(limited);
    for (const log of ["failed", ...repeat("other", count)]) engine.answer(eventOf(log));
    return engine;
  };
  const resumed = new Engine(limited, engineAfter(16).saveState());
  equal(ruleOf(resumed.answer(eventOf("failed"))), 100);
  const lifted = engineAfter(15);
  lifted.replaceRuleset(rulesetOf(rules));
  for (const log of repeat("other", 30)) lifted.answer(eventOf(log));
  equal(ruleOf(lifted.answer(eventOf("failed"))), 200);
  const set = new Engine(rulesetOf(rules));
  for (const log of ["failed", ...repeat("other", 30)]) set.answer(eventOf(log));
  set.replaceRuleset(limited);
  equal(ruleOf(set.answer(eventOf("failed"))), 200, "the limit is looked at when an event is alerted");
  equal(ruleOf(set.answer(eventOf("failed"))), 100);
});

test("what has left the ring is removed from memory when windows are swept", () => {
  const engine = new Engine(rulesetOf(failed + other + bySid, { options: { memorySize: 16 } }));
  engine.answer(eventOf("failed"));
  for (const log of repeat("other", 20)) engine.answer(eventOf(log));
  equal(engine.metrics.windowEvents, 1);
  engine.answer(eventOf("nothing", 61));
  equal(engine.metrics.windowEvents, 0);
});
