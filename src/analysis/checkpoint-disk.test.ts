import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../../test/support/ruleset.ts";
import { SimDisk } from "../../test/support/sim-disk.ts";
import { noCrash } from "../base/crash-point.ts";
import { CheckpointStore } from "./checkpoint-disk.ts";
import type { CheckpointHead } from "./checkpoint.ts";

const folder = "/home/queue/checkpoints";
const headAt = (position: number): CheckpointHead => ({
  position,
  snapshotSha256: position.toString(16).padStart(64, "0"),
  lengths: Buffer.from(`lengths of ${position}`),
});
const stateAt = (position: number): Buffer => Buffer.from(`state of ${position} `.repeat(100));

function simDisk(seed = 1): SimDisk {
  const random = seeded(seed);
  return new SimDisk(() => random(1_000_000) / 1_000_000);
}

async function saved(sim: SimDisk, ...positions: number[]): Promise<CheckpointStore> {
  const store = new CheckpointStore(sim.process(), folder, noCrash);
  for (const position of positions) await store.save(headAt(position), stateAt(position));
  return store;
}

test("an empty folder, or none, has no checkpoint", async () => {
  deepEqual(await (await saved(simDisk())).load(), { checkpoint: undefined, problems: [] });
});

test("none stands beyond a position where none, and no folder, is there; of several those beyond go", async () => {
  const sim = simDisk();
  await (await saved(sim)).removeBeyond(0);
  equal(await sim.process().stat(folder), undefined);
  const store = await saved(sim, 10, 200);
  await store.removeBeyond(10);
  deepEqual(sim.paths(), [`${folder}/0000000000000010.ckpt`]);
});

test("the newest is loaded, and the last two are kept", async () => {
  const sim = simDisk();
  const store = await saved(sim, 10, 200, 3_000);
  const { checkpoint, problems } = await store.load();
  deepEqual([checkpoint?.head.position, problems], [3_000, []]);
  deepEqual(Buffer.from(checkpoint?.state ?? []), stateAt(3_000));
  deepEqual(sim.paths(), [`${folder}/0000000000000200.ckpt`, `${folder}/0000000000003000.ckpt`]);
  deepEqual(
    (await store.heads()).map(({ snapshotSha256 }) => snapshotSha256).sort(),
    [headAt(200), headAt(3_000)].map((head) => head.snapshotSha256),
  );
});

test("a damaged body is passed over for the older whole one, and said", async () => {
  const sim = simDisk();
  const store = await saved(sim, 10, 20);
  sim.corrupt(`${folder}/0000000000000020.ckpt`, (bytes) => bytes.subarray(0, bytes.length - 1));
  const { checkpoint, problems } = await store.load();
  equal(checkpoint?.head.position, 10);
  deepEqual(problems, [`${folder}/0000000000000020.ckpt: its body is cut off or has a tail`]);
});

test("where no body can be read, the newest head is still usable", async () => {
  const sim = simDisk();
  const store = await saved(sim, 10, 20);
  for (const name of ["0000000000000010", "0000000000000020"]) {
    sim.corrupt(`${folder}/${name}.ckpt`, (bytes) => bytes.subarray(0, bytes.length - 1));
  }
  const { checkpoint, problems } = await store.load();
  deepEqual([checkpoint?.head.position, checkpoint?.state, problems.length], [20, undefined, 2]);
  equal(Buffer.from(checkpoint?.head.lengths ?? []).toString(), "lengths of 20");
});

test("files that are no checkpoints are left alone, a damaged head names no snapshot", async () => {
  const sim = simDisk();
  const store = await saved(sim, 10, 20);
  await sim.process().replace(`${folder}/notes.txt`, Buffer.from("mine"), 0o600);
  sim.corrupt(`${folder}/0000000000000020.ckpt`, (bytes) => bytes.fill(0));
  equal((await store.load()).checkpoint?.head.position, 10);
  deepEqual(
    (await store.heads()).map(({ snapshotSha256 }) => snapshotSha256),
    [headAt(10).snapshotSha256],
  );
  ok(sim.paths().includes(`${folder}/notes.txt`));
});

test("a longer, failed checkpoint that was left beside does not spoil the next one", async () => {
  const sim = simDisk();
  const store = await saved(sim, 10);
  sim.failSyncs = 1;
  await store.save(headAt(20), Buffer.concat([stateAt(20), stateAt(20)])).then(
    () => ok(false, "a failed sync must be told"),
    () => undefined,
  );
  await store.save(headAt(30), stateAt(30));
  const { checkpoint } = await store.load();
  deepEqual([checkpoint?.head.position, Buffer.from(checkpoint?.state ?? [])], [30, stateAt(30)]);
});

test("crash points are passed after writing and after renaming, in that order", async () => {
  const passed: string[] = [];
  await new CheckpointStore(simDisk().process(), folder, (name) => passed.push(name)).save(headAt(1), stateAt(1));
  deepEqual(passed, ["checkpoint.written", "checkpoint.renamed"]);
});

test("power may go at any call: the checkpoint of before or the new one is whole (60 seeds)", async () => {
  let cuts = 0;
  for (let seed = 1; seed <= 60; seed += 1) {
    for (let at = 1; ; at += 1) {
      const sim = simDisk(seed);
      await saved(sim, 10, 20);
      let calls = 0;
      sim.onCall = () => {
        calls += 1;
        if (calls === at) sim.cutPower();
      };
      let isDone = false;
      const work = saved(sim, 30).then(() => (isDone = true));
      await Promise.race([work, new Promise((resolve) => setImmediate(resolve))]);
      sim.onCall = () => undefined;
      const { checkpoint } = await new CheckpointStore(sim.process(), folder, noCrash).load();
      const position = checkpoint?.head.position ?? 0;
      ok(
        checkpoint?.state !== undefined && Buffer.from(checkpoint.state).equals(stateAt(position)),
        `seed ${seed}, call ${at}`,
      );
      ok(isDone ? position === 30 : position === 20 || position === 30, `seed ${seed}, call ${at}: ${position}`);
      if (calls < at) break;
      cuts += 1;
    }
  }
  ok(cuts > 60 * 4);
});
