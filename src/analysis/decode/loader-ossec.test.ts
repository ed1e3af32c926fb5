import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { describeProblem } from "../../config/problem.ts";
import type { Flavour } from "../../syntax/pattern.ts";
import { type DecoderSet, loadDecoders } from "./decoder-set.ts";

function load(text: string, flavour: Flavour = "ossec"): { set: DecoderSet; problems: string[] } {
  const problems: string[] = [];
  const set = loadDecoders([{ path: "d", text }], (problem) => problems.push(describeProblem(problem)), flavour);
  return { set, problems: problems.map((problem) => problem.replace(/^\S+ /, "")) };
}

const decoder = (inner: string): string => `<decoder name="d">${inner}</decoder>`;
const problems = (inner: string, flavour?: Flavour): string[] => load(decoder(inner), flavour).problems;
const prematch = "<prematch>^a</prematch>";

// ruleset-spec 3.1, OSSEC.
test("each expression has a PCRE2 element of its own, which Wazuh's flavour does not know", () => {
  const inner =
    "<program_name_pcre2>^p$</program_name_pcre2><prematch_pcre2>^a</prematch_pcre2>" +
    '<pcre2 offset="after_prematch">(b)</pcre2><order>id</order>';
  const { set, problems: none } = load(decoder(inner));
  deepEqual(none, []);
  const [one] = set.decoders;
  deepEqual(
    [one?.programName?.language, one?.prematch?.expression.language, one?.regex?.expression.language],
    ["pcre2", "pcre2", "pcre2"],
  );
  deepEqual(problems(inner, "wazuh"), ["error: a decoder has no element <program_name_pcre2>"]);
});

test("an expression is given in one language; its repetitions are joined", () => {
  const [one] = load(decoder("<prematch_pcre2>^a</prematch_pcre2><prematch_pcre2>|^b</prematch_pcre2>")).set.decoders;
  equal(one?.prematch?.expression.pattern, "^a|^b");
  deepEqual(problems("<prematch>a</prematch><prematch_pcre2>b</prematch_pcre2>"), [
    "error: a decoder may have <prematch> or <prematch_pcre2>, not both",
  ]);
});

test("an expression may have 8,191 bytes, in Wazuh's flavour 1,023", () => {
  const of = (bytes: number, flavour: Flavour): string[] =>
    problems(`<prematch>${"x".repeat(bytes)}</prematch>`, flavour);
  deepEqual(problems(`<prematch_pcre2>${"x".repeat(8_191)}</prematch_pcre2>`), []);
  deepEqual(problems(`<prematch_pcre2>${"x".repeat(8_192)}</prematch_pcre2>`), [
    "error: <prematch_pcre2> has 8192 bytes, 8192 or more",
  ]);
  deepEqual([of(1_023, "wazuh"), of(1_024, "wazuh").length], [[], 1]);
});

test("an order may have 64 names; data and extra_data are one, and so is whatever names a file", () => {
  const order = (names: string): string => `${prematch}<pcre2>(x)</pcre2><order>${names}</order>`;
  const [one] = load(decoder(order("extra_data, data, New_FileName,tty"))).set.decoders;
  deepEqual(
    one?.regex?.order.map(({ kind, name }) => `${kind} ${name}`),
    ["static data", "static data", "dynamic filename", "dynamic tty"],
  );
  const names = (count: number): string => Array.from({ length: count }, (_, index) => `n${index}`).join();
  deepEqual(problems(order(names(64))), []);
  deepEqual(problems(order(names(65))), ["error: an order may have 64 names"]);
});

test("a type and the offset of a plugin do nothing, JSON is not known", () => {
  const [said, ...others] = problems('<prematch type="pcre2">a|b</prematch>');
  deepEqual([said?.startsWith('warning: type="pcre2" does nothing'), others], [true, []]);
  const { set, problems: warnings } = load(
    decoder(`${prematch}<plugin_decoder offset="after_prematch">PF_Decoder</plugin_decoder>`),
  );
  equal(warnings[0], "warning: the offset of a plugin does nothing in OSSEC's flavour");
  equal(set.decoders[0]?.pluginOffset, "log");
  deepEqual(problems(`${prematch}<plugin_decoder>JSON_Decoder</plugin_decoder>`), [
    "error: there is no plugin_decoder JSON_Decoder",
  ]);
  for (const name of ["json_null_field", "json_array_structure"]) {
    deepEqual(problems(`${prematch}<${name}>string</${name}>`), [`error: a decoder has no element <${name}>`]);
  }
});

test("an offset that does not exist is an error", () => {
  deepEqual(problems('<prematch_pcre2 offset="after_dark">a</prematch_pcre2>'), [
    "error: there is no offset after_dark",
  ]);
});

// ruleset-spec 3.3.
test("names of internal decoders that only OSSEC has are known in its flavour alone", () => {
  for (const name of ["syscheck_integrity_changed_2nd", "syscheck_integrity_changed_3rd"]) {
    const known = (flavour: Flavour): boolean => load(decoder(prematch), flavour).set.nameId(name) !== undefined;
    deepEqual([known("ossec"), known("wazuh")], [true, false]);
  }
});

// ruleset-spec 2.
test("a byte-order mark and a prolog are skipped, and refused in Wazuh's flavour", () => {
  const text = `\xef\xbb\xbf<?xml version="1.0"?>${decoder(prematch)}`;
  deepEqual([load(text).problems, load(text, "wazuh").problems.length], [[], 1]);
});

test("a byte A0 in a field's name is no blank", () => {
  const [one] = load(decoder(`${prematch}<pcre2>(x)(y)</pcre2><order> \xc3\xa0 tail,b\xa0c</order>`)).set.decoders;
  deepEqual(
    one?.regex?.order.map(({ name }) => name),
    ["\xc3\xa0", "b\xa0c"],
  );
});
