import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { quietStatus } from "../../test/support/link-nodes.ts";
import { isWithinBounds, withinBounds } from "./status-bounds.ts";

test("what a node says of itself stays within the bounds, whatever its clock does to it", () => {
  const spool = { events: 1e15, bytes: 7, bytesMax: 9, isFull: true };
  for (const [oldestMs, eventsPerSecond] of [
    [1e300, 1e300],
    [-5, -5],
  ] as const) {
    const wild = { ...quietStatus, spool: { ...spool, oldestMs }, eventsPerSecond };
    equal(isWithinBounds(withinBounds(wild)), true);
    deepEqual(withinBounds(wild).spool.bytes, 7);
  }
  const calm = { ...quietStatus, spool: { ...spool, events: 3, oldestMs: 40.5 }, eventsPerSecond: 12.5 };
  deepEqual(withinBounds(calm), calm);
});
