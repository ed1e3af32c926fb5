import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { newFolder } from "../../test/support/temporary-folder.ts";
import type { CommandContext } from "./command.ts";
import { UsageError } from "./errors.ts";
import { rulesetTest } from "./ruleset.ts";

/** OSSEC's form is the shorter one. */
function peerFolder(expected: string): string {
  const folder = newFolder("peer");
  for (const name of ["rules", "tests"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "decoder.xml"), `<decoder name="door"><program_name>^door</program_name></decoder>`);
  writeFileSync(
    join(folder, "rules", "door_rules.xml"),
    `<group name="syslog,">
      <rule id="1" level="0" noalert="1"><category>syslog</category><description>all</description></rule>
      <rule id="100" level="3"><if_sid>1</if_sid><match>knock</match><description>a knock</description></rule>
    </group>`,
  );
  const answer = `rule = ${expected}\nalert = 3\ndecoder = door\n`;
  const log = "Dec 29 10:00:01 web door[1]: knock";
  writeFileSync(join(folder, "tests", "door.ini"), `[a knock]\nlog 1 pass = ${log}\n${answer}`);
  return folder;
}

function contextFor(lines: string[], format: "table" | "json" = "table"): CommandContext {
  const line = (text: string): void => void lines.push(text);
  const output = { line, raw: line, problem: line, isTerminal: false, columns: 80 };
  return { output, home: "/nonexistent", format, signal: new AbortController().signal } as unknown as CommandContext;
}

test("a peer's tests are run against a peer's rules", async () => {
  const lines: string[] = [];
  equal(await rulesetTest.run(contextFor(lines), { rules: peerFolder("100"), flavour: "ossec" }, []), 0);
  deepEqual(lines, ["1 passed, 0 failed"]);
  lines.length = 0;
  equal(await rulesetTest.run(contextFor(lines), { rules: peerFolder("7"), flavour: "ossec" }, []), 1);
  deepEqual(lines, [
    "FAILED door.ini:2 [a knock] log 1 pass: rule 100 (3) by door, not rule 7 (3) by door",
    "0 passed, 1 failed",
  ]);
});

test("tests may lie elsewhere; where there are none the use was wrong", async () => {
  const lines: string[] = [];
  const [good, bad] = [peerFolder("100"), peerFolder("7")];
  const values = { rules: bad, tests: join(good, "tests"), flavour: "ossec" };
  equal(await rulesetTest.run(contextFor(lines, "json"), values, []), 0);
  deepEqual(JSON.parse(lines[0] ?? ""), { passed: 1, failures: [], unrunnable: [], warnings: [] });
  equal(await rulesetTest.run(contextFor([]), { ...values, tests: "/nonexistent" }, []), 2);
});

test("a ruleset of the other peer's layout is refused, with the flavour that it wants", async () => {
  const ossec = peerFolder("100");
  await rejects(
    rulesetTest.run(contextFor([]), { rules: ossec, flavour: "wazuh" }, []),
    new UsageError(`${ossec} has OSSEC's layout: --flavour ossec`),
  );
  const wazuh = newFolder("wazuh");
  mkdirSync(join(wazuh, "decoders"));
  await rejects(
    rulesetTest.run(contextFor([]), { rules: wazuh, flavour: "ossec" }, []),
    new UsageError(`${wazuh} has Wazuh's layout: --flavour wazuh`),
  );
});

test("what cannot be meant is refused", () => {
  throws(() => rulesetTest.run(contextFor([]), { rules: "r", flavour: "snort" }, []), UsageError);
  throws(() => rulesetTest.run(contextFor([]), { rules: "r", flavour: "wazuh" }, ["dir"]), UsageError);
});
