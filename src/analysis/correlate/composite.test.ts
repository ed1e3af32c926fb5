import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, play, problemsOf, ruleOf, rulesetOf, seeded, startMs } from "../../../test/support/ruleset.ts";
import type { EngineEvent } from "../../model/alert.ts";
import { Engine } from "../engine.ts";
import type { RulesetOptions } from "../ruleset.ts";

const failed = '<rule id="100" level="5"><match>failed</match><description>failed</description></rule>';
const composite = (attributes: string, inside = "", source = "<if_matched_sid>100</if_matched_sid>"): string =>
  `<rule id="200" level="10" ${attributes}>${source}${inside}<description>many</description></rule>`;
const rulesetFor = (attributes: string, inside = "", options: Partial<RulesetOptions> = {}) =>
  rulesetOf(failed + composite(attributes, inside), { options });
const fires = (answers: readonly number[]): number[] =>
  answers.flatMap((rule, index) => (rule === 200 ? [index + 1] : []));
const repeat = (log: string, count: number): string[] => Array<string>(count).fill(log);

// ── ruleset-spec 5.5: counting, marks, barriers ────────────────────────────────────────────────────────────────────

test("frequency N fires on the N-th event, and needs N further events for the next", () => {
  const twenty = repeat("app: failed srcip=1.1.1.1", 20);
  deepEqual(fires(play(rulesetFor('frequency="4" timeframe="60"'), twenty)), [4, 8, 12, 16, 20]);
  deepEqual(fires(play(rulesetFor('frequency="8" timeframe="60"'), twenty)), [8, 16]);
});

test("frequency 2, or none, goes on firing with every further event", () => {
  deepEqual(fires(play(rulesetFor('frequency="2" timeframe="60"'), repeat("failed", 5))), [2, 3, 4, 5]);
  deepEqual(fires(play(rulesetFor('timeframe="60"'), repeat("failed", 4))), [2, 3, 4]);
});

test("an older event counts up to the timeframe, inclusive, and not beyond", () => {
  const engine = (): Engine => new Engine(rulesetFor('frequency="2" timeframe="60"'));
  const second = (atSeconds: number): number => {
    const one = engine();
    one.answer(eventOf("failed", 0));
    return ruleOf(one.answer(eventOf("failed", atSeconds)));
  };
  deepEqual([second(60), second(60.001)], [200, 100]);
});

test("the default timeframe is 360 s, and only five digits of a written one are read", () => {
  const second = (attributes: string, atSeconds: number): number => {
    const engine = new Engine(rulesetFor(attributes));
    engine.answer(eventOf("failed", 0));
    return ruleOf(engine.answer(eventOf("failed", atSeconds)));
  };
  deepEqual([second('frequency="2"', 360), second('frequency="2"', 361)], [200, 100]);
  const long = 'frequency="2" timeframe="604800"';
  deepEqual([second(long, 60_480), second(long, 60_481)], [200, 100]);
});

test("same_source_ip counts each source by itself; an event without one counts nowhere", () => {
  const logs = [
    "app: failed srcip=1.1.1.1",
    "app: failed srcip=2.2.2.2",
    "app: failed",
    "app: failed srcip=1.1.1.1",
    "app: failed srcip=1.1.1.1",
  ];
  deepEqual(fires(play(rulesetFor('frequency="3" timeframe="60"', "<same_source_ip/>"), logs)), [5]);
});

test("same_field needs every listed field in both events", () => {
  const logs = ["app: failed x=1 y=1", "app: failed x=1 y=2", "app: failed x=1", "app: failed x=1 y=1"];
  deepEqual(fires(play(rulesetFor('frequency="2" timeframe="60"', "<same_field>x.name,y</same_field>"), logs)), [4]);
});

test("two equal values cannot run into each other", () => {
  const logs = ["app: failed user=ab from=c", "app: failed user=a from=bc"];
  deepEqual(fires(play(rulesetFor('frequency="2" timeframe="60"', "<same_user/><same_srcuser/>"), logs)), []);
});

test("different_url counts only events of another url; a missing one counts as another", () => {
  const inside = "<same_srcip/><different_url/>";
  const log = (url: string): string => `app: failed srcip=1.1.1.1 ${url === "" ? "" : `url=${url}`}`;
  const urls = (list: string[]): number[] =>
    fires(play(rulesetFor('frequency="3" timeframe="60"', inside), list.map(log)));
  deepEqual(urls(["/a", "/a", "/a", "/a"]), []);
  deepEqual(urls(["/a", "/b", "/c"]), [3]);
  deepEqual(urls(["", "", ""]), [3]);
});

test("not_same_field skips events of the same value, and those of which neither has a dynamic field", () => {
  const answers = (logs: string[]): number[] =>
    fires(play(rulesetFor('frequency="2" timeframe="60"', "<not_same_field>x.name</not_same_field>"), logs));
  deepEqual(answers(["app: failed x=1", "app: failed x=1", "app: failed x=2"]), [3]);
  deepEqual(answers(["app: failed", "app: failed", "app: failed x=2"]), [3]);
});

test("not_same_field with several names skips an event in which any of them is equal", () => {
  const answers = (logs: string[]): number[] =>
    fires(play(rulesetFor('frequency="2" timeframe="60"', "<not_same_field>x.name,y</not_same_field>"), logs));
  deepEqual(answers(["app: failed x=1 y=1", "app: failed x=2 y=1", "app: failed x=3 y=2"]), [3]);
});

test("events of two agents do not meet, unless global_frequency says so", () => {
  const answers = (inside: string): number[] => {
    const engine = new Engine(rulesetFor('frequency="2" timeframe="60"', inside));
    return ["001", "002", "001"].map((agentId, at) => ruleOf(engine.answer(eventOf("failed", at, { agentId }))));
  };
  deepEqual(answers(""), [100, 100, 200]);
  deepEqual(answers("<global_frequency/>"), [100, 200, 200]);
});

test("an event that a composite consumed bars lower ones, and is counted by higher ones", () => {
  const rules =
    failed +
    composite('frequency="3" timeframe="60"') +
    '<rule id="300" level="12" frequency="5" timeframe="60"><if_matched_sid>100</if_matched_sid><description>more</description></rule>';
  // 300 is tried first. It counts the two events and the one that 200 consumed (the third became 200's own answer).
  deepEqual(play(rulesetOf(rules), repeat("failed", 9)), [100, 100, 200, 100, 100, 300, 100, 100, 200]);
});

test("the event on which a composite fires is consumed too: rules up to its level do not count its answer", () => {
  const counting = (level: number): string =>
    failed +
    composite('frequency="3" timeframe="60"') +
    `<rule id="300" level="${level}" frequency="2"><if_sid>100</if_sid><if_matched_sid>200</if_matched_sid>` +
    "<match>end</match><description>d</description></rule>";
  const logs = [...repeat("failed", 3), "failed end"];
  deepEqual(play(rulesetOf(counting(10)), logs), [100, 100, 200, 100]);
  deepEqual(play(rulesetOf(counting(11)), logs), [100, 100, 200, 300]);
});

test("the barrier stands behind the comparisons: a consumed event of another source is passed", () => {
  const rules = rulesetFor('frequency="3" timeframe="60"', "<different_url/>");
  const log = (url: string): string => `app: failed url=${url}`;
  // The third fires and marks the second, whose url is that of the fourth and fifth: they still find the first.
  deepEqual(fires(play(rules, [log("/a"), log("/b"), log("/c"), log("/b"), log("/b")])), [3]);
  deepEqual(fires(play(rules, [log("/a"), log("/b"), log("/c"), log("/d"), log("/b")])), [3, 5]);
});

test("if_matched_group counts answers of the rules loaded before it whose groups match", () => {
  const [one, two] = ["a", "b"].map(
    (log, at) =>
      `<rule id="10${at}" level="5"><match>${log}</match><group>bad,</group><description>d</description></rule>`,
  );
  const rules = `${one ?? ""}${composite('frequency="3" timeframe="60"', "", "<if_matched_group>bad</if_matched_group>")}${two ?? ""}`;
  deepEqual(play(rulesetOf(rules), ["a", "b", "a", "b", "a"]), [100, 101, 100, 101, 200]);
});

test("a rule that feeds an if_matched_sid feeds no group composite", () => {
  const rules =
    '<rule id="100" level="5"><match>a</match><group>bad,</group><description>d</description></rule>' +
    '<rule id="150" level="6" frequency="9999"><if_matched_sid>100</if_matched_sid><description>d</description></rule>' +
    composite('frequency="2" timeframe="60"', "", "<if_matched_group>bad</if_matched_group>");
  deepEqual(play(rulesetOf(rules), ["a", "a", "a"]), [100, 100, 100]);
});

test("a rule in several places is counted once for each by a group composite, as in the peers", () => {
  const rules =
    ["a", "b", "c"]
      .map((log, at) => `<rule id="10${at}" level="0"><match>${log}</match><description>d</description></rule>`)
      .join("") +
    '<rule id="110" level="5"><if_sid>100,101,102</if_sid><match>x</match><group>bad,</group><description>d</description></rule>' +
    composite('frequency="4" timeframe="60"', "", "<if_matched_group>bad</if_matched_group>");
  deepEqual(fires(play(rulesetOf(rules), repeat("a x", 6))), [2, 4, 6]);
});

test("if_matched_regex counts alerted events of one decoder type whose log matches", () => {
  const rules =
    failed +
    composite('frequency="3" timeframe="60"', "<match>failed</match>", "<if_matched_regex>fai\\w+</if_matched_regex>");
  deepEqual(fires(play(rulesetOf(rules), ["failed", "nothing", "failed", "failed"])), [4]);
});

test("a composite's child sees the firing, and the marks stay although the child has level 0", () => {
  const rules =
    failed +
    composite('frequency="3" timeframe="60"') +
    '<rule id="210" level="0"><if_sid>200</if_sid><match>failed</match><description>harmless</description></rule>';
  deepEqual(play(rulesetOf(rules), repeat("failed", 6)), [100, 100, 210, 100, 100, 210]);
});

test("a composite that counts a rule not loaded before it is named, and never fires", () => {
  const rules = composite('frequency="2"', "", "<if_sid>1</if_sid><if_matched_sid>100</if_matched_sid>") + failed;
  equal(problemsOf(rules)[0]?.includes("which is not loaded before it, and never fires"), true);
  deepEqual(fires(play(rulesetOf(rules), repeat("failed", 4))), []);
});

test("the counted logs are given newest first, eleven at most", () => {
  const engine = new Engine(rulesetFor('frequency="14" timeframe="60"'));
  const outputs = Array.from({ length: 14 }, (_, at) => engine.answer(eventOf(`failed ${at}`, at)).previousOutput);
  deepEqual(
    outputs[13],
    Array.from({ length: 11 }, (_, back) => `failed ${12 - back}`),
  );
  deepEqual(outputs[12], []);
});

test("an overwritten composite counts by its new values what the old one was to count", () => {
  const rules =
    failed +
    composite('frequency="9" timeframe="60"') +
    '<rule id="200" level="10" frequency="3" timeframe="60" overwrite="yes"><if_matched_sid>100</if_matched_sid><description>n</description></rule>';
  deepEqual(fires(play(rulesetOf(rules), repeat("failed", 6))), [3, 6]);
});

test("an overwritten group composite counts the rules that were loaded before it, and none of those after", () => {
  const counted = (id: number, log: string): string =>
    `<rule id="${id}" level="5"><match>${log}</match><group>auth,</group><description>d</description></rule>`;
  const byGroup = (attributes: string): string =>
    composite(`frequency="2" timeframe="60"${attributes}`, "", "<if_matched_group>auth</if_matched_group>");
  const rules = counted(100, "a") + byGroup("") + counted(101, "b");
  for (const all of [rules, rules + byGroup(' overwrite="yes"')]) {
    deepEqual(play(rulesetOf(all), ["b", "a", "b", "a"]), [101, 100, 101, 200]);
  }
});

test("overwrite can take back that a rule counts; a rule that is made to count has nothing that it counts", () => {
  const plain = '<rule id="200" level="10" overwrite="yes"><match>other</match><description>p</description></rule>';
  const taken = rulesetOf(failed + composite('frequency="2" timeframe="60"') + plain);
  deepEqual(play(taken, ["failed", "failed", "failed other"]), [100, 100, 200]);
  const before = '<rule id="200" level="10"><if_sid>100</if_sid><match>x</match><description>b</description></rule>';
  const counting = composite('frequency="2" timeframe="60" overwrite="yes"');
  deepEqual(play(rulesetOf(failed + before + counting), ["failed x", "failed x", "failed"]), [100, 100, 100]);
});

test("an overwritten rule goes on feeding what it fed, whatever its new groups are", () => {
  const counted = '<rule id="100" level="5"><match>failed</match><group>g,</group><description>f</description></rule>';
  const byGroup = composite('frequency="3" timeframe="60"', "", "<if_matched_group>g,</if_matched_group>");
  const overwriting =
    '<rule id="100" level="6" overwrite="yes"><match>failed</match><description>n</description></rule>';
  deepEqual(fires(play(rulesetOf(counted + byGroup + overwriting), repeat("failed", 3))), [3]);
});

// ── time (window.ts) ──────────────────────────────────────────────────────────────────────────────────────────────

test("two events meet in either direction of their own time, whatever the order of arrival", () => {
  const second = (eventSeconds: number): number => {
    const engine = new Engine(rulesetFor('frequency="2" timeframe="60"'));
    engine.answer(eventOf("failed", 1_000));
    return ruleOf(
      engine.answer(eventOf("failed", 0, { eventMs: startMs + eventSeconds * 1_000, receivedMs: startMs + 1_001_000 })),
    );
  };
  deepEqual([second(939), second(940), second(1_000), second(1_001)], [100, 200, 200, 200]);
});

test("an entry leaves by arrival, timeframe and lateness after it, however near the events are", () => {
  const second = (arrivalSeconds: number): number => {
    const engine = new Engine(rulesetFor('frequency="2" timeframe="60"', "", { latenessMs: 600_000 }));
    engine.answer(eventOf("failed", 0));
    return ruleOf(engine.answer(eventOf("failed", 0, { receivedMs: startMs + arrivalSeconds * 1_000 })));
  };
  deepEqual([second(660), second(660.001)], [200, 100]);
});

test("a worker that drains an hour late still correlates with itself, among live events of others", () => {
  const engine = new Engine(rulesetFor('frequency="4" timeframe="60"', "<same_srcip/>"));
  const found: number[] = [];
  for (let at = 0; at < 4; at += 1) {
    const receivedMs = startMs + 3_600_000 + at;
    const late = eventOf("app: failed srcip=1.1.1.1", at, { receivedMs });
    const live = eventOf("app: failed srcip=1.1.1.1", at, { receivedMs, eventMs: receivedMs });
    found.push(ruleOf(engine.answer(late)), ruleOf(engine.answer(live)));
  }
  deepEqual(found, [100, 100, 100, 100, 100, 100, 200, 200]);
});

test("when the master's clock steps back, what had arrived before is as near as it was", () => {
  const engine = new Engine(rulesetFor('frequency="2" timeframe="60"', "", { latenessMs: 0 }));
  engine.answer(eventOf("failed", 0));
  engine.clockStepped(-30_000);
  const later = { eventMs: startMs, receivedMs: startMs - 30_000 + 60_001 };
  equal(ruleOf(engine.answer(eventOf("failed", 0, later))), 100);
  equal(ruleOf(engine.answer(eventOf("failed", 0, later))), 200);
});

test("a removed agent's events are forgotten, and no other's", () => {
  const engine = new Engine(rulesetFor('frequency="2" timeframe="60"'));
  for (const agentId of ["001", "002"]) engine.answer(eventOf("failed", 0, { agentId }));
  engine.agentRemoved("001");
  equal(engine.metrics.windowEvents, 1);
  equal(ruleOf(engine.answer(eventOf("failed", 1, { agentId: "001" }))), 100);
  equal(ruleOf(engine.answer(eventOf("failed", 1, { agentId: "002" }))), 200);
});

// ── the promise: ten log-ins by two workers ────────────────────────────────────────────────────────────────────────

const local = (frequency: number): string =>
  failed + composite(`frequency="${frequency}" timeframe="120"`, "<same_source_ip/>");

function logins(worker: string, count: number, fromSecond: number, arrival: number): EngineEvent[] {
  return Array.from({ length: count }, (_, at) =>
    eventOf("app: failed srcip=203.0.113.9", 0, {
      node: worker,
      eventMs: startMs + (fromSecond + at * 7) * 1_000,
      receivedMs: startMs + arrival * 1_000,
    }),
  );
}

function countFirings(frequency: number, events: readonly EngineEvent[]): number {
  const engine = new Engine(rulesetOf(local(frequency)));
  return events.filter((event) => ruleOf(engine.answer(event)) === 200).length;
}

test("four failed log-ins by worker 1 and six by worker 2 fire frequency 10 once, whichever batch is first", () => {
  for (const frequency of [6, 7, 8, 9, 10]) {
    const first = [...logins("worker-1", 4, 0, 90), ...logins("worker-2", 6, 3, 91)];
    const second = [...logins("worker-2", 6, 3, 90), ...logins("worker-1", 4, 0, 91)];
    deepEqual([countFirings(frequency, first), countFirings(frequency, second)], [1, 1], `frequency ${frequency}`);
  }
  equal(countFirings(11, [...logins("worker-1", 4, 0, 90), ...logins("worker-2", 6, 3, 91)]), 0);
});

test("ten events inside the timeframe fire once in any order of arrival and of time (200 seeds)", () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const random = seeded(seed);
    const timesMs = Array.from({ length: 10 }, () => startMs + random(120_000));
    const inOrder = timesMs.map((eventMs, at) => {
      const node = random(2) === 0 ? "worker-1" : "worker-2";
      return eventOf("app: failed srcip=203.0.113.9", 0, { node, eventMs, receivedMs: startMs + 130_000 + at * 10 });
    });
    equal(countFirings(10, inOrder), 1, `seed ${seed}`);
  }
});

// ── against a model that keeps everything ──────────────────────────────────────────────────────────────────────────

interface Told {
  event: EngineEvent;
  source: string;
  url: string;
  consumed: boolean;
}

/** ruleset-spec 5.5 and the head of window.ts, read aloud: a plain list, searched whole each time. */
function modelAnswers(events: readonly Told[], frequency: number, timeframeMs: number, latenessMs: number): number[] {
  const list: Told[] = [];
  return events.map((told) => {
    let counted = 0;
    let newest: Told | undefined;
    for (const older of [...list].reverse()) {
      if (told.event.receivedMs - older.event.receivedMs > timeframeMs + latenessMs) continue;
      if (Math.abs(told.event.eventMs - older.event.eventMs) > timeframeMs) continue;
      if (older.event.agentId !== told.event.agentId || older.source !== told.source) continue;
      if (older.url === told.url) continue;
      if (older.consumed) break;
      newest ??= older;
      counted += 1;
      if (counted < frequency - 1) continue;
      if (frequency > 2) newest.consumed = true;
      return 200; // The answer is the composite, which is not in its own list.
    }
    list.push(told);
    return 100;
  });
}

test("the windows answer as a plain list would (100 seeds)", () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    const random = seeded(seed);
    const [frequency, timeframe, latenessMs] = [2 + random(4), 5 + random(20), random(30) * 1_000];
    let receivedMs = startMs;
    const told: Told[] = Array.from({ length: 150 }, () => {
      receivedMs += random(10) === 0 ? random(40_000) : random(2_000);
      const [source, url, agentId] = [`1.1.1.${random(3)}`, `/${random(4)}`, `00${random(2)}`];
      const log = `app: failed srcip=${source} url=${url}`;
      const eventMs = receivedMs - (random(3) === 0 ? random(60_000) : random(500));
      return { event: eventOf(log, 0, { receivedMs, eventMs, agentId }), source, url, consumed: false };
    });
    const inside = "<same_srcip/><different_url/>";
    const engine = new Engine(rulesetFor(`frequency="${frequency}" timeframe="${timeframe}"`, inside, { latenessMs }));
    const answers = told.map(({ event }) => ruleOf(engine.answer(event)));
    deepEqual(answers, modelAnswers(told, frequency, timeframe * 1_000, latenessMs), `seed ${seed}`);
  }
});
