import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, rulesetOf } from "../../../test/support/ruleset.ts";
import { seededRandom, type SeededRandom } from "../../../test/support/seeded-random.ts";
import { Baseline } from "../baseline.ts";
import { decodeEvent } from "../decode/decoder-set.ts";
import { DecodedEvent } from "../decoded-event.ts";
import { Matcher } from "../matcher.ts";
import type { CompiledRuleset } from "../ruleset.ts";
import { EngineState } from "../state.ts";

const rule = (id: number, inside: string, level = 3): string =>
  `<rule id="${id}" level="${level}">${inside}<description>d</description></rule>`;

/** The children of the first rule that are left to be tried for a log, by id. */
function triedOf(ruleset: CompiledRuleset, log: string): number[] {
  const { decoders, rules } = ruleset;
  const event = decodeEvent(decoders, eventOf(log), new DecodedEvent());
  const [root] = rules.roots;
  if (root === undefined) return [];
  rules.index.begin(event);
  const siblings = rules.index.siblingsOf(root, event.decoder?.nameId ?? -1);
  rules.index.prepare(siblings, event);
  const { nodes, groups } = siblings;
  return nodes
    .filter((_, place) => groups === undefined || rules.index.isPossible(groups, place))
    .map((node) => node.rule.id);
}

test("siblings for other decoders and program names are left out", () => {
  const ruleset = rulesetOf(
    rule(100, "<decoded_as>app</decoded_as>") +
      rule(101, "<decoded_as>other</decoded_as>") +
      rule(102, "<program_name>^cron$</program_name>") +
      rule(103, "<hostname>web</hostname>"),
  );
  deepEqual(triedOf(ruleset, "app: x=1"), [100, 103]);
  deepEqual(triedOf(ruleset, "Nov 25 10:00:01 web cron[1]: app"), [102, 103]);
});

test("a sibling is left out when the log holds none of the literals that it needs", () => {
  const ruleset = rulesetOf(
    rule(100, "<match>^failed|denied$</match>") +
      rule(101, "<regex>user \\w+ logged</regex>") +
      rule(102, '<regex type="pcre2">root=\\d+</regex>') +
      rule(103, '<match negate="yes">denied</match>') +
      rule(104, "<match>!denied</match>"),
  );
  // A prefilter asks for less than the rule: `failed` may stand anywhere.
  deepEqual(triedOf(ruleset, "it FAILED"), [100, 103, 104]);
  deepEqual(triedOf(ruleset, "user bob logged"), [101, 103, 104]);
  deepEqual(triedOf(ruleset, "root=1"), [102, 103, 104]);
});

test("a sibling is left out when a value that it needs is missing, or is none of its texts", () => {
  const ruleset = rulesetOf(
    rule(100, "<id>^7$|^8$</id>") +
      rule(101, '<id negate="yes">^7$</id>') +
      rule(102, '<field name="x.name">^On$</field>') +
      rule(103, '<field name="x.name">^o\\w+</field>') +
      rule(104, "<user>bob</user>"),
  );
  deepEqual(triedOf(ruleset, "app: id=7"), [100, 101]);
  deepEqual(triedOf(ruleset, "app: id=9"), [101]);
  deepEqual(triedOf(ruleset, "app: x=oN"), [102, 103]);
  deepEqual(triedOf(ruleset, "app: x=off"), [103]);
  deepEqual(triedOf(ruleset, "app: from=eve"), [104]);
  deepEqual(triedOf(ruleset, "plain"), []);
});

test("of several demands all count", () => {
  const both = "<id>^7$</id><match>denied</match>";
  const ruleset = rulesetOf(rule(100, both) + rule(101, `${both}<match>|failed</match>`) + rule(102, "<id>^8$</id>"));
  deepEqual(triedOf(ruleset, "app: id=7 failed"), [101]);
  deepEqual(triedOf(ruleset, "app: id=8 denied"), [102]);
});

test("what an event had is not taken for the next one's", () => {
  const ruleset = rulesetOf(
    rule(100, "<match>one</match>") + rule(101, "<match>two</match>") + rule(102, "<id>7</id>"),
  );
  deepEqual(triedOf(ruleset, "app: one id=7"), [100, 102]);
  deepEqual(triedOf(ruleset, "two"), [101]);
  deepEqual(triedOf(ruleset, "neither"), []);
});

test("one or two siblings are tried without a look-up", () => {
  const ruleset = rulesetOf(rule(100, "<match>one</match>") + rule(101, "<match>two</match>"));
  deepEqual(triedOf(ruleset, "neither"), [100, 101]);
});

// ── against the walk that leaves nobody out ────────────────────────────────────────────────────────────────────────

const words = ["fail", "failed", "login", "root", "a", "app: ", "id=7", "id=8", "user=bob", "x=on", "x=off", "y=1"];

function someRule(random: SeededRandom, id: number): string {
  const word = (): string => words[random.below(words.length)] ?? "";
  const negate = (): string => (random.oneIn(4) ? ' negate="yes"' : "");
  const inside = [
    () => `<match${negate()}>${word()}|${random.oneIn(3) ? "^" : ""}${word()}</match>`,
    () => `<regex>${word()}\\.*${word()}</regex>`,
    () => `<regex type="pcre2">${word()}.*${word()}</regex>`,
    () => `<id${negate()}>^7$|^${random.below(9)}$</id>`,
    () => `<user${negate()}>bob</user>`,
    () => `<field name="x.name">^on$</field>`,
    () => `<field name="y">\\d+</field>`,
    () => `<program_name${negate()}>^cron$|ssh</program_name>`,
    () => `<decoded_as>app</decoded_as>`,
  ];
  // A rule has each element once: repeated ones would be glued together.
  const chosen = inside.filter(() => random.oneIn(5)).map((make) => make());
  const parent = id > 105 && random.oneIn(2) ? `<if_sid>${100 + random.below(id - 100)}</if_sid>` : "";
  return rule(id, parent + chosen.join(""), random.below(8));
}

function someLog(random: SeededRandom): string {
  const text = Array.from({ length: random.below(6) }, () => words[random.below(words.length)]).join(" ");
  const header = ["", "", "app: ", "Nov 25 10:00:01 web cron[1]: ", "Nov 25 10:00:01 web sshd: "][random.below(5)];
  return `${header}${random.oneIn(3) ? text.toUpperCase() : text}`;
}

test("the walk answers as one that tries every sibling", () => {
  let answered = 0;
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const random = seededRandom(seed);
    const ruleset = rulesetOf(Array.from({ length: 40 }, (_, index) => someRule(random, 100 + index)).join(""));
    const [indexed, whole] = [0, 1].map(() => new Matcher(ruleset, new EngineState(), new Baseline()));
    if (indexed === undefined || whole === undefined) continue;
    whole.observer = () => undefined;
    const event = new DecodedEvent();
    for (let round = 0; round < 300; round += 1) {
      const log = someLog(random);
      decodeEvent(ruleset.decoders, eventOf(log), event);
      const found: number | undefined = indexed.match(event)?.rule.id;
      if (found !== undefined) answered += 1;
      equal(found, whole.match(event)?.rule.id, `seed ${seed}: ${log}`);
    }
  }
  equal(answered > 900, true, `${answered} answered`);
});
