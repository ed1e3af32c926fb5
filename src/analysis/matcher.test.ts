import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, play, ruleOf, rulesetOf, type RulesetParts } from "../../test/support/ruleset.ts";
import type { Answer } from "../model/alert.ts";
import { Engine } from "./engine.ts";

const rule = (id: number, level: number, inside: string, attributes = ""): string =>
  `<rule id="${id}" level="${level}" ${attributes}>${inside}<description>d${id}</description></rule>`;
const below = (id: number, inside = ""): string => `<if_sid>${id}</if_sid>${inside}`;
const seen = "<decoded_as>seen</decoded_as>";
const answersOf = (rules: string, ...logs: string[]): number[] => play(rulesetOf(rules), logs);
const engineOf = (rules: string, parts: RulesetParts = {}): Engine => new Engine(rulesetOf(rules, parts));

// ── ruleset-spec 5.4: the walk ─────────────────────────────────────────────────────────────────────────────────────

test("only the roots of the decoder's type are entered; an event that no decoder knows is of type syslog", () => {
  const rules = rule(100, 3, "<category>web-log</category>") + rule(101, 3, "<match>x</match>");
  deepEqual(answersOf(rules, "web: x", "x", "app: x", "y"), [100, 101, 101, 0]);
});

test("a rule matches when all its conditions hold", () => {
  const rules = rule(100, 3, "<match>z</match><regex>b\\d</regex><decoded_as>app</decoded_as>");
  deepEqual(answersOf(rules, "app: z b1", "app: b1", "app: z", "z b1"), [100, 0, 0, 0]);
});

test("the first child that answers is the answer: no better one is looked for, and no sibling behind a match", () => {
  const rules =
    rule(100, 3, "<match>a</match>") +
    rule(101, 5, below(100, "<match>b</match>")) +
    rule(102, 12, below(100, "<match>b</match><decoded_as>app</decoded_as>")) +
    rule(103, 3, "<match>a</match>") +
    rule(104, 15, below(103, "<match>c</match>"));
  // 102 is before 101 by its level; 104 is never reached, since 100 matches and stands before its parent.
  deepEqual(answersOf(rules, "app: a b", "a b", "a c"), [102, 101, 100]);
});

test("children are tried to any depth; a noalert rule whose children do not answer lets its next sibling be tried", () => {
  const rules =
    rule(100, 3, "<match>a</match>") +
    rule(101, 3, below(100), 'noalert="1"') +
    rule(102, 3, below(101), 'noalert="1"') +
    rule(103, 3, below(102, "<match>deep</match>")) +
    rule(104, 3, below(100, "<match>b</match>"));
  deepEqual(answersOf(rules, "a deep b", "a b", "a"), [103, 104, 100]);
});

test("if_fts is asked only when the conditions before it hold, and remembers although those behind it fail", () => {
  const before = rule(100, 5, `${seen}<match>x</match><if_fts></if_fts>`);
  deepEqual(answersOf(before, "seen: bob y", "seen: bob x", "seen: bob x"), [0, 100, 0]);
  const lists = { lists: [{ name: "etc/lists/known", text: "eve:\n" }] };
  const behind = rule(100, 5, `${seen}<if_fts></if_fts><list field="user" lookup="match_key">etc/lists/known</list>`);
  const other = rule(101, 3, `${seen}<if_fts></if_fts>`);
  deepEqual(play(rulesetOf(behind + other, lists), ["seen: bob x", "seen: eve x"]), [0, 100]);
});

test("of two if_fts rules on one event only the first can match", () => {
  const rules = rule(100, 5, `${seen}<if_fts></if_fts>`, 'noalert="1"') + rule(101, 3, `${seen}<if_fts></if_fts>`);
  deepEqual(answersOf(rules, "seen: bob x"), [0]);
});

test("a composite rule consumes what it counted although a child wins, or nothing is alerted", () => {
  const counted = rule(100, 3, "<match>a</match>");
  const composite = rule(200, 9, "<if_matched_sid>100</if_matched_sid>", 'frequency="3"');
  deepEqual(answersOf(counted + composite + rule(201, 5, below(200)), ...Array<string>(6).fill("a")), [
    ...[100, 100, 201, 100, 100, 201],
  ]);
  const noalert = rule(200, 9, "<if_matched_sid>100</if_matched_sid>", 'frequency="3" noalert="1"');
  const lower = rule(202, 8, "<if_matched_sid>100</if_matched_sid>", 'frequency="3"');
  // The third is 200's, which does not answer, but has marked the second: 202 finds nothing to count.
  deepEqual(answersOf(counted + noalert + lower, "a", "a", "a"), [100, 100, 100]);
});

// ── 5.4: after the match ───────────────────────────────────────────────────────────────────────────────────────────

test("a level 0 answer counts its firings too", () => {
  const engine = engineOf(rule(100, 0, "<match>a</match>"));
  const fired = [0, 1, 2].map((at) => engine.answer(eventOf("a", at)).rule?.firedtimes);
  deepEqual(fired, [1, 2, 3]);
});

const silent = (parentLevel: number, parentInside = ""): string =>
  rule(100, parentLevel, `<match>a</match>${parentInside}`) + rule(101, 9, below(100), 'ignore="60"');

test("the parent that answers for a silent rule has its own level and its own flags", () => {
  const outcome = ({ rule: found, isAlert, outcome: how }: Answer): unknown => [found?.id, found?.level, isAlert, how];
  const second = (rules: string): unknown => {
    const engine = engineOf(rules);
    engine.answer(eventOf("a", 0));
    return outcome(engine.answer(eventOf("a", 1)));
  };
  deepEqual(second(silent(3)), ["100", 3, true, "answered"]);
  deepEqual(second(silent(0)), ["100", 0, false, "answered"]);
  deepEqual(second(silent(3, "<options>no_log</options>")), ["100", 3, false, "answered"]);
});

test("the parent that answers for a silent rule is remembered in its place, and the rule's firing is counted", () => {
  const counting = rule(200, 10, "<if_matched_sid>100</if_matched_sid><match>x</match>", 'frequency="2"');
  const engine = engineOf(silent(3) + counting);
  const at = (log: string, seconds: number): Answer => engine.answer(eventOf(log, seconds));
  deepEqual([ruleOf(at("a", 0)), ruleOf(at("a", 1)), ruleOf(at("a x", 2))], [101, 100, 200]);
  equal(at("a", 70).rule?.firedtimes, 3, "the silent firing was one of them");
});

test("the time of silence begins with a firing, and not again within it", () => {
  const engine = engineOf(silent(3));
  deepEqual(
    [0, 40, 60, 61, 100, 121, 122].map((at) => ruleOf(engine.answer(eventOf("a", at)))),
    [...[101, 100, 100, 101, 100, 100, 101]],
  );
});

test("a silent rule that has no parent gives no alert and is not remembered", () => {
  const counting = rule(200, 10, "<if_matched_sid>8</if_matched_sid><match>x</match>", 'frequency="2"');
  const root = rule(8, 3, "<category>web-log</category>", 'ignore="60"');
  const engine = engineOf(root + counting);
  const found = ["web: a", "web: a"].map((log, at) => engine.answer(eventOf(log, at)));
  deepEqual(
    found.map((answer) => [ruleOf(answer), answer.outcome, answer.isAlert]),
    [
      [8, "answered", true],
      [8, "silenced", false],
    ],
  );
  equal(engine.metrics.windowEvents, 1);
});

test("a level 0 rule never keeps silent", () => {
  const engine = engineOf(rule(100, 3, "<match>a</match>") + rule(101, 0, below(100), 'ignore="60"'));
  deepEqual(
    [0, 1].map((at) => ruleOf(engine.answer(eventOf("a", at)))),
    [101, 101],
  );
});

// ── 5.6 ────────────────────────────────────────────────────────────────────────────────────────────────────────────

test("a child of a composite rule is tested after it has fired, and sees the current event", () => {
  const rules =
    rule(100, 3, "<match>a</match>") +
    rule(200, 9, "<if_matched_sid>100</if_matched_sid>", 'frequency="2"') +
    rule(201, 12, below(200, "<match>now</match>"));
  deepEqual(answersOf(rules, "a now", "a", "a now"), [100, 200, 201]);
});

// ── 5.3: what an overwrite replaces ────────────────────────────────────────────────────────────────────────────────

test("an overwrite replaces all that a rule says, and what it does not say is gone", () => {
  const rules =
    `<rule id="100" level="9" maxsize="3" ignore="60"><match>a</match><group>one,</group><mitre><id>T1110</id></mitre>` +
    `<info>i</info><cve>c</cve><options>no_full_log</options><description>old</description></rule>` +
    `<rule id="100" level="4" overwrite="yes"><match>b</match><description>new</description></rule>`;
  const engine = engineOf(rules);
  const first = engine.answer(eventOf("b", 0));
  deepEqual(
    [first.rule?.level, first.rule?.description, first.rule?.mitre, first.rule?.info, first.rule?.cve],
    [4, "new", undefined, undefined, undefined],
  );
  deepEqual([first.rule?.groups, first.hidesFullLog], [["test"], false]);
  equal(engine.answer(eventOf("b", 1)).outcome, "answered");
  equal(ruleOf(engine.answer(eventOf("aaa", 2))), 0);
});

test("firings are counted on by what the overwritten rule was", () => {
  const engine = engineOf(rule(100, 3, "<match>a</match>") + rule(100, 4, "<match>a</match>", 'overwrite="yes"'));
  deepEqual(
    [0, 1].map((at) => engine.answer(eventOf("a", at)).rule?.firedtimes),
    [1, 2],
  );
});
