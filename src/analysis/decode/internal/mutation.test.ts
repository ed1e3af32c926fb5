/** What modules send, mutated from a seed: whatever comes, it is decoded or passed over, within bounds. */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, rulesetOf, seeded } from "../../../../test/support/ruleset.ts";
import { Baseline } from "../../baseline.ts";
import { DYNAMIC_FIELDS_MAX } from "../../decoded-event.ts";
import { Engine } from "../../engine.ts";

const ruleset = rulesetOf(
  `<rule id="100" level="3"><category>ossec</category><if_fts/><description>$(file) $(type)</description></rule>`,
);

const messages: readonly (readonly [queue: string, log: string])[] = [
  ["3", "Host: 10.0.0.7 (web), open ports: 22 (tcp) 80 (tcp)"],
  ["8", "100:33188:0:0:a1:a2:root:root:1795600000:77:a3:ARCHIVE!x:y /etc/passwd\ndiff"],
  ["8", "-1 /etc/passwd"],
  [
    "8",
    '{"type":"event","data":{"path":"/x","type":"modified","mode":"whodata","hard_links":["/a"],"tags":"a,b","attributes":' +
      '{"type":"file","size":9,"perm":{"S-1":{"name":"x","allowed":["read"]}},"mtime":5,"inode":7},"old_attributes":{"size":' +
      '4},"changed_attributes":["size"],"audit":{"user_id":"0","process_name":"vi"}}}',
  ],
  ["9", "System Audit: CIS - 1.4 {CIS: 1.4 Debian} {PCI_DSS: 2.2}. File: /etc/fstab. Reference: https://x.y ."],
  ["d", '{"type":"dbsync_ports","operation":"INSERTED","data":{"local_port":4444,"inner":{"a":[1,2]}}}'],
  ["e", '{"type":"scan_result","scan_id":7,"cis":{"rule_title":"T","result":"fail"}}'],
  [
    "f",
    JSON.stringify({
      Message: "text",
      Event:
        "<Event><System><Provider Name='P'/><EventID>1</EventID></System><EventData><Data Name='A'>b</Data></EventData></Event>",
    }),
  ],
  ["p", '{"type":"check","id":1,"policy":"P","check":{"id":7,"title":"T","compliance":{"cis":"1"},"result":"failed"}}'],
  ["p", '{"type":"summary","scan_id":1,"name":"P","policy_id":"p","score":40,"force_alert":"1"}'],
];

const pieces = [
  "{",
  "}",
  "[",
  "]",
  '"',
  "\\",
  "<",
  ">",
  "</",
  "'",
  ":",
  ",",
  "\u0000",
  "\u00ff",
  "\n",
  "!",
  " ",
  "-1",
  "1e999",
];

function mutated(log: string, next: (bound: number) => number): string {
  let text = log;
  for (let left = 1 + next(6); left > 0; left -= 1) {
    const [from, length] = [next(text.length + 1), next(12)];
    const piece = pieces[next(pieces.length)] ?? "";
    const what = next(5);
    if (what === 0) text = text.slice(0, from) + text.slice(from + length);
    else if (what === 1) text = text.slice(0, from) + piece + text.slice(from);
    else if (what === 2) text = text.slice(0, from) + piece.repeat(1 + next(50)) + text.slice(from + length);
    else if (what === 3)
      text = text.slice(0, from) + text.slice(from, from + length).repeat(1 + next(20)) + text.slice(from);
    else text = text.slice(0, from);
  }
  return text.slice(0, 65_536);
}

test("20,000 mutations are decoded or passed over, and no answer depends on what a baseline in memory holds", () => {
  const next = seeded(26);
  const share = 20_000;
  const baseline = new Baseline(undefined, share);
  const engine = new Engine(ruleset, undefined, baseline);
  let decodedCount = 0;
  for (let step = 0; step < 20_000; step += 1) {
    const [queue, log] = messages[next(messages.length)] ?? ["3", ""];
    const text = mutated(log, next);
    const agentId = `00${next(3)}`;
    const { decoded, event } = engine.answer(eventOf(text, step, { queue, agentId }));
    if (decoded.decoder === undefined) equal(event.log, text, `step ${step} is passed over as it came`);
    else decodedCount += 1;
    ok(decoded.dynamicFields.length <= DYNAMIC_FIELDS_MAX, `step ${step}`);
    ok(event.log.length < 200_000, `step ${step}`);
  }
  ok(decodedCount > 2_000, `${decodedCount} were decoded`);
  ok(baseline.changedBytes <= 3 * share + 65_536, `${baseline.changedBytes} bytes are remembered`);
  equal(Object.hasOwn(Object.prototype, "polluted"), false);
});
