import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, play, ruleOf, rulesetOf, seeded, startMs } from "../../../test/support/ruleset.ts";
import { Engine } from "../engine.ts";
import type { CompiledRuleset, RulesetOptions } from "../ruleset.ts";

// All of ruleset-spec 5.5, *OSSEC*.

const decoders = `
<decoder name="app"><prematch>^app: </prematch></decoder>
<decoder name="app-fields"><parent>app</parent><regex offset="after_parent">^\\w+ (\\S+) (\\S+)</regex>
  <order>srcip, url</order></decoder>
<decoder name="bare"><prematch>^bare: </prematch></decoder>`;

const failed = '<rule id="100" level="5"><match>failed</match><group>bad,</group><description>f</description></rule>';
const composite = (attributes: string, inside = "", source = "<if_matched_sid>100</if_matched_sid>"): string =>
  `<rule id="200" ${attributes}>${source}${inside}<description>many</description></rule>`;
const byGroup = "<if_matched_group>bad</if_matched_group>";

function ruleset(rules: string, options: Partial<RulesetOptions> = {}): CompiledRuleset {
  return rulesetOf(rules, { decoders, options: { flavour: "ossec", ...options } });
}

const fires = (answers: readonly number[], id = 200): number[] =>
  answers.flatMap((rule, index) => (rule === id ? [index + 1] : []));
const repeat = (log: string, count: number): string[] => Array<string>(count).fill(log);
const four = 'level="10" frequency="4" timeframe="60"';

test("frequency N fires on the (N+2)-th event, and needs as many for the next", () => {
  deepEqual(fires(play(ruleset(failed + composite(four)), repeat("failed", 14))), [6, 12]);
  deepEqual(fires(play(ruleset(failed + composite('level="10" frequency="2"')), repeat("failed", 9))), [4, 8]);
});

test("frequency 0, 1 and none are legal: the second or third event fires", () => {
  const firesOf = (attributes: string): number[] =>
    fires(play(ruleset(failed + composite(`level="10" ${attributes}`)), repeat("failed", 6)));
  deepEqual(firesOf('frequency="0"'), [2, 4, 6]);
  deepEqual(firesOf(""), [2, 4, 6]);
  deepEqual(firesOf('frequency="1"'), [3, 6]);
});

test("an older event counts up to the timeframe, inclusive", () => {
  const second = (atSeconds: number): number => {
    const engine = new Engine(ruleset(failed + composite('level="10" timeframe="60"')));
    engine.answer(eventOf("failed", 0));
    return ruleOf(engine.answer(eventOf("failed", atSeconds)));
  };
  deepEqual([second(60), second(60.001)], [200, 100]);
});

test("same_source_ip needs the value in both events, and skips others without an end", () => {
  const logs = ["1.1.1.1", "2.2.2.2", "1.1.1.1", "3.3.3.3", "1.1.1.1"].map((ip) => `app: failed ${ip} /`);
  const rules = ruleset(failed + composite('level="10" frequency="1"', "<same_source_ip/>"));
  deepEqual(fires(play(rules, logs)), [5]);
  deepEqual(fires(play(rules, repeat("bare: failed", 5))), []);
});

test("the barrier stands before the comparisons: an unrelated event that was consumed stops the search", () => {
  const rules = ruleset(failed + composite('level="10"', "<same_source_ip/>"));
  const log = (ip: string): string => `app: failed ${ip} /`;
  // The second of 2.2.2.2 fires and consumes the newest of the list, behind which 1.1.1.1 is not found any more.
  deepEqual(play(rules, [log("1.1.1.1"), log("2.2.2.2"), log("2.2.2.2"), log("1.1.1.1"), log("1.1.1.1")]), [
    ...[100, 100, 200, 100, 200],
  ]);
});

test("a firing marks the newest entry of the list although it was not counted", () => {
  const rules = ruleset(failed + composite('level="10"', "<same_source_ip/>"));
  const log = (ip: string): string => `app: failed ${ip} /`;
  // The third counts the first, and marks both it and the second, which is of another source.
  deepEqual(play(rules, [log("1.1.1.1"), log("2.2.2.2"), log("1.1.1.1"), log("2.2.2.2")]), [100, 100, 200, 100]);
});

test("a firing marks the oldest that it counted, which bars it in other lists too", () => {
  const both = '<rule id="100" level="5"><match>both</match><group>a,b,</group><description>f</description></rule>';
  const one = '<rule id="101" level="5"><match>one</match><group>a,</group><description>f</description></rule>';
  const counting = (id: number, level: number, frequency: number, group: string, word: string): string =>
    `<rule id="${id}" level="${level}" frequency="${frequency}"><if_sid>1</if_sid><match>${word}</match>` +
    `<if_matched_group>${group},</if_matched_group><description>m</description></rule>`;
  const rules = ruleset(both + one + counting(200, 10, 1, "a", "x") + counting(300, 9, 0, "b", "y"));
  deepEqual(play(rules, ["both", "one", "x", "y"]), [100, 101, 200, 0]);
  deepEqual(play(rules, ["both", "one", "y", "y"]), [100, 101, 300, 0]);
});

test("an event that a lower rule consumed is counted by a higher one, and one of its own level stops it", () => {
  const rules = ruleset(
    failed +
      composite('level="10" frequency="1"') +
      '<rule id="300" level="12" frequency="3"><if_matched_sid>100</if_matched_sid><description>m</description></rule>',
  );
  deepEqual(play(rules, repeat("failed", 6)), [100, 100, 200, 100, 100, 300]);
});

test("agents are not told apart; same_location compares the host names", () => {
  const firesOf = (inside: string): number[] => {
    const engine = new Engine(ruleset(failed + composite('level="10" frequency="1"', inside)));
    const names = ["one", "two", "one", "two", "one"];
    return fires(
      names.map((agentName) =>
        ruleOf(engine.answer(eventOf("failed", 0, { agentId: agentName === "one" ? "001" : "002", agentName }))),
      ),
    );
  };
  deepEqual(firesOf(""), [3]);
  deepEqual(firesOf("<same_location/>"), [5]);
});

test("different_url needs the value in both events", () => {
  const rules = ruleset(failed + composite('level="10"', "<same_source_ip/><different_url/>"));
  const log = (url: string): string => `app: failed 1.1.1.1 ${url}`;
  deepEqual(fires(play(rules, [log("/a"), log("/a"), log("/b")])), [3]);
  const without = ruleset(failed + composite('level="10"', "<different_url/>"));
  deepEqual(fires(play(without, ["bare: failed", log("/a"), "bare: failed", log("/a"), log("/b")])), [5]);
});

test("different_srcip and not_same_* only take back what same_* asked for", () => {
  const firesOf = (inside: string): number[] =>
    fires(play(ruleset(failed + composite('level="10"', inside)), ["app: failed 1.1.1.1 /", "app: failed 2.2.2.2 /"]));
  deepEqual(firesOf("<same_source_ip/>"), []);
  deepEqual(firesOf("<same_source_ip/><not_same_source_ip/>"), [2]);
  deepEqual(fires(play(ruleset(failed + composite('level="10"', "<not_same_source_ip/>")), repeat("failed", 2))), [2]);
});

test("the list of a rule that is counted by its id holds 128 events, that of a group does not", () => {
  const logs = ["app: failed 1.1.1.1 /", ...repeat("app: failed 2.2.2.2 /", 127), "app: failed 1.1.1.1 /"];
  const longer = [...logs.slice(0, -1), "app: failed 2.2.2.2 /", ...logs.slice(-1)];
  const attributes = 'level="10" frequency="0" timeframe="600"';
  const rules = (source: string): CompiledRuleset => ruleset(failed + composite(attributes, oneSource, source));
  const oneSource = "<match>1.1.1.1</match><same_source_ip/>";
  const last = (source: string, list: string[]): number => play(rules(source), list).at(-1) ?? 0;
  equal(last("<if_sid>100</if_sid><if_matched_sid>100</if_matched_sid>", logs), 200);
  equal(last("<if_sid>100</if_sid><if_matched_sid>100</if_matched_sid>", longer), 100);
  equal(last(`<if_sid>100</if_sid>${byGroup}`, longer), 200);
});

test("what the short list lets go of is no loss that is counted", () => {
  const engine = new Engine(ruleset(failed + composite('level="10" frequency="200"')));
  for (let at = 0; at < 200; at += 1) engine.answer(eventOf("failed", 0));
  deepEqual([engine.metrics.windowEvents, engine.metrics.windowDropped], [128, 0]);
});

test("a rule in three places makes a group rule of frequency 4 fire on every third event, not on every sixth", () => {
  const parents = ["a", "b", "c"].map(
    (log, at) => `<rule id="10${at}" level="0"><match>${log}</match><description>d</description></rule>`,
  );
  const counted = (places: string): string =>
    `<rule id="110" level="5"><if_sid>${places}</if_sid><match>x</match><group>bad,</group><description>d</description></rule>`;
  const firesOf = (places: string): number[] =>
    fires(play(ruleset(parents.join("") + counted(places) + composite(four, "", byGroup)), repeat("a x", 12)));
  deepEqual(firesOf("100,101,102"), [3, 6, 9, 12]);
  deepEqual(firesOf("100"), [6, 12]);
});

test("while a rule with ignore keeps silent there is no answer, and nothing is remembered", () => {
  const answersOf = (ignore: string): unknown[] => {
    const counted = `<rule id="100" level="5" ${ignore}><match>failed</match><description>f</description></rule>`;
    const engine = new Engine(ruleset(counted + composite('level="10" frequency="1"', "<match>x</match>")));
    return [0, 1, 2, 61].map((at) => {
      const answer = engine.answer(eventOf(at === 2 ? "failed x" : "failed", at));
      return [ruleOf(answer), answer.outcome, answer.isAlert];
    });
  };
  const [answered, silenced] = [
    [100, "answered", true],
    [100, "silenced", false],
  ];
  deepEqual(answersOf(""), [answered, answered, [200, "answered", true], answered]);
  deepEqual(answersOf('ignore="60"'), [answered, silenced, silenced, answered]);
});

test("events that are late meet as in Wazuh's rules: in either direction of their own time", () => {
  const engine = new Engine(ruleset(failed + composite('level="10" timeframe="60"')));
  engine.answer(eventOf("failed", 1_000));
  const late = (atSeconds: number): number =>
    ruleOf(
      engine.answer(eventOf("failed", 0, { eventMs: startMs + atSeconds * 1_000, receivedMs: startMs + 1_001_000 })),
    );
  deepEqual([late(939), late(940)], [100, 200]);
});

test("an entry leaves by arrival, timeframe and lateness after it", () => {
  const second = (arrivalSeconds: number): number => {
    const engine = new Engine(ruleset(failed + composite('level="10" timeframe="60"'), { latenessMs: 600_000 }));
    engine.answer(eventOf("failed", 0));
    return ruleOf(engine.answer(eventOf("failed", 0, { receivedMs: startMs + arrivalSeconds * 1_000 })));
  };
  deepEqual([second(660), second(660.001)], [200, 100]);
});

test("memory_size lets go of the oldest alerted events, whatever rules count them", () => {
  const other = '<rule id="101" level="5"><match>other</match><description>o</description></rule>';
  const last = (others: number): number =>
    play(ruleset(failed + other + composite('level="10" timeframe="600"'), { memorySize: 16 }), [
      ...["failed", ...repeat("other", others), "failed"],
    ]).at(-1) ?? 0;
  deepEqual([last(15), last(16)], [200, 100]);
});

test("the lists answer as a plain list of all that was answered would (100 seeds)", () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    const random = seeded(seed);
    const frequency = random(4);
    const engine = new Engine(
      ruleset(failed + composite(`level="10" frequency="${frequency}" timeframe="20"`, "<same_source_ip/>")),
    );
    const list: { at: number; ip: number; isConsumed: boolean }[] = [];
    let at = 0;
    for (let count = 0; count < 60; count += 1) {
      at += random(4);
      const ip = random(3);
      let counted = 0;
      let oldest = -1;
      for (let index = list.length - 1; index >= 0 && oldest < 0; index -= 1) {
        const older = list[index];
        if (older === undefined || at - older.at > 20 || older.isConsumed) break;
        if (older.ip !== ip) continue;
        counted += 1;
        if (counted > frequency) oldest = index;
      }
      const expected = oldest < 0 ? 100 : 200;
      equal(ruleOf(engine.answer(eventOf(`app: failed 1.1.1.${ip} /`, at))), expected, `seed ${seed}, event ${count}`);
      if (expected === 100) list.push({ at, ip, isConsumed: false });
      for (const index of expected === 200 ? [oldest, list.length - 1] : []) {
        const marked = list[index];
        if (marked !== undefined) marked.isConsumed = true;
      }
    }
  }
});
