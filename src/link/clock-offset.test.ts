import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { ClockOffset } from "./clock-offset.ts";

/** Pings at the master's time 0, as [round trip, what the node's clock said]. */
function measured(...pings: [number, number][]): ClockOffset {
  const offset = new ClockOffset();
  for (const [roundTripMs, nodeMs] of pings) offset.add(0, roundTripMs, nodeMs);
  return offset;
}

test("knows nothing before the first ping", () =>
  deepEqual([measured().measuredMs, measured().roundTripMs], [0, undefined]));

test("believes the shortest of the last round trips, and tells it", () => {
  const offset = measured([8, 100], [2, -9], [6, 50]);
  deepEqual([offset.measuredMs, offset.roundTripMs], [10, 2]);
});

test("forgets a short round trip after eight others: the way may have become longer", () => {
  const seven = Array.from({ length: 7 }, (): [number, number] => [5, 0]);
  equal(measured([1, 0], ...seven).roundTripMs, 1);
  equal(measured([1, 0], ...seven, [5, 0]).roundTripMs, 5);
});

test("an offset counts from two seconds on", () =>
  deepEqual(
    [measured([0, 1_999]), measured([0, 2_000]), measured([0, -2_500])].map((one) => one.countedMs),
    [0, -2_000, 2_500],
  ));
