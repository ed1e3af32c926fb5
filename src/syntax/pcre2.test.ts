import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { afterPointer, NO_MATCH, PatternError } from "./pattern.ts";
import { Pcre2 } from "./pcre2.ts";
import { translatePcre2 } from "./pcre2-translation.ts";
import { Subject } from "./subject.ts";

const matches = (pattern: string, subject: string): boolean => new Pcre2(pattern).testText(subject);
const groups = (pattern: string, subject: string): (string | undefined)[] | undefined =>
  new Pcre2(pattern, { captures: true }).exec(new Subject(subject), 0)?.groups;

/** The bytes that the whole pattern matches alone. */
const bytesOf = (pattern: string): string =>
  Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
    .filter((byte) => new RegExp(`^(?:${translatePcre2(pattern, false).source})(?![^])`).test(byte))
    .join("");

test("case counts in Wazuh's flavour and not in OSSEC's", () => {
  deepEqual([matches("^ab", "ABc"), new Pcre2("^ab", { flavour: "ossec" }).testText("ABc")], [false, true]);
});

test("leading and scoped flags hold where PCRE2 lets them hold", () => {
  deepEqual(
    [matches("(?i)^(?:informational|low)$", "LOW"), matches("a(?i)b", "aB"), matches("a(?i)b", "AB")],
    [true, true, false],
  );
  deepEqual([matches("(?i:a)b", "Ab"), matches("(?i:a)b", "AB"), matches("(?:(?i)a)b", "AB")], [true, false, false]);
  deepEqual([matches("(?i)a(?-i)b", "Ab"), matches("(?i)a(?-i)b", "AB")], [true, false]);
  // A flag passes from one alternative of its group to the next.
  equal(matches("^(?:a(?i)b|c)$", "C"), true);
});

test("case is folded for A to Z alone, in classes and ranges too", () => {
  deepEqual(
    [matches("(?i)\xe9", "\xc9"), matches("(?i)[\xe0-\xef]", "\xc9"), matches("(?i)[a-f]+$", "DEAF")],
    [false, false, true],
  );
  deepEqual(
    [matches("(?i)[^a]", "A"), matches("(?i)[^a]", "b"), matches("(?i)[X-b]", "x"), matches("(?i)[X-b]", "c")],
    [false, true, true, false],
  );
});

test("$ holds at the end and before one last newline, with (?m) before each", () => {
  deepEqual(
    ["a", "a\n", "a\n\n", "a\nb"].map((subject) => matches("a$", subject)),
    [true, true, false, false],
  );
  deepEqual(
    ["a\nb", "a\rb"].map((subject) => matches("(?m)a$", subject)),
    [true, false],
  );
  deepEqual(
    ["a\n", "a"].map((subject) => matches("a\\z", subject)),
    [false, true],
  );
  deepEqual(
    ["a\n", "a\n\n"].map((subject) => matches("a\\Z", subject)),
    [true, false],
  );
});

test("^ with (?m) holds behind a newline alone, and \\A never does", () => {
  // Not behind one that ends the subject.
  deepEqual([matches("(?m)[^a]^", "a\n"), matches("(?m)[^a]^", "a\nb"), matches("(?m)^$", "")], [false, true, true]);
  deepEqual(
    [matches("(?m)^b", "a\nb"), matches("(?m)^b", "a\rb"), matches("(?m)\\Ab", "a\nb"), matches("^b", "a\nb")],
    [true, false, false, false],
  );
});

test("the dot leaves out the newline alone, and nothing with (?s)", () => {
  equal(bytesOf(".").length, 255);
  equal(bytesOf(".").includes("\r"), true);
  equal(bytesOf("(?s).").length, 256);
  equal(bytesOf("\\N").length, 255);
});

test("classes hold PCRE2's bytes, not JavaScript's", () => {
  equal(bytesOf("\\s"), "\t\n\v\f\r ");
  equal(bytesOf("\\S").length, 250);
  equal(bytesOf("\\h"), "\t \xa0");
  equal(bytesOf("\\v"), "\n\v\f\r\x85");
  equal(bytesOf("[\\s]"), "\t\n\v\f\r ");
  equal(bytesOf("[^\\S]"), "\t\n\v\f\r ");
  equal(bytesOf("\\w").length, 63);
  equal(bytesOf("[[:digit:]x-z]"), "0123456789xyz");
  equal(bytesOf("[[:^digit:]]").length, 246);
  equal(bytesOf("[[:punct:]]").length, 32);
});

test("within a class ], [ and - are literals where PCRE2 takes them for ones", () => {
  equal(bytesOf("[]a]"), "]a");
  equal(bytesOf("[^]a]").length, 254);
  equal(bytesOf("[[a]"), "[a");
  equal(bytesOf("[a-]"), "-a");
  equal(bytesOf("[\\d-]"), "-0123456789");
  equal(bytesOf("[\\d\\E-x]"), "-0123456789x");
  equal(bytesOf("[\\8a]"), "8a");
  equal(bytesOf("[\\b\\]\\\\]"), "\b\\]");
  equal(bytesOf("[\\x41-\\103]"), "ABC");
});

test("within a class \\Q and \\E quote what is between them, and stand for nothing themselves", () => {
  equal(bytesOf("[\\Qa-c]\\E]"), "-]ac");
  equal(bytesOf("[\\Qa\\E-c]"), "abc");
  equal(bytesOf("[\\Q^\\Ea]"), "^a");
  equal(bytesOf("[\\E^a]").length, 255);
  equal(bytesOf("[\\Q\\E]]"), "]");
});

test("escapes stand for their bytes", () => {
  equal(bytesOf("\\t|\\n|\\e|\\x41|\\x{42}|\\o{103}|\\cA"), "\x01\t\n\x1bABC");
  deepEqual(
    [matches('^\\"\\-\\<\\/$', '"-</'), matches("^\\Qa.b\\E+$", "a.bb"), matches("^\\Qa.b", "a.b")],
    [true, true, true],
  );
});

test("quantifiers, lazy ones and the ungreedy flag", () => {
  deepEqual(groups("<(.+?)>(.*)", "<a>b>c"), ["a", "b>c"]);
  deepEqual(groups("(?U)<(.+)>", "<a>b>"), ["a"]);
  deepEqual(groups("(?U)<(.+?)>", "<a>b>"), ["a>b"]);
  equal(matches("^a{2}$", "aa"), true);
  // Not of the form of a quantifier, so a literal.
  equal(matches("^a{,2}$", "a{,2}"), true);
  equal(matches("^{a}$", "{a}"), true);
});

test("a possessive quantifier gives nothing back of what stands before it, one byte or class", () => {
  deepEqual(
    ["a++b", "a++ab", "[ab]*+b", "a?+a", "a{1,2}+a", "a{2}+a", "x\\s*+y"].map((pattern) =>
      matches(`^${pattern}$`, "aab"),
    ),
    [true, false, false, false, false, false, false],
  );
  deepEqual([groups("(a{1,2}+)(a*)", "aaa"), groups("(\\d++)\\.", "12.3")], [["aa", "a"], ["12"]]);
});

test("a group that may match nothing and may be left out is there and empty", () => {
  deepEqual(groups("^r: (\\S*)? ?(q)$", "r: q"), ["", "q"]);
  deepEqual(groups("(a*){0,1}b", "b"), [""]);
  deepEqual(groups("(a*)??b", "b"), []);
  deepEqual([groups("(a|)?b", "b"), groups("(?:(a*)|c)?b", "b")], [[""], [""]]);
  deepEqual([groups("(?=(a))?b", "b"), groups("(a)?b", "b")], [[], []]);
  // What must be looked for is looked for once, and groups keep their numbers.
  deepEqual(
    [groups("(?=(a))+(a)", "a"), groups("(?=(a)){0}(a)", "a")],
    [
      ["a", "a"],
      [undefined, "a"],
    ],
  );
});

test("a quantifier is one of what stands before it, over comments and blanks", () => {
  deepEqual(
    ["^a(?#c)+$", "^a\\Q\\E+$", "(?x)^a +$", "(?x)^a + ?$", "^\\Qba\\E+$"].map((pattern) => matches(pattern, "aa")),
    [true, true, true, true, false],
  );
});

test("[[:<:]] and [[:>:]] are the edges of a word", () => {
  const edges = ["a foo b", "foo", "afoo", "foob"].map((subject) => matches("[[:<:]]foo[[:>:]]", subject));
  deepEqual(edges, [true, true, false, false]);
  deepEqual(
    [matches("[[:<:]]\\b-", "a-"), matches("a[[:>:]]+-", "a-"), matches("^[[:>:]]", "a")],
    [false, true, false],
  );
});

test("\\G is the start of what is searched, and \\K leaves the end of the match and its groups", () => {
  deepEqual([matches("\\Gb", "ab"), matches("a\\Gb", "ab"), matches("\\Ga", "ab")], [false, false, true]);
  equal(new Pcre2("\\Gb").match(new Subject("ab"), 1), 1);
  for (const pattern of ["(a)b", "(a)\\Kb", "(a)b\\K", "(a\\K)b"]) {
    const found = new Pcre2(pattern, { captures: true }).exec(new Subject("xabc"), 0);
    deepEqual(found, { pointer: 2, groups: ["a"] }, pattern);
  }
});

test("a repetition that may find other than PCRE2 is told of, and only where that is asked for", () => {
  const differenceOf = (pattern: string, captures = true): string | undefined =>
    new Pcre2(pattern, { captures }).difference;
  deepEqual(
    ["(a*)*", "(a?){1,2}", "(?:a*?)+", "(?:|a)+", "(?:(a)|b)+", "(?:(a)?b){2}"].map((pattern) => differenceOf(pattern)),
    ["groups", "groups", "span", "span", "groups", "groups"],
  );
  deepEqual([differenceOf("(a*)*", false), differenceOf("(?:|a)+", false)], [undefined, "span"]);
  const exact = [
    "(a+)*",
    "(?:a*)*",
    "(?:a*b*)+",
    "(a*){2}",
    "(a*)?",
    "(?:(a)b)+",
    "(?:a|(b))?",
    "(?!(a))*b",
    "(?:a|b)*",
  ];
  deepEqual(
    exact.map((pattern) => differenceOf(pattern)),
    exact.map(() => undefined),
  );
});

test("groups: named ones are numbered, unset ones in front stay, at the end they go", () => {
  deepEqual(groups("(?<year>\\d+)-(?P<month>\\d+)", "2026-11"), ["2026", "11"]);
  deepEqual(groups("(a)|(b)|(c)", "b"), [undefined, "b"]);
  deepEqual(groups("(?:x)(?=y)(?!z)(?<=x)(?<!q)(y)", "xy"), ["y"]);
});

test("extended patterns and comments", () => {
  deepEqual(
    [matches("(?x) a b # comment\n c", "abc"), matches("a(?#no)b", "ab"), matches("(?x)[ ]a", " a")],
    [true, true, true],
  );
});

test("(*UTF) takes a character as its bytes and refuses a subject that is not UTF-8", () => {
  const expression = new Pcre2("(*UTF)\\N{U+202E}");
  equal(expression.testText("a\xe2\x80\xaeb"), true);
  equal(expression.testText("a\xe2\x80\xaf"), false);
  equal(expression.testText("\xff\xe2\x80\xae"), false);
  // No match begins within a character.
  equal(new Pcre2("(*UTF)(?<!^)").match(new Subject("\xe2\x80\xae"), 0), 2);
});

test("the rest of the subject begins exactly at the end of the match, an empty one too", () => {
  const rest = (pattern: string, subject: string, from: number): string => {
    const pointer = new Pcre2(pattern).match(new Subject(subject), from);
    return pointer === NO_MATCH ? "(no match)" : subject.slice(afterPointer(pointer, subject.length));
  };
  equal(rest("foo \\w+", "foo barbaz qux", 0), " qux");
  equal(rest("^", "abc", 0), "abc");
  equal(rest("^b", "abc", 1), "c");
  equal(rest("^b", "abc", 0), "(no match)");
  equal(rest("c$", "abc", 1), "");
});

test("what cannot be translated exactly is refused with the place", () => {
  const refused = [
    ...["(?>a)", "(a)++", "(?:ab)*+", "(a)\\1", "(?R)", "(?(1)a|b)", "(?|a|b)", "(*ACCEPT)", "(?xx)a", "\\y", "\\R"],
    ...["(a", "a)", "[a", "*a", "a\\", "\\x{1", "\\x{100}", "\\N{1", "\\N{U+202E}", "(?#a"],
    // Quantifiers.
    ...[
      "a**",
      "a{1}{2}",
      "a+++",
      "a|*b",
      "a(?i)+",
      "$+",
      "^*",
      "\\b?",
      "\\z{2}",
      "\\K+",
      "a{65536}",
      "a{1,65536}",
      "a{2,1}",
    ],
    // Classes.
    ...[
      "[a-\\d]",
      "[\\d-z]",
      "[[:alpha:]-z]",
      "[a-[:digit:]]",
      "[b-a]",
      "[[:nope:]]",
      "[[:ABC:]]",
      "[[.a.]]",
      "[:alpha:]",
    ],
    ...["[a[:<:]]", "[\\Qa", "[\\R]"],
    // Groups.
    ...["(?<n>a)(?<n>b)", `(?<${"n".repeat(33)}>a)`, "(?<=a+)b", "(?<=(a|bc))d", "(?<!a?)", "(?<=\\Ka)", "(?=\\Ka)"],
    ...["(*UTF)[^a]", "(*UTF)\xc3\xa9+", "(*UTF)\xc3", "(*UTF)\\h", "(*UTF)[\\S]", "(*UTF)(?i)k", "(*UTF)\\N{U+D800}"],
    "(".repeat(300) + ")".repeat(300),
  ];
  for (const pattern of refused) throws(() => new Pcre2(pattern), PatternError, pattern);
  const accepted = [
    "a{65535}",
    "(?<=a|bc)d",
    "(?<=a{2})b",
    "[a-]",
    "(?<n>a)(?<m>b)",
    "(*UTF)\xc3\xa9k",
    "\\N{2}",
    "(?i-)a",
  ];
  for (const pattern of accepted) equal(new Pcre2(pattern).pattern, pattern);
  throws(() => new Pcre2("ab(?>c)"), /offset 3 of the PCRE2 pattern ab\(\?>c\)/);
});

test("negate inverts the test alone", () => {
  const expression = new Pcre2("a", { negate: true });
  deepEqual(
    [expression.testText("b"), expression.testText("a"), expression.test(new Subject("b"))],
    [true, false, true],
  );
});

test("the first byte is known for a plain anchored pattern only", () => {
  equal(new Pcre2("^LENGTH").firstBytes?.[0x4c], 1);
  for (const pattern of ["LENGTH", "^a|b", "^a?b", "^a*", "(?i)^a", "(?m)^a", "^\\d"]) {
    equal(new Pcre2(pattern).firstBytes, undefined, pattern);
  }
});

test("the needed literal is what every match holds, and never more", () => {
  const neededOf = (pattern: string): string => translatePcre2(pattern, false).needed;
  deepEqual(
    [
      "%FTD-[0-7]-x",
      "ab?cd",
      "ab+cd",
      "a|bcd",
      "(abc)d",
      "(?i)User=x",
      "a{2}bc",
      "ab*",
      "\\.conf\\d",
      "\\Qabc\\E+x",
      "a(?!bcd)e",
    ].map(neededOf),
    ["%ftd-", "cd", "ab", "", "d", "user=x", "bc", "a", ".conf", "x", "a"],
  );
});

test("a pattern answers the same with its needed literal in any case and place", () => {
  const expression = new Pcre2("(?i)USER=(\\w+)", { captures: true });
  deepEqual(expression.exec(new Subject("x uSeR=anna"), 0)?.groups, ["anna"]);
  deepEqual([expression.test(new Subject("user=b")), expression.test(new Subject("user"))], [true, false]);
  equal(new Pcre2("User=x").test(new Subject("user=x")), false);
  equal(expression.exec(new Subject("user=a x"), 5), undefined);
  equal(new Pcre2("ab", { negate: true }).test(new Subject("xy")), true);
});

/** A random pattern of what PCRE2 and JavaScript read alike on texts without line ends. */
function randomPattern(below: (limit: number) => number, depth: number): string {
  const atom = (): string => {
    const kind = below(depth > 0 ? 6 : 5);
    if (kind < 3) return "abAB.1".charAt(below(3) + (kind === 2 ? 2 : 0)).replace(".", "\\.");
    if (kind === 3) return ["[ab]", "[^a]", "\\d", "\\w"][below(4)] ?? "a";
    return kind === 4 ? "x" : `(${randomPattern(below, depth - 1)})`;
  };
  const piece = (): string => {
    const one = atom();
    const quantifier = ["", "", "", "+", "*", "?", "+?", "{1,2}"][below(8)] ?? "";
    // A group that may match nothing and be left out is empty in PCRE2, where in JavaScript it is unset.
    return one + (quantifier === "?" && one.startsWith("(") && new RegExp(`^${one}$`).test("") ? "" : quantifier);
  };
  const sequence = (): string => Array.from({ length: 1 + below(3) }, piece).join("");
  return below(5) === 0 ? `${sequence()}|${sequence()}` : `${below(4) === 0 ? "^" : ""}${sequence()}`;
}

test("agrees with JavaScript where both read a pattern alike: span, groups, filters (20 seeds)", () => {
  let found = 0;
  for (let seed = 1; seed <= 20; seed += 1) {
    let state = seed;
    const below = (limit: number): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state % limit;
    };
    for (let round = 0; round < 200; round += 1) {
      const pattern = randomPattern(below, 2);
      const text = Array.from({ length: below(8) }, () => "abABx.1".charAt(below(7))).join("");
      const expected = new RegExp(pattern).exec(text);
      const expression = new Pcre2(pattern, { captures: true });
      const actual = expression.exec(new Subject(text), 0);
      const says = `seed ${seed}: ${pattern} on ${JSON.stringify(text)}`;
      equal(actual?.pointer, expected === null ? undefined : expected.index + expected[0].length - 1, says);
      equal(expression.test(new Subject(text)), expected !== null, says);
      if (expected === null) continue;
      found += 1;
      const groupsThere = [...(actual?.groups ?? [])];
      while (groupsThere.length < expected.length - 1) groupsThere.push(undefined);
      deepEqual(groupsThere, expected.slice(1), says);
      if (text !== "") equal(expression.firstBytes?.[text.charCodeAt(0)] ?? 1, 1, says);
    }
  }
  equal(found > 1_000 && found < 3_800, true, `${found} of 4,000 match`);
});
