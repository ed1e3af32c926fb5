import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { factsOf, MemoryStore, RegistryWorld, reportOf } from "../../test/support/registry-world.ts";
import { silentLog } from "../base/log.ts";
import { SimClock } from "../../test/support/sim-clock.ts";
import type { Agents, Held } from "./needs.ts";
import type { Registry } from "./registry.ts";
import { Replica, type RecordsPart } from "./replica.ts";

function replicaOn(store: MemoryStore): Replica {
  return new Replica({ store, clock: new SimClock(), log: silentLog });
}

/** What a session of the link sends to a replica that holds `held`, in parts of `countMax`; at most `partsMax`. */
function* partsFor(registry: Registry, held: Held, countMax: number): Generator<RecordsPart> {
  let from = held.seq;
  let lack = registry.since(held, countMax);
  let isReset = lack.isReset;
  if (isReset) from = 0;
  for (;;) {
    const isLast = lack.to === registry.held.seq;
    yield { epoch: registry.held.epoch, isReset, from, to: lack.to, isLast, records: lack.records };
    if (isLast) return;
    from = lack.to;
    lack = isReset
      ? registry.sinceInReset(from, countMax)
      : registry.since({ epoch: registry.held.epoch, seq: from }, countMax);
    isReset = lack.isReset;
  }
}

function bringUp(registry: Registry, replica: Replica, countMax = 100): void {
  for (const part of partsFor(registry, replica.held, countMax)) ok(replica.take(part), "the part fits");
}

const say = (agents: Agents): string =>
  JSON.stringify([agents.list().map((one) => ({ ...one, lastSeenMs: 0 })), agents.groups()]);

type Step =
  | { do: "enrol"; name: number }
  | { do: "remove" | "report" | "assign"; id: number; node: number }
  | { do: "merge"; group: number; sum: number }
  | { do: "sync"; parts: number; size: number }
  | { do: "restart" | "lose-master" | "lose-replica" };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant("enrol" as const), name: fc.nat(8) }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constantFrom("remove" as const, "report" as const, "assign" as const),
        ...{ id: fc.integer({ min: 1, max: 12 }), node: fc.nat(2) },
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("merge" as const), group: fc.nat(2), sum: fc.nat(3) }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant("sync" as const),
        parts: fc.integer({ min: 1, max: 4 }),
        size: fc.integer({ min: 1, max: 3 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constantFrom("restart" as const, "lose-master" as const, "lose-replica" as const),
      }),
    },
  ),
  { maxLength: 60 },
);

class Play {
  readonly world = new RegistryWorld();
  replicaStore = new MemoryStore();
  replica = replicaOn(this.replicaStore);

  async play(sequence: readonly Step[]): Promise<void> {
    let registry = await this.open();
    for (const step of sequence) registry = await this.#step(registry, step);
    await registry.settle();
    bringUp(registry, this.replica, 2);
    equal(say(this.replica.agents), say(registry.agents));
    equal(say(replicaOn(this.replicaStore).agents), say(registry.agents), "its disk says the same");
    deepEqual(this.replica.held, registry.held);
  }

  open(): Promise<Registry> {
    return this.world.open({ isPurging: true, tableLimits: { recordsPerWriteMax: 3, gravesMax: 4 } });
  }

  async #step(registry: Registry, step: Step): Promise<Registry> {
    switch (step.do) {
      case "enrol":
        await registry.enrol({ name: `agent-${step.name}`, source: "::1" });
        break;
      case "remove":
        await registry.change({ kind: "remove", id: `00${step.id}`.slice(-3), purge: true }, "test");
        break;
      case "assign":
        await registry.change({ kind: "assign", id: `00${step.id}`.slice(-3), groups: ["web"] }, "test");
        break;
      case "report":
        registry.report(`n${step.node}`, [
          reportOf(`00${step.id}`.slice(-3), { facts: factsOf(), connection: `c${step.node}` }),
        ]);
        break;
      case "merge":
        registry.setMerged(
          `g${step.group}`,
          step.sum === 0 ? undefined : { md5: "m", sha256: `s${step.sum}`, bytes: 1 },
        );
        break;
      case "sync": {
        let left = step.parts; // The session may break after any part.
        for (const part of partsFor(registry, this.replica.held, step.size)) {
          if (left-- === 0) break;
          ok(this.replica.take(part));
        }
        break;
      }
      case "restart":
        await registry.stop();
        this.replica = replicaOn(this.replicaStore);
        this.world.keys.known = undefined;
        return this.open();
      case "lose-master":
        // Its database is gone: what comes is another registry, from client.keys.
        await registry.stop();
        Object.assign(this.world.store, {
          held: { epoch: "", seq: 0 },
          records: new Map(),
          lastNumber: 0,
          forgottenSeq: 0,
        });
        this.world.keys.known = undefined;
        return this.open();
      case "lose-replica":
        this.replicaStore = new MemoryStore();
        this.replica = replicaOn(this.replicaStore);
        break;
    }
    return registry;
  }
}

test("a replica that is fed in any cuts, over restarts and losses, comes to equal the registry", async () => {
  await fc.assert(
    fc.asyncProperty(steps, (sequence) => new Play().play(sequence)),
    { numRuns: 80, seed: 42 },
  );
});

test("a restored, older registry resets its replicas", async () => {
  const world = new RegistryWorld();
  const registry = await world.open();
  await registry.enrol({ name: "one", source: "::1" });
  const backup = { held: world.store.held, records: new Map(world.store.records), lastNumber: world.store.lastNumber };
  await registry.enrol({ name: "two", source: "::1" });
  const replica = replicaOn(new MemoryStore());
  bringUp(registry, replica);
  await registry.stop();
  Object.assign(world.store, backup);
  world.keys.known = undefined;
  world.keys.lines = (world.keys.lines ?? []).slice(0, 1);
  const restored = await world.open();
  ok(restored.since(replica.held, 10).isReset);
  bringUp(restored, replica);
  deepEqual(
    replica.agents.list().map(({ name }) => name),
    ["one"],
  );
});

test("the old records answer until a reset is whole, and what is gone by it is told", async () => {
  const world = new RegistryWorld();
  const registry = await world.open();
  for (const name of ["aa", "bb", "cc"]) await registry.enrol({ name, source: "::1" });
  const store = new MemoryStore();
  const replica = replicaOn(store);
  bringUp(registry, replica);
  const told: string[] = [];
  replica.agents.onChanged((records) => {
    for (const one of records) told.push(one.kind === "agent" ? `${one.id} ${one.isRemoved}` : one.groups);
  });
  const records = registry.agents.list().slice(1, 2);
  ok(replica.take({ epoch: "other", isReset: true, from: 0, to: 2, isLast: false, records }));
  equal(replica.agents.list().length, 3);
  ok(replica.take({ epoch: "other", isReset: true, from: 2, to: 9, isLast: true, records: [] }));
  deepEqual(
    replica.agents.list().map(({ id }) => id),
    ["002"],
  );
  deepEqual(told.sort(), ["001 true", "003 true"]);
  deepEqual(replica.held, { epoch: "other", seq: 9 });
});

test("a replica that missed removals which are forgotten since is given all anew", async () => {
  const world = new RegistryWorld();
  const registry = await world.open({ isPurging: true, tableLimits: { recordsPerWriteMax: 100, gravesMax: 4 } });
  for (let index = 0; index < 8; index += 1) await registry.enrol({ name: `agent-${index}`, source: "::1" });
  const replica = replicaOn(new MemoryStore());
  bringUp(registry, replica);
  const { held } = replica;
  for (let index = 1; index < 8; index += 1) {
    await registry.change({ kind: "remove", id: `00${index}`, purge: true }, "test");
  }
  ok(registry.since(held, 100).isReset);
  bringUp(registry, replica, 1);
  equal(say(replica.agents), say(registry.agents));
  deepEqual(
    replica.agents.list().map(({ id }) => id),
    ["008"],
  );
});

test("a part that does not fit is not taken", async () => {
  const replica = replicaOn(new MemoryStore());
  const part: RecordsPart = { epoch: "e", isReset: true, from: 0, to: 5, isLast: true, records: [] };
  ok(replica.take(part));
  const next: RecordsPart = { ...part, isReset: false, from: 5, to: 6 };
  equal(replica.take({ ...next, from: 4 }), false);
  equal(replica.take({ ...next, epoch: "f" }), false);
  equal(replica.take({ ...next, isReset: true }), false);
  const world = new RegistryWorld();
  const registry = await world.open();
  await registry.enrol({ name: "aa", source: "::1" });
  const [record] = registry.agents.list();
  ok(record !== undefined);
  equal(replica.take({ ...next, records: [{ ...record, seq: 7 }] }), false, "above its end");
  equal(replica.take({ ...next, records: [{ ...record, seq: 5 }] }), false, "not above its beginning");
  ok(replica.take({ ...next, records: [{ ...record, seq: 6 }] }));
});

test("where its disk fails, a replica goes on in memory and the disk is put right later", async () => {
  const world = new RegistryWorld();
  const registry = await world.open();
  const store = new MemoryStore();
  const replica = replicaOn(store);
  bringUp(registry, replica);
  await registry.enrol({ name: "aa", source: "::1" });
  store.failures = 1;
  bringUp(registry, replica);
  equal(replica.agents.list().length, 1);
  equal(replicaOn(store).agents.list().length, 0);
  await registry.enrol({ name: "bb", source: "::1" });
  bringUp(registry, replica);
  equal(say(replicaOn(store).agents), say(registry.agents));
});
