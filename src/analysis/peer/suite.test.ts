import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { compileRuleset, defaultRulesetOptions, type CompiledRuleset } from "../ruleset.ts";
import { runCase } from "./suite.ts";
import type { SuiteAnswer, SuiteCase } from "./suite-file.ts";

const decoders = `<decoder name="door"><program_name>^door</program_name></decoder>`;
const rules = `<group name="syslog,">
  <rule id="1" level="0" noalert="1"><category>syslog</category><description>all</description></rule>
  <rule id="100" level="3"><decoded_as>door</decoded_as><match>knock</match><description>a knock</description></rule>
  <rule id="101" level="10" frequency="3" timeframe="60">
    <if_matched_sid>100</if_matched_sid><description>three knocks</description>
  </rule>
</group>`;

const ruleset: CompiledRuleset = compileRuleset(
  {
    decoders: [{ path: "d.xml", text: decoders }],
    rules: [{ path: "r.xml", text: rules }],
    lists: [],
    options: defaultRulesetOptions,
  },
  () => undefined,
);

const knock = "Dec 29 10:00:01 web door[1]: knock";
const once: SuiteAnswer = { decoder: "door", rule: "100", level: "3" };

function caseOf(lines: string[], expected: SuiteAnswer, isNegative = false): SuiteCase {
  return { section: "a", option: "log 1", line: 1, lines, expected, isNegative };
}

test("a positive case passes on decoder, rule and level of its last line", () => {
  equal(runCase(ruleset, caseOf([knock], once)).hasPassed, true);
  const { hasPassed, reason } = runCase(ruleset, caseOf([knock], { ...once, level: "4" }));
  equal(hasPassed, false);
  match(reason, /rule 100 \(3\) by door, not rule 100 \(4\) by door/);
});

test("the lines of a case are one run, and the next case remembers nothing of it", () => {
  const three = runCase(ruleset, caseOf([knock, knock, knock], { decoder: "door", rule: "101", level: "10" }));
  equal(three.hasPassed, true);
  deepEqual(
    three.answers.map(({ rule }) => rule),
    ["100", "100", "101"],
  );
  equal(runCase(ruleset, caseOf([knock], once)).hasPassed, true);
});

test("a negative case passes on any other answer, and fails on this one", () => {
  equal(runCase(ruleset, caseOf(["silence"], once, true)).hasPassed, true);
  equal(runCase(ruleset, caseOf([knock], once, true)).hasPassed, false);
});

test("an expectation that lacks a part is never met, as the peers' runner has it", () => {
  const nothing = { decoder: "", rule: "", level: "" };
  equal(runCase(ruleset, caseOf(["silence"], nothing)).hasPassed, false);
  equal(runCase(ruleset, caseOf(["silence"], nothing, true)).hasPassed, true);
});
