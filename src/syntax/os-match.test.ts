import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { compileExpression } from "./expression.ts";
import { IfGroup } from "./if-group.ts";
import { OsMatch } from "./os-match.ts";
import { NO_MATCH, PatternError } from "./pattern.ts";
import { lowerAscii, Subject } from "./subject.ts";

const matches = (pattern: string, subject: string): boolean => new OsMatch(pattern).testText(subject);

/** ruleset-spec 4.2, written again the slow way. */
function oracle(pattern: string, subject: string): boolean {
  const lower = subject.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const isInverted = pattern[0] === "!";
  const alternatives = (isInverted ? pattern.slice(1) : pattern).split("|");
  const isMatch = alternatives.some((whole) => {
    let text = whole.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    if (text === "" || text === "^" || text === "$") return true;
    const begins = text[0] === "^";
    if (begins) text = text.slice(1);
    const ends = text[text.length - 1] === "$";
    if (ends) text = text.slice(0, text.length - 1);
    if (begins && ends) return lower === text;
    if (begins) return lower.slice(0, text.length) === text;
    if (ends) return text === "" || lower.slice(-text.length) === text;
    return lower.indexOf(text) >= 0;
  });
  return isMatch !== isInverted;
}

test("a literal is looked for anywhere, whatever its case", () => {
  equal(matches("Failed Password", "sshd: FAILED password for root"), true);
  equal(matches("failed", "fail"), false);
});

test("^ and $ bind a literal to the start, the end or both", () => {
  deepEqual([matches("^ab", "abc"), matches("^ab", "cab")], [true, false]);
  deepEqual([matches("ab$", "cab"), matches("ab$", "abc")], [true, false]);
  deepEqual([matches("^ab$", "AB"), matches("^ab$", "abb")], [true, false]);
  deepEqual([matches("^$", ""), matches("^$", " ")], [true, false]);
});

test("^ within and $ before the end are literals, and so is everything that other languages escape", () => {
  equal(matches("a^b$c", "xa^b$cx"), true);
  equal(matches("a.b", "axb"), false);
  equal(matches("\\d", "1"), false);
  equal(matches("\\d", "\\D"), true);
});

test("an empty alternative is always true: a trailing bar matches everything", () => {
  for (const pattern of ["", "x|", "|x", "x||y", "^", "$"]) equal(matches(pattern, "abc"), true, pattern);
});

test("an exclamation mark at the very start inverts the whole pattern", () => {
  deepEqual(
    [matches("!a|b", "b"), matches("!a|b", "c"), matches("a|!b", "b"), matches("a|!b", "!b")],
    [false, true, false, true],
  );
});

test("negate inverts the test and leaves the match alone", () => {
  const expression = new OsMatch("root", { negate: true });
  equal(expression.testText("root"), false);
  equal(expression.match(new Subject("root"), 0), 3);
  equal(new OsMatch("root").match(new Subject("toor"), 0), NO_MATCH);
});

test("a long list of whole words answers as each of them would", () => {
  const words = Array.from({ length: 50 }, (_, index) => `^word${index}$`);
  const expression = new OsMatch([...words, "^pre", "post$"].join("|"));
  deepEqual(
    ["WORD7", "word77", "prefix", "a post", "x"].map((text) => expression.testText(text)),
    [true, false, true, true, false],
  );
});

test("case is folded for A to Z alone", () => {
  equal(lowerAscii("\xc9T\xc9 \xde"), "\xc9t\xc9 \xde");
  equal(matches("\xe9", "\xc9"), false);
  equal(matches("\xc9T", "\xc9t"), true);
});

test("agrees with the specification on random patterns (20 seeds)", () => {
  let positive = 0;
  for (let seed = 1; seed <= 20; seed += 1) {
    let state = seed;
    const below = (limit: number): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state % limit;
    };
    const text = (letters: string, most: number): string =>
      Array.from({ length: below(most) }, () => letters[below(letters.length)]).join("");
    for (let round = 0; round < 500; round += 1) {
      const pattern = text("ab^$|!B", 9);
      const subject = text("abAB^$", 7);
      const expected = oracle(pattern, subject);
      if (expected) positive += 1;
      equal(matches(pattern, subject), expected, `seed ${seed}: ${pattern} on ${subject}`);
    }
  }
  equal(positive > 3_000 && positive < 9_000, true, `${positive} of 10,000 match`);
});

test("the first bytes let through every subject that can match", () => {
  const { firstBytes } = new OsMatch("^ab|^Cd$");
  deepEqual(
    [...(firstBytes ?? [])].flatMap((flag, code) => (flag === 1 ? String.fromCharCode(code) : [])),
    ["A", "C", "a", "c"],
  );
  for (const pattern of ["ab", "^ab|c", "^ab|", "ab$", "!^ab"]) equal(new OsMatch(pattern).firstBytes, undefined);
});

test("a pattern beyond the peers' limit is refused", () => {
  throws(() => new OsMatch("x".repeat(20_481)), PatternError);
});

test("the exact language compares case and all", () => {
  const expression = compileExpression("exact", "DROP");
  deepEqual(
    ["DROP", "drop", "DROP "].map((text) => expression.testText(text)),
    [true, false, false],
  );
  equal(compileExpression("exact", "DROP", { negate: true }).testText("x"), true);
  equal(expression.match(new Subject("a DROP"), 2), 5);
});

test("if_group finds substrings, and prefixes with ^, without any end anchor", () => {
  deepEqual(
    ["web", "^web", "^log", "LOG", "sshd|web-", "log$"].map((pattern) => new IfGroup(pattern).test("web-log,attack,")),
    [true, true, false, true, true, false],
  );
});
