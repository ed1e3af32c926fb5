import { deepEqual, ok } from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { mmdbOf } from "../../test/support/mmdb.ts";
import { play } from "../../test/support/ruleset.ts";
import { noCrash } from "../base/crash-point.ts";
import { nodeDisk } from "../base/disk.ts";
import { compileRuleset } from "../analysis/ruleset.ts";
import { loadSnapshot, storeSnapshot } from "../analysis/snapshot-disk.ts";
import { describeProblem } from "../config/problem.ts";
import { checkConfig } from "./config-check.ts";
import { readHomeRulesetFiles } from "./logtest-ruleset.ts";
import { checkHomeRuleset } from "./ruleset-check.ts";
import { readHomeRuleset } from "./ruleset-in-force.ts";
import { readSettings } from "./settings.ts";

const rule = `<group name="local,"><rule id="100100" level="5"><decoded_as>at</decoded_as><srcgeoip>^US</srcgeoip>
  <description>from $(srcip)</description></rule></group>`;
const decoder = `<decoder name="at"><prematch>^at </prematch>
  <regex offset="after_prematch">^(\\S+)</regex><order>srcip</order></decoder>`;

async function homeOf(context: TestContext, global: string): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "argus-geoip-home-"));
  context.after(() => rm(home, { recursive: true }));
  const files: Record<string, string | Buffer> = {
    "etc/ossec.conf": `<ossec_config><global>${global}</global></ossec_config>`,
    "etc/rules/local_rules.xml": rule,
    "etc/decoders/local_decoder.xml": decoder,
    "etc/places.mmdb": mmdbOf({ "8.8.8.0/24": { country: { iso_code: "US" } } }),
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), content);
  }
  return home;
}

test("the database that <geoipdb> names answers in a node, in logtest and from a stored snapshot", async (context) => {
  const home = await homeOf(context, "<geoipdb>etc/places.mmdb</geoipdb>");
  const found = await readHomeRuleset(nodeDisk, await readSettings(home, nodeDisk), "UTC");
  deepEqual(found.problems.map(describeProblem), []);
  ok(found.places.includes(join(home, "etc/places.mmdb")), "a new database is noticed");
  const folder = join(home, "queue/rulesets");
  await storeSnapshot(nodeDisk, folder, found.snapshot, noCrash);
  const stored = await loadSnapshot(nodeDisk, folder, found.snapshot.sha256);
  for (const { source } of [found.snapshot, stored, await readHomeRulesetFiles(home, nodeDisk, "UTC")]) {
    const ruleset = compileRuleset(source, () => undefined);
    deepEqual(play(ruleset, ["at 8.8.8.8", "at 9.9.9.9"]), [100_100, 0]);
  }
  const { problems } = await checkConfig(home, nodeDisk, checkHomeRuleset);
  deepEqual(problems.map(describeProblem), []);
});

test("config check names rules that ask for places where no database is there", async (context) => {
  const home = await homeOf(context, "");
  const { problems } = await checkConfig(home, nodeDisk, checkHomeRuleset);
  const said = problems.map(describeProblem).join("\n");
  ok(said.includes("rule 100100 asks where an address is (srcgeoip), and no <geoipdb> says so"), said);
});
