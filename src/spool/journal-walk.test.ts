/**
 * Seeded walks of the journal: two workers that send in order and repeat what was not acknowledged, the master's own
 * file, a process that is killed or loses power at any call of the disk. The promise: each acknowledged record stands
 * in the journal exactly once, and the numbers of each lane have neither gap nor overlap.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { settle } from "../../test/support/sim-clock.ts";
import { batchOf, eventsIn, SpoolWorld } from "../../test/support/spool-world.ts";
import type { Journal } from "./journal.ts";
import type { Epoch } from "./lane.ts";
import { CODEC_NONE, epochRecord, eventsRecord } from "./record.ts";

const epoch: Epoch = { number: 1, bits: "1111111111111111" };
const workers = ["w1", "w2"];

/** What has been acknowledged, over all lives. */
class Promised {
  readonly last = new Map<string, number>();
  controls = 0;

  take(node: string, last: number): void {
    this.last.set(node, Math.max(last, this.last.get(node) ?? 0));
  }
}

function heldOf(journal: Journal, node: string): number {
  return (
    journal
      .table()
      .find((lane) => lane.node === node)
      ?.epochs.at(-1)?.last ?? -1
  );
}

/** A worker that begins where the journal says and sends a few batches, some of them twice. */
async function send(world: SpoolWorld, journal: Journal, node: string, promised: Promised): Promise<void> {
  const { random, clock } = world;
  const from = { node, receivedMs: clock.wallMs(), offsetMs: 0 };
  const held = heldOf(journal, node);
  ok(held >= (promised.last.get(node) ?? -1), `${node} was promised more than is held`);
  const sent: Promise<unknown>[] = [];
  if (held < 0) sent.push(journal.store(epochRecord(0, epoch, undefined, Buffer.from("{}")), from));
  let first = Math.max(1, held + 1);
  for (let left = 1 + random.below(5); left > 0; left -= 1) {
    const events = Array.from({ length: 1 + random.below(3) }, (_, index) => first + index);
    const payload = Buffer.from(events.join(","));
    const content = { count: events.length, marks: [], rawBytes: payload.length };
    const record = eventsRecord(0, epoch, first, content, { codec: CODEC_NONE, payload });
    for (let times = random.oneIn(3) ? 2 : 1; times > 0; times -= 1) {
      sent.push(
        journal.store(record, from).then(({ code, last }) => {
          ok(code === "stored" || code === "duplicate", code);
          promised.take(node, last);
        }),
      );
    }
    first += events.length;
  }
  await Promise.all(sent);
}

async function takeIn(world: SpoolWorld, journal: Journal, promised: Promised): Promise<void> {
  let next = Number(journal.marks().get("file") ?? 0) + 1;
  ok(next > (promised.last.get("master") ?? 0));
  const count = 1 + world.random.below(3);
  const events = Array.from({ length: count }, (_, index) => next + index);
  next += count;
  await journal.appendOwn(batchOf(events, { file: String(next - 1) }));
  promised.take("master", next - 1);
}

async function live(world: SpoolWorld, promised: Promised): Promise<void> {
  const { random, disk } = world;
  let callsLeft = 1 + random.below(60);
  const died = new Promise<void>((resolve) => {
    disk.onCall = () => {
      callsLeft -= 1;
      if (callsLeft !== 0) return;
      if (random.oneIn(2)) disk.kill();
      else disk.cutPower();
      resolve();
    };
  });
  const life = async (): Promise<void> => {
    const journal = await world.openJournal();
    for (let left = 8; left > 0; left -= 1) {
      const control = random.oneIn(3)
        ? journal.appendControl(Buffer.from("c")).then(() => (promised.controls += 1))
        : undefined;
      await Promise.all([
        control,
        takeIn(world, journal, promised),
        ...workers.map((node) => send(world, journal, node, promised)),
      ]);
      if (random.oneIn(4)) await journal.beginEpoch("a walk");
    }
    await journal.close();
  };
  await Promise.race([life(), died]);
  disk.onCall = () => undefined;
  disk.kill();
  await settle(2);
}

async function walk(seed: number): Promise<void> {
  const world = new SpoolWorld(seed);
  const promised = new Promised();
  for (let lives = 6; lives > 0; lives -= 1) await live(world, promised);
  const journal = await world.openJournal();
  const events = new Map<string, number[]>();
  let controls = 0;
  for (const entry of await world.entries(journal.durablePosition)) {
    if (entry.kind === "control") controls += 1;
    ok(entry.kind !== "damaged" && entry.kind !== "hole", `seed ${seed}`);
    if (entry.kind === "batch")
      events.set(entry.node, [...(events.get(entry.node) ?? []), ...eventsIn(entry.payload())]);
  }
  for (const node of ["master", ...workers]) {
    const all = events.get(node) ?? [];
    deepEqual(
      all,
      Array.from({ length: all.length }, (_, index) => index + 1),
      `seed ${seed}: ${node}`,
    );
    ok(all.length >= (promised.last.get(node) ?? 0), `seed ${seed}: ${node} lost what was acknowledged`);
  }
  ok(controls >= promised.controls, `seed ${seed}: a control record is lost`);
  equal(world.logged("ERROR"), "", `seed ${seed}`);
}

test("each acknowledged record stands exactly once, wherever the process or the power ends (25 seeds)", async () => {
  for (let seed = 1; seed <= 25; seed += 1) await walk(seed);
});
