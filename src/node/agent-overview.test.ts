import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { agentRecord, agentsOf } from "../../test/support/link-agents.ts";
import type { AgentsOverviewQuery } from "../api/contract/agent-overview.ts";
import { agentStatus, noFacts, type AgentRecord } from "../model/agent.ts";
import { agentsOverview } from "./agent-overview.ts";
import type { NodeLook } from "./agent-list.ts";

const nodes: readonly NodeLook[] = [
  { name: "master", state: "up", sinceMs: 1, version: "0.1.0", isHidden: false },
  { name: "w1", state: "up", sinceMs: 1, version: "0.1.0", isHidden: false },
  { name: "w2", state: "down", sinceMs: 700, version: "0.1.0", isHidden: false },
  { name: "secret", state: "up", sinceMs: 1, version: "0.1.0", isHidden: true },
];

const asked: AgentsOverviewQuery = { node: "", group: "", search: "", from: 0, count: 20 };

const records: readonly AgentRecord[] = [
  agentRecord(1, 1, { state: "active", node: "w1", groups: ["web"], peerAddress: "192.0.2.1" }),
  agentRecord(2, 2, { state: "active", node: "w2", groups: ["db", "web"] }),
  agentRecord(3, 3, { state: "disconnected", stateSinceMs: 100, statusCode: agentStatus.silent }),
  agentRecord(4, 4, { state: "disconnected", stateSinceMs: 900, statusCode: agentStatus.shutdown, node: "w1" }),
  agentRecord(5, 5, { state: "pending", stateSinceMs: 500 }),
  agentRecord(6, 6, { state: "pending", stateSinceMs: 200 }),
  agentRecord(7, 7, { state: "never_connected", registeredMs: 10 }),
  agentRecord(8, 8, { state: "never_connected", registeredMs: 20 }),
  agentRecord(9, 9, { state: "active", node: "secret", facts: { ...noFacts, version: "OSSEC HIDS v3.7.0" } }),
];

const ids = (query: Partial<AgentsOverviewQuery>): string =>
  agentsOverview(agentsOf(records), nodes, { ...asked, ...query })
    .agents.map(({ id }) => String(Number(id)))
    .join(" ");

test("the disconnected come first, those of late before others, and the active whose node is down before others", () => {
  equal(ids({}), "4 3 6 5 8 7 2 1 9");
});

test("what is told of an agent is what a row shows, and no more groups than it has room for", () => {
  const groups = Array.from({ length: 128 }, (_, index) => `${index}`.padEnd(255, "g"));
  const facts = { ...noFacts, version: `Wazuh v4.14.7${"x".repeat(5_000)}` };
  const agents = agentsOf([agentRecord(1, 1, { groups, facts, node: "w2", state: "active", statusCode: 3 })]);
  const [row] = agentsOverview(agents, nodes, asked).agents;
  ok(row !== undefined && JSON.stringify(row).length < 3_000);
  deepEqual([row.groups.length, row.groupCount, row.version.length], [4, 128, 64]);
  deepEqual([row.node, row.nodeDownSinceMs, row.isShutDown], ["w2", 700, false]);
  const [stopped] = agentsOverview(agentsOf(records), nodes, asked).agents;
  deepEqual([stopped?.id, stopped?.isShutDown], ["004", true]);
});

test("agents are found by each filter, by all of them together, and by text whatever its case", () => {
  equal(ids({ state: "active" }), "2 1 9");
  equal(ids({ node: "w1" }), "4 1");
  equal(ids({ group: "web" }), "2 1");
  equal(ids({ group: "web", node: "w2" }), "2");
  equal(ids({ search: " AGENT7 " }), "7");
  equal(ids({ search: "192.0.2" }), "1");
  equal(ids({ search: "ossec hids" }), "9");
  equal(ids({ search: "008" }), "8");
  equal(ids({ search: "nobody" }), "");
});

test("a hidden node is not told of its agents, and does not find them", () => {
  const { agents } = agentsOverview(agentsOf(records), nodes, { ...asked, search: "ossec" });
  equal(agents[0]?.node, "");
  equal(ids({ node: "secret" }), "");
});

test("counts are of all that match but the state, so that every other choice stays in sight", () => {
  const { counts, matching, total } = agentsOverview(agentsOf(records), nodes, { ...asked, state: "pending" });
  deepEqual(counts, { disconnected: 2, pending: 2, never_connected: 2, active: 3, unheard: 1 });
  deepEqual([matching, total], [2, 9]);
  const web = agentsOverview(agentsOf(records), nodes, { ...asked, group: "web" });
  deepEqual(web.counts, { disconnected: 0, pending: 0, never_connected: 0, active: 2, unheard: 1 });
});

test("screens of every size hold every agent once, in one order; beyond the last one is the last one", () => {
  const whole = ids({});
  for (const count of [1, 2, 3, 4, 5, 7, 9, 20]) {
    const screens: string[] = [];
    for (let from = 0; from < records.length; from += count) screens.push(ids({ from, count }));
    equal(screens.join(" "), whole, `by ${count}`);
  }
  const last = agentsOverview(agentsOf(records), nodes, { ...asked, from: 99_999_999, count: 4 });
  deepEqual([last.from, last.agents.length], [8, 1]);
  const none = agentsOverview(agentsOf([]), nodes, { ...asked, from: 40 });
  deepEqual([none.from, none.agents, none.matching, none.total], [0, [], 0, 0]);
});

test("groups are named as far as there is room", () => {
  const names = Array.from({ length: 500 }, (_, index) => `group-${index}`.padEnd(200, "g"));
  const { groups } = agentsOverview(agentsOf([], names), nodes, asked);
  ok(groups.length > 10 && JSON.stringify(groups).length < 9_000, `${groups.length}`);
  deepEqual(agentsOverview(agentsOf([], ["db", "web"]), nodes, asked).groups, ["db", "web"]);
});

test("fifty thousand agents are looked through in a moment, and a screen of them is small", (context) => {
  const one = agentRecord(1, 1, { peerAddress: "192.0.2.1" });
  const many = Array.from({ length: 50_000 }, (_, index): AgentRecord => {
    const state = index % 50 === 0 ? "disconnected" : "active";
    const id = String(index + 1).padStart(5, "0");
    return { ...one, id, name: `host-${index}`, state, node: index % 2 === 0 ? "w1" : "w2", stateSinceMs: -index };
  });
  const agents = agentsOf(many);
  for (const query of [asked, { ...asked, from: 40_000 }, { ...asked, search: "host-4999" }]) {
    agentsOverview(agents, nodes, query);
    const began = performance.now();
    const bytes = JSON.stringify(agentsOverview(agents, nodes, query)).length;
    context.diagnostic(`${(performance.now() - began).toFixed(1)} ms, ${bytes} bytes`);
    ok(bytes < 10_000, `${bytes} bytes`);
  }
});
