import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, play, problemsOf, rulesetOf } from "../../../test/support/ruleset.ts";
import type { AnsweredRule, Answer } from "../../model/alert.ts";
import { Engine } from "../engine.ts";

const rule = (inside: string, attributes = 'level="5"'): string =>
  `<rule id="100" ${attributes}><match>a</match>${inside}<description>d</description></rule>`;
const answerOf = (rules: string): Answer => new Engine(rulesetOf(rules)).answer(eventOf("a"));
const ruleFor = (inside: string, attributes?: string): AnsweredRule | undefined =>
  answerOf(rule(inside, attributes)).rule;
const said = (rules: string): string[] => problemsOf(rules).map((problem) => problem.replace(/^\S+ /, ""));

// ── ruleset-spec 5.1 ───────────────────────────────────────────────────────────────────────────────────────────────

test("a condition of over 2,047 bytes is warned about and disappears; one of 2,047 holds", () => {
  const fits = `b${"|".repeat(2_046)}`;
  deepEqual(said(rule(`<url>${fits}</url>`)), []);
  equal(ruleFor(`<url>${fits}</url>`), undefined);
  deepEqual(said(rule(`<url>${fits}b</url>`)), ["warning: <url> has over 2047 bytes and has no effect"]);
  equal(ruleFor(`<url>${fits}b</url>`)?.id, "100");
});

test("repeated descriptions are one, and the first line break of each is a space", () => {
  equal(ruleFor("<description>one\ntwo\nthree</description>")?.description, "one two\nthreed");
});

test("the group string is the file's and the rule's own with nothing between, and no line breaks", () => {
  const groups = (inside: string): readonly string[] | undefined => ruleFor(inside)?.groups;
  deepEqual(groups("<group>one,</group><group>two,\nthree</group>"), ["test", "one", "two", "three"]);
  deepEqual(groups("<group>one</group><group>two</group>"), ["test", "onetwo"]);
});

test("info and cve are glued together, whatever their type", () => {
  const found = ruleFor('<info>one </info><info type="link">http://x</info><cve>C-1</cve><cve>C-2</cve>');
  deepEqual([found?.info, found?.cve], ["one http://x", "C-1C-2"]);
});

test("no_full_log hides the log, no_counter the counter; no_log and no_email_alert take no_counter back", () => {
  const options = (...some: string[]): string => some.map((one) => `<options>${one}</options>`).join("");
  equal(answerOf(rule(options("no_full_log"))).hidesFullLog, true);
  equal(answerOf(rule("")).hidesFullLog, false);
  const counted = (...some: string[]): boolean => ruleFor(options(...some))?.firedtimes !== undefined;
  deepEqual(
    [counted(), counted("no_counter"), counted("no_counter", "no_log"), counted("no_counter", "no_email_alert")],
    [true, false, true, true],
  );
  equal(counted("no_log", "no_counter"), false);
  deepEqual(said(rule(options("no_ar", "alert_by_email", "log_alert"))), []);
  deepEqual(said(rule(options("no_ar, no_log"))), ['error: "no_ar, no_log" is not one of the options of a rule']);
});

test("log_alert makes an alert of what is below log_alert_level, alert_by_email mails below email_alert_level", () => {
  const low = (inside: string): Answer =>
    new Engine(rulesetOf(rule(inside, 'level="2"'), { options: { logAlertLevel: 3 } })).answer(eventOf("a"));
  deepEqual([low("").isAlert, low("<options>log_alert</options>").isAlert], [false, true]);
  deepEqual([low("").rule?.mail, low("<options>alert_by_email</options>").rule?.mail], [false, true]);
});

test("if_sid holds digits, commas and spaces; else the rule is passed over with a warning", () => {
  const child = (ids: string): string =>
    rule("") + `<rule id="101" level="6"><if_sid>${ids}</if_sid><description>d</description></rule>`;
  deepEqual(play(rulesetOf(child(" 100 ,")), ["a"]), [101]);
  deepEqual(said(child("100;1")), ["warning: <if_sid> may hold only numbers and commas; rule 101 is passed over"]);
});

test("same_agent and not_same_agent are accepted and have no effect", () => {
  const counts = `<rule id="101" level="9" frequency="2"><if_matched_sid>100</if_matched_sid><same_agent/>
    <description>d</description></rule>`;
  deepEqual(said(rule("") + counts), [
    "warning: <same_agent> has no effect: composite rules are always about one agent",
  ]);
});

test("numbers of attributes are read to a bound: four digits of maxsize, five of a timeframe, six of ignore", () => {
  const read = (attributes: string): string[] => said(rule("", `level="5" ${attributes}`));
  deepEqual(read('maxsize="20480" timeframe="604800" ignore="1234567"'), []);
  const long = new Engine(rulesetOf(rule("", 'level="5" maxsize="20480"')));
  equal(long.answer(eventOf("a".repeat(2_048))).rule?.id, "100");
  equal(long.answer(eventOf("a".repeat(2_047))).rule, undefined);
  deepEqual(read('frequency="1"'), ['error: frequency="1" must be a number from 2 to 9999']);
  deepEqual(read('colour="red"'), ['error: colour="red" is not an attribute of a rule']);
  deepEqual(said(rule("", 'level="high"')).slice(0, 1), ['error: level="high" must be a number from 0 to 16']);
});

test("what a rule does not know is an error", () => {
  deepEqual(said(rule("<if_user>x</if_user>")), ["error: <if_user> is not an element of a rule"]);
  deepEqual(said(rule("<category>mail</category>")), [
    'error: "mail" is not a category; known are syslog, firewall, ids, web-log, squid, windows, ossec',
  ]);
});
