import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../test/support/seeded-random.ts";
import { LiteralScan } from "./literal-scan.ts";
import { lowerAscii } from "./subject.ts";

/** The groups of which `text` holds a literal; `groups[i]` are the literals of group i. */
function foundIn(groups: readonly (readonly string[])[], text: string): number[] {
  const scan = new LiteralScan(groups.flatMap((texts, group) => texts.map((literal) => ({ text: literal, group }))));
  const marks = new Int32Array(groups.length);
  scan.scan(text, marks, 7);
  return [...marks.keys()].filter((group) => marks[group] === 7);
}

test("literals are found wherever they stand, and no others", () => {
  const groups = [["fail"], ["denied"], ["port 22"], ["absent"]];
  deepEqual(foundIn(groups, "failed, denied on port 22"), [0, 1, 2]);
  deepEqual(foundIn(groups, ""), []);
});

test("a literal within another, at its end, or beginning in its middle is found", () => {
  deepEqual(foundIn([["she"], ["he"], ["hers"], ["his"]], "ushers"), [0, 1, 2]);
  deepEqual(foundIn([["abab"], ["bab"], ["baba"]], "xababa"), [0, 1, 2]);
  deepEqual(foundIn([["aab"]], "aaab"), [0]);
});

test("ASCII capitals are their small letters, and other bytes are themselves", () => {
  deepEqual(foundIn([["root"], ["\xe4"]], "RooT \xc4"), [0]);
  deepEqual(foundIn([["root"], ["\xe4"]], "\xe4"), [1]);
});

test("a group with several literals is found by any, and a literal of several groups finds all", () => {
  deepEqual(foundIn([["one", "two"], ["two"], ["three"]], "no two alike"), [0, 1]);
});

test("no literals find nothing", () => {
  deepEqual(foundIn([], "text"), []);
});

test("it finds what a search for each literal finds", () => {
  for (const seed of [1, 2, 3, 4]) {
    const random = seededRandom(seed);
    const word = (most: number): string =>
      Array.from({ length: 1 + random.below(most) }, () => "abcB \xff"[random.below(6)]).join("");
    for (let round = 0; round < 200; round += 1) {
      const groups = Array.from({ length: 1 + random.below(12) }, () =>
        Array.from({ length: 1 + random.below(3) }, () => lowerAscii(word(5))),
      );
      const text = word(40);
      const expected = groups.flatMap((texts, group) =>
        texts.some((literal) => lowerAscii(text).includes(literal)) ? [group] : [],
      );
      deepEqual(foundIn(groups, text), expected, `seed ${seed}: ${JSON.stringify({ groups, text })}`);
    }
  }
});
