import { equal } from "node:assert/strict";
import { test } from "node:test";
import { logOfLine } from "./line.ts";

const lines: [line: string, log: string][] = [
  ["one", "one"],
  ["one\r", "one"],
  ["one\r\r", "one\r"],
  ["\r", ""],
  ["", ""],
  [" ", " "],
  ["\0\0one\0", "one\0"],
  ["\0\0", ""],
  ["\0\r", ""],
  ["a\0b", "a\0b"],
  ["<13>keeps its priority", "<13>keeps its priority"], // ruleset-spec §1.1: "Locally read files keep <PRI>".
];

for (const [line, log] of lines) {
  test(`takes ${JSON.stringify(log)} for the log of ${JSON.stringify(line)}`, () =>
    equal(logOfLine(Buffer.from(line, "latin1")).toString("latin1"), log));
}
