import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { sampleAnswer, type AnswerChange } from "../../test/support/answer.ts";
import { LocalTime } from "../base/local-time.ts";
import { writeAlertJson, type JsonContext } from "./alert-json.ts";
import { decodeText } from "./byte-text.ts";

const context: JsonContext = {
  ...{ id: "1795568523.0", time: new LocalTime("Europe/Berlin"), cluster: "argus", showsFullLog: false },
};

const write = (change: AnswerChange = {}, other: Partial<JsonContext> = {}): string =>
  decodeText(writeAlertJson(sampleAnswer(change), { ...context, ...other }));
const read = (change: AnswerChange = {}, other: Partial<JsonContext> = {}) =>
  JSON.parse(write(change, other)) as Record<string, Record<string, unknown>>;

test("writes an alert in Wazuh's keys and order", () =>
  equal(
    write(),
    '{"timestamp":"2026-11-25T02:02:03.004+0100",' +
      '"rule":{"level":5,"description":"sshd: authentication failed.","id":"5716",' +
      '"mitre":{"id":["T1110"],"tactic":["Credential Access"],"technique":["Brute Force"]},' +
      '"firedtimes":3,"mail":false,"groups":["syslog","sshd","authentication_failed"],' +
      '"pci_dss":["10.2.4","10.2.5"],"gpg13":["7.1"]},' +
      '"agent":{"id":"000","name":"w1.example.org"},"manager":{"name":"w1.example.org"},"id":"1795568523.0",' +
      '"cluster":{"name":"argus","node":"worker-node1"},' +
      '"full_log":"Nov 25 01:02:03 web1 sshd[7]: Failed password for bob from 10.0.0.7 port 40022 ssh2",' +
      '"predecoder":{"program_name":"sshd","timestamp":"Nov 25 01:02:03","hostname":"web1"},' +
      '"decoder":{"parent":"sshd","name":"sshd"},' +
      '"data":{"srcip":"10.0.0.7","srcport":"40022","dstuser":"bob"},"location":"/var/log/auth.log"}',
  ));

test("writes a composite alert of an agent with everything that a rule can have", () =>
  equal(
    write({
      event: { agentId: "007", agentName: "web1", agentIp: "10.1.1.1", isTruncated: true, log: "x" },
      decoded: {
        predecoder: { programName: undefined, timestamp: undefined, hostname: "web1" },
        decoder: { name: "json", parent: undefined, ftscomment: "first time", accumulate: true },
        fields: {},
      },
      rule: {
        ...{ id: "5720", level: 10, description: "d", groups: [], mitre: undefined, cve: "CVE-2026-1", info: "i" },
        ...{ frequency: 8, firedtimes: undefined, mail: true },
      },
      answer: { previousOutput: ["one", "two"], previousLog: "before" },
    }),
    '{"timestamp":"2026-11-25T02:02:03.004+0100",' +
      '"rule":{"level":10,"description":"d","id":"5720","cve":"CVE-2026-1","info":"i","frequency":8,"mail":true},' +
      '"agent":{"id":"007","name":"web1","ip":"10.1.1.1"},"manager":{"name":"w1.example.org"},"id":"1795568523.0",' +
      '"cluster":{"name":"argus","node":"worker-node1"},"previous_output":"one\\ntwo",' +
      '"full_log":"x","truncated":true,' +
      '"predecoder":{},"decoder":{"accumulate":1,"name":"json","ftscomment":"first time"},' +
      '"previous_log":"before","location":"/var/log/auth.log"}',
  ));

test("carries no cluster block for a hidden node, nor where there is no cluster", () => {
  equal("cluster" in read({ event: { isHidden: true } }), false);
  equal("cluster" in read({}, { cluster: undefined }), false);
  equal(write({ event: { isHidden: true } }).includes("worker-node1"), false);
});

test("names the manager by its host, and by its node where the host is not known", () => {
  deepEqual(read()["manager"], { name: "w1.example.org" });
  deepEqual(read({ event: { host: "" } })["manager"], { name: "worker-node1" });
});

test("shows an agent's address only where it is one", () => {
  const agent = { agentId: "007", agentName: "web1" };
  deepEqual(read({ event: { ...agent, agentIp: "any" } })["agent"], { id: "007", name: "web1" });
  deepEqual(read({ event: agent })["agent"], { id: "007", name: "web1" });
});

test("shows each compliance apart, and a group that only looks like one among the groups", () => {
  const groups = [
    "cis_1",
    "gdpr_2",
    "hipaa_3",
    "nist_800_53_AU.6",
    "tsc_CC7.2",
    "pci_dss",
    "gpg13",
    "tscan",
    "nist_800",
  ];
  const {
    level: _level,
    description: _d,
    id: _id,
    mitre: _m,
    firedtimes: _f,
    mail: _mail,
    ...rest
  } = read({ rule: { groups } })["rule"] as Record<string, unknown>;
  deepEqual(rest, {
    ...{ groups: ["pci_dss", "gpg13", "tscan", "nist_800"], cis: ["1"], gdpr: ["2"], hipaa: ["3"] },
    ...{ nist_800_53: ["AU.6"], tsc: ["CC7.2"] },
  });
});

test("shows the host of a log only for a syslog header, not what the predecoder made of another", () => {
  const hostOf = (log: string): unknown => read({ event: { log } })["predecoder"]?.["hostname"];
  equal(hostOf("Nov  5 01:02:03 web1 sshd: x"), "web1");
  equal(hostOf("2026-11-25T01:02:03.288+00:00 web1 sshd: x"), undefined);
  equal(hostOf("Nov 25 01:02:03 web1"), undefined);
});

test("shows previous logs only from two on", () => {
  equal("previous_output" in read({ answer: { previousOutput: ["one"] } }), false);
  equal(read({ answer: { previousOutput: ["one", "two"] } })["previous_output"], "one\ntwo");
});

test("hides the log of a rule that wants it so, but not in an archive", () => {
  const hiding = { answer: { hidesFullLog: true } };
  equal("full_log" in read(hiding), false);
  equal("full_log" in read(hiding, { showsFullLog: true }), true);
});

test("writes an event that no rule or decoder knew, for an archive", () => {
  const written = read({ decoded: { decoder: undefined, fields: {} }, answer: { rule: undefined } });
  deepEqual(written["decoder"], {});
  equal("rule" in written || "data" in written, false);
  equal("level" in (read({ rule: { level: 0 } })["rule"] ?? {}), false);
});

test("keeps one event one line whatever it holds, and its log readable to the byte", () => {
  const log = `a\n** Alert 1:\r\u0000\x1b[2J"\\${Buffer.from("\u202e\u2028é").toString("latin1")}`;
  const line = write({
    event: { log, location: log, agentId: "1", agentName: log },
    decoded: { fields: { url: log }, dynamicFields: [{ name: log, value: log }] },
    rule: { description: log, groups: [log] },
    answer: { previousOutput: [log, log], previousLog: log },
  });
  equal(/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/.test(line), false);
  const full = (JSON.parse(line) as Record<string, unknown>)["full_log"] as string;
  equal(Buffer.from(full, "utf8").toString("latin1"), log);
});

test("joins no character out of the tail of one previous log and the head of the next", () => {
  const written = read({ answer: { previousOutput: ["a\xc3", "\xbcb"] } });
  equal(written["previous_output"], "a\\xc3\n\\xbcb");
});

// ruleset-spec 9.1: "`{key: a, b}` blocks in the text become rule.key[] arrays", for rootcheck alone.
test("what a finding of rootcheck violates stands with the rule, beside its groups, and writes over nothing", () => {
  const log = "System Audit: x {CIS: 1.4 Debian, 2} {PCI_DSS: 10.2.4, 2.2.4} {Level: 15}. File: /etc/fstab.";
  const decoder = { name: "rootcheck", parent: undefined, ftscomment: undefined, accumulate: false };
  const rule = read({ event: { log }, decoded: { decoder } })["rule"];
  deepEqual(rule?.["cis"], ["1.4 Debian", "2"]);
  deepEqual(rule?.["pci_dss"], ["10.2.4", "10.2.5", "2.2.4"]);
  equal(rule?.["level"], 5);
  equal("cis" in (read({ event: { log } })["rule"] ?? {}), false);
});

// ruleset-spec 1.1, 9.1: `(SCRIPT) USER@HOST->rest`, agent 000.
test("a device without an agent is named by its location, in place of an agent", () => {
  const alert = read({ event: { location: "(ssh_integrity_check_linux) root@10.0.0.9->agentless" } });
  deepEqual(alert["agentless"], { script: "ssh_integrity_check_linux", user: "root", host: "10.0.0.9" });
  equal("agent" in alert, false);
  for (const location of ["(x) 10.0.0.9->/var/log/x", "(x root@10.0.0.9->y", "/var/(x) a@b->c"]) {
    equal("agentless" in read({ event: { location } }), false, location);
  }
  equal("agentless" in read({ event: { agentId: "007", location: "(x) root@10.0.0.9->y" } }), false);
});
