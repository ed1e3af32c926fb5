import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, play, ruleOf, rulesetOf, seeded, startMs, type RulesetParts } from "../../test/support/ruleset.ts";
import { Engine } from "./engine.ts";
import type { Flavour } from "../syntax/pattern.ts";

const decoders = `
<decoder name="app"><prematch>^app: </prematch></decoder>
<decoder name="wall"><type>firewall</type><prematch>^wall: </prematch></decoder>
<decoder name="wall-a"><parent>wall</parent><type>firewall</type><prematch offset="after_parent">\\d$</prematch>
  <regex offset="after_parent">^(\\w+) (\\w+) (\\S+) (\\S+) (\\d+) (\\d+)</regex>
  <order>action, protocol, srcip, dstip, srcport, dstport</order></decoder>
<decoder name="wall-b"><parent>wall</parent><type>firewall</type><prematch offset="after_parent">ports$</prematch>
  <regex offset="after_parent">^(\\w+) (\\w+) (\\S+) (\\S+) no ports</regex>
  <order>action, protocol, srcip, dstip</order></decoder>
<decoder name="web"><type>web-log</type><prematch>^web: </prematch></decoder>`;

const rules =
  '<rule id="100" level="5"><match>failed</match><group>bad,</group><description>f</description></rule>' +
  '<rule id="101" level="5"><match>other</match><description>o</description></rule>' +
  '<rule id="102" level="5"><category>firewall</category><description>w</description></rule>' +
  '<rule id="103" level="5"><category>web-log</category><description>w</description></rule>' +
  '<rule id="200" level="10" frequency="2" timeframe="60"><if_matched_sid>100</if_matched_sid><description>m</description></rule>';

function parts(flavour: Flavour, isCompat: boolean): RulesetParts {
  return { decoders, options: { flavour, isCompat } };
}

const engineOf = (flavour: Flavour, isCompat: boolean, text = rules): Engine =>
  new Engine(rulesetOf(text, parts(flavour, isCompat)));

// ── ruleset-spec 1.3 ───────────────────────────────────────────────────────────────────────────────────────────────

test("an event of a firewall in which a value is missing is dropped before the rules; OSSEC needs no ports", () => {
  const outcomes = (flavour: Flavour, isCompat: boolean): unknown[] => {
    const engine = engineOf(flavour, isCompat);
    return ["wall: drop tcp 1.1.1.1 2.2.2.2 1 2", "wall: drop tcp 1.1.1.1 2.2.2.2 no ports", "wall: else"].map(
      (log) => {
        const { outcome, rule, isAlert, decoded } = engine.answer(eventOf(log));
        equal(decoded.decoder?.name, "wall");
        return [outcome, rule?.id, isAlert];
      },
    );
  };
  const [answered, dropped] = [
    ["answered", "102", true],
    ["dropped", undefined, false],
  ];
  deepEqual(outcomes("wazuh", true), [answered, dropped, dropped]);
  deepEqual(outcomes("ossec", true), [answered, answered, dropped]);
  for (const flavour of ["wazuh", "ossec"] as const)
    deepEqual(outcomes(flavour, false), [answered, answered, answered]);
});

test("OSSEC drops an event of type syslog whose text is one of the last three distinct ones, and no other", () => {
  const outcomes = (flavour: Flavour, isCompat: boolean, logs: string[]): string =>
    logs.map((log) => engines[`${flavour} ${isCompat}`]?.answer(eventOf(log)).outcome.slice(0, 1)).join("");
  const engines: Record<string, Engine> = {
    "ossec true": engineOf("ossec", true),
    "ossec false": engineOf("ossec", false),
    "wazuh true": engineOf("wazuh", true),
  };
  const logs = ["app: failed 1", "app: failed 1", "2", "3", "app: failed 1", "2", "4", "app: failed 1", "4"];
  equal(outcomes("ossec", true, logs), "adaaddaad");
  equal(outcomes("ossec", false, logs), "aaaaaaaaa");
  equal(outcomes("wazuh", true, logs), "aaaaaaaaa");
  equal(outcomes("ossec", true, ["web: x", "web: x"]), "aa");
});

test("the last texts stand in the state", () => {
  const engine = engineOf("ossec", true);
  engine.answer(eventOf("app: failed"));
  const resumed = new Engine(engine.ruleset, engine.saveState());
  equal(resumed.answer(eventOf("app: failed")).outcome, "dropped");
  deepEqual(Buffer.from(resumed.saveState()), Buffer.from(engine.saveState()));
});

// ── the clock and the memory of the peers ──────────────────────────────────────────────────────────────────────────

test("an event happened when it was received, whatever it says of itself", () => {
  const second = (isCompat: boolean, receivedSeconds: number): number => {
    const engine = engineOf("wazuh", isCompat);
    engine.answer(eventOf("failed", 0));
    return ruleOf(engine.answer(eventOf("failed", 0, { receivedMs: startMs + receivedSeconds * 1_000 })));
  };
  deepEqual([second(true, 60), second(true, 61), second(false, 61)], [200, 100, 200]);
  const { event } = engineOf("wazuh", true).answer(eventOf("failed", 0, { receivedMs: startMs + 5_000 }));
  equal(event.eventMs, startMs + 5_000);
});

test("an event that is late is not waited for", () => {
  const engine = engineOf("wazuh", true);
  engine.answer(eventOf("failed", 0));
  engine.answer(eventOf("nothing", 61));
  equal(engine.metrics.windowEvents, 0);
});

test("8,192 alerted events are remembered, or as many as memory_size says", () => {
  const lastAfter = (others: number, memorySize: number, isCompat: boolean): number => {
    const engine = new Engine(rulesetOf(rules, { decoders, options: { isCompat, memorySize } }));
    engine.answer(eventOf("failed"));
    for (let count = 0; count < others; count += 1) engine.answer(eventOf("other"));
    return ruleOf(engine.answer(eventOf("failed")));
  };
  deepEqual([lastAfter(8_191, 0, true), lastAfter(8_192, 0, true), lastAfter(8_192, 0, false)], [200, 100, 200]);
  deepEqual([lastAfter(99, 100, true), lastAfter(100, 100, true)], [200, 100]);
});

// Found from the daemon's answers: beyond the ring its group composites stop where rules counted by their id abound.
test("an event that OSSEC forgets takes the oldest entry out of its rule's group lists, appended there or not", () => {
  const inGroup = (id: number, word: string): string =>
    `<rule id="${id}" level="5"><match>${word}</match><group>bad,</group><description>d</description></rule>`;
  const text =
    inGroup(110, "plain") +
    inGroup(111, "counted") +
    '<rule id="300" level="9" frequency="9999"><if_matched_sid>111</if_matched_sid><description>n</description></rule>' +
    '<rule id="200" level="10" timeframe="600" frequency="8"><if_sid>1</if_sid><match>ask</match>' +
    "<if_matched_group>bad,</if_matched_group><description>m</description></rule>";
  // Ten events that are in no group list are forgotten, and nine of the ring's own ten group entries go with them.
  const logs = [...Array<string>(10).fill("counted"), ...Array<string>(10).fill("plain"), "counted", "ask"];
  const last = (flavour: Flavour, isCompat: boolean): number =>
    play(rulesetOf(text, { options: { flavour, isCompat, memorySize: 20 } }), logs).at(-1) ?? 0;
  deepEqual([last("ossec", true), last("ossec", false)], [0, 200]);
  equal(last("wazuh", true), 200);
});

test("a run that is saved and loaded after every event answers as the whole run does (20 seeds)", () => {
  const text = `${rules}<rule id="300" level="9" frequency="1" timeframe="60"><if_sid>1</if_sid><match>ask</match>
    <if_matched_group>bad</if_matched_group><description>m</description></rule>
    <rule id="110" level="5"><match>plain</match><group>bad,</group><description>p</description></rule>`;
  for (let seed = 1; seed <= 20; seed += 1) {
    const random = seeded(seed);
    const ruleset = rulesetOf(text, { decoders, options: { flavour: "ossec", isCompat: true, memorySize: 16 } });
    const whole = new Engine(ruleset);
    let cut = new Engine(ruleset);
    for (let count = 0; count < 60; count += 1) {
      const word = ["failed", "other", "plain", "ask", "wall: x"][random(5)] ?? "";
      const event = eventOf(`${word} ${random(40)}`, count + random(3));
      cut = new Engine(ruleset, cut.saveState());
      const [one, other] = [whole.answer(event), cut.answer(event)];
      deepEqual([ruleOf(other), other.outcome], [ruleOf(one), one.outcome], `seed ${seed}, event ${count}`);
    }
    deepEqual(Buffer.from(cut.saveState()), Buffer.from(whole.saveState()));
  }
});
