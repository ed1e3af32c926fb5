import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { EntryQueue } from "./entry-queue.ts";
import { Bucket, Window, type Entry } from "./window.ts";

const bucket = new Bucket("", new Window("", { bytes: 0, events: 0, dropped: 0 }));

function entryOf(seq: number, ...compared: (string | undefined)[]): Entry {
  const remembered = {
    ...{ seq, agentId: "000", eventMs: 0, receivedMs: 0, log: "" },
    ...{ hasDynamicFields: false, consumedLevel: -1, entryCount: 1 },
  };
  return { remembered, compared, latestMs: 0, bucket, earlier: undefined, later: undefined };
}

test("entries leave in the order in which they came, however many there were", () => {
  const queue = new EntryQueue<Entry>();
  const left: (number | undefined)[] = [];
  for (let seq = 1; seq <= 1_000; seq += 1) {
    queue.push(entryOf(seq));
    if (seq % 3 > 0) left.push(queue.shift()?.remembered.seq);
  }
  deepEqual(
    left,
    [...left.keys()].map((index) => index + 1),
  );
  equal(queue.length, 1_000 - left.length);
  deepEqual([queue.at(0)?.remembered.seq, queue.at(queue.length - 1)?.remembered.seq], [left.length + 1, 1_000]);
  equal(new EntryQueue().shift(), undefined);
});

test("a run tells how many directly before have the same value, for the fields that are asked for", () => {
  const queue = new EntryQueue<Entry>(1, 2);
  const values: [string, string | undefined, string][] = [
    ["x", "a", "1"],
    ["x", "a", "2"],
    ["x", undefined, "2"],
    ["x", undefined, "2"],
    ["x", "b", "1"],
  ];
  for (const [index, compared] of values.entries()) queue.push(entryOf(index + 1, ...compared));
  const runs = (field: number): number[] => Array.from({ length: queue.length }, (_, at) => queue.runAt(at, field));
  deepEqual(
    [runs(0), runs(1), runs(2)],
    [
      [0, 0, 0, 0, 0],
      [0, 1, 0, 1, 0],
      [0, 0, 1, 2, 0],
    ],
  );
  for (let count = 0; count < 200; count += 1) {
    queue.push(entryOf(count + 6, "x", "c", "1"));
    queue.shift();
  }
  deepEqual([queue.runAt(queue.length - 1, 1), queue.runAt(queue.length - 1, 2)], [199, 200]);
});
