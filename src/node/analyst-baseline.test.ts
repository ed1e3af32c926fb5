/** The analysis with a baseline whose store may fall behind or be killed at any commit; the store here is in memory. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { appDecoders, seeded, templates } from "../../test/support/ruleset.ts";
import { SpoolWorld } from "../../test/support/spool-world.ts";
import { noCrash } from "../base/crash-point.ts";
import { logTo } from "../base/log.ts";
import type { BaselineChanges, BaselineStore } from "../analysis/baseline.ts";
import { CheckpointStore } from "../analysis/checkpoint-disk.ts";
import { defaultRulesetOptions } from "../analysis/ruleset.ts";
import { storeSnapshot } from "../analysis/snapshot-disk.ts";
import { snapshotOf } from "../analysis/snapshot.ts";
import { writeControlRecord } from "../model/control-record.ts";
import { EventBatchBuilder } from "../model/event.ts";
import type { Journal } from "../spool/journal.ts";
import { Analyst } from "./analyst.ts";

const rules = `${templates}<group name="fim,">
  <rule id="550" level="7"><category>ossec</category><decoded_as>syscheck_integrity_changed</decoded_as>
    <description>changed</description></rule>
  <rule id="553" level="7"><category>ossec</category><decoded_as>syscheck_deleted</decoded_as>
    <description>deleted</description></rule>
  <rule id="554" level="5"><category>ossec</category><decoded_as>syscheck_new_entry</decoded_as>
    <description>new</description></rule></group>`;

const snapshot = snapshotOf(
  {
    decoders: [{ path: "d.xml", text: appDecoders }],
    rules: [{ path: "r.xml", text: rules }],
    lists: [],
    options: { ...defaultRulesetOptions, zone: "UTC" },
  },
  "0.1.0",
);

/** Lives longer than the process that commits to it; `failing` is a process that is killed before its commit. */
class Store implements BaselineStore {
  position: number | undefined = undefined;
  failing = false;
  isHeld = false;
  readonly #records = new Map<string, string>();
  readonly #bytes = new Map<string, number>();

  get(agentId: string, kind: string, key: string): string | undefined {
    return this.#records.get(JSON.stringify([agentId, kind, key]));
  }

  bytes(agentId: string): number {
    return this.#bytes.get(agentId) ?? 0;
  }

  begin(): boolean {
    return !this.isHeld;
  }

  commit({ forgotten, changes, bytes }: BaselineChanges, position: number): void {
    if (this.failing) throw new Error("killed");
    for (const place of this.#records.keys()) {
      if (forgotten.includes((JSON.parse(place) as string[])[0] ?? "")) this.#records.delete(place);
    }
    for (const { agentId, kind, key, value } of changes) {
      if (value === undefined) this.#records.delete(JSON.stringify([agentId, kind, key]));
      else this.#records.set(JSON.stringify([agentId, kind, key]), value);
    }
    for (const [agentId, sum] of bytes) this.#bytes.set(agentId, sum);
    this.position = position;
  }
}

class World extends SpoolWorld {
  readonly store = new Store();

  async begin(): Promise<Journal> {
    const journal = await this.openJournal();
    await storeSnapshot(this.disk.process(), "/rulesets", snapshot, noCrash);
    await journal.appendControl(writeControlRecord({ kind: "ruleset", sha256: snapshot.sha256 }));
    return journal;
  }

  async tell(journal: Journal, log: string, agentId = "001"): Promise<void> {
    this.clock.advance(1_000);
    const builder = new EventBatchBuilder();
    const source = { queue: "8", agentId, agentName: "web", agentIp: "any", location: "syscheck" };
    builder.add(source, this.clock.wallMs(), Buffer.from(log), false);
    await journal.appendOwn({ payload: builder.take(), count: 1, marks: [] });
  }

  checkpoints(): CheckpointStore {
    return new CheckpointStore(this.disk.process(), "/checkpoints", noCrash);
  }

  /** Answers up to `limit`; with a checkpoint at its end, or as if killed before it. */
  async analyse(limit: number, end: "checkpoint" | "kill"): Promise<void> {
    const analyst = await this.#open("/logs", this.checkpoints(), this.store, limit);
    do await analyst.flush();
    while (await analyst.advance(limit));
    await analyst.flush();
    try {
      if (end === "checkpoint") await analyst.checkpoint();
    } finally {
      await analyst.close();
    }
  }

  async analyseFresh(limit: number): Promise<void> {
    const analyst = await this.#open("/fresh", undefined, new Store(), limit);
    do await analyst.flush();
    while (await analyst.advance(limit));
    await analyst.flush();
    await analyst.close();
  }

  #open(logs: string, checkpoints: CheckpointStore | undefined, store: Store, end: number): Promise<Analyst> {
    return Analyst.open({
      ...{ disk: this.disk.process(), clock: this.clock, crash: noCrash, end, fallbackSnapshot: undefined },
      ...{ actions: [], watch: undefined },
      log: logTo((line) => void this.lines.push(line)),
      ...{
        journalFolder: "/journal",
        rulesetsFolder: "/rulesets",
        logsFolder: logs,
        checkpoints,
        baselineStore: store,
      },
    });
  }

  alerts(logs = "/logs"): string[] {
    const paths = this.disk.paths().filter((path) => path.startsWith(`${logs}/alerts/2`) && path.includes(".json"));
    return paths.flatMap((path) => this.disk.bytesOf(path).toString().split("\n").slice(0, -1));
  }

  rules(logs = "/logs"): number[] {
    return this.alerts(logs).map((line) => Number((JSON.parse(line) as { rule: { id: string } }).rule.id));
  }
}

const record = (size: number, path = "/x"): string => `${size}:33188:0:0:a:b ${path}`;

test("a commit that did not come makes its checkpoint void: the change is found again, and told once", async () => {
  const made = new World();
  const journal = await made.begin();
  await made.tell(journal, record(1));
  await made.analyse(journal.durablePosition, "checkpoint");
  await made.tell(journal, record(2));
  made.store.failing = true;
  await rejects(made.analyse(journal.durablePosition, "checkpoint"), /killed/);
  made.store.failing = false;
  await made.analyse(journal.durablePosition, "checkpoint");
  await made.tell(journal, record(2));
  await made.tell(journal, record(3));
  await made.analyse(journal.durablePosition, "checkpoint");
  deepEqual(made.rules(), [550, 550]);
  await made.analyseFresh(journal.durablePosition);
  deepEqual(made.alerts(), made.alerts("/fresh"));
});

test("without any checkpoint the analysis begins with no baseline, gives the same bytes, and goes on with the store's", async () => {
  const made = new World();
  const journal = await made.begin();
  for (const size of [1, 2, 3]) await made.tell(journal, record(size));
  await made.analyse(journal.durablePosition, "checkpoint");
  await made.checkpoints().clear();
  await made.tell(journal, record(3));
  await made.tell(journal, record(4));
  await made.analyse(journal.durablePosition, "checkpoint");
  deepEqual(made.rules(), [550, 550, 550]);
  equal(made.store.get("001", "file", "/x"), `3 ${record(4).split(" ", 1)[0] ?? ""}`);
  equal(made.logged("ERROR"), "");
});

test("a journal that was lost leaves what agents have said", async () => {
  const made = new World();
  const journal = await made.begin();
  for (const size of [1, 2, 3, 4]) await made.tell(journal, record(size));
  await made.analyse(journal.durablePosition, "checkpoint");
  await journal.close();
  for (const path of made.disk.paths().filter((name) => name.startsWith("/journal/"))) made.disk.removeNow(path);
  const second = await made.begin();
  await made.tell(second, record(4));
  await made.tell(second, record(5));
  await made.analyse(second.durablePosition, "checkpoint");
  deepEqual(made.rules(), [550, 550, 550, 550]);
  equal(made.store.position, second.durablePosition);
});

test("wherever the process is killed, the alerts are those of an undisturbed run, byte for byte (40 seeds)", async () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const next = seeded(seed);
    const made = new World();
    const journal = await made.begin();
    for (let step = 0; step < 12; step += 1) {
      for (let left = 1 + next(4); left > 0; left -= 1) {
        const [agentId, path, what] = [`00${next(2)}`, `/${next(3)}`, next(8)];
        if (what === 0) await made.tell(journal, "syscheck-db-completed", agentId);
        else if (what === 1) await made.tell(journal, `-1 ${path}`, agentId);
        else if (what === 2) await journal.appendControl(writeControlRecord({ kind: "agent_removed", agentId }));
        else await made.tell(journal, record(next(3), path), agentId);
      }
      made.store.failing = next(3) === 0;
      await made.analyse(journal.durablePosition, next(3) === 0 ? "kill" : "checkpoint").catch((error: unknown) => {
        ok(made.store.failing && String(error).includes("killed"), String(error));
      });
      made.store.failing = false;
    }
    await made.analyse(journal.durablePosition, "checkpoint");
    await made.analyseFresh(journal.durablePosition);
    ok(made.alerts().length > 0, `seed ${seed} raises alerts`);
    deepEqual(made.alerts(), made.alerts("/fresh"), `seed ${seed}`);
  }
});

test("while another process holds the store no checkpoint is left, and the next one has all of it", async () => {
  const world = new World();
  const journal = await world.begin();
  await world.tell(journal, record(1, "/a"));
  await world.analyse(journal.durablePosition, "checkpoint");
  const { position } = world.store;
  const checkpointsOf = (): string[] => world.disk.paths().filter((path) => path.endsWith(".ckpt"));
  const before = checkpointsOf();
  world.store.isHeld = true;
  await world.tell(journal, record(1, "/b"));
  for (let count = 0; count < 3; count += 1) await world.analyse(journal.durablePosition, "checkpoint");
  deepEqual([checkpointsOf(), world.store.position], [before, position]);
  world.store.isHeld = false;
  await world.analyse(journal.durablePosition, "checkpoint");
  equal(world.store.position, journal.durablePosition);
});
