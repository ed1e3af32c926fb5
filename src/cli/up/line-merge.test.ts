import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { mergeLines } from "./line-merge.ts";

const lines = (text: string): string => text.split(" ").join("\n");

/** Texts of words for lines. */
function merged(before: string, after: string, edited: string): string {
  const { text, left } = mergeLines(lines(before), lines(after), lines(edited));
  return `${text.split("\n").join(" ")}${left.length === 0 ? "" : ` / ${left.join(" ")}`}`;
}

test("puts changed lines into the places of the old ones, and leaves all that was edited", () => {
  equal(
    merged("a port1 b port2 c", "a port3 b port4 c", "mine a port1 b mine port2 mine c"),
    "mine a port3 b mine port4 mine c",
  );
  equal(merged("a 1 2 c", "a 3 4 c", "a 1 mine 2 c"), "a 3 mine 4 c", "also of lines that stood beside each other");
});

test("puts in what is new after the line that it follows, and takes out what is gone", () => {
  equal(merged("a b c", "a b new more c", "x a b y c z"), "x a b new more y c z");
  equal(merged("a b", "first a b", "x a b"), "first x a b");
  equal(merged("a gone gone2 b", "a b", "x a gone gone2 b z"), "x a b z");
  equal(merged("a b c", "a 1 2 3 c", "x a b c"), "x a 1 2 3 c");
});

test("leaves a line that was edited or removed, and says what found no place", () => {
  equal(merged("a port1 b port2", "a port3 b port4", "a mine b port2"), "a mine b port4 / port3");
  equal(merged("a port1 b", "a port3 b", "a b"), "a b / port3");
  equal(merged("a gone gone2 b", "a b", "a gone mine gone2 b"), "a gone mine gone2 b");
  equal(merged("a b c", "a b new c", "a mine c"), "a mine c / new");
  equal(merged("a b", "a new b", ""), " / new");
});

test("puts in nothing that is there already", () => {
  equal(merged("a b c", "a b [ 1 ] c", "a b c [ 2 ]"), "a b c [ 2 ] / [ 1 ]");
});

test("tells lines that are alike by what stands around them", () => {
  const before = "<n> one p </n> <n> two p </n>";
  const after = "<n> one p </n> <n> two q </n>";
  equal(merged(before, after, `<n> mine p </n> ${before} <n> more p </n>`), `<n> mine p </n> ${after} <n> more p </n>`);
});

test("looks at no white space around a line, and keeps it", () => {
  const { text, left } = mergeLines(
    "<a>\n  <port>1</port>\n</a>\n",
    "<a>\n  <port>2</port>\n</a>\n",
    "<a>\r\n\t<port>1</port>\r\n</a>\r\n",
  );
  equal(text, "<a>\r\n\t<port>2</port>\r\n</a>\r\n");
  deepEqual(left, []);
});

test("changes nothing where nothing has changed, and all of a copy that is not edited", () => {
  const [before, after] = ["a b c d", "x a c y z"];
  equal(merged(before, before, "q a d b"), "q a d b");
  equal(merged(before, after, before), after);
});
