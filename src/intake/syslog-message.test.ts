import { equal } from "node:assert/strict";
import { test } from "node:test";
import { logOfMessage } from "./syslog-message.ts";

// ruleset-spec §1.1: "removes one leading <...> block (anything up to the first >) […], strips one trailing newline".
const messages: [message: string, log: string][] = [
  ["<13>Dec 29 10:00:01 host su: x", "Dec 29 10:00:01 host su: x"],
  ["<13>x\n", "x"],
  ["<13>x\n\n", "x\n"],
  ["<13>x\r\n", "x"],
  ["x\r", "x"],
  ["x\n\r", "x\n"],
  ["x\0", "x"],
  ["x\n\0\0", "x"],
  ["x\0\n", "x"],
  ["a\0b", "a\0b"],
  ["no priority", "no priority"],
  ["<13><14>x", "<14>x"],
  ["<anything at all>x", "x"],
  ["<13 without end", "<13 without end"],
  ["<>x", "x"],
  ["a <13>x", "a <13>x"],
  ["<13>", ""],
  ["<13>\n", ""],
  ["", ""],
  ["\n", ""],
  ["\r\n", ""],
  ["\0\0", ""],
  ["<", "<"],
];

for (const [message, log] of messages) {
  test(`takes ${JSON.stringify(log)} for the log of ${JSON.stringify(message)}`, () =>
    equal(logOfMessage(Buffer.from(message, "latin1")).toString("latin1"), log));
}

// Attack case 27: what looks like the form of an alert, of a terminal, or of another encoding is bytes like any others.
test("keeps every byte in the middle of a message", () => {
  const hostile = Buffer.from("a\n** Alert 1:\r\u001b[2J\0", "latin1");
  const all = Buffer.concat([
    hostile,
    Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
    Buffer.from("\u202e!"),
  ]);
  equal(logOfMessage(Buffer.concat([Buffer.from("<13>"), all])).compare(all), 0);
});
