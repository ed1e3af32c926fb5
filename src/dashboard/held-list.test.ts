import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { signal } from "@preact/signals";
import { HeldList } from "./held-list.ts";

function listOf(...first: string[]) {
  const source = signal<readonly string[]>(first);
  const isHeld = signal(false);
  return { source, isHeld, list: new HeldList(source, isHeld, (id) => id) };
}

test("shows what is new at once while nobody reads", () => {
  const { source, list } = listOf("b", "a");
  source.value = ["c", "b", "a"];
  deepEqual(list.shown.value, ["c", "b", "a"]);
  deepEqual(list.waiting.value, []);
});

test("stands still while it is held, and tells what waits", () => {
  const { source, isHeld, list } = listOf("b", "a");
  isHeld.value = true;
  source.value = ["d", "c", "b", "a"];
  deepEqual(list.shown.value, ["b", "a"]);
  deepEqual(list.waiting.value, ["d", "c"]);
});

test("shows what waited when the reader is done", () => {
  const { source, isHeld, list } = listOf("a");
  isHeld.value = true;
  source.value = ["b", "a"];
  isHeld.value = false;
  deepEqual(list.shown.value, ["b", "a"]);
  deepEqual(list.waiting.value, []);
});

test("shows what waited when the reader asks for it, and goes on standing still", () => {
  const { source, isHeld, list } = listOf("a");
  isHeld.value = true;
  source.value = ["b", "a"];
  list.show();
  deepEqual(list.shown.value, ["b", "a"]);
  source.value = ["c", "b", "a"];
  deepEqual(list.shown.value, ["b", "a"]);
  deepEqual(list.waiting.value, ["c"]);
});

test("takes all of a list that began anew for new", () => {
  const { source, isHeld, list } = listOf("b", "a");
  isHeld.value = true;
  source.value = ["z", "y"];
  deepEqual(list.waiting.value, ["z", "y"]);
});

test("knows that what waits may be more than the source still holds", () => {
  const { source, isHeld, list } = listOf("b", "a");
  isHeld.value = true;
  equal(list.isOverrun.value, false);
  source.value = ["d", "c", "b"]; // It holds three.
  equal(list.isOverrun.value, false);
  source.value = ["f", "e", "d"];
  equal(list.isOverrun.value, true);
  list.show();
  equal(list.isOverrun.value, false);
});

test("does not hold an empty list: the first line is shown to whoever waits for it", () => {
  const { source, isHeld, list } = listOf();
  isHeld.value = true;
  source.value = ["a"];
  deepEqual(list.shown.value, ["a"]);
});

test("changes nothing after it was disposed of", () => {
  const { source, list } = listOf("a");
  list.dispose();
  source.value = ["b", "a"];
  equal(list.shown.value[0], "a");
});
