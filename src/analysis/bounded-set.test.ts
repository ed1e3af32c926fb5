import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { BoundedSet } from "./bounded-set.ts";

/** Room for so many keys of one byte. */
const roomFor = (count: number): number => count * 65;

test("beyond its bytes the oldest keys leave, and are told by their number", () => {
  const set = new BoundedSet();
  for (const key of ["a", "b", "c"]) equal(set.add(key, roomFor(3)), 0);
  equal(set.add("b", roomFor(3)), 0, "a known key is no younger for being known");
  equal(set.add("d", roomFor(3)), 1);
  equal(set.add("e", roomFor(2)), 2);
  deepEqual([[...set.values()], set.size, set.has("c")], [["d", "e"], 2, false]);
});

test("a key that has no room at all leaves at once, and those after it are kept again", () => {
  const set = new BoundedSet();
  set.add("a", roomFor(1));
  equal(set.add("b", 10), 2);
  equal(set.size, 0);
  equal(set.add("c", 10), 1);
  equal(set.add("d", roomFor(2)), 0);
  equal(set.add("e", roomFor(1)), 1);
  deepEqual([...set.values()], ["e"]);
});

test("the oldest leave in order however often the set is made anew inside", () => {
  const set = new BoundedSet();
  const bytesMax = 1_000 * 70;
  for (let key = 100_000; key < 140_000; key += 1) set.add(String(key), bytesMax);
  deepEqual(
    [...set.values()],
    Array.from({ length: 1_000 }, (_, index) => String(139_000 + index)),
  );
});
