import { equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { defaultRulesetOptions } from "../analysis/ruleset.ts";
import { snapshotOf, type Snapshot } from "../analysis/snapshot.ts";
import { appDecoders, templates } from "../../test/support/ruleset.ts";
import { RulesetPreparation } from "./ruleset-preparation.ts";

function snapshotWith(rule: string): Snapshot {
  const group = (text: string): string => `<group name="test,">${text}</group>`;
  const source = {
    decoders: [{ path: "d.xml", text: appDecoders }],
    rules: [
      { path: "0010.xml", text: templates },
      { path: "0020.xml", text: group(rule) },
    ],
    lists: [],
    options: defaultRulesetOptions,
  };
  return snapshotOf(source, "1");
}

const good = snapshotWith(`<rule id="100" level="3"><match>x</match><description>x</description></rule>`);
const bad = snapshotWith(`<rule id="101" level="99"><match>x</match><description>x</description></rule>`);

/** Each look at it is a second later. */
function ticking(): { monotonicMs(): number } {
  let now = 0;
  return {
    monotonicMs() {
      now += 1_000;
      return now;
    },
  };
}

/** How often it was worked on. */
function finish(preparation: RulesetPreparation): number {
  for (let count = 1; ; count += 1) if (preparation.work(1) !== undefined) return count;
}

test("is compiled a file at a time, and said to be whole once", () => {
  const preparation = new RulesetPreparation(ticking());
  equal(preparation.work(1), undefined);
  preparation.begin(good);
  equal(preparation.isUnfinished, true);
  ok(finish(preparation) >= 4); // Two files, and what is done when all decoders, and all rules, are in.
  equal(preparation.isUnfinished, false);
  equal(preparation.work(1), undefined);
  const compiled = preparation.take(good.sha256);
  equal(compiled?.rules.byId.has(100), true);
  equal(preparation.take(good.sha256), undefined);
});

test("is finished at once where its record comes first", () => {
  const preparation = new RulesetPreparation(ticking());
  preparation.begin(good);
  preparation.work(1);
  equal(preparation.take(good.sha256)?.rules.byId.has(100), true);
  equal(preparation.isUnfinished, false);
});

test("another one is not taken for it", () => {
  const preparation = new RulesetPreparation(ticking());
  preparation.begin(good);
  equal(preparation.take(bad.sha256), undefined);
  equal(preparation.isUnfinished, true);
  preparation.begin(bad);
  equal(preparation.take(good.sha256), undefined);
});

test("what does not compile is left to its record", () => {
  const preparation = new RulesetPreparation(ticking());
  preparation.begin(bad);
  finish(preparation);
  equal(preparation.take(bad.sha256), undefined);
  preparation.begin(bad);
  throws(() => preparation.take(bad.sha256));
});
