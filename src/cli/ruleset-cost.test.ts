import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import type { PartCost } from "../analysis/cost.ts";
import { costRow, leastOf } from "./ruleset-cost.ts";

const part = (name: string, micros: number, change: Partial<PartCost> = {}): PartCost => ({
  ...{ kind: "rule", name, place: "rules/a.xml:1", tried: 10, matched: 5, micros },
  ...change,
});

test("of several runs each part has its shortest time, and the dearest comes first", () => {
  const runs = [
    [part("1", 900), part("2", 20)],
    [part("2", 30), part("1", 10)],
  ];
  deepEqual(leastOf(runs), [part("2", 20), part("1", 10)]);
});

test("parts of one name are told apart by kind and place", () => {
  const parts = [part("a", 3), part("a", 2, { kind: "decoder" }), part("a", 1, { place: "rules/b.xml:1" })];
  deepEqual(leastOf([parts]), parts);
});

test("a row has the time of an event, the share of all, the time of a try, and the counts", () => {
  deepEqual(
    costRow(part("100", 50, { tried: 4, matched: 1 }), 100, 200).map(({ text }) => text),
    ["0.500", "25.0%", "12.50", "4", "1", "rule 100", "rules/a.xml:1"],
  );
});
