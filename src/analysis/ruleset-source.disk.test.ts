import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { nodeDisk } from "../base/disk.ts";
import { describeProblem } from "../config/problem.ts";
import { initialValues } from "../config/schema.ts";
import { rulesetSection, type RulesetSection } from "./options.ts";
import { readRuleset, type FoundRuleset } from "./ruleset-source.ts";
import { defaultRulesetOptions } from "./ruleset.ts";

/** A home and a shipped ruleset with these files, each holding its own path. */
async function read(
  t: TestContext,
  files: readonly string[],
  change: Partial<RulesetSection> = {},
): Promise<FoundRuleset> {
  const folder = mkdtempSync(join(tmpdir(), "argus-ruleset-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `${file} \xe9`, "latin1");
  }
  const place = { home: join(folder, "home"), shipped: join(folder, "shipped") };
  return readRuleset(nodeDisk, place, { ...initialValues(rulesetSection.options), ...change }, defaultRulesetOptions);
}

const paths = (files: readonly { path: string }[]): string[] => files.map(({ path }) => path);
const folderEntry = (text: string, pattern?: string) => ({
  text,
  attributes: pattern === undefined ? {} : { pattern },
  place: { file: "ossec.conf", line: 3, column: 5, offset: 0 },
});

const shipped = ["shipped/decoders/0010-a.xml", "shipped/rules/0010-a.xml", "shipped/rules/README"];

test("a home without a ruleset of its own adds its etc/rules, etc/decoders and etc/lists to the shipped one", async (t) => {
  const own = [
    "home/etc/rules/local_rules.xml",
    "home/etc/decoders/local_decoder.xml",
    "home/etc/lists/bad",
    "home/etc/lists/in/deep",
  ];
  const { source, problems } = await read(t, [...shipped, ...own, "home/etc/lists/bad.cdb"]);
  deepEqual(paths(source.decoders), ["ruleset/decoders/0010-a.xml", "etc/decoders/local_decoder.xml"]);
  deepEqual(paths(source.rules), ["ruleset/rules/0010-a.xml", "etc/rules/local_rules.xml"]);
  deepEqual(
    source.lists.map(({ name }) => name),
    ["etc/lists/bad", "etc/lists/in/deep"],
  );
  equal(source.rules[0]?.text, "shipped/rules/0010-a.xml \u00e9");
  deepEqual(problems, []);
});

test("a home with HOME/ruleset uses that one alone", async (t) => {
  const { source } = await read(t, [...shipped, "home/ruleset/decoders/b.xml", "home/ruleset/rules/b.xml"]);
  deepEqual([paths(source.decoders), paths(source.rules)], [["ruleset/decoders/b.xml"], ["ruleset/rules/b.xml"]]);
  equal(source.rules[0]?.text, "home/ruleset/rules/b.xml \u00e9");
});

test("written folders replace the usual ones; pattern, includes and excludes choose among the files", async (t) => {
  const files = [
    "home/my/r1.xml",
    "home/my/r2.xml",
    "home/my/r3.rules",
    "home/etc/rules/local.xml",
    "home/my/sub/x.xml",
  ];
  const { source } = await read(t, [...shipped, ...files], {
    rule_dir: [folderEntry("my/", "r\\d.xml$|.rules$")],
    rule_include: ["0010-a.xml", "etc/rules/local.xml", "my/r1.xml"],
    rule_exclude: ["r2.xml"],
  });
  deepEqual(paths(source.rules), ["ruleset/rules/0010-a.xml", "etc/rules/local.xml", "my/r1.xml", "my/r3.rules"]);
});

test("an exclude may name the whole path, and then only that file is left out", async (t) => {
  const files = ["home/a/x.xml", "home/b/x.xml"];
  const { source } = await read(t, files, {
    rule_dir: [folderEntry("a"), folderEntry("b")],
    rule_exclude: ["a/x.xml"],
  });
  deepEqual(paths(source.rules), ["b/x.xml"]);
});

test("what is named and absent is a warning, a pattern that cannot be an error at its place", async (t) => {
  const { problems } = await read(t, shipped, {
    rule_dir: [folderEntry("none"), folderEntry("ruleset/rules", "(a")],
    rule_include: ["gone.xml"],
    list: ["etc/lists/gone"],
  });
  const said = problems.map(describeProblem);
  ok(
    said.some((line) => line.startsWith("ossec.conf:3:5: error: pattern: ")),
    said.join("\n"),
  );
  ok(said.includes("none: warning: holds no files, or is absent"));
  ok(said.includes("ruleset/rules/gone.xml: warning: is named in <ruleset> and is absent"));
  ok(said.includes("etc/lists/gone: warning: is named in <ruleset> and is absent"));
});

test("a folder in the place of a file is an error and not a crash", async (t) => {
  const { problems, source } = await read(t, [...shipped, "home/etc/rules/odd.xml/inner"]);
  deepEqual(paths(source.rules), ["ruleset/rules/0010-a.xml"]);
  ok(problems.some((problem) => problem.severity === "error" && problem.file === "etc/rules/odd.xml"));
});
