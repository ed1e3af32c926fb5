import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../test/support/seeded-random.ts";
import { ByteReader, ByteWriter } from "../base/bytes.ts";
import type { Epoch, LaneRecord, Predecessor } from "./lane.ts";
import { CODEC_NONE, epochRecord, eventsRecord, holeRecord } from "./record.ts";
import { LaneTable, MarkTable, readJournalTable, writeJournalTable } from "./table.ts";

const e1: Epoch = { number: 1, bits: "1111111111111111" };
const e2: Epoch = { number: 2, bits: "2222222222222222" };
const e3: Epoch = { number: 3, bits: "3333333333333333" };
const restored: Epoch = { number: 2, bits: "9999999999999999" };

function opens(epoch: Epoch, predecessor?: Predecessor): LaneRecord {
  return epochRecord(0, epoch, predecessor, Buffer.from("{}"));
}
function batch(epoch: Epoch, first: number, last: number): LaneRecord {
  const content = { count: last - first + 1, marks: [], rawBytes: 0 };
  return eventsRecord(0, epoch, first, content, { codec: CODEC_NONE, payload: Buffer.alloc(0) });
}

/** The judgements on records given in turn, in words. */
function judge(...records: LaneRecord[]): string[] {
  const table = new LaneTable();
  return records.map((record) => {
    const judgement = table.accept("w", record);
    return `${judgement.code} ${judgement.last}${"note" in judgement ? ` ${judgement.note}` : ""}`;
  });
}

test("takes the batches of an epoch in order", () =>
  deepEqual(judge(opens(e1), batch(e1, 1, 3), batch(e1, 4, 4)), ["stored 0", "stored 3", "stored 4"]));
test("knows what it has", () =>
  deepEqual(judge(opens(e1), batch(e1, 1, 3), batch(e1, 1, 3), batch(e1, 2, 3), opens(e1)).slice(2), [
    "duplicate 3",
    "duplicate 3",
    "duplicate 3",
  ]));
test("refuses what overlaps in part, and what leaves a gap", () =>
  deepEqual(judge(opens(e1), batch(e1, 1, 3), batch(e1, 3, 4), batch(e1, 5, 6)).slice(2), [
    "batch_overlap 3",
    "batch_gap 3",
  ]));
test("takes a declared hole in the place of what is missing", () =>
  deepEqual(judge(opens(e1), holeRecord(0, e1, 1, 9, "x"), batch(e1, 10, 11)), ["stored 0", "stored 9", "stored 11"]));
test("refuses a batch whose epoch it has not heard of", () => deepEqual(judge(batch(e1, 1, 1)), ["epoch_unknown 0"]));
test("takes the next epoch when its predecessor is complete", () =>
  deepEqual(judge(opens(e1), batch(e1, 1, 3), opens(e2, { epoch: e1, last: 3 }), batch(e2, 1, 2)).slice(2), [
    "stored 0",
    "stored 2",
  ]));
test("refuses the next epoch while its predecessor is not complete", () =>
  deepEqual(judge(opens(e1), batch(e1, 1, 3), opens(e2, { epoch: e1, last: 4 }))[2], "epoch_order 0"));
test("notes a node that was rolled back, and discards nothing", () =>
  deepEqual(judge(opens(e1), batch(e1, 1, 3), opens(e2, { epoch: e1, last: 2 }), batch(e2, 1, 1)).slice(2), [
    "stored 0 rolled_back",
    "stored 1",
  ]));
test("notes a restored disk that goes on from an epoch before the current one", () => {
  const all = judge(
    opens(e1),
    batch(e1, 1, 3),
    opens(e2, { epoch: e1, last: 3 }),
    opens(restored, { epoch: e1, last: 3 }),
  );
  deepEqual(all[3], "stored 0 rolled_back");
});
test("notes a lane that begins anew", () =>
  deepEqual(judge(opens(e1), opens(restored), opens(e3, { epoch: { ...e3, number: 9 }, last: 1 })), [
    "stored 0",
    "stored 0 lane_restarted",
    "stored 0 lane_restarted",
  ]));
test("an epoch with the same number and other bits is another epoch", () =>
  deepEqual(judge(opens(e2), batch(e2, 1, 5), batch(restored, 1, 5))[2], "epoch_unknown 0"));
test("an epoch that is over only repeats itself", () =>
  deepEqual(
    judge(opens(e1), batch(e1, 1, 3), opens(e2, { epoch: e1, last: 3 }), batch(e1, 2, 3), batch(e1, 4, 4)).slice(3),
    ["duplicate 3", "epoch_order 3"],
  ));
test("lanes and nodes do not know of one another", () => {
  const table = new LaneTable();
  table.accept("w", opens(e1));
  table.accept("w", batch(e1, 1, 2));
  equal(table.accept("v", batch(e1, 1, 2)).code, "epoch_unknown");
  equal(table.accept("v", opens(e1)).code, "stored");
  equal(table.lastOf("v", 0, e1), 0);
  equal(table.lastOf("w", 0, e1), 2);
});

test("whatever a worker sends, its numbers have neither gap nor overlap (500 seeds)", () => {
  for (let seed = 1; seed <= 500; seed += 1) {
    const random = seededRandom(seed);
    const table = new LaneTable();
    table.accept("w", opens(e1));
    let expected = 1;
    for (let left = 60; left > 0; left -= 1) {
      const first = Math.max(1, expected - 3 + random.below(6));
      const last = first + random.below(4);
      const { code } = table.accept(
        "w",
        random.oneIn(4) ? holeRecord(0, e1, first, last - first + 1, "") : batch(e1, first, last),
      );
      equal(code === "stored", first === expected, `seed ${seed}: ${first}-${last} after ${expected - 1}`);
      if (code === "stored") expected = last + 1;
    }
    equal(table.lastOf("w", 0, e1), expected - 1, `seed ${seed}`);
  }
});

test("remembers 256 ended epochs of a lane", () => {
  const table = new LaneTable();
  const epochOf = (number: number): Epoch => ({ number, bits: number.toString(16).padStart(16, "0") });
  for (let number = 1; number <= 300; number += 1) {
    const predecessor = number === 1 ? undefined : { epoch: epochOf(number - 1), last: 0 };
    equal(table.accept("w", opens(epochOf(number), predecessor)).code, "stored");
  }
  equal(table.lane("w", 0)?.epochs.length, 257);
  equal(table.lastOf("w", 0, epochOf(43)), undefined);
  equal(table.lastOf("w", 0, epochOf(44)), 0);
});

test("replaying a journal with damage says what is missing", () => {
  const table = new LaneTable();
  table.replay("w", opens(e1));
  equal(table.replay("w", batch(e1, 1, 3)), undefined);
  deepEqual(table.replay("w", batch(e1, 6, 7)), { first: 4, count: 2 });
  equal(table.lastOf("w", 0, e1), 7);
  deepEqual(table.replay("w", batch(e2, 5, 5)), { first: 1, count: 4 });
  equal(table.lastOf("w", 0, e2), 5);
});

test("a table and its marks read back as they were", () => {
  const table = new LaneTable();
  for (const node of ["b", "a"]) {
    table.accept(node, opens(e1));
    table.accept(node, batch(e1, 1, 3));
    table.accept(node, opens(e2, { epoch: e1, last: 3 }));
  }
  const marks = new MarkTable(10);
  marks.apply([{ key: "k", position: Buffer.from("p") }]);
  const bytes = writeJournalTable(table.states(), marks);
  const read = new MarkTable(10);
  deepEqual(readJournalTable(bytes, read), table.states());
  deepEqual(read.copy(), marks.copy());
  deepEqual(
    table.states().map(({ node }) => node),
    ["a", "b"],
  );
  for (let length = 0; length < bytes.length; length += 1)
    equal(readJournalTable(bytes.subarray(0, length), read), undefined);
});

test("marks keep the last position of each source, and forget the ones not moved for longest", () => {
  const marks = new MarkTable(2);
  const move = (key: string, position: string): void => marks.apply([{ key, position: Buffer.from(position) }]);
  move("a", "1");
  move("b", "1");
  move("a", "2");
  move("c", "1");
  deepEqual(
    [...marks.copy()].map(([key, position]) => `${key}=${position.toString()}`),
    ["a=2", "c=1"],
  );
});

test("a table of marks that claims more than it has is unknown", () => {
  const marks = new MarkTable(2);
  marks.restore(new ByteWriter().u32(4_000_000_000).copy());
  equal(marks.isUnknown, true);
  marks.restore(new ByteWriter().u32(0).copy());
  equal(marks.isUnknown, false);
  equal(marks.read(new ByteReader(Buffer.from([0, 0, 0, 1, 0, 9]))), false);
});
