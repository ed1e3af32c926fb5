import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { batchOf, SpoolWorld } from "../../test/support/spool-world.ts";
import { writeControlRecord } from "../model/control-record.ts";
import type { JournalEntry } from "../spool/journal-reader.ts";
import { accountJournal, JournalAccount } from "./journal-check.ts";

const epoch = { number: 1, bits: "1111111111111111" };
const where = { node: "w", lane: 0, epoch };
const at = { position: 0, nextPosition: 100 };

function batch(first: number, count: number): JournalEntry {
  return { kind: "batch", ...at, ...where, first, count, receivedMs: 0, offsetMs: 0, payload: () => undefined };
}
function hole(first: number, count: number): JournalEntry {
  return { kind: "hole", ...at, ...where, first, count, receivedMs: 0, offsetMs: 0, reason: "dropped" };
}
function declared(first: number, count: number): JournalEntry {
  const bytes = writeControlRecord({ kind: "hole", ...where, first, count, reason: "damaged" });
  return { kind: "control", ...at, receivedMs: 0, bytes };
}

/** events, lost, duplicated, missing */
function figures(...entries: JournalEntry[]): number[] {
  const account = new JournalAccount();
  for (const entry of entries) account.take(entry, undefined);
  return [account.events, account.lost, account.duplicated, account.missing];
}

test("numbers without gap or overlap stand exactly once", () => {
  deepEqual(figures(batch(1, 10), batch(11, 5)), [15, 0, 0, 0]);
});

test("a hole of the lane is lost, and not missing", () => {
  deepEqual(figures(batch(1, 10), hole(11, 4), batch(15, 1)), [11, 4, 0, 0]);
});

test("a gap is missing, a repeated range is duplicated", () => {
  deepEqual(figures(batch(1, 10), batch(21, 5)), [15, 0, 0, 10]);
  deepEqual(figures(batch(1, 10), batch(6, 10)), [20, 0, 5, 0]);
});

test("what is declared behind the records that follow a gap is lost once, and neither missing nor duplicated", () => {
  deepEqual(figures(batch(1, 10), batch(31, 5), declared(11, 20)), [15, 20, 0, 0]);
  deepEqual(figures(batch(1, 10), batch(31, 5), declared(11, 15)), [15, 15, 0, 5]);
  deepEqual(figures(batch(1, 10), batch(31, 5), declared(11, 20), declared(11, 20)), [15, 40, 0, 0]);
});

test("one byte changed under a batch: its events are lost in a declared hole, and nothing else is wrong", async () => {
  const world = new SpoolWorld();
  const journal = await world.openJournal();
  for (let batches = 0; batches < 3; batches += 1) await journal.appendOwn(batchOf([1, 2, 3, 4]));
  await journal.close();
  const path = world.disk.paths().at(-1) ?? "";
  const entries = await world.entries();
  const second = entries.filter(({ kind }) => kind === "batch")[1];
  world.disk.corrupt(path, (bytes) => {
    const byte = bytes.length - (journal.durablePosition - (second?.nextPosition ?? 0)) - 1;
    bytes.writeUInt8(bytes.readUInt8(byte) ^ 0xff, byte);
    return bytes;
  });
  const holeRecord = (lost: {
    node: string;
    lane: number;
    epoch: typeof epoch;
    first: number;
    count: number;
  }): Buffer => writeControlRecord({ kind: "hole", ...lost, reason: "damaged" });
  await (await world.openJournal({ holeRecord })).close();
  const { account, isTorn, oldest, end } = await accountJournal(world.disk.process(), "/journal", undefined);
  deepEqual([account.events, account.lost, account.duplicated, account.missing], [8, 4, 0, 0]);
  deepEqual([isTorn, oldest], [false, 0]);
  equal(account.damagedBytes, (second?.nextPosition ?? 0) - (second?.position ?? 0));
  equal(end > journal.durablePosition, true);
});
