import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, seeded } from "../../../test/support/ruleset.ts";
import { compileExpression } from "../../syntax/expression.ts";
import { NO_MATCH, PatternError } from "../../syntax/pattern.ts";
import { Subject } from "../../syntax/subject.ts";
import { DecodedEvent } from "../decoded-event.ts";
import { decodeEvent, loadDecoders } from "./decoder-set.ts";

/** Words joined at random. */
function textOf(below: (bound: number) => number, words: readonly string[], countMax: number): string {
  let text = "";
  for (let left = below(countMax + 1); left > 0; left -= 1) text += words[below(words.length)] ?? "";
  return text;
}

const tokens = [
  ..."ab1 ^$|()+*.?[]{}!\\\xe9",
  "\\d",
  "\\w+",
  "\\s*",
  "\\S+",
  "\\.",
  "\\.*",
  "\\p",
  "\\t",
  "(\\d+)",
  "\\z",
];
const letters = [..."aAbB11  -@_.\xe9\xff", "\t", "\n"];

test("random patterns are refused by name or matched within the text (20 seeds)", () => {
  let refused = 0;
  let matched = 0;
  for (let seed = 1; seed <= 20; seed += 1) {
    const below = seeded(seed);
    for (let round = 0; round < 100; round += 1) {
      const language = (["osmatch", "osregex"] as const)[below(2)] ?? "osmatch";
      const pattern = textOf(below, tokens, 8);
      const subject = new Subject(textOf(below, letters, 30));
      const from = below(subject.raw.length + 1);
      const where = `seed ${seed}: ${language} ${JSON.stringify([pattern, subject.raw, from])}`;
      try {
        const expression = compileExpression(language, pattern, { flavour: "ossec", captures: true });
        const pointer = expression.match(subject, from);
        equal(expression.exec(subject, from)?.pointer ?? NO_MATCH, pointer, where);
        if (pointer === NO_MATCH) continue;
        matched += 1;
        ok(pointer >= from - 1 && pointer < subject.raw.length, where);
        if (from === 0) equal(expression.test(subject), true, where);
      } catch (error) {
        if (!(error instanceof PatternError)) throw error;
        refused += 1;
      }
    }
  }
  ok(refused > 200 && matched > 200, `${refused} refused, ${matched} matched`);
});

const decoders = `
<decoder name="named"><program_name_pcre2>^(app|APP2)$</program_name_pcre2></decoder>
<decoder name="own"><parent>named</parent><use_own_name>true</use_own_name>
  <prematch offset="after_parent">^\\s*(\\d+)</prematch><regex offset="after_prematch">(\\S+)\\s*(\\.*)</regex>
  <order>srcip,filename</order></decoder>
<decoder name="k"><parent>named</parent><pcre2>k=(\\w)?(\\d)*(x)?</pcre2><order>id,one,two</order></decoder>
<decoder name="k"><parent>named</parent>
  <pcre2 offset="after_regex">(\\S+)?\\s(\\S*)</pcre2><order>two,url</order></decoder>
<decoder name="bare"><prematch>=|k</prematch>
  <regex offset="after_prematch">(\\d+)</regex><order>data</order></decoder>`;
const pieces = [
  "Dec 29 10:00:01 ",
  "2019:11:06-00:08:03 ",
  "web ",
  "app",
  "app2",
  ": ",
  "[1]: ",
  "k=",
  "x",
  "9",
  " ",
  "\xff",
];

test("random lines are decoded into parts of themselves, field after field (20 seeds)", () => {
  const problems: unknown[] = [];
  const set = loadDecoders([{ path: "d", text: decoders }], (problem) => problems.push(problem), "ossec");
  equal(problems.length, 0, JSON.stringify(problems));
  const decoded = new DecodedEvent();
  const seen = new Set<string>();
  for (let seed = 1; seed <= 20; seed += 1) {
    const below = seeded(seed);
    for (let round = 0; round < 200; round += 1) {
      const line = textOf(below, pieces, 12);
      const { fields, dynamicFields, decoder } = decodeEvent(set, eventOf(line), decoded).toDecoded();
      seen.add(decoder?.name ?? "");
      ok(dynamicFields.length <= 3, line);
      const values = [...Object.values(fields), ...dynamicFields.map(({ value }) => value)];
      for (const value of values) ok(line.includes(value), `seed ${seed}: ${JSON.stringify(line)}`);
    }
  }
  equal([...seen].sort().join(), ",bare,named,own");
});
