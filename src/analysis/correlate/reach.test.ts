import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Seeker } from "./composite.ts";
import { isBeyond, isOutside, reachOf } from "./reach.ts";
import type { Entry, Remembered } from "./window.ts";

const seeker: Seeker = {
  ...{ eventMs: 100_000, receivedMs: 200_000, latenessMs: 5_000, firstSeq: 7 },
  ...{ hasDynamicFields: false, compared: [] },
};
const reach = reachOf(seeker, 10_000);

function remembered(change: Partial<Remembered> = {}): Remembered {
  return {
    ...{ seq: 7, agentId: "000", eventMs: 100_000, receivedMs: 200_000, log: "" },
    ...{ hasDynamicFields: false, consumedLevel: -1, entryCount: 1 },
    ...change,
  };
}

function entry(change: Partial<Remembered> = {}, latestMs = 100_000): Pick<Entry, "latestMs" | "remembered"> {
  return { remembered: remembered(change), latestMs };
}

test("an event is within reach up to the timeframe before and after the current one, inclusive", () => {
  const times = [89_999, 90_000, 110_000, 110_001];
  deepEqual(
    times.map((eventMs) => isOutside(remembered({ eventMs }), reach)),
    [true, false, false, true],
  );
});

test("a search stops where all that is left happened before the timeframe", () => {
  // The entry itself is too early in both; behind the second stands one that is not.
  equal(isBeyond(entry({ eventMs: 0 }, 89_999), reach), true);
  equal(isBeyond(entry({ eventMs: 0 }, 90_000), reach), false);
});

test("an entry has left when it arrived more than timeframe and lateness ago, whenever it happened", () => {
  equal(isBeyond(entry({ receivedMs: 185_000 }), reach), false);
  equal(isBeyond(entry({ receivedMs: 184_999 }), reach), true);
});

test("an entry that has left the ring of alerted events is not there any more", () => {
  equal(isBeyond(entry({ seq: 6 }), reach), true);
});
