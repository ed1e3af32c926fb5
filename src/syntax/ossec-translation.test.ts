import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { osMatchAsPcre2, osRegexAsPcre2 } from "./ossec-translation.ts";
import { PatternError } from "./pattern.ts";

// ruleset-spec 4.2.
test("of OS_Match everything but ^, $ and | is escaped", () => {
  equal(osMatchAsPcre2("a.b[c]{d}+?*(e)\\f"), "a\\.b\\[c\\]\\{d\\}\\+\\?\\*\\(e\\)\\\\f");
  equal(osMatchAsPcre2("^a|b$|c^d-e<f>!g"), "^a|b$|c^d-e<f>!g");
});

// ruleset-spec 4.3.
test("each class of OS_Regex is a set of bytes", () => {
  const members = (letter: string): string => {
    const set = new RegExp(`^${osRegexAsPcre2(`\\${letter}`)}$`);
    const bytes = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
    return bytes.filter((byte) => set.test(byte)).join("");
  };
  equal(members("d"), "0123456789");
  equal(members("w"), "-0123456789@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");
  equal(members("s"), " ");
  equal(members("t"), "\t");
  // Those of Wazuh, and the backslash.
  equal(members("p"), "!\"#$%&'()*+,-.:;<=>?[\\]{|}");
  deepEqual(
    ["D", "W", "S", "."].map((letter) => members(letter).length),
    [246, 191, 255, 256],
  );
  for (const character of "$(){}[]\\|<") equal(members(character), character);
});

test("a quantifier behind a class is lazy unless only parentheses that close stand behind it", () => {
  equal(osRegexAsPcre2("\\d+ \\s*x"), "[0-9]+? [ ]*?x");
  equal(osRegexAsPcre2("(\\d+)"), "([0-9]+)");
  equal(osRegexAsPcre2("((\\d+))|(\\d+)$|\\d*"), "(([0-9]+))|([0-9]+)\\z|[0-9]*");
  equal(osRegexAsPcre2("(\\d+) (\\d+)(\\d*)"), "([0-9]+?) ([0-9]+?)([0-9]*)");
  equal(osRegexAsPcre2("\\(+x\\)*"), "[\\(]+?x[\\)]*");
});

test("what is special in PCRE2 alone is a literal, a quantifier that stands free too", () => {
  equal(osRegexAsPcre2("a.b?[c]{2}+d*"), "a\\.b\\?\\[c\\]\\{2\\}\\+d\\*");
  equal(osRegexAsPcre2("\\d++"), "[0-9]+?\\+");
});

test("$ is the very end, and a bar in parentheses separates alternatives there", () => {
  equal(osRegexAsPcre2("a$|b$"), "a\\z|b\\z");
  equal(osRegexAsPcre2("^(a|(b))"), "^(a|(b))");
});

test("other escapes, a lone backslash and more than 2,048 bytes are refused", () => {
  for (const pattern of ["\\n", "\\-", "\\/", "\\P", "a\\"]) {
    throws(() => osRegexAsPcre2(pattern), PatternError, pattern);
  }
  equal(osRegexAsPcre2("a".repeat(2_048)).length, 2_048);
  throws(() => osRegexAsPcre2("a".repeat(2_049)), /2048 bytes, this one has 2049/);
});
