/** That it finds what a RegExp finds, for patterns from a seed, is in bounded-search.test.ts. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { LinearMachine } from "./linear-machine.ts";
import { programOf } from "./linear-program.ts";
import { treeOf } from "./regular-tree.ts";

function machineFor(source: string): LinearMachine {
  const read = treeOf(source);
  const program = read && programOf(read.tree, read.groupCount);
  if (program === undefined) throw new Error(`no program for ${source}`);
  return new LinearMachine(program);
}

test("tells where the match begins and ends, and what its groups hold", () => {
  const machine = machineFor("(a+)(?:(b)|(c))");
  const text = "xxaac";
  equal(machine.run(text), 2);
  equal(machine.end, 5);
  deepEqual(machine.groups(text), ["aa", undefined, "c"]);
});

test("a pattern bound to the start is looked for there alone", () => {
  equal(machineFor("^a").run("ba"), -1);
  equal(machineFor("a").run("ba"), 1);
});

test("what a way has noted in a group is undone when the way fails", () => {
  const text = "abc";
  const machine = machineFor("^(?:(a)bx|a(b)c)");
  equal(machine.run(text), 0);
  deepEqual(machine.groups(text), [undefined, "b"]);
});

test("what stands ahead or behind is looked at and not taken", () => {
  const machine = machineFor("(?<=a)b(?=c)(?!cd)");
  deepEqual([machine.run("abc"), machine.end], [1, 2]);
  deepEqual([machine.run("abcd"), machine.run("bc"), machine.run("xbc")], [-1, -1, -1]);
});

test("a run leaves nothing behind for the next one", () => {
  const machine = machineFor("(a)|(b)");
  machine.run("a");
  equal(machine.run("b"), 0);
  deepEqual(machine.groups("b"), [undefined, "b"]);
  equal(machine.run("c"), -1);
});

test("a text that makes a backtracking search explode is done with in its length", () => {
  const machine = machineFor("^(?:a|a)+b");
  const startedMs = performance.now();
  equal(machine.run("a".repeat(20_000)), -1);
  // Twice as many ways as bytes; one by one there are 2^20,000.
  ok(performance.now() - startedMs < 5_000);
});
