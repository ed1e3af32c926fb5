import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, rulesetOf } from "../../test/support/ruleset.ts";
import { CostMeter, type PartCost } from "./cost.ts";
import { Engine } from "./engine.ts";
import type { CompiledRuleset } from "./ruleset.ts";

const rule = (id: number, inside: string): string =>
  `<rule id="${id}" level="3">${inside}<description>d</description></rule>`;

/** Each reading of the clock takes 2 ms; what is between two readings takes nothing. */
function costs(ruleset: CompiledRuleset, logs: readonly string[], stepsMs: readonly number[] = []): PartCost[] {
  let nowMs = 0;
  let readings = 0;
  const meter = new CostMeter(ruleset, () => {
    nowMs += 2 + (stepsMs[readings - 2_000] ?? 0);
    readings += 1;
    return nowMs;
  });
  const engine = new Engine(ruleset);
  engine.meter = meter;
  for (const log of logs) engine.answer(eventOf(log));
  return meter.parts();
}

const shown = (parts: readonly PartCost[]): string[] =>
  parts.map(({ kind, name, tried, matched }) => `${kind} ${name} ${tried} ${matched}`).sort();

test("rules and decoders are counted where they are tried and where they match", () => {
  const ruleset = rulesetOf(rule(100, "<hostname>node</hostname>") + rule(101, "<hostname>web</hostname>"));
  deepEqual(shown(costs(ruleset, ["other: a", "plain", "other: b"])), [
    "decoder other 2 2",
    "rule 1 3 3",
    "rule 100 3 3",
  ]);
});

test("what look-ups rule out is not tried", () => {
  const ruleset = rulesetOf(
    ["one", "two", "three"].map((word, at) => rule(100 + at, `<match>${word}</match>`)).join(""),
  );
  deepEqual(shown(costs(ruleset, ["a two"])), ["rule 1 1 1", "rule 101 1 1"]);
});

test("the time between begin and end is a part's own, without that of reading the clock", () => {
  const ruleset = rulesetOf(rule(100, "<match>x</match>"));
  // Readings: rule 1 begins, ends, rule 100 begins, ends.
  const parts = costs(ruleset, ["x"], [0, 5, 0, 7]);
  deepEqual(
    parts.map(({ name, micros }) => [name, micros]),
    [
      ["100", 7_000],
      ["1", 5_000],
    ],
  );
});

test("a decoder's time ends where the next one begins", () => {
  const ruleset = rulesetOf("", {
    decoders:
      '<decoder name="a"><prematch>^\\w+: x</prematch></decoder><decoder name="b"><prematch>^\\w+: y</prematch></decoder>',
  });
  const parts = costs(ruleset, ["prog: y : x"], [0, 3, 0, 4]);
  const micros = Object.fromEntries(parts.map((part) => [part.name, part.micros]));
  equal(micros["b"], 4_000);
});

test("places are those of the files", () => {
  const [part] = costs(rulesetOf(rule(100, "")), ["x"]).filter(({ name }) => name === "100");
  equal(part?.place, "rules/0100-test.xml:1");
});

test("a meter changes no answer", () => {
  const ruleset = rulesetOf(rule(100, "<match>x</match>") + rule(101, "<match>y</match>"));
  const [plain, metered] = [new Engine(ruleset), new Engine(ruleset)];
  metered.meter = new CostMeter(ruleset, () => 0);
  for (const log of ["x", "y", "app: id=7", ""]) {
    deepEqual(metered.answer(eventOf(log)), plain.answer(eventOf(log)));
  }
});
