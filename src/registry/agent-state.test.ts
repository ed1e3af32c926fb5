import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { factsOf, reportOf } from "../../test/support/registry-world.ts";
import type { AgentRecord, AgentReport } from "../model/agent.ts";
import { afterReport, afterSilence, COUNTER_MAX, floorAfter, isSilent } from "./agent-state.ts";
import { newAgent } from "./new-agent.ts";

const fresh = newAgent({ id: "001", name: "web", address: "any", key: "k" }, [], 1_000);
const nowMs = 1_000_000_000;

function after(
  record: AgentRecord,
  ...steps: readonly (readonly [string, Partial<AgentReport>, number?])[]
): AgentRecord {
  let last = record;
  for (const [node, report, atMs = nowMs] of steps)
    last = afterReport(last, reportOf("001", report), node, atMs).record;
  return last;
}

const say = ({ state, statusCode, node, connection }: AgentRecord): string =>
  `${state} ${statusCode} ${node || "-"} ${connection || "-"}`;

// agent-protocol 5.2
test("a startup makes an agent pending and a keepalive active, whatever it was", () => {
  const active = after(fresh, ["n1", { kind: "keepalive" }]);
  const gone = after(active, ["n1", { kind: "shutdown" }]);
  for (const from of [fresh, active, gone, afterSilence(active, nowMs)]) {
    equal(say(after(from, ["n1", { kind: "startup" }])), "pending 0 n1 c1");
    equal(say(after(from, ["n1", { kind: "keepalive" }])), "active 0 n1 c1");
  }
});

test("a shutdown disconnects at once, a closed connection only lets go of its holder", () => {
  const active = after(fresh, ["n1", { kind: "keepalive" }]);
  equal(say(after(active, ["n1", { kind: "shutdown" }])), "disconnected 3 - -");
  equal(say(after(active, ["n1", { kind: "closed" }])), "active 0 - -");
});

test("another connection takes the agent over, and the old one's end means nothing then", () => {
  const moved = after(fresh, ["n1", { kind: "keepalive" }], ["n2", { connection: "c2" }, nowMs + 10]);
  equal(say(moved), "active 0 n2 c2");
  equal(after(moved, ["n1", { kind: "closed" }]), moved);
  equal(after(moved, ["n1", { kind: "shutdown" }]), moved);
  equal(after(moved, ["n1", { kind: "closed", connection: "c2" }]), moved, "the same word of another node");
});

test("a keepalive that a slow link brings late takes nothing back", () => {
  const moved = after(fresh, ["n1", {}], ["n2", { connection: "c2" }, nowMs + 10_000]);
  equal(after(moved, ["n1", {}, nowMs + 8_000]), moved);
  equal(say(after(moved, ["n1", {}, nowMs + 10_500])), "active 0 n1 c1");
});

test("only a change of connection while one is held is a take-over", () => {
  const isTakeOver = (record: AgentRecord, node: string, connection: string): boolean =>
    afterReport(record, reportOf("001", { connection }), node, nowMs).isTakeOver;
  equal(isTakeOver(fresh, "n1", "c1"), false);
  const held = after(fresh, ["n1", {}]);
  deepEqual(
    [isTakeOver(held, "n1", "c1"), isTakeOver(held, "n1", "c2"), isTakeOver(held, "n2", "c1")],
    [false, true, true],
  );
  equal(isTakeOver(after(held, ["n1", { kind: "closed" }]), "n2", "c9"), false);
});

test("a keepalive that says nothing new leaves the very record", () => {
  const facts = factsOf();
  const active = after(fresh, ["n1", { facts }]);
  equal(after(active, ["n1", { facts: { ...facts } }, nowMs + 10_000]), active);
  const other = after(active, ["n1", { facts: { ...facts, mergedSum: "x" } }, nowMs + 10_000]);
  equal(other.facts.mergedSum, "x");
  equal(other.stateSinceMs, active.stateSinceMs, "it is active since then, not since now");
});

test("the version of a startup is one of Wazuh's", () => {
  equal(after(fresh, ["n1", { kind: "startup", version: "v4.14.7" }]).facts.version, "Wazuh v4.14.7");
  const known = after(fresh, ["n1", { facts: factsOf({ version: "OSSEC HIDS v3.7.0" }) }]);
  equal(after(known, ["n1", { kind: "startup" }]).facts.version, "OSSEC HIDS v3.7.0");
});

test("an agent without a group is in the default one from its first keepalive on", () => {
  deepEqual(after(fresh, ["n1", { kind: "startup" }]).groups, []);
  deepEqual(after(fresh, ["n1", {}]).groups, ["default"]);
  deepEqual(after({ ...fresh, groups: ["web", "db"] }, ["n1", {}]).groups, ["web", "db"]);
});

test("an agent is silent after the time that is set, counted from the master's start at the earliest", () => {
  const active = after(fresh, ["n1", {}]);
  equal(isSilent(active, 0, 900_000, nowMs + 899_999), false);
  equal(isSilent(active, 0, 900_000, nowMs + 900_000), true);
  equal(isSilent(active, nowMs + 500_000, 900_000, nowMs + 1_399_999), false);
  for (const other of [fresh, after(active, ["n1", { kind: "shutdown" }]), afterSilence(active, nowMs)]) {
    equal(isSilent(other, 0, 900_000, nowMs + 9_000_000), false);
  }
  equal(isSilent(after(fresh, ["n1", { kind: "startup" }]), 0, 900_000, nowMs + 900_000), true, "pending");
});

// agent-protocol 5.2: OSSEC agents say something every ten minutes.
test("an OSSEC agent has half an hour", () => {
  const ossec = after(fresh, ["n1", { facts: factsOf({ version: "OSSEC HIDS v3.7.0" }) }]);
  equal(isSilent(ossec, 0, 900_000, nowMs + 1_829_999), false);
  equal(isSilent(ossec, 0, 900_000, nowMs + 1_830_000), true);
  equal(isSilent(ossec, 0, 7_200_000, nowMs + 1_830_000), false);
});

test("the floor of counters is above all that was used, and rises about once an hour", () => {
  const nowS = Math.floor(nowMs / 1_000);
  const first = floorAfter(0, nowS, nowMs);
  equal(first, nowS + 3_540);
  equal(floorAfter(first, nowS + 60, nowMs + 60_000), first);
  equal(floorAfter(first, first, nowMs), first + 1, "the next node began at the floor");
  equal(floorAfter(first, first, nowMs + 3_600_000), nowS + 7_140);
  equal(floorAfter(5, 0, nowMs), 5, "nothing was sent");
  equal(floorAfter(0, COUNTER_MAX, (COUNTER_MAX - 5) * 1_000), COUNTER_MAX, "no agent reads more");
});

test("no claim of a node brings the floor further than an hour ahead of the master's clock, or back", () => {
  const nowS = Math.floor(nowMs / 1_000);
  let floor = floorAfter(0, nowS, nowMs);
  for (const claim of [nowS + 4_000, COUNTER_MAX, COUNTER_MAX]) floor = floorAfter(floor, claim, nowMs);
  equal(floor, nowS + 3_600);
  equal(floorAfter(floor, COUNTER_MAX, nowMs + 1_000), nowS + 3_601);
  equal(floorAfter(floor, COUNTER_MAX, nowMs - 86_400_000), floor, "the master's clock was set back");
  for (const kind of ["startup", "keepalive"] as const) {
    const lies = after(fresh, ["n1", { kind, counter: COUNTER_MAX }], ["n1", { kind: "closed", counter: COUNTER_MAX }]);
    ok(lies.counterFloor <= nowS + 3_600, kind);
  }
});
