import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { compileExpression } from "./expression.ts";
import { afterPointer, type Expression, type ExpressionLanguage, NO_MATCH, PatternError } from "./pattern.ts";
import { Subject } from "./subject.ts";

const compile = (language: ExpressionLanguage, pattern: string): Expression =>
  compileExpression(language, pattern, { flavour: "ossec", captures: true });
const matches = (language: ExpressionLanguage, pattern: string, ...subjects: string[]): boolean[] =>
  subjects.map((subject) => compile(language, pattern).testText(subject));

/** The text behind the match, and the groups. */
function behind(language: ExpressionLanguage, pattern: string, subject: string, from = 0): unknown[] {
  const found = compile(language, pattern).exec(new Subject(subject), from);
  if (found === undefined) return [];
  return [subject.slice(afterPointer(found.pointer, subject.length)), ...found.groups];
}

// ruleset-spec 4.2.
test("OS_Match has no inversion: an exclamation mark is a literal", () => {
  deepEqual(matches("osmatch", "!ab", "ab", "x!AB", "cd"), [false, true, false]);
  deepEqual(matches("osmatch", "!ab|^cd", "xab", "!ab", "cd"), [false, true, true]);
});

test("in OS_Match ^ and $ bind wherever they stand, and other signs are literals", () => {
  deepEqual(matches("osmatch", "^a.b|c(d)$", "A.Bx", "axb", "xC(D)", "c(d)x"), [true, false, true, false]);
  deepEqual(matches("osmatch", "a^b", "a^b"), [false]);
  deepEqual(matches("osmatch", "a$b", "a$b"), [false]);
  deepEqual(matches("osmatch", "x|", "abc"), [true]);
});

test("a $ of alternatives holds before a last newline, that of a lone literal at the very end", () => {
  deepEqual(matches("osmatch", "x|ab$", "ab\n", "ab\n\n"), [true, false]);
  for (const language of ["osmatch", "osregex", "pcre2"] as const) {
    deepEqual(matches(language, "ab$", "cAB", "ab\n"), [true, false], language);
    deepEqual(matches(language, "^ab$", "AB", "cab", "abc", "ab\n"), [true, false, false, false], language);
  }
  deepEqual(matches("pcre2", "a(b)$", "ab\n"), [true]);
});

// ruleset-spec 4.3.
test("OS_Regex is a regular expression: it nests, backtracks without bound and takes the leftmost match", () => {
  deepEqual(behind("osregex", "x=(\\.+)ab", "x=aaaaaaab!"), ["!", "aaaaaa"]);
  deepEqual(behind("osregex", "((\\d+).(\\d+))|no", "no 1.2"), [" 1.2"]);
  deepEqual(behind("osregex", "((\\d+).(\\d+)) ", "v 1.2 x"), ["x", "1.2", "1", "2"]);
  deepEqual(behind("osregex", "(\\d+)(\\w+)", "12ab"), ["", "1", "2ab"]);
  throws(() => compile("osregex", "a(b"), PatternError);
});

test("OS_Regex ignores case, of A to Z alone", () => {
  deepEqual(matches("osregex", "^FAILED \\w+", "failed x", "Failed"), [true, false]);
  deepEqual(matches("osregex", "\xe9\\d", "\xe91", "\xc91"), [true, false]);
});

// ruleset-spec 4.4: "OSSEC: always the true match end".
test("what follows begins at the true end of a match in every language", () => {
  deepEqual(behind("osregex", "foo \\w+", "foo barbaz qux"), [" qux"]);
  deepEqual(behind("osregex", "from (\\d+)", "from 1234 port"), [" port", "1234"]);
  deepEqual(behind("pcre2", "from (\\d+)", "FROM 1234 port"), [" port", "1234"]);
  deepEqual(behind("osregex", "foo", "a FOO bar"), [" bar"]);
  deepEqual(behind("pcre2", "foo$", "a foo"), [""]);
  deepEqual(behind("osregex", "", "abc", 1), ["bc"]);
});

test("a literal is looked for behind the offset, and ^ means the offset", () => {
  deepEqual(behind("osregex", "foo", "foo foo!", 1), ["!"]);
  deepEqual(behind("pcre2", "^foo", "xfoo!", 1), ["!"]);
  deepEqual(behind("pcre2", "^foo", "foo", 1), []);
  deepEqual(behind("pcre2", "oo$", "foo", 2), []);
  deepEqual(behind("pcre2", "^oo$", "foo", 1), [""]);
  equal(compile("pcre2", "^$").match(new Subject("a"), 0), NO_MATCH);
  equal(compile("pcre2", "^$").match(new Subject("a"), 1), 0);
});

// ruleset-spec 4.5.
test("PCRE2 ignores case", () => {
  deepEqual(matches("pcre2", "^Invalid (user|login)", "INVALID USER", "valid user"), [true, false]);
});

test("negation inverts the literal and the translated pattern", () => {
  const negated = (pattern: string): boolean[] =>
    ["ab1", "cd"].map((subject) =>
      compileExpression("osregex", pattern, { flavour: "ossec", negate: true }).testText(subject),
    );
  deepEqual(
    [negated("ab"), negated("\\d")],
    [
      [false, true],
      [false, true],
    ],
  );
});

test("an expression names its language and pattern as they are written", () => {
  for (const [language, pattern] of [
    ["osmatch", "a.b"],
    ["osmatch", "a.b$|c"],
    ["osregex", "\\d+ a"],
    ["pcre2", "\\d+ a"],
    ["exact", "a.b"],
  ] as const) {
    const expression = compile(language, pattern);
    deepEqual([expression.language, expression.pattern], [language, pattern]);
  }
});

test("the first bytes of a bound literal are known in both cases", () => {
  const bytes = (pattern: string): number[] =>
    [...(compile("pcre2", pattern).firstBytes ?? []).entries()].flatMap(([code, flag]) => (flag === 1 ? code : []));
  deepEqual([bytes("^ab"), bytes("^%a"), bytes("ab")], [[0x41, 0x61], [0x25], []]);
});

test("action is compared as it is, case and all", () => {
  deepEqual(matches("exact", "Drop", "Drop", "drop"), [true, false]);
});
