import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { bandOf, bands, GRAVE_LEVEL } from "./severity.ts";

test("each level has its band", () => {
  const levels = Array.from({ length: 18 }, (_, level) => bandOf(level));
  const expected = [
    ...(["quiet", "quiet", "quiet", "quiet", "low", "low", "low"] as const),
    ...(["medium", "medium", "medium", "medium", "medium", "high", "high", "high"] as const),
    ...(["critical", "critical", "critical"] as const),
  ];
  deepEqual(levels, expected);
});

test("what is no level is quiet", () => {
  for (const level of [Number.NaN, -1, -Infinity]) equal(bandOf(level), "quiet");
});

test("bands are severest first, and the grave ones begin with one of them", () => {
  deepEqual(
    bands.map(({ from }) => from),
    [15, 12, 7, 4, 0],
  );
  equal(bands.find(({ band }) => band === "high")?.from, GRAVE_LEVEL);
});
