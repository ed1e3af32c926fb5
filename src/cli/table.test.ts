import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { displayWidth, fit, noPaint, padTo, paintFor } from "./paint.ts";
import { renderTable, type Column } from "./table.ts";

const columns: Column[] = [{ title: "NAME", isFlexible: true }, { title: "COUNT", align: "right" }, { title: "STATE" }];
const rows = (...texts: string[][]) => texts.map((row) => row.map((text) => ({ text })));
const render = (texts: string[][], width?: number) =>
  renderTable(columns, rows(...texts), { paint: noPaint, columns: width });

test("makes columns as wide as what they hold, without blanks at the end of a line", () =>
  deepEqual(
    render([
      ["worker-node1", "7", "up"],
      ["w2", "12,345", "down"],
    ]),
    ["NAME           COUNT  STATE", "worker-node1       7  up", "w2            12,345  down"],
  ));

test("measures what is seen: wide characters take two columns, marks none", () => {
  equal(displayWidth("日本"), 4);
  equal(displayWidth("e\u0301"), 1);
  equal(displayWidth("🔥"), 2);
  equal(displayWidth("– ● …"), 5);
  deepEqual(
    render([
      ["日本", "1", "up"],
      ["e\u0301te\u0301", "2", "up"],
    ]),
    ["NAME  COUNT  STATE", "日本      1  up", "e\u0301te\u0301       2  up"],
  );
});

test("cuts the flexible column where the terminal is narrow, and nothing in a pipe", () => {
  const long = [["worker-with-a-very-long-name", "7", "up"]];
  equal(render(long, 24)[1], "worker-wi…      7  up");
  equal(render(long)[1], "worker-with-a-very-long-name      7  up");
});

test("never makes a line wider than the terminal while every column can still say something", () => {
  const texts = [["n".repeat(64), "1".repeat(30), "s".repeat(40)]];
  for (const width of [18, 25, 40, 60, 80, 120]) {
    const widest = Math.max(...render(texts, width).map(displayWidth));
    equal(widest <= width, true, `${width}: ${widest}`);
  }
  equal(render(texts, 5).length, 2);
});

test("makes the text of strangers harmless before it is measured", () =>
  equal(render([["a\u001b[2J\n", "1", "up"]])[1], "a\\x1b[2J\\x0a      1  up"));

test("has empty cells where a row has too few", () => equal(render([["a"]])[1], "a"));

test("cuts in columns, not characters", () => {
  equal(fit("日本語", 5), "日本…");
  equal(fit("日本語", 4), "日…");
  equal(fit("abc", 3), "abc");
  equal(fit("abcd", 1), "…");
  equal(fit("abcd", 0), "");
  equal(padTo("日", 4, "right"), "  日");
});

test("paints on a terminal, and not in a pipe, for NO_COLOR, or on a dumb terminal", () => {
  equal(paintFor(true, {})("red", "x"), "\u001b[31mx\u001b[39m");
  equal(paintFor(true, { NO_COLOR: "" })("red", "x"), "\u001b[31mx\u001b[39m");
  for (const paint of [paintFor(false, {}), paintFor(true, { NO_COLOR: "1" }), paintFor(true, { TERM: "dumb" })]) {
    equal(paint("boldRed", "x"), "x");
  }
  equal(paintFor(true, {})("plain", "x"), "x");
});

test("keeps columns straight under paint", () => {
  const painted = renderTable([{ title: "A" }, { title: "B" }], [[{ text: "xx", style: "green" }, { text: "y" }]], {
    ...{ paint: paintFor(true, {}), columns: 80 },
  });
  equal(painted[1], "\u001b[32mxx\u001b[39m  y");
});
