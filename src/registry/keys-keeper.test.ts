import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { RegistryWorld, reportOf } from "../../test/support/registry-world.ts";
import type { KeysLine } from "./needs.ts";
import type { Registry } from "./registry.ts";

const line = (id: string, name: string, more: Partial<KeysLine> = {}): KeysLine => ({
  ...{ id, name, address: "any", key: "secret", isRemoved: false },
  ...more,
});

async function edit(world: RegistryWorld, registry: Registry, lines: readonly KeysLine[]): Promise<void> {
  world.keys.lines = lines;
  registry.lookAtKeys();
  await registry.settle();
}

const say = (registry: Registry): string[] => registry.agents.list().map(({ id, name, key }) => `${id} ${name} ${key}`);

test("at the start the file counts where it differs from the database", async () => {
  const world = new RegistryWorld();
  world.keys.lines = [line("001", "aa"), line("002", "bb"), line("004", "old", { isRemoved: true })];
  await (await world.open()).stop();
  world.keys.known = undefined;
  world.keys.lines = [line("002", "bb", { key: "other" }), line("003", "cc")];
  const registry = await world.open();
  deepEqual(say(registry), ["002 bb other", "003 cc secret"]);
  const answer = await registry.enrol({ name: "new", source: "::1" });
  equal(answer.isEnrolled && answer.id, "005", "the number of a removed line stays taken");
});

test("a home that is taken over brings its dates and groups", async () => {
  const world = new RegistryWorld();
  world.keys.lines = [line("001", "aa"), line("002", "bb")];
  const adopted = {
    registeredMsOf: (id: string) => (id === "001" ? 5_000 : 0),
    groupsOf: (id: string) => (id === "001" ? ["web"] : []),
  };
  const registry = await world.open({ adopt: () => Promise.resolve(adopted) });
  deepEqual(
    registry.agents.list().map(({ registeredMs, groups }) => [registeredMs, groups]),
    [
      [5_000, ["web"]],
      [0, []],
    ],
  );
  await registry.stop();
  world.keys.known = undefined;
  await world.open({ adopt: () => Promise.reject(new Error("asked again")) });
});

test("a file that is gone is written again", async () => {
  const world = new RegistryWorld();
  world.keys.lines = [line("001", "aa")];
  await (await world.open()).stop();
  world.keys.known = world.keys.lines = undefined;
  const registry = await world.open();
  deepEqual(world.keys.text(), ["001 aa any"]);
  deepEqual(say(registry), ["001 aa secret"]);
  ok(world.logged.some((text) => text.includes("client.keys is gone")));
});

test("edits are taken over: new, changed, removed and gone lines", async () => {
  const world = new RegistryWorld();
  world.keys.lines = [line("001", "aa"), line("002", "bb"), line("003", "cc"), line("004", "dd")];
  const registry = await world.open();
  registry.report("n1", [reportOf("002")]);
  await edit(world, registry, [
    line("002", "bb", { key: "other" }),
    line("003", "cc", { isRemoved: true }),
    line("004", "dd"),
    line("009", "new"),
  ]);
  deepEqual(say(registry), ["002 bb other", "004 dd secret", "009 new secret"]);
  equal(registry.agents.byId("002")?.state, "active", "a new key is no new agent");
  deepEqual(world.told.sort(), ["removed 001 aa", "removed 003 cc"]);
  await edit(world, registry, [line("003", "cc", { key: "back" })]);
  deepEqual(say(registry), ["003 cc back"]);
});

test("an edit of somebody who had not seen our new line does not remove it", async () => {
  const world = new RegistryWorld();
  world.keys.lines = [line("001", "aa")];
  const registry = await world.open();
  await registry.enrol({ name: "new", source: "::1" });
  await edit(world, registry, [line("001", "aa"), line("050", "by-hand")]);
  deepEqual(world.keys.text(), ["001 aa any", "002 new any", "050 by-hand any"]);
  deepEqual(
    registry.agents.list().map(({ id }) => id),
    ["001", "002", "050"],
  );
  ok(world.logged.some((text) => /edit undid the line of agent 002/.test(text)));
  world.clock.advance(31_000);
  await edit(world, registry, [line("001", "aa")]);
  deepEqual(
    registry.agents.list().map(({ id }) => id),
    ["001"],
    "half a minute later it is meant",
  );
});

test("an edit at the moment of our own writing is not lost, and neither is ours", async () => {
  const world = new RegistryWorld();
  world.keys.lines = [line("001", "aa")];
  const registry = await world.open();
  let edits = 3;
  world.keys.meanwhile = () => {
    if (edits-- > 0) world.keys.lines = [...(world.keys.lines ?? []), line(`10${edits}`, `hand-${edits}`)];
  };
  const answer = await registry.enrol({ name: "new", source: "::1" });
  ok(answer.isEnrolled);
  deepEqual(world.keys.text(), ["001 aa any", "002 new any", "100 hand-0 any", "101 hand-1 any", "102 hand-2 any"]);
});

test("who writes without end makes an enrolment fail, not hang", async () => {
  const world = new RegistryWorld();
  const registry = await world.open();
  let count = 0;
  world.keys.meanwhile = () => {
    count += 1;
    world.keys.lines = [line("100", `hand-${count}`)];
  };
  const answer = await registry.enrol({ name: "new", source: "::1" });
  deepEqual(answer, { isEnrolled: false, reason: "Internal manager error adding agent: new" });
});

test("an agent whose line cannot be read stays, while it runs and at a start", async () => {
  const world = new RegistryWorld();
  world.keys.lines = [line("001", "aa"), line("002", "bb")];
  const registry = await world.open();
  world.keys.unreadable.add("002");
  await edit(world, registry, [line("001", "aa")]);
  deepEqual(say(registry), ["001 aa secret", "002 bb secret"]);
  await registry.stop();
  world.keys.known = undefined;
  deepEqual(say(await world.open()), ["001 aa secret", "002 bb secret"]);
  deepEqual(world.told, []);
});

test("an agent whose line comes back has its groups and its age again, another of that id has not", async () => {
  const world = new RegistryWorld();
  const registry = await world.open();
  for (const name of ["aa", "bb"]) await registry.enrol({ name, source: "::1", groups: "web,db" });
  const both = world.keys.lines ?? [];
  const since = registry.agents.byId("001")?.registeredMs;
  world.clock.advance(60_000);
  await edit(world, registry, []);
  deepEqual(say(registry), []);
  await registry.change({ kind: "remove-group", group: "db" }, "test");
  await edit(world, registry, [...both.slice(0, 1), line("002", "other")]);
  const [aa, other] = registry.agents.list();
  deepEqual([aa?.groups, aa?.registeredMs], [["web"], since]);
  deepEqual([other?.groups, other?.registeredMs], [[], world.clock.wallMs()]);
});
