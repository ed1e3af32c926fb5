import { equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { escapeControl } from "./escape.ts";

const cases: [text: string, escaped: string][] = [
  ["plain, mit Umläuten und 日本語 🙂", "plain, mit Umläuten und 日本語 🙂"],
  ["a\nb\r\tc", "a\\x0ab\\x0d\\x09c"],
  ["\u001b[2J", "\\x1b[2J"],
  ["\0\u007f\u009b", "\\x00\\x7f\\x9b"],
  ["user\u202egnp.exe", "user\\u202egnp.exe"],
  ["a\u2028b\u2029c", "a\\u2028b\\u2029c"],
  ["\u2066\u2069\u200f\ufeff\u061c", "\\u2066\\u2069\\u200f\\ufeff\\u061c"],
  ["", ""],
];

for (const [text, escaped] of cases) {
  test(`shows ${JSON.stringify(text)} as ${escaped}`, () => equal(escapeControl(text), escaped));
}

test("leaves nothing that breaks a line, moves a cursor or turns text around, whatever comes in", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      equal(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u.test(escapeControl(text)), false);
    }),
  );
});
