import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { noFacts } from "../model/agent.ts";
import { agentReport, MemorySink } from "../../test/support/link-agents.ts";
import { AgentsPair } from "../../test/support/link-pair.ts";
import { seeded } from "../../test/support/sim-net.ts";

test("a worker's copy begins with all records, and follows every change in its order", async () => {
  const pair = new AgentsPair();
  for (let number = 1; number <= 600; number += 1) pair.registry.put(number);
  const { connection } = pair.connect();
  await connection.settle();
  deepEqual(pair.registry.pages, [256, 256, 88]);
  ok(pair.isLevel());
  pair.registry.put(7, { state: "active", facts: { ...noFacts, host: "seven" } });
  pair.registry.put(601);
  await connection.settle();
  ok(pair.isLevel());
  deepEqual(pair.events, []);
  deepEqual(pair.copy.events, ["served"]);
});

test("a copy that is behind takes only what it lacks, and one that lacks nothing one empty page", async () => {
  const pair = new AgentsPair();
  for (let number = 1; number <= 300; number += 1) pair.registry.put(number);
  const first = pair.connect();
  await first.connection.settle();
  first.connection.master.cut();
  pair.registry.put(4, { isRemoved: true, key: "" });
  pair.registry.pages.length = 0;
  const second = pair.connect();
  await second.connection.settle();
  deepEqual(pair.registry.pages, [1]);
  second.connection.master.cut();
  await pair.connect().connection.settle();
  deepEqual(pair.registry.pages, [1, 0]);
  ok(pair.isLevel());
  deepEqual(pair.copy.events, ["served", "gone", "served", "gone", "served"]);
});

test("another registry, and one that was restored, take the place of the copy as a whole", async () => {
  const pair = new AgentsPair();
  for (let number = 1; number <= 300; number += 1) pair.registry.put(number);
  const first = pair.connect();
  await first.connection.settle();
  first.connection.master.cut();
  pair.registry.renew("00000000000000e2");
  for (let number = 1; number <= 270; number += 1) pair.registry.put(number, { name: "restored" });
  const second = pair.connect();
  await second.connection.settle();
  ok(pair.isLevel());
  second.connection.master.cut();
  pair.registry.renew("00000000000000e2");
  pair.registry.put(1);
  await pair.connect().connection.settle();
  ok(pair.isLevel());
  equal(pair.copy.records.size, 1);
});

test("the copy is whole however often the connection breaks, at whatever byte (30 seeds)", async () => {
  let breaks = 0;
  for (let seed = 1; seed <= 30; seed += 1) {
    const pair = new AgentsPair({ seed, limits: { pageCountMax: 3, pageBytesMax: 2_000 } });
    const fraction = seeded(seed + 500);
    for (let round = 0; round < 12; round += 1) {
      if (fraction() < 0.1) pair.registry.renew(`00000000000000${(16 + round).toString(16)}`);
      for (let more = fraction() * 12; more > 0; more -= 1) {
        pair.registry.put(1 + Math.floor(fraction() * 20), { isRemoved: fraction() < 0.2 });
      }
      const { connection } = pair.connect();
      await connection.settle(Math.floor(fraction() * 60));
      pair.registry.put(21);
      await connection.settle(Math.floor(fraction() * 20));
      if (!connection.master.isClosed) breaks += 1;
      connection.master.cut();
    }
    await pair.connect().connection.settle();
    ok(pair.isLevel(), `seed ${seed}`);
    ok(!pair.events.some((event) => !event.endsWith("disconnected")), `seed ${seed}: ${pair.events.join(", ")}`);
  }
  ok(breaks > 250, `${breaks} breaks`);
});

test("an enrolment is answered when the worker's own copy has the agent, and not before", async () => {
  const pair = new AgentsPair();
  for (let number = 1; number <= 40; number += 1) pair.registry.put(number);
  const { connection } = pair.connect();
  await connection.settle();
  let isReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  pair.copy.delay = () => ready;
  const answered = pair.copy.session?.enrol({ name: "web1", source: "10.0.0.1", password: "secret" });
  let isAnswered = false;
  void answered?.then(() => {
    isAnswered = true;
  });
  await connection.settle();
  deepEqual(pair.registry.requests, [{ name: "web1", source: "10.0.0.1", password: "secret" }]);
  equal(isAnswered, false);
  isReady();
  deepEqual(await answered, { isEnrolled: true, id: "041", name: "web1", address: "any", key: "0".repeat(64) });
  equal(pair.copy.records.get("041")?.kind, "agent");
  const taken = pair.copy.session?.enrol({ name: "taken", source: "10.0.0.1" });
  await connection.settle();
  deepEqual(await taken, { isEnrolled: false, reason: "Duplicate agent name: taken" });
});

test("reports, blocks and changes come to the registry with the node's name, and are answered", async () => {
  const pair = new AgentsPair();
  const { connection } = pair.connect();
  await connection.settle();
  const { session } = pair.copy;
  const facts = { ...noFacts, labels: [{ key: "a", value: "b", isHidden: false, isSystem: true }] };
  const said = session?.report([agentReport(1, { kind: "startup" }), agentReport(2, { facts })]);
  session?.heard([1, 2, 99_999_999]);
  const add = { kind: "add", name: "db", address: "any", groups: ["default"], isForced: false } as const;
  const added = session?.change({ ...add, id: undefined });
  const removed = session?.change({ kind: "remove", id: "001", purge: true });
  const wrong = session?.change({ kind: "assign", id: "1 OR 1", groups: [] });
  await connection.settle();
  equal(await said, true);
  deepEqual(pair.registry.reports, [
    { node: "worker-node1", report: agentReport(1, { kind: "startup" }) },
    { node: "worker-node1", report: agentReport(2, { facts }) },
  ]);
  deepEqual(pair.registry.blocks, [{ node: "worker-node1", ids: [1, 2, 99_999_999] }]);
  deepEqual(await added, { isDone: true, id: "001", text: "added" });
  deepEqual(await removed, { isDone: false, text: "no remove here" });
  equal((await wrong)?.isDone, false);
  deepEqual(
    pair.registry.changes.map(({ change }) => change),
    [add, { kind: "remove", id: "001", purge: true }],
  );
});

test("ten thousand reports at once arrive in order, and the worker knows when", async () => {
  const pair = new AgentsPair();
  const { connection } = pair.connect();
  await connection.settle();
  const reports = Array.from({ length: 10_000 }, (_, index) => agentReport(index + 1));
  const said = pair.copy.session?.report(reports);
  await connection.settle();
  equal(await said, true);
  deepEqual(
    pair.registry.reports.map(({ report }) => report.id),
    reports.map(({ id }) => id),
  );
});

test("what was not answered when a session ended is known to be unanswered", async () => {
  const pair = new AgentsPair();
  const { connection } = pair.connect();
  await connection.settle();
  pair.registry.delay = () => new Promise(() => undefined);
  const { session } = pair.copy;
  const said = session?.report([agentReport(1)]);
  const enrolled = session?.enrol({ name: "web1", source: "10.0.0.1" });
  await connection.settle();
  connection.master.cut();
  equal(await said, false);
  deepEqual(await enrolled, { isEnrolled: false, reason: "Cannot comunicate with master" });
  equal(await session?.report([agentReport(1)]), false);
  equal(pair.registry.listenerCount, 0);
});

test("a master that does not answer within thirty seconds is told from one that does", async () => {
  const pair = new AgentsPair();
  const { connection, master, worker } = pair.connect();
  await connection.settle();
  pair.registry.delay = () => new Promise(() => undefined);
  const enrolled = pair.copy.session?.enrol({ name: "web1", source: "10.0.0.1" });
  pair.copy.onDeliver = () => new Promise(() => undefined);
  const delivered = master.agents?.deliver("001", "#!-req 1 agent getstate");
  for (let second = 0; second < 31; second += 1) {
    pair.clock.advance(1_000);
    master.tick();
    worker.tick();
    await connection.settle();
  }
  deepEqual(await enrolled, { isEnrolled: false, reason: "Cannot comunicate with master" });
  equal((await delivered)?.isDelivered, false);
  ok(master.isLive && worker.isLive);
});

test("a message reaches the node that holds the agent, and its answer comes back byte for byte", async () => {
  const pair = new AgentsPair();
  const { connection, master } = pair.connect();
  await connection.settle();
  const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join("");
  const delivered = master.agents?.deliver("001", bytes);
  await connection.settle();
  deepEqual(await delivered, { isDelivered: true, text: `001: ${bytes}` });
  equal((await master.agents?.deliver("001", "\u{1f600}"))?.isDelivered, false);
  equal((await master.agents?.deliver("1", "#!-force_reconnect"))?.isDelivered, false);
});

test("a block of another node is passed on, and the newest takes the place of one that waits", async () => {
  const pair = new AgentsPair();
  const { connection, master } = pair.connect();
  await connection.settle();
  connection.worker.pause("agents");
  for (let block = 1; block <= 9; block += 1) master.agents?.heard("worker-node2", [block]);
  await connection.settle();
  connection.worker.resume("agents");
  await connection.settle();
  deepEqual(pair.copy.blocks, [
    { node: "worker-node2", ids: [1] },
    { node: "worker-node2", ids: [9] },
  ]);
});

test("a blob comes whole through cuts at any byte, and is read no further than it is taken", async () => {
  const pair = new AgentsPair();
  const bytes = Buffer.alloc(8_000_000, "agents share this ");
  const sink = new MemorySink();
  const fetched = pair.agents.blobs.fetch(pair.blobs.put(bytes), sink);
  const missing = pair.agents.blobs.fetch("0".repeat(64), new MemorySink());
  const empty = pair.agents.blobs.fetch(pair.blobs.put(Buffer.alloc(0)), new MemorySink());
  for (let round = 0; round < 4; round += 1) {
    const { connection } = pair.connect();
    await connection.settle(30 + round * 7);
    connection.master.cut();
  }
  const had = sink.offset();
  ok(had > 0 && had < bytes.length, String(had));
  pair.blobs.reads.length = 0;
  const { connection } = pair.connect();
  await connection.settle();
  equal(await fetched, "whole");
  ok(sink.bytes.equals(bytes));
  equal(pair.blobs.reads[0], had);
  equal(await missing, "missing");
  equal(await empty, "whole");
});

test("a blob that is longer than its sink allows is not taken, and the next one is", async () => {
  const pair = new AgentsPair();
  const long = new MemorySink();
  long.bytesMax = 100_000;
  const results = [
    pair.agents.blobs.fetch(pair.blobs.put(Buffer.alloc(200_000, 1)), long),
    pair.agents.blobs.fetch(pair.blobs.put(Buffer.alloc(100, 2)), new MemorySink()),
  ];
  await pair.connect().connection.settle();
  deepEqual(await Promise.all(results), ["too_long", "whole"]);
  equal(long.offset(), 0);
  deepEqual(pair.events, []);
});

for (const [name, versions] of [
  ["a worker of version 1", { worker: [1] }],
  ["a master of version 1", { master: [1] }],
] as const) {
  test(`with ${name} events are shipped as ever, and nothing is said of agents`, async () => {
    const pair = new AgentsPair({ versions });
    pair.registry.put(1);
    pair.spool.append(3);
    const { connection, master } = pair.connect();
    const streams = new Set<string>();
    connection.master.onSent = (stream) => streams.add(stream);
    connection.worker.onSent = (stream) => streams.add(stream);
    await connection.settle();
    deepEqual(pair.journal.story("worker-node1"), ["epoch 1", "1: 1+3"]);
    deepEqual([...streams].sort(), ["events", "hello", "status", "watch"]);
    deepEqual([pair.copy.events, pair.copy.records.size, master.agents], [[], 0, undefined]);
    deepEqual(pair.events, []);
  });
}

test("a master that serves no agents says nothing of them, and its worker waits", async () => {
  const pair = new AgentsPair({ isServed: false });
  pair.spool.append(3);
  const { connection } = pair.connect();
  await connection.settle();
  deepEqual(pair.journal.story("worker-node1"), ["epoch 1", "1: 1+3"]);
  deepEqual([pair.copy.events, pair.events], [[], []]);
});
