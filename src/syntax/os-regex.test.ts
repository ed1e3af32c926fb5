import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { OsRegex } from "./os-regex.ts";
import { afterPointer, NO_MATCH, PatternError } from "./pattern.ts";
import { Subject } from "./subject.ts";

const matches = (pattern: string, subject: string): boolean => new OsRegex(pattern).testText(subject);

/** The groups, or undefined without a match. */
function groups(pattern: string, subject: string, from = 0): (string | undefined)[] | undefined {
  return new OsRegex(pattern, { captures: true }).exec(new Subject(subject), from)?.groups;
}

/** What an "after" offset sees behind a match. */
function rest(pattern: string, subject: string): string {
  const pointer = new OsRegex(pattern, { captures: true }).match(new Subject(subject), 0);
  return pointer === NO_MATCH ? "(no match)" : subject.slice(afterPointer(pointer, subject.length));
}

test("case is ignored, and what is not a class is a literal", () => {
  equal(matches("Failed", "x FAILED y"), true);
  equal(matches("a.b", "axb"), false);
  equal(matches("ab+", "abb"), false);
  equal(matches("ab+", "ab+"), true);
  equal(matches("[x]{2}?", "[X]{2}?"), true);
});

// ruleset-spec 4.3: the classes, byte by byte.
test("each class holds exactly its bytes", () => {
  const bytesOf = (pattern: string): string =>
    Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
      .filter((byte) => matches(`^${pattern}$`, byte))
      .join("");
  equal(bytesOf("\\d"), "0123456789");
  equal(bytesOf("\\w"), "-0123456789@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");
  equal(bytesOf("\\s"), " ");
  equal(bytesOf("\\t"), "\t");
  equal(bytesOf("\\p"), "!\"#$%&'()*+,-.:;<=>?[]{|}");
  for (const [negated, plain] of [
    ["\\D", "\\d"],
    ["\\W", "\\w"],
    ["\\S", "\\s"],
  ] as const) {
    equal(bytesOf(negated).length, 256 - bytesOf(plain).length, negated);
  }
  equal(bytesOf("\\.").length, 256);
  for (const character of ["$", "(", ")", "\\", "|", "<"]) equal(bytesOf(`\\${character}`), character);
});

test("^ and $ anchor at the ends of an alternative and are literals elsewhere", () => {
  deepEqual(
    [matches("^ab", "abc"), matches("^ab", "xab"), matches("ab$", "xab"), matches("ab$", "abx")],
    [true, false, true, false],
  );
  equal(matches("(^a)", "ba"), false);
  equal(matches("(^a)", "b^a"), true);
  equal(matches("a$b", "xa$b"), true);
  equal(matches("ab\\$", "ab$x"), true);
  equal(matches("ab$", "ab\n"), false);
});

test("alternatives go in order over the whole subject: the first that matches wins, not the leftmost place", () => {
  deepEqual(groups("x(\\d)|y(\\d)", "y1 x2"), ["2"]);
  deepEqual(groups("x(\\d)|y(\\d)", "y1"), ["1"]);
});

// ruleset-spec 4.3, "What this means in practice".
test("a quantified class leaves at the first byte that the next token accepts, and can be resumed four times", () => {
  equal(matches("x=(\\.+)ab", "x=aaab"), false);
  deepEqual(groups("^(\\S+): \\.+ (\\S+)", "host: hello big world"), ["host", "big"]);
});

test("the last quantified class is greedy", () => {
  deepEqual(groups("user (\\w+)", "user anna rest"), ["anna"]);
  deepEqual(groups("^(\\.+): (\\.*)", "a: b: c"), ["a", "b: c"]);
});

test("a closing parenthesis next to an opening one never works", () => {
  equal(matches("(\\d+)(\\w+)", "12ab"), false);
  equal(matches("(\\d+)(\\w+)", "12(ab"), true);
});

test("blanks are spaces, never tabs", () => {
  deepEqual([matches("a\\s+b", "a  b"), matches("a\\s+b", "a\tb")], [true, false]);
});

test("an empty pattern matches everything", () => {
  deepEqual(
    ["", "x"].map((subject) => matches("", subject)),
    [true, true],
  );
});

// ruleset-spec 4.4: the table.
test("what follows a match begins where the original begins it", () => {
  equal(rest("foo bar", "foo bar baz"), " baz");
  equal(rest("foo \\w+", "foo barbaz qux"), "qux");
  equal(rest("foo \\w+", "foo barbaz"), "arbaz");
  equal(rest("from (\\d+)", "from 1234 port"), "234 port");
  equal(rest("from (\\d+) p", "from 1234 port"), "ort");
});

test("a match in the text behind an offset knows nothing of what stands before", () => {
  const subject = new Subject("user anna user berta");
  const expression = new OsRegex("^user (\\w+)", { captures: true });
  equal(expression.exec(subject, 0)?.groups[0], "anna");
  equal(expression.exec(subject, 10)?.groups[0], "berta");
  equal(expression.match(subject, 9), NO_MATCH);
});

test("groups keep the case of the subject, and a run leaves nothing behind for the next", () => {
  deepEqual(groups("id=(\\w+)", "ID=AbC"), ["AbC"]);
  const expression = new OsRegex("(\\d+)-(\\d+)", { captures: true });
  deepEqual(expression.exec(new Subject("1-2"), 0)?.groups, ["1", "2"]);
  equal(expression.exec(new Subject("1-"), 0), undefined);
});

test("negate inverts the test alone", () => {
  const expression = new OsRegex("\\d+", { negate: true });
  deepEqual([expression.testText("a"), expression.testText("1")], [true, false]);
  equal(expression.match(new Subject("1"), 0) === NO_MATCH, false);
});

test("what the language does not allow is refused with the pattern in the message", () => {
  for (const pattern of ["\\n", "\\-", "a\\", "((a))", "(a", "a)", "(a|b)", "x".repeat(20_481)]) {
    throws(() => new OsRegex(pattern), PatternError, pattern);
  }
  throws(() => new OsRegex("(a|b)"), /parenthes/);
  throws(() => new OsRegex("\\n"), /escape \\n: \\n/);
});

test("the first bytes let through every subject that can match", () => {
  const firsts = (pattern: string): string =>
    [...(new OsRegex(pattern).firstBytes ?? [])]
      .map((flag, code) => (flag === 1 ? String.fromCharCode(code) : ""))
      .join("");
  equal(firsts("^ab|^\\d+"), "0123456789Aa");
  equal(firsts("^(\\d)"), "0123456789");
  for (const pattern of ["ab", "^\\d*a", "^", "^ab|b"]) equal(new OsRegex(pattern).firstBytes, undefined, pattern);
});

/** Exact for patterns without a quantifier (ruleset-spec 13). */
function regExpOf(pattern: string): RegExp {
  const source = pattern.replace(
    /\\([dwsDWS.])|([.*+?[\]{}])|([a-z])/g,
    (_, name?: string, special?: string, letter?: string) => {
      if (letter !== undefined) return `[${letter}${letter.toUpperCase()}]`;
      if (special !== undefined) return `\\${special}`;
      return (
        { d: "[0-9]", w: "[-0-9A-Za-z@_]", s: "[ ]", D: "[^0-9]", W: "[^-0-9A-Za-z@_]", S: "[^ ]" }[name ?? ""] ?? "[^]"
      );
    },
  );
  return new RegExp(source.replace(/\$$/, "(?![^])"));
}

test("agrees with a regular expression wherever there is no quantifier (40 seeds)", () => {
  let found = 0;
  for (let seed = 1; seed <= 40; seed += 1) {
    let state = seed;
    const below = (limit: number): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state % limit;
    };
    const join = (parts: readonly string[], most: number): string =>
      Array.from({ length: 1 + below(most) }, () => parts[below(parts.length)]).join("");
    for (let round = 0; round < 200; round += 1) {
      const body = join(["\\d", "\\w", "\\s", "\\D", "\\W", "\\S", "\\.", "a", "b", ".", "="], 4);
      const pattern = `${below(3) === 0 ? "^" : ""}${body}${below(3) === 0 ? "$" : ""}`;
      const subject = join(["a", "B", "1", " ", "=", ".", "+", "-"], 9);
      const expected = regExpOf(pattern).exec(subject);
      const pointer = new OsRegex(pattern).match(new Subject(subject), 0);
      if (expected !== null) found += 1;
      const says = `seed ${seed}: ${pattern} on ${JSON.stringify(subject)}`;
      equal(pointer, expected === null ? NO_MATCH : expected.index + expected[0].length - 1, says);
      equal(matches(pattern, subject), expected !== null, says);
    }
  }
  equal(found > 1_200 && found < 7_000, true, `${found} of 8,000 match`);
});
