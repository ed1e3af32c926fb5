import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../test/support/seeded-random.ts";
import {
  agentControl,
  isControl,
  managerControl,
  readAgentControl,
  readManagerControl,
  type AgentControl,
  type ManagerControl,
} from "./control-message.ts";
import { readKeepalive } from "./keepalive.ts";

/** Payloads of agents, from the captures and from agent-protocol 3.1 and 3.4. */
const fromAgents: [payload: string, message: AgentControl][] = [
  ["#!-agent startup ", { kind: "startup", version: undefined }],
  ['#!-agent startup {"version":"v4.14.7"}', { kind: "startup", version: "v4.14.7" }],
  ['#!-agent startup {"version":7}', { kind: "startup", version: null }],
  ["#!-agent startup {}", { kind: "startup", version: null }],
  ["#!-agent startup {broken", { kind: "startup", version: undefined }],
  ["#!-agent startup null", { kind: "startup", version: undefined }],
  [`#!-agent startup {"version":"${"v".repeat(999)}"}`, { kind: "startup", version: "v".repeat(64) }],
  ["#!-agent shutdown ", { kind: "shutdown" }],
  ["#!-req 1a2b ack", { kind: "answer", counter: "1a2b", text: "ack" }],
  ["#!-req 1a2b ok {}\nx", { kind: "answer", counter: "1a2b", text: "ok {}\nx" }],
  ["#!-req 1a2b", { kind: "answer", counter: "1a2b", text: "" }],
  ["#!-req 1a2b ", { kind: "answer", counter: "1a2b", text: "" }],
  ['#!-{"version":"1.0","agent":{}}', { kind: "keepalive", facts: undefined }],
  ["#!-agent startup", { kind: "unknown" }],
  ["#!-agent shutdown", { kind: "unknown" }],
  ["#!-agent shutdown now\n", { kind: "unknown" }],
  ["#!-req  x", { kind: "unknown" }],
  [`#!-req ${"c".repeat(65)} x`, { kind: "unknown" }],
  ["#!-", { kind: "unknown" }],
  ["#!-Linux x - Wazuh v4.14.7", { kind: "unknown" }],
];

for (const [payload, message] of fromAgents) {
  test(`an agent's ${JSON.stringify(payload.slice(0, 60))} is understood`, () =>
    deepEqual(readAgentControl(Buffer.from(payload)), message));
}

test("any other text with a line end is a keepalive", () => {
  const text = "Linux vm 6.18 x86_64 - OSSEC HIDS v3.7.0\nx merged.mg\n";
  const facts = readKeepalive(Buffer.from(text));
  ok(facts !== undefined);
  deepEqual(readAgentControl(Buffer.from(`#!-${text}`)), { kind: "keepalive", facts });
  const written = agentControl({ kind: "keepalive", facts });
  equal(written.toString(), `#!-${text}#"_agent_ip":\n`);
});

/** Payloads of managers (agent-protocol 3.3 to 3.7): each is read as this, and this is written as it. */
const fromManagers: [payload: string, message: Exclude<ManagerControl, { kind: "unknown" }>][] = [
  ["#!-agent ack ", { kind: "ack" }],
  ['#!-err {"message":"Couldn\'t retrieve version"}', { kind: "refusal", message: "Couldn't retrieve version" }],
  ["#!-execd restart-ossec0 - - 1 2 x", { kind: "execd", text: "restart-ossec0 - - 1 2 x" }],
  [
    '#!-execd {"version":1,"command":"restart-wazuh0"}',
    { kind: "execd", text: '{"version":1,"command":"restart-wazuh0"}' },
  ],
  ["#!-syscheck restart", { kind: "syscheck_restart" }],
  ["#!-force_reconnect", { kind: "force_reconnect" }],
  [
    "#!-up file e4088980211428e91f0292aa3368fc47 merged.mg\n",
    { kind: "file_begin", md5: "e4088980211428e91f0292aa3368fc47", name: "merged.mg" },
  ],
  ["#!-close file ", { kind: "file_end" }],
  [
    "#!-req a1 agent getconfig client",
    { kind: "request", counter: "a1", target: "agent", command: "getconfig client" },
  ],
  ["#!-req a1 ack", { kind: "answer_ack", counter: "a1" }],
  [
    '#!-fim_file dbsync no_data {"id":1}',
    { kind: "inventory", component: "fim_file", verdict: "no_data", data: '{"id":1}' },
  ],
  ["#!-sca-dump:cis_debian12:1", { kind: "sca_dump", policy: "cis_debian12", isFirst: true }],
  ["#!-sca-dump:cis_debian12:0", { kind: "sca_dump", policy: "cis_debian12", isFirst: false }],
];

for (const [payload, message] of fromManagers) {
  test(`a manager's ${JSON.stringify(payload.slice(0, 60))} is read and written`, () => {
    deepEqual(readManagerControl(Buffer.from(payload)), message);
    equal(managerControl(message).toString(), payload);
  });
}

const notWritten: [payload: string, message: ManagerControl][] = [
  ['#!-agent ack {"limits":{}}', { kind: "ack" }],
  ["#!-err no JSON", { kind: "refusal", message: "no JSON" }],
  ["#!-err {}", { kind: "refusal", message: "{}" }],
  ["#!-agent ack", { kind: "unknown" }],
  ["#!-up file e4088980211428e91f0292aa3368fc47 ../etc/passwd\n", { kind: "unknown" }],
  ["#!-up file e4088980211428e91f0292aa3368fc47 /etc/passwd\n", { kind: "unknown" }],
  ["#!-up file e4088980211428e91f0292aa3368fc47 .hidden\n", { kind: "unknown" }],
  ["#!-up file xyz merged.mg\n", { kind: "unknown" }],
  ["#!-close file", { kind: "unknown" }],
  ["#!-force_reconnect now", { kind: "unknown" }],
  ["#!-req", { kind: "unknown" }],
  ["#!-req a1", { kind: "unknown" }],
  ["#!-anything else", { kind: "unknown" }],
];

for (const [payload, message] of notWritten) {
  test(`a manager's ${JSON.stringify(payload)} is ${message.kind}`, () =>
    deepEqual(readManagerControl(Buffer.from(payload)), message));
}

test("what an agent says is written as it is read", () => {
  const messages: Parameters<typeof agentControl>[0][] = [
    { kind: "startup", version: undefined },
    { kind: "startup", version: "v4.14.7" },
    { kind: "shutdown" },
    { kind: "answer", counter: "a1", text: "ok [1]" },
  ];
  deepEqual(
    messages.map((message) => readAgentControl(agentControl(message))),
    messages,
  );
  equal(agentControl({ kind: "startup", version: undefined }).toString(), "#!-agent startup ");
  equal(agentControl({ kind: "startup", version: "v4.14.7" }).toString(), '#!-agent startup {"version":"v4.14.7"}');
});

test("three bytes make a control message, and nothing less", () => {
  equal(isControl(Buffer.from("#!-")), true);
  for (const payload of ["", "#", "#!", "#!x", "1:#!-", " #!-"]) equal(isControl(Buffer.from(payload)), false, payload);
});

test("any bytes are read, by either side, and never throw (20,000 of one seed)", () => {
  const random = seededRandom(11);
  const payloads = [...fromAgents, ...fromManagers].map(([payload]) => Buffer.from(payload));
  for (let count = 0; count < 20_000; count += 1) {
    const bytes = Buffer.from(payloads[random.below(payloads.length)] ?? "");
    for (let left = random.below(4); left > 0; left -= 1) bytes[3 + random.below(bytes.length)] = random.below(256);
    readAgentControl(bytes);
    readManagerControl(bytes.subarray(0, random.below(bytes.length + 1)));
  }
});

test("long texts are read in bounded time", () => {
  for (const text of ["req ", "req a ", "up file ", "sca-dump:", "a dbsync b ", "err {", "agent startup {", ": "]) {
    const payload = Buffer.from(`#!-${text.repeat(65_408 / text.length)}`);
    readAgentControl(payload);
    readManagerControl(payload);
  }
});
