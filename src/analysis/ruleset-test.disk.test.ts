import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { appDecoders, templates } from "../../test/support/ruleset.ts";
import { nodeDisk } from "../base/disk.ts";
import { RulesetError } from "./errors.ts";
import { testRuleset, type RulesetTestResult } from "./ruleset-test.ts";

const rules = `${templates}<group name="test,">
<rule id="100" level="5"><match>failed</match><mitre><id>T1110</id></mitre><description>failed</description></rule>
<rule id="101" level="3"><list field="srcip">lists/bad</list><description>listed</description></rule>
<rule id="200" level="10" frequency="3" timeframe="10"><if_matched_sid>100</if_matched_sid>
  <description>many</description></rule></group>`;

function folderWith(t: TestContext, files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "argus-cases-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const all = { "decoders/a.xml": appDecoders, "rules/a.xml": rules, "lists/bad": "10.0.0.9:\n", ...files };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

async function run(t: TestContext, cases: unknown[]): Promise<RulesetTestResult & { said: string[] }> {
  const folder = folderWith(t, { "cases/a.json": JSON.stringify({ cases }, undefined, 1) });
  const result = await testRuleset(nodeDisk, folder);
  return { ...result, said: result.problems.map(({ message }) => message) };
}

const failed = { name: "failed", lines: ["app: failed srcip=10.0.0.1"] };

test("a case passes when everything that it expects is so", async (t) => {
  const result = await run(t, [
    {
      ...failed,
      expect: {
        decoder: "app",
        programName: null,
        rule: 100,
        level: 5,
        groups: ["test"],
        mitre: ["T1110"],
        fields: { srcip: "10.0.0.1", url: null },
        notRule: 200,
      },
    },
    { name: "nothing", lines: ["calm"], expect: { decoder: null, rule: null } },
    { name: "listed", lines: ["app: srcip=10.0.0.9"], expect: { rule: 101 } },
    { name: "count", ...{ lines: failed.lines, repeat: 3, before: [100, 100] }, expect: { rule: 200 } },
    { name: "too slow", ...{ lines: failed.lines, repeat: 3, secondsApart: 11 }, expect: { rule: 100 } },
    {
      name: "agent",
      lines: ["app: failed"],
      agent: { id: "007", name: "web" },
      queue: "2",
      location: "x",
      expect: { rule: 100 },
    },
  ]);
  deepEqual([result.said, result.passed, result.failed], [[], 6, 0]);
});

test("each expectation that is not met fails its case, and says what was found", async (t) => {
  const wrong: [object, string][] = [
    [{ decoder: "sshd" }, "the decoder is app, not sshd"],
    [{ decoder: null }, "the decoder is app, not nothing"],
    [{ programName: "sshd" }, "the program name is nothing, not sshd"],
    [{ rule: 101 }, "the rule is 100, not 101"],
    [{ rule: null }, "the rule is 100, not nothing"],
    [{ level: 3 }, "the level is 5, not 3"],
    [{ groups: ["sshd"] }, "groups sshd missing among test"],
    [{ mitre: ["T1"] }, "techniques T1 missing among T1110"],
    [{ fields: { srcip: "1.1.1.1" } }, "srcip is 10.0.0.1, not 1.1.1.1"],
    [{ fields: { srcip: null } }, "srcip is 10.0.0.1, not nothing"],
    [{ fields: { toString: "x" } }, "toString is nothing, not x"],
    [{ notRule: 100 }, "the rule is 100"],
  ];
  const result = await run(
    t,
    wrong.map(([expect], at) => ({ ...failed, name: `case ${at}`, expect })),
  );
  deepEqual(
    result.said,
    wrong.map(([, message], at) => `"case ${at}": ${message}`),
  );
  deepEqual([result.passed, result.failed], [0, wrong.length]);
});

test("an answer on the way that is not as `before` says fails the case", async (t) => {
  const result = await run(t, [{ ...failed, repeat: 2, before: [null], expect: { rule: 100 } }]);
  deepEqual(result.said, ['"failed": line 1 is answered by 100, not nothing']);
});

test("a failed case is placed at the line of its name", async (t) => {
  const result = await run(t, [
    { ...failed, expect: {} },
    { ...failed, name: "second", expect: { rule: 1 } },
  ]);
  deepEqual(
    result.problems.map(({ line, file }) => [line, file.endsWith("cases/a.json")]),
    [[11, true]],
  );
});

test("a byte that is written as one is sent as one, and a character as UTF-8", async (t) => {
  const text = String.raw`{"cases": [
    {"name": "byte", "lines": ["app: failed srcip=\u00e9\\u00e9"], "expect": {"fields": {"srcip": "\\xe9\\u00e9"}}},
    {"name": "character", "lines": ["app: failed srcip=é€"], "expect": {"fields": {"srcip": "é€"}}}]}`;
  const result = await testRuleset(nodeDisk, folderWith(t, { "cases/a.json": text }));
  deepEqual([result.problems, result.passed], [[], 2]);
});

test("a mistyped case does not pass: the file and the case are named", async (t) => {
  const say = async (change: object): Promise<string | undefined> =>
    (await run(t, [{ ...failed, expect: {}, ...change }])).said[0];
  equal(await say({ expects: {} }), 'case "failed": "expects" is not a field that is known');
  equal(await say({ expect: { ruel: 1 } }), 'case "failed": expect: "ruel" is not a field that is known');
  equal(await say({ expect: { rule: "100" } }), 'case "failed": expect: "rule" has a value that it may not have');
  equal(await say({ lines: [] }), 'case "failed": "lines" has a value that it may not have');
  equal(await say({ repeat: 0 }), 'case "failed": "repeat" has a value that it may not have');
  equal(await say({ repeat: 100_001 }), 'case "failed": has over 100000 lines');
  equal(await say({ before: [1, 2] }), 'case "failed": "before" has 2 entries, not 0');
  equal(await say({ name: "" }), "a case has no name");
  equal((await run(t, [{ name: "x", lines: ["x"] }])).said[0], 'case "x": "expect" is missing');
  const twice = { ...failed, expect: {} };
  equal((await run(t, [twice, twice])).said[0], 'case "failed": another case has the same name');
});

test("a file that is no cases at all counts as failed", async (t) => {
  for (const text of ["{", "[]", "{}", '{"cases": 1}', '{"cases": [], "x": 1}']) {
    const result = await testRuleset(nodeDisk, folderWith(t, { "cases/a.json": text }));
    deepEqual([result.passed, result.failed, result.problems.length], [0, 1, 1], text);
  }
});

test("a ruleset that does not load is refused before any case is run", async (t) => {
  await rejects(testRuleset(nodeDisk, folderWith(t, { "rules/b.xml": "<group>" })), RulesetError);
});

test("every case of the ruleset that is shipped passes", async () => {
  const { passed, failed: failures, problems } = await testRuleset(nodeDisk, join(process.cwd(), "ruleset"));
  deepEqual([problems, failures], [[], 0]);
  ok(passed >= 100);
});
