import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, ruleOf, rulesetOf } from "../../../../test/support/ruleset.ts";
import type { Answer } from "../../../model/alert.ts";
import { Engine } from "../../engine.ts";

const ruleset = rulesetOf(`
  <rule id="221" level="0"><category>ossec</category><decoded_as>syscollector</decoded_as>
    <description>s</description></rule>
  <rule id="222" level="3"><if_sid>221</if_sid><field name="type">^dbsync_ports$</field>
    <field name="operation_type">^INSERTED$</field>
    <description>$(port.local_port) of $(port.process)</description></rule>
  <rule id="300" level="0"><category>ossec</category><decoded_as>ciscat</decoded_as><description>c</description></rule>
  <rule id="301" level="7"><if_sid>300</if_sid><field name="cis.result">^fail$</field>
    <description>$(cis.rule_title)</description></rule>
  <rule id="400" level="3"><match>type</match><description>any text</description></rule>`);

function tell(queue: string, value: unknown): Answer {
  const log = typeof value === "string" ? value : JSON.stringify(value);
  return new Engine(ruleset).answer(eventOf(log, 0, { queue, agentId: "007", location: "syscollector" }));
}

const fieldsOf = ({ decoded }: Answer): Record<string, string> =>
  Object.fromEntries(decoded.dynamicFields.map(({ name, value }) => [name, value]));

test("a change of the inventory has its kind, what happened, and its data under the name of its part", () => {
  const data = { local_port: 4444, local_ip: "0.0.0.0", process: "nc", pid: 7, remote_ip: "", state: null };
  const answer = tell("d", { type: "dbsync_ports", operation: "INSERTED", data });
  equal(ruleOf(answer), 222);
  equal(answer.rule?.description, "4444 of nc");
  deepEqual(fieldsOf(answer), {
    ...{ type: "dbsync_ports", operation_type: "INSERTED", "port.local_port": "4444" },
    ...{ "port.local_ip": "0.0.0.0", "port.process": "nc", "port.pid": "7" },
  });
});

test("the older form is read alike", () => {
  const port = tell("d", { type: "port", ID: 5, timestamp: "t", port: { local_port: 22, protocol: "tcp" } });
  deepEqual(fieldsOf(port), { type: "port", "port.local_port": "22", "port.protocol": "tcp" });
  const os = tell("d", { type: "OS", ID: 5, inventory: { os_name: "Debian", os_version: "12" } });
  deepEqual(fieldsOf(os), { type: "OS", "os.os_name": "Debian", "os.os_version": "12" });
  const net = tell("d", { type: "network", ID: 5, iface: { name: "eth0", IPv4: { address: ["10.0.0.7"] } } });
  equal(fieldsOf(net)["netinfo.iface.name"], "eth0");
  equal(fieldsOf(net)["netinfo.iface.IPv4.address"], '["10.0.0.7"]');
});

test("a part that is not known has its data under its own name", () =>
  equal(fieldsOf(tell("d", { type: "dbsync_new", data: { a: true } }))["dbsync_new.a"], "true"));

test("a result of CIS-CAT has its values by their names", () => {
  const answer = tell("e", {
    type: "scan_result",
    scan_id: 7,
    cis: { rule_title: "No telnet", result: "fail", score: 76 },
  });
  equal(ruleOf(answer), 301);
  deepEqual(fieldsOf(answer), {
    ...{ type: "scan_result", scan_id: "7", "cis.rule_title": "No telnet", "cis.result": "fail", "cis.score": "76" },
  });
});

for (const queue of ["d", "e"]) {
  for (const log of ["", "type", "[]", '{"kind":"type"}', '{"type":7}', '{"type":"x"']) {
    test(`"${log}" on queue ${queue} is passed over by all rules`, () => equal(tell(queue, log).rule, undefined));
  }
}

// agent-protocol 3.7 and ruleset-spec 1.1: dbsync and the upgrade module.
for (const queue of ["5", "u"]) {
  test(`what comes on queue ${queue} is seen by no rule`, () =>
    equal(tell(queue, { component: "fim_file", type: "state" }).rule, undefined));
}

test("names are bounded in depth and length, and no key is special", () => {
  const deep = `${'{"a":'.repeat(500)}1${"}".repeat(500)}`;
  const long = JSON.stringify({ type: "x", data: { ["k".repeat(1_000)]: "1", __proto__x: "2", constructor: "3" } });
  for (const { name } of tell("d", `{"type":"x","data":${deep}}`).decoded.dynamicFields) ok(name.length <= 256);
  deepEqual(fieldsOf(tell("d", long)), { type: "x", "x.__proto__x": "2", "x.constructor": "3" });
});
