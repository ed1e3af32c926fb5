import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { AgentsQuery } from "../api/contract/agent-route.ts";
import { noFacts, type AgentRecord, type MergedRecord } from "../model/agent.ts";
import { AgentTable } from "../registry/agent-table.ts";
import { newAgent } from "../registry/new-agent.ts";
import { findAgent, listAgents, listGroups, type NodeLook } from "./agent-list.ts";

const nodes: NodeLook[] = [
  { name: "m", state: "up", sinceMs: 1, version: "0.1.0", isHidden: false },
  { name: "w1", state: "down", sinceMs: 5_000, version: "0.1.0", isHidden: false },
  { name: "secret", state: "up", sinceMs: 2, version: "0.1.0", isHidden: true },
];

const agent = (number: number, change: Partial<AgentRecord> = {}): AgentRecord => {
  const id = String(number).padStart(3, "0");
  const registration = { id, name: `web${number}`, address: "any", key: `secret-key-${number}` };
  return { ...newAgent(registration, ["default"], 100), state: "active", seq: number, ...change };
};
const merged: MergedRecord = {
  ...{ kind: "merged", seq: 90_000, groups: "default", isRemoved: false, md5: "aa", sha256: "bb", bytes: 7 },
};
const table = (...agents: AgentRecord[]): AgentTable => new AgentTable([...agents, merged]);
const query = (change: Partial<AgentsQuery> = {}): AgentsQuery => ({
  ...{ node: "", version: "", group: "", search: "", after: "", count: 500 },
  ...change,
});

test("shows each node as agent 000, and neither the entry nor the name of a hidden one", () => {
  const { agents, matching } = listAgents(table(agent(1, { node: "secret" })), nodes, query());
  deepEqual(
    agents.map(({ id, name, state, node }) => [id, name, state, node]),
    [
      ["000", "m", "active", "m"],
      ["000", "w1", "disconnected", "w1"],
      ["001", "web1", "active", ""],
    ],
  );
  equal(matching, 3);
});

test("an agent keeps its state while its node is down, and says since when that is", () => {
  const { agents } = listAgents(table(agent(1, { node: "w1" }), agent(2, { node: "m" })), nodes, query());
  deepEqual(
    agents.slice(2).map(({ state, nodeDownSinceMs }) => [state, nodeDownSinceMs]),
    [
      ["active", 5_000],
      ["active", null],
    ],
  );
});

test("tells whether an agent has the files of its groups, where that is known", () => {
  const withSum = (mergedSum: string): AgentRecord => agent(1, { facts: { ...noFacts, mergedSum } });
  const of = (record: AgentRecord) => listAgents(table(record), [], query()).agents[0]?.isSynced;
  equal(of(withSum("aa")), true);
  equal(of(withSum("x")), false);
  equal(of(withSum("")), null);
  equal(of({ ...withSum("aa"), groups: ["unknown"] }), null);
  equal(of({ ...withSum("aa"), groups: [] }), true, "who has no group yet gets the default one's");
});

test("finds by state, node, version, group and a part of what it is called", () => {
  const all = table(
    agent(1, { node: "m", facts: { ...noFacts, version: "Wazuh v4.14.7" } }),
    agent(22, { state: "disconnected", address: "192.0.2.22", groups: ["db", "default"] }),
    agent(103, { name: "Mail-1", peerAddress: "192.0.2.99", state: "never_connected" }),
  );
  const ids = (change: Partial<AgentsQuery>): string[] => listAgents(all, [], query(change)).agents.map(({ id }) => id);
  deepEqual(ids({ state: "disconnected" }), ["022"]);
  deepEqual(ids({ node: "m" }), ["001"]);
  deepEqual(ids({ version: "4.14" }), ["001"]);
  deepEqual(ids({ group: "db" }), ["022"]);
  deepEqual(ids({ search: "mail" }), ["103"]);
  deepEqual(ids({ search: "192.0.2." }), ["022", "103"]);
  deepEqual(
    ids({ search: "02" }),
    ["022", "103"].filter((id) => id === "022" || "192.0.2.99".includes("02")),
  );
  deepEqual(ids({ state: "active", search: "mail" }), []);
});

test("pages through all agents, each once and in the order of their numbers, whatever is removed between", () => {
  const agents = Array.from({ length: 1_050 }, (_, index) => agent(index + 1));
  const all = table(...agents);
  const seen: string[] = [];
  let after = "";
  for (let pages = 0; pages < 20; pages += 1) {
    const page = listAgents(all, nodes, query({ after, count: 100 }));
    seen.push(...page.agents.map(({ id }) => id));
    if (pages === 3) all.put({ ...agent(400), seq: 99_999, isRemoved: true });
    after = page.next;
    if (after === "") break;
  }
  const wanted = ["000", "000", ...agents.map(({ id }) => id)];
  deepEqual(seen, wanted, "the one that was removed had been shown");
  equal(listAgents(all, [], query({ count: 100 })).matching, 1_049);
});

test("a page is short where its agents have many groups", () => {
  const groups = Array.from({ length: 128 }, (_, index) => `${"g".repeat(240)}${index}`);
  const all = table(...Array.from({ length: 100 }, (_, index) => agent(index + 1, { groups })));
  const page = listAgents(all, [], query());
  equal(page.agents.length < 20 && page.agents.length > 0, true, `${page.agents.length}`);
  equal(page.next, page.agents.at(-1)?.id);
});

test("shows one agent with what it said of itself, and never its key", () => {
  const labels = [{ key: "env", value: "prod", isHidden: false, isSystem: false }];
  const all = table(agent(1, { facts: { ...noFacts, labels, mergedSum: "x" } }), agent(2, { isRemoved: true }));
  const found = findAgent(all, nodes, "001");
  deepEqual(found?.facts.labels, labels);
  equal(found?.wantedSum, "aa");
  equal(JSON.stringify(found).includes("secret-key"), false);
  equal(JSON.stringify(listAgents(all, nodes, query())).includes("secret-key"), false);
  equal(findAgent(all, nodes, "002"), undefined);
});

test("counts the agents of each group", () => {
  deepEqual(listGroups(table(agent(1), agent(2, { groups: ["default", "db"] }), agent(3, { groups: [] }))), {
    groups: [{ name: "default", agents: 2, md5: "aa", bytes: 7 }],
  });
});
