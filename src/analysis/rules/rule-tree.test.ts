import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { problemsOf, rulesetOf, templates, type RulesetParts } from "../../../test/support/ruleset.ts";
import type { RuleNode } from "./rule.ts";

const templateCount = [...templates.matchAll(/<rule /g)].length;

const rule = (id: number, inside: string, attributes = 'level="3"'): string =>
  `<rule id="${id}" ${attributes}>${inside}<description>d</description></rule>`;
const below = (...ids: number[]): string => `<if_sid>${ids.join(", ")}</if_sid>`;
const ossec: RulesetParts = { options: { flavour: "ossec" } };

/** The places of rules below the syslog root, as `100(200 300)`. */
function treeOf(rules: string, parts: RulesetParts = {}): string {
  const shown = ({ rule: { id }, children }: RuleNode): string =>
    children.length === 0 ? String(id) : `${id}(${children.map(shown).join(" ")})`;
  return (rulesetOf(rules, parts).rules.roots[0]?.children ?? []).map(shown).join(" ");
}

// ── ruleset-spec 5.2 ───────────────────────────────────────────────────────────────────────────────────────────────

test("a sibling list is in descending priority: level 0 first, then 16 to 1, in load order where it is equal", () => {
  const levels = [3, 0, 16, 3, 0, 1];
  equal(
    treeOf(levels.map((level, index) => rule(101 + index, "", `level="${level}"`)).join("")),
    "102 105 103 101 104 106",
  );
});

test('accuracy="0" takes the factor away, also from level 0', () => {
  const last = (level: number): string => `level="${level}" accuracy="0"`;
  const rules = rule(101, "", last(16)) + rule(102, "", last(0)) + rule(103, "", 'level="1"') + rule(104, "");
  equal(treeOf(rules), "104 103 102 101");
});

test("rules below id 10 are roots, in descending priority too", () => {
  const { roots } = rulesetOf(rule(8, "<category>squid</category>", 'level="5"')).rules;
  equal(roots.at(-1)?.rule.id, 8);
  equal(roots.length, templateCount + 1);
});

test("if_sid makes a place under each place of each id, and children stand under all of them", () => {
  const rules = rule(101, "") + rule(102, "") + rule(103, below(101, 102)) + rule(104, below(103));
  equal(treeOf(rules), "101(103(104)) 102(103(104))");
});

test("an id that is written twice makes two places", () => {
  equal(treeOf(rule(101, "") + rule(102, below(101, 101))), "101(102 102)");
});

test("of one sibling list only the first place of an id is found, and what lies behind it is not searched", () => {
  // 102 stands twice below 101, so 103 goes under the first of them; 104 behind it is found in the first list alone.
  const rules = rule(101, "") + rule(102, below(101, 101)) + rule(103, below(102));
  equal(treeOf(rules), "101(102(103) 102)");
});

test("a rule that names itself behind another id stands below its own places too", () => {
  equal(treeOf(rule(101, "") + rule(102, below(101, 102))), "101(102(102))");
  equal(treeOf(rule(101, "") + rule(102, below(102, 101))), "101(102)");
});

test("if_matched_sid is the parent where neither if_sid nor if_group names one", () => {
  const counting = (inside: string): string => rule(110, `<if_matched_sid>101</if_matched_sid>${inside}`);
  equal(treeOf(rule(101, "") + rule(102, "") + counting("")), "101(110) 102");
  equal(treeOf(rule(101, "") + rule(102, "") + counting(below(102))), "101 102(110)");
  equal(
    treeOf(rule(101, "") + rule(102, "<group>web-log,</group>") + counting("<if_group>web</if_group>")),
    "101 102(110)",
  );
});

test("if_matched_group likewise, as a part of the group string", () => {
  const rules =
    rule(101, "<group>web-log,</group>") + rule(102, "") + rule(110, "<if_matched_group>web</if_matched_group>");
  equal(treeOf(rules), "101(110) 102");
});

test("if_level hangs a rule under every place of a rule of that level or more; level 0 is above all", () => {
  const rules = rule(101, "", 'level="5"') + rule(102, "", 'level="4"') + rule(103, "", 'level="0"');
  equal(treeOf(`${rules}${rule(110, "<if_level>5</if_level>")}`).startsWith("103(110) 101(110) 102"), true);
  const last = rule(104, "", 'level="9" accuracy="0"');
  equal(treeOf(`${last}${rule(110, "<if_level>5</if_level>")}`).includes("104(110)"), false);
});

test("if_sid comes before if_level, and if_level before if_group", () => {
  const rules = rule(101, "<group>g,</group>") + rule(102, "", 'level="9"');
  const both = rule(110, "<if_level>9</if_level><if_group>g,</if_group>");
  equal(treeOf(rules + both).includes("101(110)"), false);
  equal(treeOf(`${rules}${rule(110, `<if_level>9</if_level>${below(101)}`)}`), "102 101(110)");
});

test("what is loaded later is no parent", () => {
  const rules = rule(110, "<if_group>late</if_group>") + rule(101, "<group>late,</group>");
  match(problemsOf(rules)[0] ?? "", /rule 110 has no parent and is passed over/);
  equal(treeOf(rules), "101");
});

test("an id that is not loaded is named; the rule stands below the others, or nowhere", () => {
  const rules = rule(101, "") + rule(102, below(101, 999)) + rule(103, below(998));
  const said = problemsOf(rules);
  match(said[0] ?? "", /warning: rule 102 names rule 999, which is not loaded/);
  match(said.at(-1) ?? "", /warning: rule 103 has no parent/);
  equal(treeOf(rules), "101(102)");
});

test("for OSSEC an id that is not loaded is an error", () => {
  match(problemsOf(rule(101, "") + rule(102, below(101, 999)), ossec)[0] ?? "", /error: rule 102 names rule 999/);
});

test("the places of all rules are counted, and a ruleset that multiplies itself is refused", () => {
  const two = rule(101, "") + rule(102, "") + rule(103, below(101, 102));
  equal(rulesetOf(two).rules.counts.nodes, templateCount + 4);
  let rules = rule(101, "");
  for (let id = 102; id < 130; id += 1) rules += rule(id, `<if_level>1</if_level>`);
  deepEqual(
    problemsOf(rules)
      .filter((said) => said.includes("error"))
      .map((said) => /the rules have over \d+ places/.test(said)),
    Array<boolean>(problemsOf(rules).filter((said) => said.includes("error")).length).fill(true),
  );
  match(problemsOf(rules).join(), /the rules have over 200000 places in the tree/);
});

// ── ruleset-spec 5.3 ───────────────────────────────────────────────────────────────────────────────────────────────

test("an overwritten rule keeps its places, its children and its place among siblings, whatever its new level", () => {
  const rules = rule(101, "") + rule(102, "") + rule(103, below(102));
  const overwriting = rule(102, below(101), 'level="9" overwrite="yes"');
  equal(treeOf(rules + overwriting), "101 102(103)");
});

test("an overwriting rule that names other parents is warned about, one that names none is not", () => {
  const rules = rule(101, "") + rule(102, "<if_level>3</if_level>") + rule(103, below(101));
  const saidOf = (inside: string, id = 103): number =>
    problemsOf(rules + rule(id, inside, 'level="9" overwrite="yes"')).filter((said) =>
      said.includes(`warning: rule ${id} keeps its parents`),
    ).length;
  deepEqual([saidOf(below(102)), saidOf("<if_group>x</if_group>"), saidOf(below(101)), saidOf("")], [1, 1, 0, 0]);
  deepEqual([saidOf("<if_level>4</if_level>", 102), saidOf("<if_level>3</if_level>", 102)], [1, 0]);
});

test("what is loaded after an overwrite sees the new values: level, groups", () => {
  const overwriting = rule(101, "<group>new,</group>", 'level="9" overwrite="yes"');
  const after = rule(110, "<if_group>new</if_group>") + rule(111, "<if_level>9</if_level>");
  equal(treeOf(rule(101, "") + overwriting + after).startsWith("101(110 111"), true);
});

test("overwrite of an id that is not there is an ordinary rule; for OSSEC it is an error", () => {
  const overwriting = rule(101, "", 'level="3" overwrite="yes"');
  equal(treeOf(overwriting), "101");
  match(problemsOf(overwriting, ossec)[0] ?? "", /error: rule 101 is to be overwritten, but is not loaded/);
});
