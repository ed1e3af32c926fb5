import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { op, programOf, type Program } from "./linear-program.ts";
import { treeOf } from "./regular-tree.ts";

function programFor(source: string): Program | undefined {
  const read = treeOf(source);
  if (read === undefined) throw new Error(`no tree for ${source}`);
  return programOf(read.tree, read.groupCount);
}

/** Each word as `name a b`, without operands that it does not have. */
function words(source: string): string[] {
  const program = programFor(source);
  if (program === undefined) return [];
  const names = new Map<number, string>(Object.entries(op).map(([name, what]) => [what, name]));
  const operands: Record<string, number> = { accept: 0, start: 0, byte: 1, jump: 1, save: 1, word: 1 };
  return Array.from({ length: program.words.length / 3 }, (_, index) => {
    const [what = -1, ...two] = program.words.subarray(index * 3, index * 3 + 3);
    const name = names.get(what) ?? "?";
    return [name, ...two.slice(0, operands[name] ?? 2)].join(" ");
  });
}

test("a choice tries its options in order, and each goes on behind the last", () => {
  deepEqual(words("a|b"), ["split 1 3", "byte 0", "jump 4", "byte 1", "accept"]);
});

test("a greedy loop goes round first, a lazy one goes on first", () => {
  deepEqual(words("a*"), ["split 1 3", "byte 0", "jump 0", "accept"]);
  deepEqual(words("a*?"), ["split 3 1", "byte 0", "jump 0", "accept"]);
  deepEqual(words("a+"), ["byte 0", "split 0 2", "accept"]);
});

test("a counted repetition is written out, and what may be left out ends all of it", () => {
  deepEqual(words("a{1,3}"), ["byte 0", "split 2 5", "byte 0", "split 4 5", "byte 0", "accept"]);
});

test("each round begins with the groups of the one before emptied", () => {
  deepEqual(words("(a)+"), ["clear 0 2", "save 0", "byte 0", "save 1", "split 0 5", "accept"]);
});

test("equal sets stand once", () => {
  equal(programFor("[ab]c[ab]")?.sets.length, 2);
});

test("of endless loops the outermost are told, from their first word to before what leads back", () => {
  deepEqual(programFor("a(?:b+c)*d+")?.loops, [
    [2, 5],
    [6, 7],
  ]);
});

test("what repeats much in a look ahead is marked, and told apart from what is taken", () => {
  const aheadOf = (source: string): number | undefined => programFor(source)?.words[2];
  deepEqual(["(?=a{4})b", "(?!a{4})b", "(?=a{5})b", "(?!a*c)b"].map(aheadOf), [0, 1, 2, 3]);
  deepEqual([programFor("(?=a*c)b+")?.loops, programFor("(?=a*c)b+")?.aheadLoops], [[[6, 7]], [[2, 3]]]);
});

test("there is no program for what the machine cannot do, or what is too large written out", () => {
  equal(programFor("(?:a*)*"), undefined, "a round that may take nothing");
  equal(programFor("(?=(a))b"), undefined, "a group in what is looked for ahead");
  equal(programFor("(?=a(?=b{5}))c"), undefined, "a long loop ahead of what is ahead");
  equal(programFor("(?:a{64}){64}"), undefined, "4,096 bytes and the end");
  equal((programFor("(?:a{63}){65}")?.words.length ?? 0) / 3, 63 * 65 + 1);
});
