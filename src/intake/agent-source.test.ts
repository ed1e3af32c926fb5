import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { AgentSources } from "./agent-source.ts";

const agent = { id: "003", name: "web", address: "10.0.0.0/8" };

test("a source is one object for each queue and location, under the registered name", () => {
  const sources = new AgentSources(agent);
  const first = sources.of("1", "/var/log/a");
  deepEqual(first, { queue: "1", agentId: "003", agentName: "web", agentIp: "10.0.0.0", location: "/var/log/a" });
  const others = [sources.of("1", "/var/log/b"), sources.of("8", "/var/log/a")];
  equal(sources.of("1", "/var/log/a"), first);
  deepEqual([sources.of("1", "/var/log/b"), sources.of("8", "/var/log/a")], others);
  notEqual(others[1], first);
});

test("an agent that makes up locations is given sources, and few are kept", () => {
  const sources = new AgentSources(agent);
  const first = sources.of("1", "0");
  for (let count = 1; count < 1_000; count += 1) equal(sources.of("1", String(count)).location, String(count));
  ok(sources.kept <= 64);
  notEqual(sources.of("1", "0"), first);
});
