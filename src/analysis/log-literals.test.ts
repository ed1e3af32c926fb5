import { equal } from "node:assert/strict";
import { test } from "node:test";
import { ALWAYS, LogLiterals } from "./log-literals.ts";

test("a group is fulfilled by a log that holds one of its texts", () => {
  const literals = new LogLiterals();
  const group = literals.groupOf(["failed", "denied"]);
  literals.scan("it FAILED");
  equal(literals.holds(group), true);
  literals.scan("it went well");
  equal(literals.holds(group), false);
});

test("nothing known, or a text that says too little, rules no log out", () => {
  const literals = new LogLiterals();
  equal(literals.groupOf(undefined), ALWAYS);
  equal(literals.groupOf(["failed", "x"]), ALWAYS);
  literals.scan("");
  equal(literals.holds(ALWAYS), true);
});

test("equal lists share a group", () => {
  const literals = new LogLiterals();
  equal(literals.groupOf(["one", "two"]), literals.groupOf(["one", "two"]));
});

test("of a long text its start is looked for", () => {
  const literals = new LogLiterals();
  const group = literals.groupOf(["authentication failure"]);
  literals.scan("authentication failed");
  equal(literals.holds(group), true);
  literals.scan("authenticated");
  equal(literals.holds(group), false);
});

test("what is added after a log was scanned is looked for in the next", () => {
  const literals = new LogLiterals();
  literals.groupOf(["one"]);
  literals.scan("two");
  const group = literals.groupOf(["two"]);
  literals.scan("two");
  equal(literals.holds(group), true);
});

test("a log that was scanned is not scanned again for who uses it; a second use is another event's", () => {
  const literals = new LogLiterals();
  const group = literals.groupOf(["one"]);
  literals.scan("one");
  const { mark } = literals;
  literals.use("one");
  equal(literals.mark, mark);
  literals.use("one");
  equal(literals.mark, mark + 1);
  literals.use("two");
  equal(literals.holds(group), false);
});

test("a literal across the pieces of a very long log is found", () => {
  const literals = new LogLiterals();
  const group = literals.groupOf(["needle"]);
  for (const before of [16_380, 16_384, 40_000]) {
    literals.scan(`${"x".repeat(before)}needle`);
    equal(literals.holds(group), true, `${before} bytes before it`);
  }
});
