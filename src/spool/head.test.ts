import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { CORE_BYTES, framesAt, HEAD_BYTES, numberOfName, readCore, segmentName, writeHead } from "./head.ts";

const spool = {
  type: "spool" as const,
  ...{ salt: Buffer.from("12345678"), createdMs: 1_764_000_000_000.5, ordinal: 12, isDropped: true, lane: 3 },
  ...{ epoch: { number: 4, bits: "00000000000000ff" }, first: 99, preamble: Buffer.alloc(1_900, "p") },
  predecessor: { epoch: { number: 3, bits: "aaaaaaaaaaaaaaaa" }, last: 77 },
};
const journal = { type: "journal" as const, salt: Buffer.from("abcdefgh"), createdMs: 5, base: 2 ** 40, receivedMs: 6 };
const table = Buffer.from("the table");
const sized = { tableBytes: table.length, tableCrc: crc32(table) };

test("a head that is written reads back, from either block", () => {
  for (const core of [spool, journal, { ...spool, predecessor: undefined, isDropped: false }]) {
    const head = writeHead(core, table);
    equal(head.length, HEAD_BYTES + table.length);
    deepEqual(readCore(head), { ...core, ...sized });
    deepEqual(readCore(Buffer.concat([Buffer.alloc(CORE_BYTES), head.subarray(CORE_BYTES)])), { ...core, ...sized });
    const read = readCore(head.subarray(0, CORE_BYTES));
    deepEqual(read, { ...core, ...sized });
  }
});

test("frames begin behind the table", () => {
  const core = readCore(writeHead(journal, table));
  equal(typeof core === "string" ? core : framesAt(core), HEAD_BYTES + table.length);
});

test("a flipped byte in one block loses nothing, one in both loses the head", () => {
  const head = writeHead(spool, table);
  for (let at = 0; at < CORE_BYTES; at += 13) {
    const once = Buffer.from(head);
    once.writeUInt8(once.readUInt8(at) ^ 0x21, at);
    deepEqual(readCore(once), { ...spool, ...sized }, `byte ${at}`);
    const twice = Buffer.from(once);
    twice.writeUInt8(twice.readUInt8(CORE_BYTES + 100) ^ 0x21, CORE_BYTES + 100);
    equal(readCore(twice), "bad", `byte ${at}`);
  }
});

test("a later version is told apart from damage", () => {
  const head = writeHead(spool, table);
  head.writeUInt8(2, 8);
  head.writeUInt8(2, CORE_BYTES + 8);
  equal(readCore(head), "future");
  equal(readCore(Buffer.alloc(HEAD_BYTES)), "bad");
  equal(readCore(Buffer.alloc(0)), "bad");
});

test("names sort as their numbers do, and no other name is a segment's", () => {
  const numbers = [0, 1, 15, 16, 255, 2 ** 32, 2 ** 52];
  deepEqual(numbers.map(segmentName).toSorted(), numbers.map(segmentName));
  deepEqual(
    numbers.map((number) => numberOfName(segmentName(number))),
    numbers,
  );
  for (const name of ["damaged", "0.seg", `${segmentName(1)}.new`, "000000000000000G.seg"])
    equal(numberOfName(name), undefined);
});
