import { equal } from "node:assert/strict";
import { test } from "node:test";
import { sampleAgentRow, sampleOverview } from "../../test/support/api-needs.ts";
import { agentsOverviewRoute, type AgentRow } from "../api/contract/agent-overview.ts";
import { PAGE_API_PREFIX } from "../api/contract/route.ts";
import { firstView, groupsText, isFiltered, pathOf, rangeOf, readFrom, reasonOf } from "./agent-view.ts";

test("what is asked for is what was chosen, at the route of the contract, and nothing that was not", () => {
  equal(pathOf(firstView), `${PAGE_API_PREFIX}${agentsOverviewRoute.path}?count=20`);
  const view = {
    agentState: "pending",
    agentNode: "w1",
    agentGroup: "a&b",
    agentQuery: " db 01 ",
    agentFrom: 40,
  } as const;
  equal(
    pathOf(view),
    "/api/agents/overview?count=20&state=pending&node=w1&group=a%26b&search=db+01&from=40",
    "and text is text in an address",
  );
});

test("no text of an address makes a request that the master refuses", () => {
  const long = "x".repeat(5_000);
  const query = new URLSearchParams(pathOf({ ...firstView, agentNode: long, agentGroup: long, agentQuery: long }));
  equal(query.get("node")?.length, 64);
  equal(query.get("group")?.length, 255);
  equal(query.get("search")?.length, 128);
});

test("a list is filtered by anything but its place", () => {
  equal(isFiltered({ ...firstView, agentFrom: 20, agentQuery: "  " }), false);
  for (const change of [
    { agentState: "active" },
    { agentNode: "n" },
    { agentGroup: "g" },
    { agentQuery: "q" },
  ] as const) {
    equal(isFiltered({ ...firstView, ...change }), true);
  }
});

test("a place is a number of digits, else the first", () => {
  for (const [text, from] of [
    ["40", 40],
    ["0", 0],
    ["", 0],
    ["-1", 0],
    ["1e3", 0],
    ["12345678", 0],
    [" 4", 0],
  ] as const) {
    equal(readFrom(text), from, text);
  }
});

test("what the list holds is said in words", () => {
  const rows = (count: number): AgentRow[] => Array.from({ length: count }, () => sampleAgentRow());
  equal(rangeOf(sampleOverview(), String), "1 agent");
  equal(rangeOf(sampleOverview({ agents: rows(7), matching: 7 }), String), "7 agents");
  equal(rangeOf(sampleOverview({ agents: rows(20), from: 20, matching: 342 }), String), "21 to 40 of 342 agents");
  equal(rangeOf(sampleOverview({ agents: [], matching: 0 }), String), "0 agents");
  equal(rangeOf(sampleOverview({ agents: [], matching: 3 }), String), "None of 3 agents", "all of a form not known");
});

test("that its node is down is said before all else, save of an agent that was never there", () => {
  equal(reasonOf(sampleAgentRow({ nodeDownSinceMs: 5, isSynced: false })), "node_down");
  equal(reasonOf(sampleAgentRow({ nodeDownSinceMs: 5, state: "disconnected" })), "node_down");
  equal(reasonOf(sampleAgentRow({ nodeDownSinceMs: 5, state: "never_connected" })), "");
  equal(reasonOf(sampleAgentRow({ isShutDown: true, state: "disconnected" })), "shut_down");
  equal(reasonOf(sampleAgentRow({ state: "disconnected", isSynced: false })), "", "it cannot have other files");
  equal(reasonOf(sampleAgentRow({ isSynced: false })), "files_old");
  equal(reasonOf(sampleAgentRow({ isSynced: null })), "");
});

test("groups that the answer had no room for are counted", () => {
  equal(groupsText(sampleAgentRow({ groups: [], groupCount: 0 })), "");
  equal(groupsText(sampleAgentRow({ groups: ["web", "linux"], groupCount: 2 })), "web, linux");
  equal(groupsText(sampleAgentRow({ groups: ["web", "linux"], groupCount: 128 })), "web, linux and 126 more");
});
