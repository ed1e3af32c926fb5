import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { LineSplitter } from "./line-splitter.ts";

/** All lines of `text` given in pieces of `size` bytes; the last one is what follows the last line's end. */
function split(text: string, size: number, lineBytesMax = 1_000): string[] {
  const splitter = new LineSplitter(lineBytesMax);
  const bytes = Buffer.from(text, "latin1");
  const lines: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) lines.push(...splitter.push(bytes.subarray(at, at + size)));
  return [...lines, splitter.rest()].map((line) => line.toString("latin1"));
}

test("gives the same lines however the stream is cut into pieces", () => {
  const text = "one\ntwo\r\n\n\nthree\xff\x00\nlast";
  for (let size = 1; size <= text.length; size += 1)
    deepEqual(split(text, size), text.split("\n"), `pieces of ${size}`);
});
test("keeps the beginning of a line beyond the limit, and the lines after it whole", () => {
  const text = `${"x".repeat(25)}\nshort\n${"y".repeat(10)}\n${"z".repeat(11)}`;
  const expected = ["x".repeat(10), "short", "y".repeat(10), "z".repeat(10)];
  for (let size = 1; size <= text.length; size += 1) deepEqual(split(text, size, 10), expected, `pieces of ${size}`);
});
test("does not let one piece change a line that began in another", () => {
  const splitter = new LineSplitter(100);
  const piece = Buffer.from("ab");
  splitter.push(piece);
  piece.fill("x");
  equal(splitter.push(Buffer.from("c\n"))[0]?.toString(), "abc");
});
test("passes 64 MiB without a line's end in bounded memory and time", () => {
  const splitter = new LineSplitter(65_537);
  const piece = Buffer.alloc(256 * 1_024, "x");
  for (let count = 0; count < 256; count += 1) deepEqual(splitter.push(piece), []);
  equal(splitter.rest().length, 65_537);
});
