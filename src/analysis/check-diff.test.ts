import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, problemsOf, ruleOf, rulesetOf } from "../../test/support/ruleset.ts";
import type { EngineEvent } from "../model/alert.ts";
import { Baseline, DIFF_BYTES_MAX } from "./baseline.ts";
import { Engine } from "./engine.ts";

const rule = (id: number, level: number, inside: string, attributes = ""): string =>
  `<rule id="${id}" level="${level}" ${attributes}>${inside}<description>rule ${id}</description></rule>`;
const ports = rule(100, 7, "<match>ports</match><check_diff />");
/** Rule and previous log of each log, by one engine. */
const diffs = (engine: Engine, ...events: (string | EngineEvent)[]): [number, string | undefined][] =>
  events.map((event) => {
    const answer = engine.answer(typeof event === "string" ? eventOf(event) : event);
    return [ruleOf(answer), answer.previousLog];
  });

// ── ruleset-spec 5.7: check_diff ───────────────────────────────────────────────────────────────────────────────────

test("the first log of a rule and host is stored and does not match", () => {
  deepEqual(diffs(new Engine(rulesetOf(ports)), "ports: 22"), [[0, undefined]]);
});

test("an equal log does not match; a different one does, and shows the one of before", () => {
  deepEqual(
    diffs(new Engine(rulesetOf(ports)), "ports: 22", "ports: 22", "ports: 22 80", "ports: 22 80", "ports: 22"),
    [
      [0, undefined],
      [0, undefined],
      [100, "ports: 22"],
      [0, undefined],
      [100, "ports: 22 80"],
    ],
  );
});

test("what an alert does not show of a rule with check_diff stays out of the next event's answer", () => {
  const engine = new Engine(rulesetOf(ports + rule(101, 3, "<match>other</match>")));
  deepEqual(diffs(engine, "ports: 1", "ports: 2", "other"), [
    [0, undefined],
    [100, "ports: 1"],
    [101, undefined],
  ]);
});

test("each host is compared with itself: an agent by its id, others by the host that their log names", () => {
  const engine = new Engine(rulesetOf(ports));
  const of = (agentId: string, log: string): EngineEvent => eventOf(log, 0, { agentId, agentName: "same" });
  deepEqual(diffs(engine, of("001", "ports: 1"), of("002", "ports: 2"), of("001", "ports: 3")), [
    [0, undefined],
    [0, undefined],
    [100, "ports: 1"],
  ]);
  const from = (host: string, ports: string): string => `Nov 25 10:00:01 ${host} scan: ports: ${ports}`;
  deepEqual(diffs(engine, from("web", "1"), from("mail", "2"), from("web", "3")), [
    [0, undefined],
    [0, undefined],
    [100, "ports: 1"],
  ]);
});

test("each rule is compared with its own log, and only events that meet all else of the rule are stored", () => {
  const rules = rule(100, 7, "<match>^a</match><check_diff/>") + rule(101, 6, "<match>b</match><check_diff/>");
  deepEqual(diffs(new Engine(rulesetOf(rules)), "a 1", "b 1", "c 2", "b 2", "a b 3"), [
    [0, undefined],
    [0, undefined],
    [0, undefined],
    [101, "b 1"],
    [100, "a 1"],
  ]);
});

test("a child may answer in its place, and shows the log of before", () => {
  const rules = ports + rule(101, 9, "<if_sid>100</if_sid><match>80</match>");
  deepEqual(diffs(new Engine(rulesetOf(rules)), "ports: 22", "ports: 80").at(-1), [101, "ports: 22"]);
});

test("it is tested before if_fts, which it spares (5.4)", () => {
  const seen = rule(100, 5, "<decoded_as>seen</decoded_as><check_diff/><if_fts></if_fts>");
  const engine = new Engine(rulesetOf(seen));
  // The first log of the host ends at check_diff, so its key is still new when the second asks.
  deepEqual(
    diffs(engine, "seen: bob 10.0.0.1", "seen: bob 10.0.0.2", "seen: bob 10.0.0.3").map(([id]) => id),
    [0, 100, 0],
  );
});

test("a log of over 64 KiB is compared by what lies before", () => {
  const long = `ports: ${"x".repeat(DIFF_BYTES_MAX)}`;
  const [, same, other] = diffs(new Engine(rulesetOf(ports)), `${long}1`, `${long}2`, "ports: 1");
  deepEqual(
    [same, other],
    [
      [0, undefined],
      [100, long.slice(0, DIFF_BYTES_MAX)],
    ],
  );
});

test("a host that finds no room in the baseline matches nothing, and takes nothing from others", () => {
  const baseline = new Baseline(undefined, 300);
  const engine = new Engine(rulesetOf(ports), undefined, baseline);
  const of = (host: number, what: string): string => `Nov 25 10:00:01 host${host} scan: ports: ${what}`;
  const first = [1, 2, 3, 4, 5].map((host) => of(host, "1"));
  const answers = diffs(engine, ...first, ...[1, 2, 3, 4, 5].map((host) => of(host, "2")));
  equal(baseline.refused > 0, true);
  deepEqual(
    answers.slice(5).map(([id]) => id),
    [100, 100, 100, 0, 0],
  );
});

test("an agent that is removed is forgotten", () => {
  const engine = new Engine(rulesetOf(ports));
  diffs(engine, eventOf("ports: 1", 0, { agentId: "001" }));
  engine.agentRemoved("001");
  deepEqual(diffs(engine, eventOf("ports: 2", 0, { agentId: "001" })), [[0, undefined]]);
});

test("same_X and frequency need no if_matched beside check_diff (5.1)", () => {
  deepEqual(problemsOf(rule(100, 5, "<check_diff/><same_srcip/>", 'frequency="3"')), []);
});
