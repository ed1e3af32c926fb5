/**
 * Seeded walks of a worker's spool against a model master: appends, acks, reads, restarts, a killed process, loss of
 * power at any call of the disk, failing syncs, a full disk. The promise: a source that resumes from the durable marks
 * and a master that follows the table of docs/protocol/spool-format.md section 6 end with each event exactly once and
 * in order, and nothing that was acknowledged to the source is ever missing.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { settle } from "../../test/support/sim-clock.ts";
import { batchOf, eventsIn, SpoolWorld } from "../../test/support/spool-world.ts";
import { describeError } from "../base/error.ts";
import { SpoolError } from "./errors.ts";
import { nameOfEpoch, type Epoch, type LaneRecord } from "./lane.ts";
import { payloadOf } from "./record.ts";
import type { Spool } from "./spool.ts";
import { LaneTable } from "./table.ts";

/** What a master has of one worker. */
class ModelMaster {
  readonly table = new LaneTable();
  readonly events: number[] = [];
  holes = 0;

  take(record: LaneRecord): void {
    const { code } = this.table.accept("w", record);
    ok(code === "stored" || code === "duplicate", `${code} for ${record.kind} ${record.first}+${record.count}`);
    if (code !== "stored") return;
    if (record.kind === "events") this.events.push(...eventsIn(payloadOf(record)));
    if (record.kind === "hole") this.holes += record.count;
  }

  lastOf(epoch: Epoch): number {
    return this.table.lastOf("w", 0, epoch) ?? -1;
  }
}

/** One process of the worker: a followed file whose lines are numbered, a spool, a link that ships now and then. */
class Run {
  readonly #spool: Spool;
  readonly #master: ModelMaster;
  readonly #world: SpoolWorld;
  #next: number;
  /** The highest event of which the source has heard that it is durable. */
  promised = 0;

  constructor(world: SpoolWorld, spool: Spool, master: ModelMaster) {
    this.#world = world;
    this.#spool = spool;
    this.#master = master;
    this.#next = Number(spool.marks().get("file") ?? 0) + 1;
  }

  get next(): number {
    return this.#next;
  }

  append(): Promise<void> {
    const { random } = this.#world;
    const count = random.oneIn(8) ? 0 : 1 + random.below(4);
    const events = Array.from({ length: count }, (_, index) => this.#next + index);
    this.#next += count;
    const last = this.#next - 1;
    return this.#spool.append(batchOf(events, { file: String(last) }, random.below(120))).then(() => {
      this.promised = Math.max(this.promised, last);
    });
  }

  /** Ships what is there, epoch by epoch, and acknowledges some of it. */
  async ship(recordsMax: number): Promise<void> {
    let left = recordsMax;
    for (const { epoch } of this.#spool.held().epochs) {
      for (;;) {
        const from = this.#master.lastOf(epoch) + 1;
        const records = await this.#spool.read(epoch, from, 1 + this.#world.random.below(900));
        for (const record of records.slice(0, left)) this.#master.take(record);
        left -= records.length;
        if (records.length === 0) break;
        if (left <= 0) return;
      }
      // The ack may be lost on the way; a later one says the same.
      if (!this.#world.random.oneIn(3)) await this.#spool.acknowledge(epoch, this.#master.lastOf(epoch));
    }
  }

  async act(): Promise<void> {
    const { random } = this.#world;
    const what = random.below(12);
    if (what < 6) await Promise.all(Array.from({ length: 1 + random.below(4) }, () => this.append()));
    else if (what < 10) await this.ship(1 + random.below(20));
    else if (what === 10) await this.#spool.beginEpoch("a walk");
    else void this.append().catch(() => undefined);
  }
}

type End = "kill" | "cut" | "close" | "sync";

/** Lets one process live until its end, which may come in the middle of any call of the disk. */
async function live(
  world: SpoolWorld,
  master: ModelMaster,
  ends: readonly End[],
): Promise<{ promised: number; next: number }> {
  const { random, disk } = world;
  const end = ends[random.below(ends.length)] ?? "close";
  let callsLeft = end === "close" ? Infinity : 1 + random.below(90);
  const died = new Promise<void>((resolve) => {
    disk.onCall = (call) => {
      callsLeft -= 1;
      if (end === "sync" && callsLeft <= 0 && call === "sync") disk.failSyncs = 1;
      if (callsLeft !== 0 || end === "sync" || end === "close") return;
      if (end === "kill") disk.kill();
      else disk.cutPower();
      resolve();
    };
  });
  let run: Run | undefined;
  const life = async (): Promise<void> => {
    const spool = await world.openSpool();
    run = new Run(world, spool, master);
    for (let left = 12 + random.below(20); left > 0; left -= 1) await run.act();
    await spool.close();
  };
  await Promise.race([life().catch(onlySyncFailure), died]);
  disk.onCall = () => undefined;
  disk.failSyncs = 0;
  disk.kill();
  await settle(2);
  return { promised: run?.promised ?? 0, next: run?.next ?? 0 };
}

function onlySyncFailure(error: unknown): void {
  // The head of a new segment is synced as well; that is told as any other error of the disk.
  ok(error instanceof SpoolError && /EIO|synced/.test(describeError(error)), String(error));
}

async function walk(seed: number, ends: readonly End[]): Promise<void> {
  const world = new SpoolWorld(seed);
  const master = new ModelMaster();
  let promised = 0;
  for (let lives = 6; lives > 0; lives -= 1) promised = Math.max(promised, (await live(world, master, ends)).promised);
  const spool = await world.openSpool();
  const run = new Run(world, spool, master);
  ok(run.next > promised, `seed ${seed}: promised ${promised}, resumes at ${run.next}`);
  await run.append();
  await run.ship(Infinity);
  const total = run.next - 1;
  deepEqual(
    master.events,
    Array.from({ length: total }, (_, index) => index + 1),
    `seed ${seed}`,
  );
  equal(master.holes, 0, `seed ${seed}: nothing is declared missing without damage`);
  for (const { epoch } of spool.held().epochs) await spool.acknowledge(epoch, master.lastOf(epoch));
  deepEqual(
    spool.held().epochs.map((held) => nameOfEpoch(held.epoch)),
    [nameOfEpoch(spool.epoch)],
    `seed ${seed}`,
  );
  await spool.close();
  equal(world.logged("ERROR"), "", `seed ${seed}`);
}

test("each event arrives exactly once, wherever the process is killed (20 seeds)", async () => {
  for (let seed = 1; seed <= 20; seed += 1) await walk(seed, ["kill", "close"]);
});
test("each event arrives exactly once, wherever the power is lost (20 seeds)", async () => {
  for (let seed = 1_001; seed <= 1_020; seed += 1) await walk(seed, ["cut", "cut", "kill"]);
});
test("each event arrives exactly once when syncs fail (15 seeds)", async () => {
  for (let seed = 2_001; seed <= 2_015; seed += 1) await walk(seed, ["sync", "cut", "kill"]);
});
