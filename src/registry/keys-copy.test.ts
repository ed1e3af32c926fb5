import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { MemoryKeys } from "../../test/support/registry-world.ts";
import { SimClock } from "../../test/support/sim-clock.ts";
import { silentLog } from "../base/log.ts";
import type { AgentRecord } from "../model/agent.ts";
import { AgentTable } from "./agent-table.ts";
import { KeysCopy } from "./keys-copy.ts";
import { isInFile, lineOf, newAgent } from "./new-agent.ts";

class World {
  readonly clock = new SimClock();
  readonly table = new AgentTable();
  readonly keys = new MemoryKeys();
  readonly stopping = new AbortController();
  readonly done: Promise<void>;

  constructor() {
    const lines = () => [...this.table.agents()].filter(isInFile).map(lineOf);
    this.put(newAgent({ id: "001", name: "web", address: "any", key: "k1" }, [], 0));
    const { clock, keys, table } = this;
    this.done = new KeysCopy({ agents: table, keys, clock, log: silentLog, lines }).run(this.stopping.signal);
  }

  put(record: AgentRecord): void {
    this.table.put(record);
    this.table.tell([record]);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.done;
  }
}

test("an agent's state is no reason to write client.keys, its name and its removal are", async () => {
  const world = new World();
  await world.clock.pass(2_000);
  equal(world.keys.writes, 1);
  const agent = newAgent({ id: "001", name: "web", address: "any", key: "k1" }, [], 0);
  for (let seq = 2; seq < 10; seq += 1) {
    world.put({ ...agent, seq, state: "active", counterFloor: seq });
    await world.clock.pass(1_500);
  }
  equal(world.keys.writes, 1);
  world.put({ ...agent, seq: 10, name: "db" });
  await world.clock.pass(1_500);
  deepEqual([world.keys.writes, world.keys.text()], [2, ["001 db any"]]);
  world.put({ ...agent, seq: 11, name: "db", isRemoved: true, key: "" });
  await world.clock.pass(1_500);
  deepEqual([world.keys.writes, world.keys.text()], [3, []]);
  await world.stop();
});

test("what changes while client.keys is written is written next", async () => {
  const world = new World();
  world.keys.meanwhile = () => {
    world.keys.meanwhile = () => undefined;
    world.put(newAgent({ id: "002", name: "late", address: "any", key: "k2" }, [], 0));
  };
  await world.clock.pass(2_500);
  deepEqual(world.keys.text(), ["001 web any", "002 late any"]);
  await world.stop();
});

test("a write that fails is done again", async () => {
  const world = new World();
  world.keys.failures = 1;
  await world.clock.pass(2_500);
  deepEqual([world.keys.writes, world.keys.text()], [1, ["001 web any"]]);
  await world.stop();
});
