import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { AgentRecord, EnrolmentRequest } from "../model/agent.ts";
import { keyHash } from "../wire/agent-cipher.ts";
import { decideEnrolment, type Decision, type EnrolmentPolicy } from "./enrolment.ts";
import { newAgent } from "./new-agent.ts";

const hour = 3_600_000;
const nowMs = 100 * hour;
const usual: EnrolmentPolicy = {
  ...{ usesSourceIp: false, allowsHigherVersions: true, isForceEnabled: true, isKeyMismatchNeeded: true },
  ...{ disconnectedMsMin: hour, registeredMsMin: hour },
};

/** Two hours old, and disconnected for as long. */
const gone: AgentRecord = {
  ...newAgent({ id: "007", name: "web", address: "192.0.2.7", key: "secret" }, [], nowMs - 2 * hour),
  ...{ state: "disconnected", stateSinceMs: nowMs - 2 * hour },
};

function decide(request: Partial<EnrolmentRequest>, policy: Partial<EnrolmentPolicy> = {}, agents = [gone]): Decision {
  return decideEnrolment(
    { name: "new", source: "198.51.100.9", ...request },
    { ...usual, ...policy },
    {
      ...{ nowMs, ownName: "manager", hasGroup: (group) => ["default", "web", "db"].includes(group) },
      byName: (name) => agents.find((agent) => agent.name === name),
      byAddress: (address) => agents.find((agent) => agent.address === address),
    },
  );
}

/** What becomes of it, in words. */
function say(decision: Decision): string {
  if (!decision.isGranted) return decision.reason;
  const { name, address, groups, replaces } = decision;
  return [name, address, groups.join(","), ...replaces.map(({ id }) => `instead of ${id}`)].filter(Boolean).join(" ");
}

const requests: readonly (readonly [Partial<EnrolmentRequest>, string, Partial<EnrolmentPolicy>?])[] = [
  // agent-protocol 1.2: addresses
  [{}, "new any"],
  [{}, "new 198.51.100.9", { usesSourceIp: true }],
  [{ address: "src" }, "new 198.51.100.9"],
  [{ address: "src", source: "::ffff:10.0.0.1" }, "new 10.0.0.1"],
  [{ address: "any" }, "new any", { usesSourceIp: true }],
  [{ address: "192.0.2.5" }, "new 192.0.2.5"],
  [{ address: "198.51.100.0/24" }, "new 198.51.100.0/24"],
  [{ address: "198.51.100.0/255.255.255.0" }, "new 198.51.100.0/24"],
  [{ address: "2001:db8::5" }, "new 2001:0DB8:0000:0000:0000:0000:0000:0005"],
  [{ address: "::ffff:192.0.2.5" }, "new 192.0.2.5"],
  [{ address: "notip" }, "Invalid IP: notip"],
  [{ address: "" }, "Invalid IP: "],
  [{ address: "10.0.0.1/33" }, "Invalid IP: 10.0.0.1/33"],
  // groups
  [{ groups: "web" }, "new any web"],
  [{ groups: "web,db,web" }, "new any web,db"],
  [{ groups: "nogroup" }, "Invalid group: nogroup"],
  [{ groups: "web,../x" }, "Invalid group name: ../x"],
  [{ groups: ".x" }, "Invalid group name: .x"],
  [{ groups: "all" }, "Invalid group name: all"],
  [{ groups: Array.from({ length: 129 }, (_, i) => `g${i}`).join(",") }, "Maximum multigroup reached: Limit is 128"],
  // versions
  [{ version: "v9.0.0" }, "new any"],
  [{ version: "v4.14.99" }, "new any", { allowsHigherVersions: false }],
  [{ version: "v4.15.0" }, "Agent version must be lower or equal to manager version", { allowsHigherVersions: false }],
  [{ version: "rubbish" }, "new any", { allowsHigherVersions: false }],
  // names; attack-cases 20
  [{ name: "manager" }, "Invalid agent name: manager"],
  [{ name: "x" }, "Invalid agent name: x"],
  [{ name: "bad name" }, "Invalid agent name: bad name"],
  [{ name: ".x" }, "Invalid agent name: .x"],
  [{ name: "../x" }, "Invalid agent name: ../x"],
  [{ name: "a\nb" }, "Invalid agent name: a\nb"],
  [{ name: "all" }, "Invalid agent name: all"],
  [{ name: "a\u202eb" }, "Invalid agent name: a\u202eb"],
  [{ name: "x".repeat(10_000) }, `Invalid agent name: ${"x".repeat(256)}`],
  // The order: groups, address, own name, name.
  [{ name: "web", groups: "nogroup", address: "192.0.2.7" }, "Invalid group: nogroup"],
];
for (const [request, outcome, policy] of requests) {
  const asked = JSON.stringify(request);
  test(`${asked.slice(0, 60)} gives ${outcome.slice(0, 60)}`, () => equal(say(decide(request, policy)), outcome));
}

const active: Partial<AgentRecord> = { state: "active" };
const never: Partial<AgentRecord> = { state: "never_connected", stateSinceMs: nowMs };
const replaced = "web any instead of 007";
const refused = "Duplicate agent name: web";

// agent-protocol 1.5
const clashes: readonly (readonly [
  string,
  Partial<AgentRecord>,
  Partial<EnrolmentRequest>,
  Partial<EnrolmentPolicy>,
  string,
])[] = [
  ["gone for long gives way", {}, {}, {}, replaced],
  ["gone for long gives way to another key", {}, { keyHash: "0".repeat(40) }, {}, replaced],
  ["stays when who asks has its key", {}, { keyHash: keyHash(gone) }, {}, refused],
  [
    "gives way to its own key where that does not matter",
    {},
    { keyHash: keyHash(gone) },
    { isKeyMismatchNeeded: false },
    replaced,
  ],
  ["stays where nobody gives way", {}, {}, { isForceEnabled: false }, refused],
  ["that is active stays", active, {}, {}, refused],
  ["that is pending stays", { state: "pending" }, {}, {}, refused],
  ["that is active gives way where that does not matter", active, {}, { disconnectedMsMin: 0 }, replaced],
  ["gone for less than it takes stays", { stateSinceMs: nowMs - hour + 1 }, {}, {}, refused],
  ["gone for just as long gives way", { stateSinceMs: nowMs - hour }, {}, {}, replaced],
  ["that never connected gives way", never, {}, {}, replaced],
  ["that never connected and is new stays", { ...never, registeredMs: nowMs - hour + 1 }, {}, {}, refused],
  [
    "that is new gives way where that does not matter",
    { ...never, registeredMs: nowMs },
    {},
    { registeredMsMin: 0 },
    replaced,
  ],
  ["of unknown age is old", { ...never, registeredMs: 0 }, {}, {}, replaced],
];
for (const [what, agent, request, policy, outcome] of clashes) {
  test(`an agent ${what}`, () =>
    equal(say(decide({ name: "web", ...request }, policy, [{ ...gone, ...agent }])), outcome));
}

test("an address clashes as a name does, and two agents may have to give way", () => {
  equal(say(decide({ address: "192.0.2.7" })), "new 192.0.2.7 instead of 007");
  equal(say(decide({ address: "192.0.2.7" }, {}, [{ ...gone, state: "active" }])), "Duplicate IP: 192.0.2.7");
  const other = { ...gone, id: "008", name: "new", address: "any" };
  equal(say(decide({ address: "192.0.2.7" }, {}, [gone, other])), "new 192.0.2.7 instead of 007 instead of 008");
  equal(say(decide({ name: "web", address: "192.0.2.7" })), "web 192.0.2.7 instead of 007");
  equal(say(decide({}, {}, [{ ...gone, address: "any" }])), "new any", "any is nobody's");
});

// attack-cases 22
test("who asked for a living agent is known", () => {
  const decision = decide({ name: "web" }, {}, [{ ...gone, state: "active" }]);
  deepEqual(decision.isGranted ? undefined : decision.owner?.id, "007");
});

// Of a real manager: the key that it gave, and the hash that it then refused.
test("the hash of a key is SHA-1 of id, name and key", () => {
  const key = "c95a5fdc533073f2e39f5672541900e09f04dc0506c38e85d372d045741343b4";
  equal(keyHash({ id: "014", name: "k1", key }), "9024ffc7011b48ed628adad74e1c6cbe94cedb30");
});
