import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { factsOf, RegistryWorld, reportOf } from "../../test/support/registry-world.ts";
import { settle } from "../../test/support/sim-clock.ts";
import type { EnrolmentRequest } from "../model/agent.ts";
import type { KeysLine } from "./needs.ts";
import type { Registry } from "./registry.ts";

const from = (name: string, more: Partial<EnrolmentRequest> = {}): EnrolmentRequest => ({
  ...{ name, source: "198.51.100.9" },
  ...more,
});
const line = (id: string, name: string, more: Partial<KeysLine> = {}): KeysLine => ({
  ...{ id, name, address: "any", key: "secret", isRemoved: false },
  ...more,
});

/** The id, or the reason. */
async function enrol(registry: Registry, name: string, more: Partial<EnrolmentRequest> = {}): Promise<string> {
  const answer = await registry.enrol(from(name, more));
  return answer.isEnrolled ? answer.id : answer.reason;
}

test("an agent has its key in the file, on the disk and in the table when it is answered", async () => {
  const world = new RegistryWorld();
  const registry = await world.open();
  const answer = await registry.enrol(from("web", { groups: "web,db" }));
  ok(answer.isEnrolled);
  deepEqual([answer.id, answer.name, answer.address], ["001", "web", "any"]);
  ok(/^[0-9a-f]{64}$/.test(answer.key));
  equal(registry.agents.byId("001")?.key, answer.key);
  deepEqual(world.keys.lines, [line("001", "web", { key: answer.key })]);
  ok(world.store.records.get("agent 001")?.includes(answer.key));
  deepEqual(registry.agents.byId("001")?.groups, ["web", "db"]);
  equal(registry.held.seq, world.store.held.seq);
});

test("numbers go up, and that of a removed agent is not given again", async () => {
  const world = new RegistryWorld();
  const registry = await world.open({ isPurging: true });
  deepEqual([await enrol(registry, "aa"), await enrol(registry, "bb")], ["001", "002"]);
  await registry.change({ kind: "remove", id: "002", purge: true }, "test");
  equal(await enrol(registry, "cc"), "003");
  await registry.change({ kind: "remove", id: "003", purge: true }, "test");
  await registry.stop();
  const again = await world.open({ isPurging: true });
  equal(await enrol(again, "dd"), "004");
  deepEqual(world.keys.text(), ["001 aa any", "004 dd any"]);
});

test("many that enrol at once are written together", async () => {
  const world = new RegistryWorld();
  const registry = await world.open();
  await registry.settle();
  const [writes, files] = [world.store.writes, world.keys.writes];
  const ids = await Promise.all(Array.from({ length: 200 }, (_, index) => enrol(registry, `agent-${index}`)));
  equal(new Set(ids).size, 200);
  ok(world.store.writes - writes <= 3, `${world.store.writes - writes} transactions`);
  ok(world.keys.writes - files <= 3, `${world.keys.writes - files} files`);
});

test("of two that ask for one name at once, one has it", async () => {
  const registry = await new RegistryWorld().open();
  const ids = await Promise.all([enrol(registry, "web"), enrol(registry, "web")]);
  deepEqual(ids, ["001", "Duplicate agent name: web"]);
});

test("the replaced agent and its successor change together", async () => {
  const world = new RegistryWorld();
  world.keys.lines = [line("005", "web")];
  const registry = await world.open();
  equal(await enrol(registry, "web"), "006");
  equal(registry.agents.byId("005"), undefined);
  deepEqual(world.keys.text(), ["005 !web any", "006 web any"]);
  deepEqual(world.told, ["removed 005 web"]);
  ok(world.logged.some((text) => /Agent 006 \(web\) enrolled from 198\.51\.100\.9.* in place of 005/.test(text)));
});

// attack-cases 22
test("the name and the address of a living agent cannot be taken, and the rules hear of it once a minute", async () => {
  const world = new RegistryWorld();
  world.keys.lines = [line("001", "web", { address: "192.0.2.7" })];
  const registry = await world.open();
  registry.report("n1", [reportOf("001")]);
  for (let tries = 0; tries < 5; tries += 1) equal(await enrol(registry, "web"), "Duplicate agent name: web");
  equal(await enrol(registry, "other", { address: "192.0.2.7" }), "Duplicate IP: 192.0.2.7");
  equal(registry.agents.byId("001")?.key, "secret");
  deepEqual(world.told, ['coveted 001 web "198.51.100.9"']);
});

test("when the file cannot be written nothing has happened but that a number is used up", async () => {
  const world = new RegistryWorld();
  world.keys.lines = [line("001", "web")];
  const registry = await world.open();
  world.keys.failures = 1;
  equal(await enrol(registry, "web"), "Internal manager error adding agent: web");
  equal(registry.agents.byId("001")?.name, "web", "it was to be replaced");
  equal(registry.agents.byId("002"), undefined);
  deepEqual(world.told, []);
  ok(world.logged.some((text) => text.startsWith("ERROR")));
  equal(await enrol(registry, "db"), "003");
  deepEqual(world.keys.text(), ["001 web any", "003 db any"]);
});

test("when the database fails after the file, the file is put right and nothing has happened", async () => {
  const world = new RegistryWorld();
  const registry = await world.open();
  await registry.settle();
  world.store.failures = 1;
  equal(await enrol(registry, "web"), "Internal manager error adding agent: web");
  await registry.settle();
  deepEqual(world.keys.text(), []);
  const id = await enrol(registry, "web");
  ok(/^\d{3}$/.test(id), id);
  deepEqual(world.keys.text(), [`${id} web any`]);
});

test("a registry that dies between file and database takes the line for an agent that may be replaced", async () => {
  const world = new RegistryWorld();
  const registry = await world.open();
  await registry.settle();
  world.store.failures = Number.POSITIVE_INFINITY; // The process is gone after the file was written.
  void registry.enrol(from("web", { groups: "web" }));
  await settle();
  deepEqual(world.keys.text(), ["001 web any"]);
  world.store.failures = 0;
  world.keys.known = undefined;
  const again = await world.open();
  equal(await enrol(again, "web"), "002");
});

test("nothing is told before it is durable", async () => {
  const world = new RegistryWorld();
  const registry = await world.open();
  const told: string[] = [];
  registry.agents.onChanged((records) => {
    for (const record of records) {
      told.push(record.kind === "agent" ? record.id : record.groups);
      ok(world.store.records.get(record.kind === "agent" ? `agent ${record.id}` : "")?.includes(`"seq":${record.seq}`));
    }
  });
  await enrol(registry, "web");
  registry.report("n1", [reportOf("001")]);
  deepEqual(told, ["001"]);
  await world.clock.pass(200);
  deepEqual(told, ["001", "001"]);
});

test("a state is durable within a fraction of a second, and waits where the disk is full", async () => {
  const world = new RegistryWorld();
  world.keys.lines = [line("001", "web")];
  const registry = await world.open();
  world.store.failures = 2;
  registry.report("n1", [reportOf("001", { facts: factsOf() })]);
  equal(registry.agents.byId("001")?.state, "active");
  await world.clock.pass(500);
  ok(!world.store.records.get("agent 001")?.includes('"active"'));
  await world.clock.pass(3_000);
  ok(world.store.records.get("agent 001")?.includes('"active"'));
});

test("an agent that falls silent is disconnected once, and the rules hear of it after the alert's time", async () => {
  const world = new RegistryWorld();
  world.keys.lines = [line("001", "web")];
  const registry = await world.open({ disconnectionMs: 60_000, disconnectionAlertMs: 30_000 });
  const stop = new AbortController();
  const running = registry.run(stop.signal);
  registry.report("n1", [reportOf("001")]);
  await world.clock.pass(50_000, 1_000);
  registry.heard("n1", [1]);
  registry.heard("n2", [1]);
  await world.clock.pass(59_000, 1_000);
  equal(registry.agents.byId("001")?.state, "active");
  await world.clock.pass(2_000, 1_000);
  equal(registry.agents.byId("001")?.state, "disconnected");
  deepEqual(world.told, []);
  await world.clock.pass(31_000, 1_000);
  deepEqual(world.told, ["disconnected 001 web"]);
  await world.clock.pass(300_000, 1_000);
  equal(world.told.length, 1);
  stop.abort();
  await running;
});

test("a restart of the master disconnects nobody", async () => {
  const world = new RegistryWorld();
  world.keys.lines = [line("001", "web")];
  const first = await world.open({ disconnectionMs: 60_000 });
  first.report("n1", [reportOf("001")]);
  await first.stop();
  world.clock.advance(600_000);
  const second = await world.open({ disconnectionMs: 60_000 });
  const stop = new AbortController();
  const running = second.run(stop.signal);
  await world.clock.pass(59_000, 1_000);
  equal(second.agents.byId("001")?.state, "active");
  await world.clock.pass(3_000, 1_000);
  equal(second.agents.byId("001")?.state, "disconnected");
  stop.abort();
  await running;
});

test("two machines with one key are told of once a minute", async () => {
  const world = new RegistryWorld();
  world.keys.lines = [line("001", "web")];
  const registry = await world.open();
  for (let index = 0; index < 20; index += 1) {
    const isOne = index % 2 === 0;
    const [connection, peerAddress] = isOne ? ["c1", "192.0.2.1"] : ["c2", "192.0.2.2"];
    registry.report(isOne ? "n1" : "n2", [reportOf("001", { connection, peerAddress })]);
    world.clock.advance(1_000);
  }
  deepEqual(world.told, ['contested 001 web ["192.0.2.2","192.0.2.1"]']);
});

test("an operator adds, assigns and removes; what cannot be is refused in words", async () => {
  const world = new RegistryWorld();
  const registry = await world.open();
  const add = { kind: "add", name: "web", address: "any", groups: ["web"], isForced: false } as const;
  const texts: string[] = [];
  for (const change of [
    add,
    add,
    { ...add, name: "db", id: "042", key: "own-key" },
    { ...add, name: "x" },
    { ...add, name: "yy", address: "nowhere" },
    { ...add, name: "yy", groups: ["none"] },
    { ...add, name: "yy", id: "042" },
    { ...add, name: "yy", key: "a b" },
    { kind: "assign", id: "042", groups: ["db", "web", "db"] },
    { kind: "assign", id: "042", groups: [] },
    { kind: "assign", id: "099", groups: ["db"] },
    { kind: "remove", id: "001", purge: false },
    { kind: "remove", id: "001", purge: false },
    { ...add, isForced: true, name: "db" },
  ] as const) {
    texts.push((await registry.change(change, "root")).text);
  }
  deepEqual(texts, [
    "Agent 001 (web) was added.",
    "agent 001 (web) has this name or address",
    "Agent 042 (db) was added.",
    '"x" is no name for an agent',
    '"nowhere" is no address, no block and not "any"',
    'there is no group "none"',
    "the id 042 is taken, or was an agent's once",
    "the key has not the form of one: letters, digits, dots, dashes and underscores",
    "Agent 042 (db) is in db, web.",
    "Agent 042 (db) is in default.",
    "there is no agent 099",
    "Agent 001 (web) was removed.",
    "there is no agent 001",
    "Agent 043 (db) was added.",
  ]);
  deepEqual(world.keys.text(), ["001 !web any", "042 !db any", "043 db any"]);
});

test("nobody stays in a group that is removed", async () => {
  const world = new RegistryWorld();
  const registry = await world.open();
  await registry.change({ kind: "create-group", group: "new" }, "root");
  equal(await enrol(registry, "web", { groups: "new,db" }), "001");
  equal(await enrol(registry, "app", { groups: "new" }), "002");
  equal((await registry.change({ kind: "remove-group", group: "new" }, "root")).text, "Group new was removed.");
  deepEqual(
    registry.agents.list().map(({ groups }) => groups),
    [["db"], ["default"]],
  );
});

test("what is to be merged is a change like any other", async () => {
  const world = new RegistryWorld();
  const registry = await world.open();
  registry.setMerged("web", { md5: "m", sha256: "s", bytes: 5 });
  await registry.settle();
  const { seq } = registry.held;
  registry.setMerged("web", { md5: "m", sha256: "s", bytes: 5 });
  await registry.settle();
  equal(registry.held.seq, seq, "the same is none");
  equal(registry.agents.merged(["web"])?.sha256, "s");
  registry.setMerged("web", undefined);
  await registry.settle();
  equal(registry.agents.merged(["web"]), undefined);
  deepEqual(registry.agents.groups(), []);
});

test("a store that was a replica's gives no id again, and its replicas begin anew", async () => {
  const world = new RegistryWorld();
  const first = await world.open({ isPurging: true });
  for (const name of ["aa", "bb", "cc"]) await enrol(first, name);
  await first.change({ kind: "add", id: "010", name: "cd", address: "any", groups: [], isForced: false }, "test");
  for (const id of ["003", "010"]) await first.change({ kind: "remove", id, purge: true }, "test");
  await first.stop();
  world.store.lastNumber = 0; // A replica is given records only.
  world.keys.known = world.keys.lines = undefined;
  const second = await world.open();
  deepEqual(
    second.agents.list().map(({ name }) => name),
    ["aa", "bb"],
  );
  equal(await enrol(second, "dd"), "011");
  ok(second.held.epoch !== first.held.epoch, "what two masters call change 5 are two changes");
  equal(second.since(first.held, 10).isReset, true);
});

test("an id that is set far above the others is refused, and one that is there ends no enrolment", async () => {
  const world = new RegistryWorld();
  world.keys.lines = [line("001", "aa"), line("003", "cc", { isRemoved: true })];
  const registry = await world.open();
  const add = { kind: "add", name: "web", address: "any", groups: [], isForced: false } as const;
  const texts: string[] = [];
  for (const id of ["99999999", "10004", "10003"]) texts.push((await registry.change({ ...add, id }, "root")).text);
  deepEqual(texts, [
    "the id 99999999 is too far above the others: at most 10003",
    "the id 10004 is too far above the others: at most 10003",
    "Agent 10003 (web) was added.",
  ]);
  equal(await enrol(registry, "next"), "10004");
  world.keys.lines = [...(world.keys.lines ?? []), line("99999999", "hand")];
  registry.lookAtKeys();
  await registry.settle();
  deepEqual([await enrol(registry, "dd"), await enrol(registry, "ee")], ["002", "004"]);
});
