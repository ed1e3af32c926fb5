import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, ruleOf, rulesetOf, seeded, startMs } from "../../test/support/ruleset.ts";
import type { EngineEvent } from "../model/alert.ts";
import { BUCKET_ENTRIES_MAX } from "./correlate/window.ts";
import { Engine } from "./engine.ts";
import { CheckpointError } from "./errors.ts";
import { ByteWriter } from "../base/bytes.ts";
import { EngineState, readState, STATE_VERSION, writeState } from "./state.ts";

/** Uses everything that has state: counters, ignore, first seen, and windows of each kind that share their events. */
const rules = `
<rule id="100" level="5"><match>failed</match><group>bad,</group><description>failed $(srcip)</description></rule>
<rule id="101" level="5"><match>denied</match><group>bad,</group><description>denied</description></rule>
<rule id="102" level="4" ignore="20"><match>noisy</match><description>noisy</description></rule>
<rule id="103" level="3"><if_sid>102</if_sid><match>child</match><description>child</description></rule>
<rule id="110" level="6"><decoded_as>seen</decoded_as><if_fts></if_fts><description>first</description></rule>
<rule id="200" level="10" frequency="3" timeframe="30"><if_matched_sid>100</if_matched_sid><same_srcip/>
  <description>a</description></rule>
<rule id="201" level="12" frequency="4" timeframe="60"><if_matched_sid>100</if_matched_sid><different_url/>
  <description>b</description></rule>
<rule id="202" level="9" frequency="4" timeframe="40"><if_matched_group>bad</if_matched_group>
  <not_same_field>x.name</not_same_field>
  <description>c</description></rule>
<rule id="203" level="8" frequency="5"><if_matched_regex>noisy</if_matched_regex><match>noisy</match><global_frequency/>
  <description>d</description></rule>`;

function randomEvents(seed: number, count: number): EngineEvent[] {
  const random = seeded(seed);
  let receivedMs = startMs + random(3_600_000);
  return Array.from({ length: count }, () => {
    receivedMs += random(12) === 0 ? random(90_000) : random(1_500);
    const words = ["failed", "denied", "noisy", "noisy child", "calm"];
    const app = `app: ${words[random(5)] ?? ""} srcip=1.1.1.${random(3)} url=/${random(5)} x=${random(2)}\u00e9\u0000`;
    const log = random(6) === 0 ? `seen: user${random(8)} 10.0.0.1` : app;
    const eventMs = receivedMs - (random(3) === 0 ? random(50_000) : 0);
    return eventOf(log, 0, { eventMs, receivedMs, agentId: `00${random(2)}` });
  });
}

/** All of an answer that an alert shows. */
const said = (engine: Engine, event: EngineEvent): string => {
  const { event: _event, ...answer } = engine.answer(event);
  return JSON.stringify(answer);
};

test("a run that is cut anywhere goes on from its saved state as if it were whole (every cut of 4 seeds)", () => {
  const ruleset = rulesetOf(rules);
  const seenRules = new Set<number>();
  for (let seed = 1; seed <= 4; seed += 1) {
    const events = randomEvents(seed, 100);
    const whole = new Engine(ruleset);
    const states: Uint8Array[] = [whole.saveState()];
    const answers = events.map((event) => {
      const answer = said(whole, event);
      states.push(whole.saveState());
      seenRules.add(Number(/"rule":\{"id":"(\d+)"/.exec(answer)?.[1] ?? 0));
      return answer;
    });
    for (const [cut, state] of states.entries()) {
      const second = new Engine(ruleset, state);
      ok(
        Buffer.from(second.saveState()).equals(Buffer.from(state)),
        `seed ${seed}: state ${cut} is read back as it was`,
      );
      const rest = events.slice(cut, cut + 30).map((event) => said(second, event));
      deepEqual(rest, answers.slice(cut, cut + 30), `seed ${seed}, cut ${cut}`);
      const end = states[Math.min(cut + 30, events.length)];
      ok(
        end !== undefined && Buffer.from(second.saveState()).equals(Buffer.from(end)),
        `seed ${seed}, cut ${cut}: state`,
      );
    }
  }
  // Otherwise the walk would prove nothing of them.
  for (const id of [100, 101, 102, 103, 110, 200, 201, 202, 203]) ok(seenRules.has(id), `rule ${id} answers somewhere`);
});

test("a run that is saved and loaded after every event answers as the whole run does", () => {
  const ruleset = rulesetOf(rules);
  const events = randomEvents(77, 300);
  const whole = new Engine(ruleset);
  let state = whole.saveState();
  for (const [index, event] of events.entries()) {
    const cut = new Engine(ruleset, state);
    equal(said(cut, event), said(whole, event), `event ${index}`);
    state = cut.saveState();
  }
  deepEqual(Buffer.from(state), Buffer.from(whole.saveState()));
});

test("the same events give the same bytes of state", () => {
  const ruleset = rulesetOf(rules);
  const stateOf = (): Buffer => {
    const engine = new Engine(ruleset);
    for (const event of randomEvents(5, 200)) engine.answer(event);
    return Buffer.from(engine.saveState());
  };
  deepEqual(stateOf(), stateOf());
});

test("bytes by our own arithmetic are the same after loading, and nothing is left when all has left", () => {
  const ruleset = rulesetOf(rules);
  const engine = new Engine(ruleset);
  for (const event of randomEvents(9, 300)) engine.answer(event);
  const { windowBytes, windowEvents } = engine.metrics;
  ok(windowBytes > 0 && windowEvents > 0);
  const loaded = new Engine(ruleset, engine.saveState());
  deepEqual([loaded.metrics.windowBytes, loaded.metrics.windowEvents], [windowBytes, windowEvents]);
  engine.answer(eventOf("calm", 100_000_000));
  deepEqual([engine.metrics.windowBytes, engine.metrics.windowEvents], [0, 0]);
});

test("a state that is cut off, longer, or of another version is refused", () => {
  const engine = new Engine(rulesetOf(rules));
  for (const event of randomEvents(3, 60)) engine.answer(event);
  const bytes = Buffer.from(engine.saveState());
  for (let length = 0; length < bytes.length; length += 1) {
    throws(() => readState(bytes.subarray(0, length)), CheckpointError, `${length} of ${bytes.length} bytes`);
  }
  throws(() => readState(Buffer.concat([bytes, Buffer.from([0])])), CheckpointError);
  for (const version of [STATE_VERSION + 1, 2]) {
    const other = Buffer.from(bytes);
    other.writeUInt16BE(version, 0);
    throws(() => readState(other), CheckpointError);
  }
});

test("a state of the version before, whose texts are UTF-8, is read as what it was", () => {
  const writer = new ByteWriter();
  const text = (value: string): ByteWriter => writer.bytes32(Buffer.from(value, "utf8"));
  writer.u16(3).u64(7).f64(startMs).u64(12).u64(1).u64(2);
  writer.u32(0).u32(0).u32(0).u32(0);
  writer.u32(1);
  text("seen \u00ff");
  writer.u32(0);
  writer.u32(1).u64(11);
  text("001");
  writer.f64(startMs).f64(startMs).u8(0).u32(0);
  text("log \u00e9\u0000");
  writer.u32(1).u32(200);
  text("print");
  writer.u32(1);
  text("key\u0080");
  writer.u32(1).u32(0).u16(2).u8(0);
  writer.u8(1);
  text("\u00e9");
  writer.u32(0);
  const state = readState(writer.view());
  deepEqual([state.hour, state.nextSeq, [...state.fts.values()]], [7, 12, ["seen \u00ff"]]);
  deepEqual(
    state.remembered().map(({ agentId, log }) => [agentId, log]),
    [["001", "log \u00e9\u0000"]],
  );
  const bucket = state.windows.get(200)?.buckets.get("key\u0080");
  deepEqual(bucket?.at(0)?.compared, [undefined, "\u00e9"]);
  deepEqual(writeState(readState(writeState(state))), writeState(state));
});

test("a part that this version does not know is refused by its name", () => {
  const bytes = Buffer.from(new Engine(rulesetOf(rules)).saveState());
  const part = new ByteWriter().u32(1).text16("").view();
  deepEqual([...bytes.subarray(-4)], [0, 0, 0, 0]);
  const named = new ByteWriter().raw(bytes.subarray(0, -4)).u32(1).bytes32(Buffer.from("later")).bytes32(part).view();
  throws(() => readState(named), /a part later that is not known/);
});

test("damaged bytes of a state are refused or read, and never do anything else (300 seeds)", () => {
  const engine = new Engine(rulesetOf(rules));
  for (const event of randomEvents(4, 60)) engine.answer(event);
  const bytes = Buffer.from(engine.saveState());
  let refused = 0;
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = seeded(seed);
    const damaged = Buffer.from(bytes);
    damaged[random(bytes.length)] = random(256);
    try {
      writeState(readState(damaged));
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      refused += 1;
    }
  }
  ok(refused > 0);
});

test("a new ruleset keeps what unchanged rules remember, and forgets the rest", () => {
  const failed = '<rule id="100" level="5"><match>failed</match><description>f</description></rule>';
  const many = (id: number, frequency: number): string =>
    `<rule id="${id}" level="10" frequency="${frequency}"><if_matched_sid>100</if_matched_sid><description>m</description></rule>`;
  const engine = new Engine(rulesetOf(failed + many(200, 3) + many(201, 9)));
  for (const at of [0, 1]) engine.answer(eventOf("failed", at));
  // Moved in its file and beside a new rule, 200 is still what it was; 201 is another rule under the same number.
  engine.replaceRuleset(rulesetOf(`\n\n${failed}${many(202, 8)}${many(200, 3)}${many(201, 8)}`));
  equal(engine.metrics.windowEvents, 2);
  const answer = engine.answer(eventOf("failed", 2));
  equal(ruleOf(answer), 200);
  equal(answer.rule?.firedtimes, 1);
  engine.replaceRuleset(rulesetOf(failed));
  deepEqual([engine.metrics.windowEvents, engine.metrics.windowBytes], [0, 0]);
  equal(engine.answer(eventOf("failed", 3)).rule?.firedtimes, 3);
});

test("a state can be loaded under another ruleset, as at a start after an edit", () => {
  const before = new Engine(rulesetOf(rules));
  for (const event of randomEvents(6, 100)) before.answer(event);
  const after = new Engine(
    rulesetOf('<rule id="100" level="5"><match>x</match><description>x</description></rule>'),
    before.saveState(),
  );
  deepEqual([after.metrics.windowEvents, after.metrics.windowBytes], [0, 0]);
});

test("beyond the cap the oldest events are dropped, whichever window they are in, and counted", () => {
  const engine = new Engine(rulesetOf(rules, { options: { windowBytesMax: 20_000 } }));
  const uncapped = new Engine(rulesetOf(rules));
  for (let at = 0; at < 200; at += 1) {
    const word = at % 2 === 0 ? "failed" : "denied";
    const event = eventOf(`app: ${word} srcip=9.9.${at}.1 x=1 ${"p".repeat(100)}`, at / 100);
    for (const one of [engine, uncapped]) one.answer(event);
    ok(engine.metrics.windowBytes <= 20_000, `after ${at}`);
  }
  ok(engine.metrics.windowDropped > 100);
  const seqsOf = (one: Engine): number[] =>
    readState(one.saveState())
      .remembered()
      .map(({ seq }) => seq);
  const seqs = seqsOf(engine);
  deepEqual(seqs, seqsOf(uncapped).slice(-seqs.length));
});

test("at the cap each event drops as much as it needs, and never much at once", () => {
  const engine = new Engine(rulesetOf(rules, { options: { windowBytesMax: 100_000 } }));
  let dropped = 0;
  for (let at = 0; at < 1_000; at += 1) {
    engine.answer(eventOf(`app: failed srcip=9.${at >> 8}.${at & 255}.1 x=1`, at / 100));
    const { windowDropped, windowBytes } = engine.metrics;
    // Of rules 200, 201 and 202; more than one event only where the oldest is the shorter one.
    ok(windowDropped - dropped <= 6, `event ${at} dropped ${windowDropped - dropped} entries`);
    ok(windowDropped === 0 || windowBytes > 98_000, `${windowBytes} bytes are left after event ${at}`);
    dropped = windowDropped;
  }
  ok(dropped > 1_000);
});

test("what a cap drops is the same when the run was cut and loaded on the way", () => {
  const ruleset = rulesetOf(rules, { options: { windowBytesMax: 12_000 } });
  const events = randomEvents(12, 250);
  const whole = new Engine(ruleset);
  let cut = new Engine(ruleset);
  for (const [index, event] of events.entries()) {
    if (index % 10 === 0) cut = new Engine(ruleset, cut.saveState());
    equal(said(cut, event), said(whole, event), `event ${index}`);
  }
  ok(whole.metrics.windowDropped > 0);
  equal(cut.metrics.windowDropped, whole.metrics.windowDropped);
});

test("a group list that OSSEC's ring has emptied is saved as what it is read back as", () => {
  const rule = (id: number, attributes: string, inside: string): string =>
    `<rule id="${id}" ${attributes}>${inside}<description>d</description></rule>`;
  const ruleset = rulesetOf(
    rule(100, 'level="5"', "<match>failed</match><group>bad,</group>") +
      rule(101, 'level="5"', "<match>denied</match>") +
      rule(200, 'level="9" frequency="30"', "<if_matched_group>bad</if_matched_group>") +
      rule(201, 'level="9" frequency="30"', "<if_matched_sid>101</if_matched_sid>"),
    { options: { isCompat: true, flavour: "ossec", memorySize: 11 } },
  );
  const engine = new Engine(ruleset);
  // Six leave the list with their time, and go on counting in the ring; with the twelfth it loses five more.
  for (let number = 1; number <= 12; number += 1) {
    engine.answer(eventOf(`${number === 12 ? "denied" : "failed"} ${number}`, number > 6 ? 1_000 : 0));
    const state = Buffer.from(engine.saveState());
    deepEqual(Buffer.from(new Engine(ruleset, state).saveState()), state, `event ${number}`);
  }
  equal(engine.metrics.windowEvents, 1);
});

test("one key holds a bounded number of events, more than any frequency can ask for", () => {
  ok(BUCKET_ENTRIES_MAX > 9_999);
  const ruleset = rulesetOf(
    '<rule id="100" level="5"><match>f</match><description>f</description></rule>' +
      '<rule id="200" level="9" frequency="3"><if_matched_sid>100</if_matched_sid><different_url/><description>m</description></rule>',
  );
  const engine = new Engine(ruleset);
  for (let at = 0; at < BUCKET_ENTRIES_MAX + 5; at += 1)
    engine.answer(eventOf("app: f url=/same", 0, { eventMs: startMs + at * 1_000_000 }));
  deepEqual([engine.metrics.windowEvents, engine.metrics.windowDropped], [BUCKET_ENTRIES_MAX, 5]);
});

test("an empty state is a few bytes and reads back empty", () => {
  const bytes = writeState(new EngineState());
  ok(bytes.length < 128);
  deepEqual(writeState(readState(bytes)), bytes);
});
