import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { ListedAgents, sampleAgent } from "../../test/support/api-needs.ts";
import { agentRow, describeAgent, idOf, importText, stateText } from "./agents.ts";

const nowMs = 1_795_000_060_000;
const texts = (change: Parameters<typeof sampleAgent>[0]): string[] =>
  agentRow(sampleAgent(change), nowMs).map(({ text }) => text);

test("shows an agent on a line: state, since when, when it was last seen, where, and whether it has its files", () => {
  deepEqual(texts({}), [
    ...["001", "web", "any", "active", "0:50", "0:05", "worker-node1", "Wazuh v4.14.7", "Ubuntu 22.04.3 LTS"],
    ...["synced", "default"],
  ]);
  const unknown = { lastSeenMs: 0, node: "", version: "", system: "", isSynced: null, groups: [] };
  deepEqual(texts({ ...unknown, state: "never_connected" }).slice(3), [
    ...["never_connected", "0:50", "–", "–", "–", "–", "–", "–"],
  ]);
});

test("tells the days of what was long ago", () =>
  deepEqual(texts({ sinceMs: nowMs - 100_000_000, lastSeenMs: nowMs - 58.9 * 86_400_000 }).slice(4, 6), [
    ...["27:46:40", "58d"],
  ]));

test("says that nobody has heard of an agent since its node went down, unless it is gone anyway", () => {
  const down = { nodeDownSinceMs: nowMs - 42_000 };
  equal(stateText(sampleAgent(down), nowMs), "active (node DOWN since 0:42)");
  equal(stateText(sampleAgent({ ...down, state: "disconnected" }), nowMs), "disconnected");
  equal(stateText(sampleAgent({ ...down, id: "000" }), nowMs), "active", "that is the node itself");
});

test("gives a key in the form that manage_agents takes", () => {
  const line = { id: "001", name: "web", address: "any", key: "k1" };
  equal(Buffer.from(importText(line), "base64").toString(), "001 web any k1");
});

test("takes ids with and without their zeros, and nothing else", () => {
  deepEqual(["1", "001", "1234"].map(idOf), ["001", "001", "1234"]);
  for (const bad of ["", "x", "123456789", "-1", "1.5"]) throws(() => idOf(bad), { code: "ARGUS_CLI_USAGE" }, bad);
});

test("tells of one agent what is known, and leaves out what is not", () => {
  const found = new ListedAgents().find("001");
  if (found === undefined) throw new Error("there is one");
  const lines = describeAgent({ ...found, node: "", isSynced: false }, nowMs);
  deepEqual(lines.slice(0, 5), [
    "id                   001",
    "name                 web",
    "registered address   any",
    "state                active, since 0:50",
    "last seen            0:05 ago",
  ]);
  equal(
    lines.some((line) => line.startsWith("node ")),
    false,
  );
  equal(lines.includes("files of its groups  not synced: it has 00"), true);
});
