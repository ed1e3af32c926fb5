import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { programOf } from "./linear-program.ts";
import { isEntangled, riskOf } from "./pattern-risk.ts";
import { treeOf } from "./regular-tree.ts";

/** `exponential`, or the degree. */
function riskFor(source: string): string | number {
  const read = treeOf(source);
  const program = read && programOf(read.tree, read.groupCount);
  if (program === undefined) throw new Error(`no program for ${source}`);
  const { isExponential, degree } = riskOf(program);
  return isExponential ? "exponential" : degree;
}

function table(risks: Readonly<Record<string, string | number>>): void {
  const found = Object.fromEntries(Object.keys(risks).map((source) => [source, riskFor(source)]));
  deepEqual(found, risks);
}

test("without a loop the time grows with the text and no faster", () => {
  table({ abc: 1, "^a|b": 1, "(a)(?:b|c)d{3}": 1 });
});

test("a loop shares the text with the search for where to begin, unless the pattern is bound to the start", () => {
  table({ "^a+b": 1, "a+b": 2 });
});

test("each loop that can take over the same bytes adds a degree, and one that cannot adds none", () => {
  table({ "^a+a+b": 2, "^a+a+a+b": 3, "^a+c+b": 1, "^[ab]+[bc]+d": 2, "^a+xa+b": 1 });
});

test("two ways round a loop over the same text are exponential", () => {
  table({ "^(?:a|a)+b": "exponential", "^(?:a+)+b": "exponential", "^(?:ab|a|b)+c": "exponential" });
});

test("a loop whose ways differ in their bytes is not", () => {
  table({ "^(?:a|b)+c": 1, "^(?:ab|ac)+d": 1, "^(?:a+b)+c": 1 });
});

test("a group is entangled that may match nothing without a limit, or many times in several lengths", () => {
  const of = (source: string): boolean => {
    const read = treeOf(source);
    return read !== undefined && isEntangled(read.tree);
  };
  for (const source of ["(?:a*)*", "x(?:(?:a|)+)y", "(?:a+){10}", "(?:a|bc){1,20}"]) equal(of(source), true, source);
  for (const source of ["(?:a+b)*", "(?:a+){9}", "(?:ab|cd){50}", "a{100}"]) equal(of(source), false, source);
});
