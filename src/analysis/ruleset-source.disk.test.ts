import { deepEqual, equal, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { nodeDisk } from "../base/disk.ts";
import { describeProblem } from "../config/problem.ts";
import { initialValues } from "../config/schema.ts";
import { rulesetSection, type RulesetSection, rulesSection, type RulesSection } from "./options.ts";
import { readRuleset, type FoundRuleset } from "./ruleset-source.ts";
import { defaultRulesetOptions } from "./ruleset.ts";

/** A home and a shipped ruleset with these files, each holding its own path where `texts` says nothing else. */
async function read(
  t: TestContext,
  files: readonly string[],
  change: Partial<RulesetSection> = {},
  rules: Partial<RulesSection> = {},
  texts: Readonly<Record<string, string>> = {},
): Promise<FoundRuleset> {
  const folder = mkdtempSync(join(tmpdir(), "argus-ruleset-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), texts[file] ?? `${file} \xe9`, "latin1");
  }
  const place = { home: join(folder, "home"), shipped: join(folder, "shipped") };
  const sections = {
    ruleset: { ...initialValues(rulesetSection.options), ...change },
    rules: { ...initialValues(rulesSection.options), ...rules },
  };
  return readRuleset(nodeDisk, place, sections, defaultRulesetOptions);
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
  ok(said.includes("ruleset/rules/gone.xml: warning: is named in the configuration and is absent"));
  ok(said.includes("etc/lists/gone: warning: is named in the configuration and is absent"));
});

test("a folder in the place of a file is an error and not a crash", async (t) => {
  const { problems, source } = await read(t, [...shipped, "home/etc/rules/odd.xml/inner"]);
  deepEqual(paths(source.rules), ["ruleset/rules/0010-a.xml"]);
  ok(problems.some((problem) => problem.severity === "error" && problem.file === "etc/rules/odd.xml"));
});

test("a pipe or a device in the place of a file is an error at once", { timeout: 20_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "argus-ruleset-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const name of ["rules", "lists"]) mkdirSync(join(folder, "etc", name), { recursive: true });
  execFileSync("mkfifo", [join(folder, "etc/rules/fifo.xml"), join(folder, "etc/lists/fifo")]);
  symlinkSync("/dev/zero", join(folder, "etc/rules/zero.xml"));
  const sections = {
    ruleset: { ...initialValues(rulesetSection.options), list: ["etc/lists/fifo"] },
    rules: initialValues(rulesSection.options),
  };
  const place = { home: folder, shipped: folder, geoipDatabase: "/dev/zero" };
  const { problems } = await readRuleset(nodeDisk, place, sections, defaultRulesetOptions);
  const refused = problems.filter(({ message }) => message.endsWith(" is no regular file")).map(({ file }) => file);
  deepEqual(refused.toSorted(), ["/dev/zero", "etc/lists/fifo", "etc/rules/fifo.xml", "etc/rules/zero.xml"]);
});

test("paths mean the same in whatever spelling they are written, and no file is loaded twice", async (t) => {
  const { source, problems } = await read(t, [...shipped, "home/my/a.xml", "home/my/b.xml"], {
    decoder_dir: [folderEntry("./ruleset//decoders/")],
    rule_dir: [folderEntry("./ruleset/rules"), folderEntry("./my"), folderEntry("my//")],
    rule_include: ["./my/a.xml", "./0010-a.xml"],
    rule_exclude: ["./my/b.xml"],
  });
  deepEqual(paths(source.decoders), ["ruleset/decoders/0010-a.xml"]);
  deepEqual(paths(source.rules), ["my/a.xml", "ruleset/rules/0010-a.xml"]);
  ok(!problems.some(({ message }) => message.includes("holds no files")), problems.map(describeProblem).join("\n"));
});

test("a folder of whose files the pattern takes none is named, and a ruleset without rules is an error", async (t) => {
  const nothing = "etc/ossec.conf: error: no file of rules is left of what <ruleset> names: nothing would be raised";
  const misspelt = await read(t, shipped, { rule_dir: [folderEntry("ruleset/rules", ".xlm$")] });
  deepEqual(misspelt.problems.map(describeProblem), [
    "ossec.conf:3:5: warning: no file of ruleset/rules fits the pattern .xlm$",
    nothing,
  ]);
  const excluded = await read(t, shipped, { rule_exclude: ["0010-a.xml"] });
  deepEqual(excluded.problems.map(describeProblem), [nothing]);
});

// ── OSSEC's <rules>, ruleset-spec 7.2 ──────────────────────────────────────────────────────────────────────────────

/** An entry at an offset of the configuration. */
const at = (offset: number, text: string, pattern?: string) => ({
  ...folderEntry(text, pattern),
  place: { file: "ossec.conf", line: 3, column: 5, offset },
});
const ossecHome = [
  "home/etc/decoder.xml",
  "home/etc/local_decoder.xml",
  ...["a_rules.xml", "b_rules.xml", "config.xml"].map((name) => `home/rules/${name}`),
  ...["rules/c_rules.xml", "decoders/x_decoder.xml", "decoders/y.xml"].map((name) => `home/plugins/${name}`),
];

test("files and folders of <rules> are loaded as they are mixed, none twice, and the flavour is OSSEC's", async (t) => {
  const { source, problems } = await read(
    t,
    ossecHome,
    {},
    {
      include: [at(10, "config.xml"), at(50, "rules/a_rules.xml")],
      rule_dir: [at(20, "plugins/rules/"), at(40, "rules")],
    },
  );
  deepEqual(paths(source.rules), [
    "rules/config.xml",
    "plugins/rules/c_rules.xml",
    "rules/a_rules.xml",
    "rules/b_rules.xml",
  ]);
  deepEqual([source.options.flavour, problems], ["ossec", []]);
});

test("the decoders are those of etc where <rules> names none, else what it names", async (t) => {
  const include = [at(1, "config.xml")];
  const usual = await read(t, ossecHome, {}, { include });
  deepEqual(paths(usual.source.decoders), ["etc/decoder.xml", "etc/local_decoder.xml"]);
  const bare = await read(t, ["home/etc/decoder.xml", "home/rules/config.xml"], {}, { include });
  deepEqual([paths(bare.source.decoders), bare.problems], [["etc/decoder.xml"], []]);
  const written = { include, decoder: [at(3, "decoder.xml")], decoder_dir: [at(2, "plugins/decoders")] };
  const named = await read(t, ossecHome, {}, written);
  deepEqual(paths(named.source.decoders), ["plugins/decoders/x_decoder.xml", "etc/decoder.xml"]);
  const all = await read(t, ossecHome, {}, { include, decoder_dir: [at(2, "plugins/decoders", ".xml$")] });
  deepEqual(paths(all.source.decoders), ["plugins/decoders/x_decoder.xml", "plugins/decoders/y.xml"]);
});

test("lists that only a rule names are read too, but none outside of the home", async (t) => {
  const rule = '<list field="id">lists/two.cdb</list><list field="id">../x</list><list field="id">lists/none</list>';
  const files = [...ossecHome, "home/lists/one", "home/lists/two", "x"];
  const section = { include: [at(1, "config.xml")], list: ["lists/one"] };
  const { source, problems } = await read(t, files, {}, section, { "home/rules/config.xml": rule });
  deepEqual(
    source.lists.map(({ name }) => name),
    ["lists/one", "lists/two.cdb"],
  );
  deepEqual(problems, []);
});

test("a flavour that is written counts, and what then has no effect is named", async (t) => {
  const rules = { include: [at(1, "config.xml")] };
  const wazuh = await read(t, [...shipped, ...ossecHome], { flavour: "wazuh" }, rules);
  deepEqual([wazuh.source.options.flavour, paths(wazuh.source.rules)], ["wazuh", ["ruleset/rules/0010-a.xml"]]);
  deepEqual(wazuh.problems.map(describeProblem), [
    "ossec.conf:3:5: warning: <rules> has no effect in Wazuh's flavour; use <ruleset>",
  ]);
  const both = await read(t, ossecHome, { rule_dir: [folderEntry("plugins/rules")] }, rules);
  deepEqual(paths(both.source.rules), ["rules/config.xml"]);
  deepEqual(both.problems.map(describeProblem), [
    "ossec.conf:3:5: warning: the files of <ruleset> have no effect beside those of <rules>",
  ]);
});

test("OSSEC's flavour takes the files of <ruleset> where there is no <rules>, and never those of Argus", async (t) => {
  const section = {
    flavour: "ossec" as const,
    rule_include: ["rules/config.xml"],
    rule_dir: [folderEntry("rules")],
    decoder_include: ["etc/decoder.xml"],
  };
  const { source, problems } = await read(t, [...shipped, ...ossecHome], section);
  deepEqual(paths(source.rules), ["rules/config.xml", "rules/a_rules.xml", "rules/b_rules.xml"]);
  deepEqual([paths(source.decoders), problems], [["etc/decoder.xml"], []]);
  const none = await read(t, shipped, { flavour: "ossec" });
  deepEqual(
    [none.source.rules, none.problems.map(describeProblem)],
    [[], ["etc/ossec.conf: error: OSSEC's flavour needs rules: name them in <rules>"]],
  );
});

test("the database of places is read where one is named, and its absence is a warning", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "argus-ruleset-"));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "etc"));
  writeFileSync(join(folder, "etc/geo.mmdb"), "\xff\x00", "latin1");
  const sections = {
    ruleset: initialValues(rulesetSection.options),
    rules: initialValues(rulesSection.options),
  };
  const found = async (geoipDatabase?: string): Promise<FoundRuleset> =>
    readRuleset(nodeDisk, { home: folder, shipped: folder, geoipDatabase }, sections, defaultRulesetOptions);
  equal((await found()).source.geoip, undefined);
  const relative = await found("etc/geo.mmdb");
  deepEqual(relative.source.geoip, { path: "etc/geo.mmdb", bytes: Buffer.from([255, 0]) });
  deepEqual((await found(join(folder, "etc/geo.mmdb"))).source.geoip?.bytes, Buffer.from([255, 0]));
  const absent = await found("etc/none.mmdb");
  equal(absent.source.geoip, undefined);
  ok(
    absent.problems
      .map(describeProblem)
      .includes("etc/none.mmdb: warning: is named in the configuration and is absent"),
  );
});
