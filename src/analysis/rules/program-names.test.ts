import { equal, notEqual } from "node:assert/strict";
import { test } from "node:test";
import { rulesetOf } from "../../../test/support/ruleset.ts";
import { ProgramNames } from "./program-names.ts";
import type { Rule } from "./rule.ts";

const rulesOf = (...patterns: string[]): readonly Rule[] =>
  rulesetOf(
    patterns
      .map((pattern, index) => `<rule id="${100 + index}" level="3">${pattern}<description>d</description></rule>`)
      .join(""),
  ).rules.rules.filter(({ id }) => id >= 100);

function namesOf(...patterns: string[]): { names: ProgramNames; accepts: (name: string | undefined) => string } {
  const rules = rulesOf(...patterns).map((rule, index) => ({ ...rule, index }));
  const names = new ProgramNames(rules);
  const accepts = (name: string | undefined): string =>
    rules.map((rule) => (names.isPossible(rule, names.classOf(name)) ? "y" : "n")).join("");
  return { names, accepts };
}

test("a class says of each rule whether names of it may match", () => {
  const { accepts } = namesOf("<program_name>^sshd$|^su$</program_name>", "<program_name>^s</program_name>", "");
  equal(accepts("sshd"), "yyy");
  equal(accepts("sudo"), "nyy");
  equal(accepts("cron"), "nny");
});

test("names of which all rules think alike share a class", () => {
  const { names } = namesOf("<program_name>^ssh</program_name>");
  equal(names.classOf("cron"), names.classOf("named"));
  notEqual(names.classOf("cron"), names.classOf("sshd"));
});

test("no program name matches no rule that asks for one, negated or not", () => {
  const { accepts } = namesOf("<program_name>^a</program_name>", '<program_name negate="yes">^a</program_name>', "");
  equal(accepts(undefined), "nny");
  equal(accepts("b"), "nyy");
});

test("an expression that may take long is not asked, and rules nothing out", () => {
  const { accepts } = namesOf('<program_name type="pcre2">^(a+)+$</program_name>');
  equal(accepts("b"), "y");
});

test("a name that is too long to be one is not looked at, and rules nothing out", () => {
  const { accepts } = namesOf("<program_name>^a</program_name>");
  equal(accepts("b".repeat(65)), "y");
  equal(accepts("b".repeat(64)), "n");
});

test("more names than are kept change no verdict", () => {
  const { names, accepts } = namesOf("<program_name>7$</program_name>");
  for (let index = 0; index < 10_000; index += 1) names.classOf(`name${index}`);
  equal(accepts("name17"), "y");
  equal(accepts("name18"), "n");
});

test("names of more kinds than there may be classes rule nothing out", () => {
  const { names, accepts } = namesOf(
    ...Array.from({ length: 12 }, (_, bit) => `<program_name>${String.fromCharCode(97 + bit)}</program_name>`),
  );
  for (let kind = 0; kind < 4_096; kind += 1) {
    names.classOf(
      Array.from({ length: 12 }, (_, bit) => ((kind >> bit) & 1 ? String.fromCharCode(97 + bit) : "-")).join(""),
    );
  }
  equal(accepts("abc"), "yyynnnnnnnnn");
  equal(accepts("jkl"), "yyyyyyyyyyyy");
});
