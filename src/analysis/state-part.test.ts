import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { ByteWriter } from "../base/bytes.ts";
import { StateReader, writeText } from "./state-part.ts";

function written(...texts: string[]): Uint8Array {
  const writer = new ByteWriter();
  for (const text of texts) writeText(writer, text);
  return writer.view();
}

test("a byte string comes back as it was, whatever bytes it holds", () => {
  const bytes = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
  const reader = new StateReader(written(bytes, "", "end"));
  deepEqual([reader.text(), reader.text(), reader.text()], [bytes, "", "end"]);
  equal(reader.remaining, 0);
});

test("a text that is no byte string comes back as well, and so does what was written as UTF-8 before", () => {
  const wide = "\u00e9 \u20ac \ud83d\ude00";
  const reader = new StateReader(written(wide, "x"));
  deepEqual([reader.text(), reader.text()], [wide, "x"]);
  const old = new ByteWriter();
  old.bytes32(Buffer.from("\u00ff\u0000", "utf8"));
  equal(new StateReader(old.view(), true).text(), "\u00ff\u0000");
});

test("a text that was cut off is an empty one, and the reader says that it is broken", () => {
  const reader = new StateReader(written("whole").subarray(0, 8));
  equal(reader.text(), "");
  equal(reader.isBroken, true);
});

test("reads as often as the count says", () => {
  const writer = new ByteWriter();
  writer.u32(3).u8(7).u8(8).u8(9).u8(10);
  const reader = new StateReader(writer.view());
  const read: number[] = [];
  reader.times(() => read.push(reader.u8()));
  deepEqual(read, [7, 8, 9]);
});

test("a count larger than the bytes ends with the bytes, and not after four billion rounds", () => {
  const writer = new ByteWriter();
  writer.u32(0xffff_ffff).u8(7).u8(8);
  const reader = new StateReader(writer.view());
  let rounds = 0;
  reader.times(() => {
    rounds += 1;
    reader.u8();
  });
  equal(rounds, 3);
  equal(reader.isBroken, true);
});
