import { deepEqual, equal } from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { compileRuleset } from "../analysis/ruleset.ts";
import { play } from "../../test/support/ruleset.ts";
import { nodeDisk } from "../base/disk.ts";
import { describeProblem } from "../config/problem.ts";
import { readHomeRulesetFiles } from "./logtest-ruleset.ts";
import { readHomeRuleset } from "./ruleset-in-force.ts";
import { readSettings } from "./settings.ts";

const rules = (text: string): string => `<?xml version="1.0"?><group name="syslog,">${text}</group>`;
const files = {
  "etc/decoder.xml": '<decoder name="app"><prematch_pcre2>^APP </prematch_pcre2></decoder>',
  "rules/rules_config.xml": rules('<rule id="1" level="0" noalert="yes"><category>syslog</category></rule>'),
  "rules/app_rules.xml": rules('<rule id="100" level="5"><decoded_as>app</decoded_as><pcre2>FAILED</pcre2></rule>'),
};
const includes = "<rules><include>rules_config.xml</include><include>app_rules.xml</include></rules>";

async function homeOf(context: TestContext, sections: string): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "argus-ossec-home-"));
  context.after(() => rm(home, { recursive: true }));
  for (const [path, text] of Object.entries({
    ...files,
    "etc/ossec.conf": `<ossec_config>${sections}</ossec_config>`,
  })) {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), text);
  }
  return home;
}

test("a configuration with <rules> is answered by OSSEC's rules, in a node and in logtest", async (context) => {
  const home = await homeOf(context, includes);
  const { snapshot, problems } = await readHomeRuleset(nodeDisk, await readSettings(home, nodeDisk), "UTC");
  deepEqual(problems.map(describeProblem), []);
  equal(snapshot.source.options.flavour, "ossec");
  for (const { source } of [snapshot, await readHomeRulesetFiles(home, nodeDisk, "UTC")]) {
    const ruleset = compileRuleset(source, () => undefined);
    deepEqual(play(ruleset, ["app failed", "app well"]), [100, 0]);
  }
});

test("a flavour that is written counts for the files of <ruleset>", async (context) => {
  const section =
    "<ruleset><flavour>OSSEC</flavour><rule_include>rules/rules_config.xml</rule_include>" +
    "<rule_include>rules/app_rules.xml</rule_include><decoder_include>etc/decoder.xml</decoder_include></ruleset>";
  const settings = await readSettings(await homeOf(context, section), nodeDisk);
  const { snapshot, problems } = await readHomeRuleset(nodeDisk, settings, "UTC");
  deepEqual(problems.map(describeProblem), []);
  deepEqual(
    play(
      compileRuleset(snapshot.source, () => undefined),
      ["app failed"],
    ),
    [100],
  );
});
