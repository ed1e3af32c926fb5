/** Wazuh's own rules, as it ships them, about what agents' modules say; the inputs are ours, from the specification. */
import { equal } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { nodeDisk } from "../../base/disk.ts";
import { eventOf, ruleOf } from "../../../test/support/ruleset.ts";
import type { Flavour } from "../../syntax/pattern.ts";
import { Engine } from "../engine.ts";
import { compileRuleset, defaultRulesetOptions, type CompiledRuleset } from "../ruleset.ts";
import { readPeerRuleset } from "./ruleset-folder.ts";

const rulesets = process.env["ARGUS_RULESETS"] ?? "../shared/rulesets";
const folders = { wazuh: join(rulesets, "wazuh-4.14.7"), ossec: join(rulesets, "ossec-4.3.0") } as const;

const skipOf = (flavour: Flavour): string | false =>
  existsSync(folders[flavour]) ? false : `${folders[flavour]} is not here`;

async function rulesetOfPeer(flavour: Flavour): Promise<CompiledRuleset> {
  const source = await readPeerRuleset(nodeDisk, folders[flavour], flavour);
  return compileRuleset({ ...source, options: { ...defaultRulesetOptions, flavour } }, () => undefined);
}

/** Of one agent that begins anew: what it says, and which rule answers. */
type Told = readonly (readonly [queue: string, log: string, rule: number])[];

const fileEvent = (type: string, entry: string): string =>
  JSON.stringify({
    type: "event",
    data: { path: "/x", type, mode: "scheduled", attributes: { type: entry, size: 1 } },
  });
const check = (result: string, status?: string): string =>
  JSON.stringify({ type: "check", id: 1, policy: "P", policy_id: "p", check: { id: 7, title: "T", result, status } });
const summary = (score: number): string =>
  JSON.stringify({ type: "summary", scan_id: 1, name: "P", policy_id: "p", score, hash: String(score) });
const ciscat = (more: object): string => JSON.stringify({ scan_id: 1, ...more });

const stories: Readonly<Record<string, Told>> = {
  "file integrity": [
    ["8", fileEvent("modified", "file"), 550],
    ["8", fileEvent("deleted", "file"), 553],
    ["8", fileEvent("added", "file"), 554],
    ["8", fileEvent("modified", "registry_key"), 594],
    ["8", fileEvent("deleted", "registry_key"), 597],
    ["8", fileEvent("added", "registry_key"), 598],
    ["8", fileEvent("modified", "registry_value"), 750],
    ["8", fileEvent("deleted", "registry_value"), 751],
    ["8", fileEvent("added", "registry_value"), 752],
    ["8", '{"type":"scan_end","data":{"timestamp":1}}', 0],
  ],
  "records of an older agent": [
    ["8", "1:33188:0:0:a:b /x", 0],
    ["8", "2:33188:0:0:a:b /x", 550],
    ["8", "syscheck-db-completed", 0],
    ["8", "1:33188:0:0:a:b /y", 554],
    ["8", "-1 /y", 553],
  ],
  rootcheck: [
    ["9", "Anomaly detected in file '/tmp/x'. Hidden from stats.", 510],
    ["9", "NTFS Alternate data stream found: 'C:\\x:Zone.Identifier'.", 511],
    ["9", "Windows Audit: LM authentication allowed.", 512],
    ["9", "Windows Malware: Trojan.", 513],
    ["9", "Application Found: Skype.", 514],
    ["9", "Starting rootcheck scan.", 515],
    ["9", "Ending rootcheck scan.", 515],
    ["9", "System Audit: CIS - 1.4 {CIS: 1.4}. File: /etc/fstab.", 516],
    ["9", "Application Found: Adware - x.", 518],
    ["9", "System Audit: Web vulnerability - x.", 519],
    ["9", "Process '7' hidden from /proc. Possible kernel level rootkit.", 521],
    ["9", "File '/tmp/x' is owned by root and has written permissions to anyone.", 522],
    ["9", "File '/tmp/x' is owned by root and has written permissions to anyone.", 522],
  ],
  hostinfo: [
    ["3", "Host: 10.0.0.7, open ports: 22 (tcp)", 581],
    ["3", "Host: 10.0.0.7, open ports: 22 (tcp) 80 (tcp)", 580],
    ["3", "Host: 10.0.0.7, open ports: 22 (tcp) 80 (tcp)", 0],
  ],
  "inventories and upgrades": [
    ["d", '{"type":"dbsync_ports","operation":"INSERTED","data":{"local_port":4444}}', 221],
    ["5", '{"component":"fim_file","type":"state","data":{"index":"error failed"}}', 0],
    ["u", '{"command":"upgrade_update_status","parameters":{"error":1}}', 0],
  ],
  "configuration assessment": [
    ["p", check("failed"), 19_007],
    ["p", check("failed"), 0],
    ["p", check("passed"), 19_010],
    ["p", check("failed"), 19_011],
    ["p", check("", "Not applicable"), 19_013],
    ["p", check("passed"), 19_015],
    ["p", check("", "Not applicable"), 19_012],
    ["p", check("failed"), 19_014],
    ["p", summary(95), 19_001],
    ["p", summary(85), 19_002],
    ["p", summary(60), 19_003],
    ["p", summary(40), 19_004],
    ["p", summary(7), 19_005],
    ["p", summary(7), 0],
  ],
  "CIS-CAT": [
    ["e", ciscat({ type: "scan_result", cis: { rule_title: "T", result: "fail" } }), 87_418],
    ["e", ciscat({ type: "scan_result", cis: { rule_title: "T", result: "error" } }), 87_412],
    ["e", ciscat({ type: "scan_info", cis: { benchmark: "B", score: 76 } }), 87_422],
    ["e", ciscat({ type: "scan_info", cis: { benchmark: "B" } }), 87_404],
  ],
};

/** ruleset-spec 8, the first table: what managers and agents say of agents, with where it comes from. */
const ofAgents: readonly (readonly [location: string, log: string, rule: number])[] = [
  ["wazuh-agent", "ossec: Agent started: 'web1->any'.", 501],
  ["wazuh-agent", "ossec: Agent started: 'web1->any'.", 503],
  ["ossec", "ossec: Agent started: 'web1->any'.", 501],
  ["wazuh-remoted", "ossec: Agent stopped: 'web1->any'.", 506],
  ["wazuh-monitord", "ossec: Agent disconnected: 'web1-any'.", 504],
  ["wazuh-monitord", "ossec: Agent removed: 'web1-any'.", 505],
  ["wazuh-monitord", "ossec: Manager started.", 502],
  ["wazuh-agent", "wazuh: Agent buffer: '90%'.", 202],
  ["wazuh-agent", "wazuh: Agent buffer: 'full'.", 203],
  ["wazuh-agent", "wazuh: Agent buffer: 'flooded'.", 204],
  ["wazuh-agent", "wazuh: Agent buffer: 'normal'.", 205],
  ["wazuh-logcollector", "ossec: File rotated (inode changed): '/var/log/x'.", 591],
  ["wazuh-logcollector", "ossec: File size reduced (inode remained): '/var/log/x'.", 592],
  ["wazuh-logcollector", "ossec: Event log cleared: 'Security'", 593],
];

const agent = { agentId: "007", agentName: "web1", agentIp: "any" };

function hear(ruleset: CompiledRuleset, told: Readonly<Record<string, Told>>): void {
  for (const [story, events] of Object.entries(told)) {
    const engine = new Engine(ruleset);
    for (const [queue, log, rule] of events) {
      equal(ruleOf(engine.answer(eventOf(log, 0, { ...agent, queue, location: story }))), rule, `${story}: ${log}`);
    }
  }
}

const ossecStories: Readonly<Record<string, Told>> = {
  syscheck: [
    ["8", "1:33188:0:0:a:b /x", 0],
    ["8", "2:33188:0:0:a:b /x", 550],
    ["8", "3:33188:0:0:a:b /x", 551],
    ["8", "4:33188:0:0:a:b /x", 552],
    ["8", "5:33188:0:0:a:b /x", 0],
    ["8", "-1 /x", 553],
    ["8", "syscheck-db-completed", 0],
    ["8", "1:33188:0:0:a:b /x", 554],
  ],
  rootcheck: [
    ["9", "Anomaly detected in file '/tmp/x'. Hidden from stats.", 510],
    ["9", "Anomaly detected in file '/tmp/x'. Hidden from stats.", 509],
    ["9", "System Audit: CIS - 1.4. File: /etc/fstab.", 516],
    ["9", "Starting rootcheck scan.", 515],
    ["9", "Starting rootcheck scan.", 515],
  ],
  hostinfo: [
    ["3", "Host: 10.0.0.7, open ports: 22 (tcp)", 581],
    ["3", "Host: 10.0.0.7, open ports: 80 (tcp)", 580],
  ],
};

test("what modules of agents say has the answers of OSSEC's own rules", { skip: skipOf("ossec") }, async () => {
  const ruleset = await rulesetOfPeer("ossec");
  hear(ruleset, ossecStories);
  const engine = new Engine(ruleset);
  for (const [log, rule] of [
    ["ossec: Agent started: 'web1->any'.", 501],
    ["ossec: Agent started: 'web1->any'.", 503],
    ["ossec: Agent disconnected: 'web1-any'.", 504],
  ] as const) {
    equal(ruleOf(engine.answer(eventOf(log, 0, { ...agent, location: "ossec" }))), rule, log);
  }
});

test("what modules of agents say has the answers of Wazuh's own rules", { skip: skipOf("wazuh") }, async () => {
  const ruleset = await rulesetOfPeer("wazuh");
  hear(ruleset, stories);
  const engine = new Engine(ruleset);
  for (const [location, log, rule] of ofAgents) {
    equal(ruleOf(engine.answer(eventOf(log, 0, { ...agent, location }))), rule, `${location}: ${log}`);
  }
});
