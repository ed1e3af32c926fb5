/** The peers' own cases, all of them, by their own rules. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { nodeDisk } from "../../base/disk.ts";
import { peerRuleset, peerVectors, type PeerData } from "../../../test/support/peer-data.ts";
import type { Flavour } from "../../syntax/pattern.ts";
import { loadConformanceRuleset, readSuite, runSuite, suiteFiles, type FileResult } from "./conformance.ts";
import { ExpectedEvents } from "./expected-event.ts";

interface Run {
  results: FileResult[];
  failures: string[];
  unrunnable: string[];
  passed: number;
}

async function runPeer(flavour: Flavour, folder: string, events?: ExpectedEvents): Promise<Run> {
  const place = { rules: folder, tests: join(folder, "tests") };
  const ruleset = await loadConformanceRuleset(nodeDisk, flavour, place, () => undefined);
  const results: FileResult[] = [];
  for (const file of await suiteFiles(nodeDisk, place.tests)) {
    results.push(runSuite(ruleset, file, await readSuite(nodeDisk, place.tests, file, flavour), events));
  }
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const all = (pick: (result: FileResult) => string[]): string[] => results.flatMap(pick);
  return { results, passed, failures: all((one) => one.failures), unrunnable: all((one) => one.unrunnable) };
}

const skipOf = (...needed: PeerData[]): string | false => needed.find(({ skip }) => skip !== false)?.skip ?? false;

const wazuh = peerRuleset("wazuh");
const ossec = peerRuleset("ossec");
const vectors = peerVectors();

/** Files whose cases, all or some, name rules of test rulesets (ruleset-spec 11), and nothing that is shipped. */
const testRulesetFiles = /^(test_\w+|user|overwrite|pix)\.ini$/;

test(
  "every case of Wazuh's suite passes, and every single event has its answer",
  { skip: skipOf(wazuh, vectors) },
  async (context) => {
    const text = readFileSync(join(vectors.folder, "wazuh-tests-expected.jsonl"), "utf8");
    const events = new ExpectedEvents(text);
    const { failures, unrunnable, passed } = await runPeer("wazuh", wazuh.folder, events);
    deepEqual(failures, []);
    ok(passed > 900, `${passed} cases were run`);
    ok(events.metCount > 900, `${events.metCount} events were compared`);
    deepEqual(
      unrunnable.filter((where) => !testRulesetFiles.test(where.slice(0, where.indexOf(":")))),
      [],
    );
    context.diagnostic(`${passed} cases and ${events.metCount} events; ${unrunnable.length} cases are not runnable:`);
    for (const where of unrunnable) context.diagnostic(`  ${where}`);
  },
);

/** Cases that OSSEC's own program fails as well (ruleset-spec 0 and 11), with the reason. */
const failedByOssec: Readonly<Record<string, string>> = {
  "snort.ini:2 [Snort alert fast format.] log 1 pass": "a fresh state has not seen this alert before: rule 20100",
  "snort.ini:8 [Snort drop fast format.] log 1 pass": "a fresh state has not seen this alert before: rule 20100",
  "web_appsec.ini:65 [Blacklisted user agent (known malicious user agent).] log 8 pass":
    "the rule does not name this user agent any more",
  "web_appsec.ini:136 [POST request received.] log 1 pass": "the rule asks for another status than 403 by now",
};

test("every case of OSSEC's suite passes that OSSEC itself passes", { skip: skipOf(ossec) }, async () => {
  const { failures, unrunnable, passed } = await runPeer("ossec", ossec.folder);
  const names = failures.map((failure) => failure.slice(0, failure.lastIndexOf(": ")));
  deepEqual(names, Object.keys(failedByOssec), failures.join("\n"));
  deepEqual(unrunnable, []);
  equal(passed, 171 - names.length);
});
