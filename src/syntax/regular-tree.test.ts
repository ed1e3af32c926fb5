import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { isNullable, lengthOf, treeOf, type Tree } from "./regular-tree.ts";

function tree(source: string): Tree {
  const read = treeOf(source);
  if (read === undefined) throw new Error(`no tree for ${source}`);
  return read.tree;
}

/** The tree in words: `seq(a, loop 0-∞(b))`. */
function say(one: Tree): string {
  switch (one.kind) {
    case "byte":
      return String.fromCharCode(...[...one.set.keys()].filter((code) => one.set[code] === 1));
    case "sequence":
      return one.parts.length === 1 && one.parts[0] ? say(one.parts[0]) : `seq(${one.parts.map(say).join(", ")})`;
    case "choice":
      return `choice(${one.options.map(say).join(", ")})`;
    case "group":
      return `group ${one.index}(${say(one.body)})`;
    case "loop":
      return `loop ${one.min}-${one.max}${one.isLazy ? " lazy" : ""}(${say(one.body)})`;
    case "ahead":
      return `${one.isNegative ? "not " : ""}ahead(${say(one.body)})`;
    case "behind":
      return `${one.isNegative ? "not " : ""}behind`;
    case "edge":
      return one.edge;
  }
}

test("sequence binds tighter than choice, and groups are numbered by their opening", () => {
  equal(say(tree("ab|(c(d))(?:e)")), "choice(seq(a, b), seq(group 0(seq(c, group 1(d))), e))");
  equal(treeOf("(a)(?:b)((c))")?.groupCount, 3);
});

test("all repetitions are loops with a least and a most", () => {
  const sources = ["a*", "a+?", "a?", "a{3}", "a{2,}", "a{1,3}?"];
  deepEqual(
    sources.map((source) => say(tree(source))),
    [
      "loop 0-Infinity(a)",
      "loop 1-Infinity lazy(a)",
      "loop 0-1(a)",
      "loop 3-3(a)",
      "loop 2-Infinity(a)",
      "loop 1-3 lazy(a)",
    ],
  );
});

test("a loop knows the groups within it, and not those before or behind", () => {
  const { tree: whole } = treeOf("(a)(?:(b)(c))*(d)") ?? {};
  const loop = whole?.kind === "sequence" ? whole.parts[1] : undefined;
  deepEqual(loop?.kind === "loop" && [loop.firstGroup, loop.endGroup], [1, 3]);
});

test("a class holds its ranges and escapes, and is turned round by ^", () => {
  equal(say(tree("[a-c\\x41\\]-]")), "-A]abc");
  const set = tree("[^a]");
  const only = set.kind === "sequence" && set.parts[0]?.kind === "byte" ? set.parts[0].set : undefined;
  deepEqual([only?.[0x61], only?.[0x62], only?.[255]], [0, 1, 1]);
});

test("of a form that the translation does not write there is no tree", () => {
  for (const source of ["(?<name>a)", "\\d", ".", "a$", "(a", "a)", "(?<=ab)", "^*", "\\1", "(?=a)+"]) {
    equal(treeOf(source), undefined, source);
  }
});

test("only what can match nothing is nullable", () => {
  const of = (source: string): boolean => isNullable(tree(source));
  deepEqual(["", "a*", "a|", "(a?)", "(?:a*){3}", "\\b", "(?!a)"].map(of), Array<boolean>(7).fill(true));
  deepEqual(["a", "a+", "a|b", "(a)b?", "(?:a?b){2,}"].map(of), Array<boolean>(5).fill(false));
});

test("a length is known where all that is matched has the same", () => {
  const of = (source: string): number | undefined => lengthOf(tree(source));
  deepEqual(["ab", "ab|cd", "(?:ab){3}", "^a(?=bc)"].map(of), [2, 2, 6, 1]);
  deepEqual(["ab|c", "a{1,2}", "a*"].map(of), [undefined, undefined, undefined]);
});
