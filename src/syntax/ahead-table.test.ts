/** That a search with it finds what a RegExp finds, for patterns from a seed, is in bounded-search.test.ts. */
import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { aheadTable } from "./ahead-table.ts";
import { programOf } from "./linear-program.ts";
import { treeOf } from "./regular-tree.ts";

/** Where what `(?=…)` looks for matches in a text; nothing that takes no byte holds but at the end of the text. */
function positions(source: string, text: string): number[] {
  const read = treeOf(source);
  const program = read && programOf(read.tree, read.groupCount);
  if (program === undefined) throw new Error(`no program for ${source}`);
  const { words, sets } = program;
  const holds = (_index: number, at: number): boolean => at === text.length;
  const table = aheadTable({ words, sets, begin: 1, end: words[1] ?? 0, holds }, text);
  return [...table.keys()].filter((at) => table[at] === 1);
}

test("tells of each position whether what is looked for begins there, the end of the text included", () => {
  deepEqual(positions("(?=a*b)", "aab.ab"), [0, 1, 2, 4, 5]);
  deepEqual(positions("(?=a*)", "ba"), [0, 1, 2]);
  deepEqual(positions("(?=(?:ab|c)+d)", "ababdabxcd"), [0, 2, 8]);
});

test("asks what takes no byte where it stands", () => {
  deepEqual(positions("(?=a*\\b)", "aaba"), [3, 4]);
  deepEqual(positions("(?=a*(?![^]))", "aaba"), [3, 4]);
});
