import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { play, problemsOf, rulesetOf } from "../../../test/support/ruleset.ts";

const decoders = `
<decoder name="app"><prematch_pcre2>^app: </prematch_pcre2></decoder>
<decoder name="f"><parent>app</parent><pcre2>act=(\\S+)</pcre2><order>action</order></decoder>
<decoder name="f"><parent>app</parent><pcre2>url=(\\S+)</pcre2><order>url</order></decoder>
<decoder name="f"><parent>app</parent><pcre2>id=(\\S+)</pcre2><order>id</order></decoder>
<decoder name="f"><parent>app</parent><pcre2>ip=(\\S+)</pcre2><order>srcip</order></decoder>
<decoder name="f"><parent>app</parent><pcre2>d=(\\S+)</pcre2><order>data</order></decoder>
<decoder name="f"><parent>app</parent><pcre2>e=(\\S+)</pcre2><order>extra_data</order></decoder>`;
const options = { flavour: "ossec" as const };
const parts = { decoders, options };

const rule = (id: number, level: number, inside: string, attributes = ""): string =>
  `<rule id="${id}" level="${level}" ${attributes}>${inside}<description>rule ${id}</description></rule>`;
/** Answers of single events, each by a fresh engine. */
const answers = (rules: string, ...logs: string[]): number[] => {
  const ruleset = rulesetOf(rules, parts);
  return logs.flatMap((log) => play(ruleset, [log]));
};
const problems = (rules: string): string[] =>
  problemsOf(rules, parts).map((problem) => problem.replace(/^\S+ /, "").replace(/;.*/, ""));

// ruleset-spec 5.1, OSSEC.
test("each condition has a PCRE2 element of its own, which ignores case", () => {
  const rules = rule(100, 5, "<id_pcre2>^4\\d$</id_pcre2>") + rule(101, 4, "<pcre2>^app: (no|yes)$</pcre2>");
  deepEqual(answers(rules, "app: id=42", "app: YES", "app: id=421"), [100, 101, 0]);
  deepEqual(
    answers(rule(100, 5, "<program_name_pcre2>^SSHD</program_name_pcre2>"), "Dec 29 10:00:01 w sshd: x"),
    [100],
  );
});

test("a plain condition and its PCRE2 one must both hold", () => {
  const rules =
    rule(100, 5, "<regex>\\d+</regex><pcre2>x$</pcre2>") + rule(101, 4, "<match>q</match><match_pcre2>r</match_pcre2>");
  deepEqual(answers(rules, "12x", "12", "ax", "rq", "q"), [100, 0, 0, 101, 0]);
});

test("repeated elements of one name are glued together", () => {
  deepEqual(answers(rule(100, 5, "<pcre2>^a|</pcre2><pcre2>^b</pcre2>"), "a", "b", "c"), [100, 100, 0]);
});

test("extra_data tests data, which both names of an order fill", () => {
  const rules = rule(100, 5, "<extra_data>^x$</extra_data>") + rule(101, 4, "<extra_data_pcre2>^y</extra_data_pcre2>");
  deepEqual(answers(rules, "app: d=x", "app: e=x", "app: d=yy", "app: e=z"), [100, 100, 101, 0]);
});

test("a simple request is a GET, or of no known action", () => {
  const rules = rule(100, 5, "<compiled_rule>is_simple_http_request</compiled_rule>");
  deepEqual(
    answers(
      rules,
      "app: act=GET url=/x",
      "app: act=POST url=/x",
      "app: url=/",
      "app: act=GET url=/x?y",
      "app: act=GET",
    ),
    [100, 0, 100, 0, 0],
  );
});

test("an exclamation mark counts for its own address, and is a literal in a match", () => {
  const rules = rule(100, 5, "<srcip>!10.0.0.1</srcip>") + rule(101, 4, "<match>!no</match>");
  deepEqual(answers(rules, "app: ip=10.0.0.2", "app: ip=10.0.0.1", "say !NO", "say yes"), [100, 0, 101, 0]);
});

test("there are no types, no negation, and no location, protocol, system_name or data", () => {
  const rules = rule(100, 5, '<match type="pcre2" negate="yes">a.c</match>');
  deepEqual(answers(rules, "a.c", "abc"), [100, 0]);
  deepEqual(problems(rules), [
    'warning: type="pcre2" does nothing in OSSEC\'s flavour',
    'warning: negate="yes" does nothing in OSSEC\'s flavour',
  ]);
  for (const name of ["location", "protocol", "system_name", "data", "data_pcre2", "regex_pcre2"]) {
    deepEqual(problems(rule(100, 5, `<${name}>x</${name}>`)), [`error: <${name}> is not an element of a rule`]);
  }
  const wazuh = problemsOf(rule(100, 5, "<id_pcre2>x</id_pcre2>"));
  deepEqual(wazuh, ["rules/0100-test.xml:1:47: error: <id_pcre2> is not an element of a rule"]);
});

test("a level has no upper bound, a frequency may be 0, any noalert counts, and a description may be absent", () => {
  deepEqual(answers(rule(100, 99, "<match>a</match>"), "a"), [100]);
  deepEqual(answers(rule(100, 5, "<match>a</match>", 'noalert="no"') + rule(101, 4, "<match>a</match>"), "a"), [101]);
  deepEqual(answers('<rule id="100" level="5"><match>a</match></rule>', "a"), [100]);
  const counting = rule(101, 7, "<if_matched_sid>100</if_matched_sid>", 'frequency="0"');
  deepEqual(problems(rule(100, 5, "<match>a</match>") + counting), []);
});

test("in Wazuh's flavour all of that is an error, and another noalert a warning", () => {
  const said = (rules: string): string[] => problemsOf(rules).map((problem) => problem.replace(/^\S+ /, ""));
  deepEqual(said('<rule id="100" level="5"><match>a</match></rule>'), ["error: rule 100 has no <description>"]);
  deepEqual(said(rule(100, 17, "")), ['error: level="17" must be a number from 0 to 16']);
  deepEqual(said(rule(100, 5, "<if_matched_sid>9</if_matched_sid>", 'frequency="1"')), [
    'error: frequency="1" must be a number from 2 to 9999',
  ]);
  deepEqual(said(rule(100, 5, "<match>a</match>", 'noalert="no"')), [
    'warning: noalert="no" is neither 0 nor 1 and means 0',
  ]);
});

test("a number that is taken, and an overwritten rule that is not there, are errors", () => {
  const twice = rule(100, 5, "<match>a</match>") + rule(100, 6, "<match>b</match>");
  deepEqual(problems(twice), ["error: rule 100 is there already (rules/0100-test.xml:1)"]);
  deepEqual(problems(rule(100, 5, "<match>a</match>", 'overwrite="yes"')), [
    "error: rule 100 is to be overwritten, but is not loaded",
  ]);
});

test("a condition may have 8,191 bytes; a longer one has no effect", () => {
  const long = "x".repeat(8_191);
  deepEqual(answers(rule(100, 5, `<pcre2>${long}</pcre2>`), long, "x"), [100, 0]);
  deepEqual(problems(rule(100, 5, `<pcre2>x${long}</pcre2>`)), [
    "warning: <pcre2> has over 8191 bytes and has no effect",
  ]);
});

// ruleset-spec 5.4: "OSSEC: no expansion"; spec 2: `$(` names an unknown variable.
test("a field in a description stays as it is written", () => {
  const ruleset = rulesetOf(
    '<rule id="100" level="5"><match>a</match><description>of $(srcip)</description></rule>',
    parts,
  );
  deepEqual(ruleset.rules.byId.get(100)?.draft.description, "of $(srcip)");
  deepEqual(problems('<var name="X">y</var>' + rule(100, 5, "<info>$(srcip)</info>")), [
    "error: the variable $(srcip) is not defined",
  ]);
});

// ruleset-spec 2.
test("of some elements the case of the name counts", () => {
  const composite = (name: string): string[] =>
    problemsOf(rule(100, 5, "<match>a</match>") + rule(101, 6, `<if_matched_sid>100</if_matched_sid><${name} />`));
  deepEqual([composite("Same_Source_IP"), composite("same_id")], [[], []]);
  deepEqual(composite("Same_Id").length, 1);
  deepEqual(composite("not_same_ID").length, 1);
});
