import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { cutToBytes } from "./bounded-text.ts";

const cuts: [text: string, bytesMax: number, cut: string][] = [
  ["abc", 3, "abc"],
  ["abcd", 3, "abc"],
  ["äöü", 6, "äöü"],
  ["äöü", 5, "äö"],
  ["€€", 5, "€"],
  ["😀😀", 7, "😀"],
  ["😀", 3, ""],
  ["", 0, ""],
  ["a\ufffdb", 4, "a\ufffd"],
];

for (const [text, bytesMax, cut] of cuts) {
  test(`${text} in ${bytesMax} bytes is "${cut}"`, () => equal(cutToBytes(text, bytesMax), cut));
}

test("a cut text fits, and is the beginning of the whole", () => {
  const text = "aä€😀".repeat(40);
  for (let bytesMax = 0; bytesMax < 500; bytesMax += 1) {
    const cut = cutToBytes(text, bytesMax);
    ok(Buffer.byteLength(cut) <= bytesMax && text.startsWith(cut), `${bytesMax}`);
  }
});
