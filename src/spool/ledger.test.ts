import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Ledger, type SegmentEntry } from "./ledger.ts";

const epochOf = (number: number) => ({ number, bits: `${number}`.padStart(16, "0") });
const hourMs = 3_600_000;

/** A segment of epoch `number` that holds `first` to `last`. */
function segment(number: number, first: number, last: number, change: Partial<SegmentEntry> = {}): SegmentEntry {
  return {
    ...{ ordinal: first, path: `/${number}/${first}`, salt: Buffer.alloc(8), epoch: epochOf(number) },
    ...{ predecessor: undefined, preamble: Buffer.alloc(0), first, createdMs: 0, writtenMs: undefined, framesAt: 0 },
    ...{ end: 100, isDropped: false, isDamaged: false, ownLast: last, ...change },
  };
}

/** After a start: segments of epoch 1 that were found, and the new one of epoch 2. */
function restarted(...found: SegmentEntry[]): Ledger {
  const ledger = new Ledger();
  for (const one of found) ledger.add(one);
  ledger.add(segment(2, 1, 0, { createdMs: 5 * hourMs }));
  return ledger;
}

test("until the master says what it holds, all that was found waits", () => {
  const ledger = restarted(segment(1, 1, 60), segment(1, 61, 100));
  equal(ledger.waiting, 100);
  ledger.acknowledge(epochOf(1), 98);
  equal(ledger.waiting, 2);
  ledger.acknowledge(epochOf(1), 100);
  deepEqual([ledger.waiting, ledger.oldestMs(9 * hourMs, 0)], [0, 0]);
});

test("the last event of an earlier run is as old as the last write to its file, and not as the file", () => {
  const ledger = restarted(segment(1, 1, 100, { createdMs: hourMs, writtenMs: 3 * hourMs }));
  const ageAfter = (acknowledged: number): number => {
    ledger.acknowledge(epochOf(1), acknowledged);
    return ledger.oldestMs(3 * hourMs + 5_000, 0);
  };
  deepEqual(
    [-1, 49, 99].map((acknowledged) => Math.round(ageAfter(acknowledged) / 1_000)),
    [7_133, 3_605, 5],
  );
});

test("a single event that came long after its segment began is as old as it is", () => {
  const ledger = restarted(segment(1, 1, 1, { createdMs: hourMs, writtenMs: 3 * hourMs }));
  equal(ledger.oldestMs(3 * hourMs + 700, 0), 700);
});

test("an epoch of this run that is over ended where the next one began", () => {
  const ledger = restarted(segment(1, 1, 10, { createdMs: hourMs }));
  ledger.acknowledge(epochOf(1), 9);
  equal(ledger.oldestMs(5 * hourMs + 300, 0), 300);
});

test("a file that claims to be of the future, or of before its beginning, makes no age of its own", () => {
  for (const [writtenMs, ageMs] of [
    [99 * hourMs, 0],
    [0, 8 * hourMs],
  ] as const) {
    const ledger = restarted(segment(1, 1, 10, { createdMs: hourMs, writtenMs }));
    ledger.acknowledge(epochOf(1), 9);
    equal(ledger.oldestMs(9 * hourMs, 0), ageMs);
  }
});
