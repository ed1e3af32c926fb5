import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { SimClock } from "../../test/support/sim-clock.ts";
import type { AgentConnection } from "../intake/agent-session.ts";
import type { AgentsSession } from "../link/agent-needs.ts";
import { noFacts, type AgentRecord, type AgentReport } from "../model/agent.ts";
import { newAgent } from "../registry/new-agent.ts";
import { isKnown, ReportRelay } from "./report-relay.ts";

const facts = { ...noFacts, version: "Wazuh v4.14.7" };
const report = (kind: AgentReport["kind"], connection = "c1", id = "001"): AgentReport => ({
  ...{ id, connection, kind, ageMs: 0, peerAddress: "192.0.2.1", transport: "tcp", counter: 5 },
  ...(kind === "keepalive" ? { facts } : {}),
});
/** What the registry has of an agent that is active at this node. */
const known: AgentRecord = {
  ...newAgent({ id: "001", name: "web", address: "any", key: "k" }, ["default"], 0),
  ...{ state: "active", node: "w1", connection: "c1", peerAddress: "192.0.2.1", transport: "tcp", facts },
  counterFloor: 9,
};

class World {
  readonly clock = new SimClock();
  /** Each message: kind, connection and age of its reports. */
  readonly said: string[] = [];
  readonly records = new Map<string, AgentRecord>();
  connections: Pick<AgentConnection, "id" | "connection">[] = [];
  isMasterWell = true;
  readonly relay = new ReportRelay({
    ...{ node: "w1", clock: this.clock, byId: (id) => this.records.get(id) },
    connections: () => this.connections as AgentConnection[],
  });

  session(): AgentsSession {
    return {
      report: (reports) => {
        this.said.push(reports.map(({ kind, connection, ageMs }) => `${kind} ${connection} ${ageMs}`).join(", "));
        return Promise.resolve(this.isMasterWell);
      },
      heard: () => undefined,
      enrol: () => Promise.reject(new Error("not asked for")),
      change: () => Promise.reject(new Error("not asked for")),
    };
  }

  async wait(ms: number): Promise<void> {
    this.clock.advance(ms);
    for (let turns = 0; turns < 10; turns += 1) await Promise.resolve();
  }
}

test("says what it hears in one message, and keeps it until the master has it", async () => {
  const world = new World();
  world.relay.onSession(world.session());
  world.isMasterWell = false;
  world.relay.take(report("startup"));
  world.relay.take(report("startup", "c2", "002"));
  await world.wait(20);
  deepEqual(world.said, ["startup c1 20, startup c2 20"]);
  equal(world.relay.pendingCount, 2);
  world.isMasterWell = true;
  await world.wait(1_000);
  deepEqual(world.said.slice(1), ["startup c1 1020, startup c2 1020"]);
  equal(world.relay.pendingCount, 0);
  await world.wait(60_000);
  equal(world.said.length, 2);
});

test("of an agent that comes and goes while there is no master, the last of both is told, in their order", async () => {
  const world = new World();
  for (const one of ["c1", "c2", "c3"]) {
    world.relay.take(report("startup", one));
    world.relay.take(report("keepalive", one));
    world.relay.take(report("closed", one));
  }
  equal(world.relay.pendingCount, 1);
  await world.wait(500);
  world.relay.onSession(world.session());
  await world.wait(0);
  deepEqual(world.said, ["keepalive c3 500, closed c3 500"]);
});

test("does not say again what the registry knows, and says whatever differs", () => {
  equal(isKnown(known, report("keepalive"), "w1"), true);
  equal(isKnown(known, report("startup"), "w1"), false);
  equal(isKnown(known, report("keepalive", "c2"), "w1"), false, "another connection");
  equal(isKnown(known, report("keepalive"), "w2"), false, "another node");
  equal(isKnown({ ...known, state: "pending" }, report("keepalive"), "w1"), false);
  equal(isKnown({ ...known, groups: [] }, report("keepalive"), "w1"), false, "it is to be given a group");
  equal(isKnown({ ...known, counterFloor: 5 }, report("keepalive"), "w1"), false, "the floor is to be raised");
  equal(isKnown({ ...known, facts: noFacts }, report("keepalive"), "w1"), false, "facts");
});

test("a thousand keepalives of an agent that is known cost no message", async () => {
  const world = new World();
  world.records.set("001", known);
  world.relay.onSession(world.session());
  for (let count = 0; count < 1_000; count += 1) world.relay.take(report("keepalive"));
  await world.wait(5_000);
  deepEqual(world.said, []);
});

test("a master that has forgotten who holds an agent is told again, as of when it was last heard", async () => {
  const world = new World();
  world.records.set("001", known);
  world.relay.take(report("keepalive"));
  world.connections = [{ id: "001", connection: "c1" }];
  world.relay.onSession(world.session());
  await world.wait(1_000);
  deepEqual(world.said, [], "it knows");
  world.relay.onSession(undefined);
  world.records.set("001", { ...known, node: "", connection: "" });
  await world.wait(9_000);
  world.relay.heard(["001"]);
  await world.wait(3_000);
  world.relay.onSession(world.session());
  await world.wait(0);
  deepEqual(world.said, ["keepalive c1 3000"]);
  world.relay.onSession(undefined);
  world.connections = [];
  world.relay.onSession(world.session());
  await world.wait(1_000);
  equal(world.said.length, 1, "who is here no more is not told of");
});

test("what comes while a message is on its way is said next", async () => {
  const world = new World();
  world.relay.onSession(world.session());
  world.relay.take(report("startup"));
  world.clock.advance(20);
  world.relay.take(report("keepalive"));
  await world.wait(0);
  await world.wait(20);
  deepEqual(world.said, ["startup c1 20", "keepalive c1 20"]);
  equal(world.relay.pendingCount, 0);
});
