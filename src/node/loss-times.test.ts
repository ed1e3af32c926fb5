import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { LossTimes } from "./loss-times.ts";

const baseMs = Date.UTC(2026, 10, 25, 12);
const dayMs = 86_400_000;

test("what was lost is told for a day from when it was declared", () => {
  const losses = new LossTimes();
  losses.add(baseMs, 3);
  losses.add(baseMs + 3_600_000, 2);
  equal(losses.inDay(baseMs + 3_600_000), 5);
  equal(losses.inDay(baseMs + dayMs - 1), 5);
  equal(losses.inDay(baseMs + dayMs), 2);
  equal(losses.inDay(baseMs + dayMs + 3_600_000), 0);
});

test("a counter that is followed loses what it grows by, when it does", () => {
  const losses = new LossTimes();
  losses.countTo(0, baseMs);
  losses.countTo(7, baseMs + 1_000);
  losses.countTo(7, baseMs + dayMs / 2);
  losses.countTo(9, baseMs + dayMs);
  equal(losses.inDay(baseMs + dayMs), 9);
  equal(losses.inDay(baseMs + dayMs + 1_000), 2);
});

test("losses by the thousand are few, and none is forgotten", () => {
  const losses = new LossTimes();
  for (let ms = 0; ms < 3 * dayMs; ms += 10_000) losses.add(baseMs + ms, 1);
  equal(losses.inDay(baseMs + 3 * dayMs - 10_000), 8_640);
  ok(losses.all().length <= 1_440, `${losses.all().length}`);
});

test("follows a clock that is set back, and counts what is of the future by it until it does", () => {
  const losses = new LossTimes();
  losses.add(baseMs + 7_200_000, 4);
  equal(losses.inDay(baseMs), 4);
  losses.clockStepped(-7_200_000);
  deepEqual(losses.all(), [{ atMs: baseMs, count: 4 }]);
  equal(losses.inDay(baseMs + dayMs), 0);
});

test("tells all at first, and then only when there is something new", () => {
  const losses = new LossTimes([{ atMs: baseMs, count: 4 }]);
  deepEqual(losses.takeChanges(), [{ atMs: baseMs, count: 4 }]);
  equal(losses.takeChanges(), undefined);
  losses.add(baseMs + 1, 0);
  equal(losses.takeChanges(), undefined);
  losses.add(baseMs + 1, 1);
  deepEqual(losses.takeChanges(), [{ atMs: baseMs, count: 5 }]);
});
