/** The peers' rulesets, in homes as the peers' own configurations have them: nothing of them is named as wrong. */
import { deepEqual, match } from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { nodeDisk } from "../base/disk.ts";
import { describeProblem } from "../config/problem.ts";
import { newFolder } from "../../test/support/temporary-folder.ts";
import { peerRuleset } from "../../test/support/peer-data.ts";
import { loadNodeConfig } from "./config.ts";
import { checkHomeRuleset } from "./ruleset-check.ts";

/** Of ruleset-spec 7.1, as shipped. */
const wazuhSection = `<ruleset>
  <decoder_dir>ruleset/decoders</decoder_dir>
  <rule_dir>ruleset/rules</rule_dir>
  <rule_exclude>0215-policy_rules.xml</rule_exclude>
  <list>etc/lists/audit-keys</list>
  <list>etc/lists/amazon/aws-eventnames</list>
  <list>etc/lists/security-eventchannel</list>
  <list>etc/lists/malicious-ioc/malware-hashes</list>
  <list>etc/lists/malicious-ioc/malicious-ip</list>
  <list>etc/lists/malicious-ioc/malicious-domains</list>
</ruleset>`;

async function problemsOf(home: string, sections: string): Promise<string[]> {
  writeFileSync(join(home, "etc", "ossec.conf"), `<ossec_config>${sections}</ossec_config>`);
  const config = await loadNodeConfig(home, nodeDisk);
  return [...config.problems, ...(await checkHomeRuleset(home, config))].map(describeProblem);
}

const wazuh = peerRuleset("wazuh");
const ossec = peerRuleset("ossec");

test("Wazuh's decoders, rules and lists load without a word", { skip: wazuh.skip }, async () => {
  const home = newFolder("check-wazuh");
  mkdirSync(join(home, "etc"));
  symlinkSync(resolve(wazuh.folder), join(home, "ruleset"));
  symlinkSync(resolve(wazuh.folder, "lists"), join(home, "etc", "lists"));
  deepEqual(await problemsOf(home, wazuhSection), []);
});

test("OSSEC's decoders and rules load without a word", { skip: ossec.skip }, async () => {
  const home = newFolder("check-ossec");
  mkdirSync(join(home, "etc"));
  copyFileSync(join(ossec.folder, "decoder.xml"), join(home, "etc", "decoder.xml"));
  symlinkSync(resolve(ossec.folder, "rules"), join(home, "rules"));
  const order = readFileSync(join(ossec.folder, "load-order.txt"), "utf8").split("\n").filter(Boolean);
  const includes = order.map((name) => `<include>${name}</include>`).join("\n");
  deepEqual(await problemsOf(home, `<rules>${includes}</rules>`), []);
});

test("what is wrong in a file is named by its whole path", async () => {
  const home = newFolder("check");
  mkdirSync(join(home, "etc", "rules"), { recursive: true });
  writeFileSync(join(home, "etc", "rules", "x.xml"), "<group name='x,'>\n<rule id='100001' level='x'></rule></group>");
  const problems = await problemsOf(home, "<global><jsonout_output>yes</jsonout_output></global>");
  match(problems.join("\n"), /^\/.*\/etc\/rules\/x\.xml:2:\d+: error: /);
});
