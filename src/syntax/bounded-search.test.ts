import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom, type SeededRandom } from "../../test/support/seeded-random.ts";
import { BoundedSearch } from "./bounded-search.ts";
import { LinearMachine } from "./linear-machine.ts";
import { programOf } from "./linear-program.ts";
import { translatePcre2 } from "./pcre2-translation.ts";
import { treeOf } from "./regular-tree.ts";

const searchFor = (pattern: string): BoundedSearch => new BoundedSearch(translatePcre2(pattern, false).source);

function machineFor(source: string): LinearMachine | undefined {
  const read = treeOf(source);
  const program = read && programOf(read.tree, read.groupCount);
  return program && new LinearMachine(program);
}

/** What both find in a text, as one value each. */
function both(source: string, machine: LinearMachine, text: string): [unknown, unknown] {
  const found = new RegExp(source).exec(text);
  const index = machine.run(text);
  return [
    index < 0 ? undefined : [index, machine.end, machine.groups(text)],
    found === null ? undefined : [found.index, found.index + found[0].length, found.slice(1)],
  ];
}

const atoms = ["a", "b", "[ab]", "[^a]", "[^]", "(a|b)", "(?:ab|a)", "(a+)", "(b*a)", "(?:a|(b))"];
const edges = ["\\b", "\\B", "(?=b)", "(?!a)", "(?<![^\\n])", "^", "(?=\\n?(?![^]))"];
const longAheads = ["(?=[^\\n]*b)", "(?![^]*ba)", "(?=(?:a|b)+(?![^]))", "(?!a*?\\n)", "(?=(?:ab|\\b[^b]){2,}(?=a))"];
const repeats = ["", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,2}?", "{2,}"];

function pick<T>(random: SeededRandom, from: readonly T[]): T {
  return from[random.below(from.length)] as T;
}

function randomSource(random: SeededRandom, depth: number): string {
  let source = "";
  for (let left = 1 + random.below(4); left > 0; left -= 1) {
    if (random.below(6) === 0) source += pick(random, random.below(3) === 0 ? longAheads : edges);
    else if (depth === 0 || random.below(3) > 0) source += pick(random, atoms) + pick(random, repeats);
    else {
      const other = random.below(2) === 0 ? "" : `|${randomSource(random, depth - 1)}`;
      source += `(${pick(random, ["", "?:"])}${randomSource(random, depth - 1)}${other})${pick(random, repeats)}`;
    }
  }
  return source;
}

test("the linear machine finds what a RegExp finds, with the same groups, for patterns and texts from a seed", () => {
  const random = seededRandom(29);
  let count = 0;
  for (let left = 3_000; left > 0; left -= 1) {
    const source = randomSource(random, 2);
    const machine = machineFor(source);
    if (machine === undefined) continue;
    for (let texts = 8; texts > 0; texts -= 1) {
      const text = Array.from({ length: random.below(10) }, () => pick(random, [..."aab\n"])).join("");
      const [ours, theirs] = both(source, machine, text);
      deepEqual(ours, theirs, `${source} on ${JSON.stringify(text)}`);
      count += 1;
    }
  }
  ok(count > 15_000, "most patterns are run by it");
});

test("patterns that explode answer 50 kB in less than the time that makes an event poison", () => {
  const cases: [pattern: string, text: string, expected: boolean][] = [
    ["(a+)+$", `${"a".repeat(50_000)}!`, false],
    ["(.*,){25}x", ",".repeat(50_000), false],
    ["(.*,){25}x", `${",".repeat(50_000)}x`, true],
    ["(a|a)*(a|b)*c", "a".repeat(65_536), false],
    [".*.*.*x", "y".repeat(65_536), false],
    ["(\\S+) .* (\\S+)=.* (\\d+);", "a = ".repeat(16_384), false],
  ];
  for (const [pattern, text, expected] of cases) {
    const search = searchFor(pattern);
    equal(search.isBounded, true, pattern);
    const before = process.cpuUsage();
    equal(search.test(text), expected, pattern);
    const { user, system } = process.cpuUsage(before);
    ok((user + system) / 1_000 < 2_000, `${pattern} took ${(user + system) / 1_000} ms`);
  }
});

test("what is looked for ahead without a limit is looked for once in a text, and not from each of its bytes", () => {
  const text = "a".repeat(65_536);
  const cases: [pattern: string, text: string, expected: boolean][] = [
    ["(?=.*b)(?=.*c)a", text, false],
    ["(?=.*b)(?=.*c)a", `${text}cb`, true],
    ["a(?!.*b)", `${text}b`, false],
    ["(?=.*a.*b)x|y", text, false],
  ];
  for (const [pattern, subject, expected] of cases) {
    const search = searchFor(pattern);
    equal(search.isBounded, true, pattern);
    const before = process.cpuUsage();
    equal(search.test(subject), expected, pattern);
    const { user, system } = process.cpuUsage(before);
    ok((user + system) / 1_000 < 500, `${pattern} took ${(user + system) / 1_000} ms`);
  }
});

test("a long text gives the same match as a short one, with its groups", () => {
  const search = searchFor("(\\w+)@((?:\\w+\\.)+)(de|com)?(x)?");
  const tail = "user@mail.example.com";
  const expected = ["user", "mail.example.", "com", undefined];
  for (const length of [0, 10, 100_000]) {
    const found = search.exec(`${" ".repeat(length)}${tail}`);
    deepEqual(found, { index: length, end: length + tail.length, groups: expected });
  }
});

test("tells which patterns can explode, and which cannot", () => {
  const risks: [pattern: string, isExponential: boolean, degree: number][] = [
    ["^abc", false, 1],
    ["^(\\S+) (\\S+) (\\S+)$", false, 1],
    ["foo=(\\d+)", false, 2],
    ["^(.+): (.+): (.+)", false, 3],
    ["(?:ab)+c", false, 2],
    ["(a+)+$", true, 2],
    ["(a|aa)+$", true, 2],
    ["(?:\\w+\\s?)*;", true, 2],
    ["(.*,){25}x", true, 1],
    ["(a*)*b", true, 1],
    ["(?=.*b)(?=.*c)a", false, 2],
    ["^(?=.*b)(?=.*c)a", false, 1],
    ["a+(?=.*b.*c)", false, 4],
    ["(?=(?:a|a)+b)(?=.*c)", true, 2],
  ];
  for (const [pattern, isExponential, degree] of risks) {
    const { risk } = searchFor(pattern);
    deepEqual([risk.isExponential, isExponential ? degree : risk.degree], [isExponential, degree], pattern);
  }
});

test("a round that takes nothing, or a group in what is looked for ahead, is left to the JavaScript engine", () => {
  for (const pattern of ["(a*)*b", "(?:a|b?)+c", "^(?=.*(a).*)(?=.*x)", "(?=a(?=.*x))"]) {
    equal(searchFor(pattern).isBounded, false, pattern);
  }
});
