import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { TakeOvers } from "./take-over.ts";

/** Times at which the take-overs between `a` and `b`, one every `everyMs`, are told. */
function toldAt(takeOvers: TakeOvers, count: number, everyMs: number): number[] {
  const told: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const [from, to] = index % 2 === 0 ? ["a", "b"] : ["b", "a"];
    if (takeOvers.note("001", from, to, index * everyMs)) told.push(index * everyMs);
  }
  return told;
}

test("more than three take-overs a minute are told, once a minute", () => {
  deepEqual(toldAt(new TakeOvers(), 3, 1_000), []);
  deepEqual(toldAt(new TakeOvers(), 130, 1_000), [3_000, 63_000, 123_000]);
  deepEqual(toldAt(new TakeOvers(), 20, 20_000), [], "three a minute are a bad line");
});

test("an agent that reconnects from one address is nobody's business", () => {
  const takeOvers = new TakeOvers();
  for (let index = 0; index < 100; index += 1) equal(takeOvers.note("001", "a", "a", index), false);
});

test("an agent that roams over many addresses is no contest of two", () => {
  const takeOvers = new TakeOvers();
  for (let index = 0; index < 50; index += 1) equal(takeOvers.note("001", `a${index}`, `a${index + 1}`, index), false);
});

test("what is a minute ago takes no memory", () => {
  const takeOvers = new TakeOvers();
  for (let index = 0; index < 1_000; index += 1) takeOvers.note(String(index), "a", "b", 0);
  takeOvers.forget(59_999);
  equal(takeOvers.size, 1_000);
  takeOvers.forget(60_000);
  equal(takeOvers.size, 0);
});
