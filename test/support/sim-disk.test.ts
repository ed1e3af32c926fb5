import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "./seeded-random.ts";
import { settle } from "./sim-clock.ts";
import { SimDisk } from "./sim-disk.ts";

async function written(disk: SimDisk, path: string, text: string): Promise<void> {
  const file = await disk.process().open(path, "create");
  await file.write([Buffer.from(text)], 0);
}

test("what is synced, name and bytes, outlives a loss of power", async () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const sim = new SimDisk(() => seededRandom(seed).fraction());
    const file = await sim.process().open("/f", "create");
    await file.write([Buffer.from("ab"), Buffer.from("c")], 0);
    await file.sync();
    await sim.process().syncFolder("/");
    sim.cutPower();
    deepEqual(await sim.process().readWhole("/f", 10), Buffer.from("abc"));
  }
});

test("what is not synced may be there in part, over many seeds in every way", async () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 200; seed += 1) {
    const random = seededRandom(seed);
    const sim = new SimDisk(() => random.fraction());
    const file = await sim.process().open("/f", "create");
    await sim.process().syncFolder("/");
    await file.write([Buffer.alloc(1_024, "x")], 0);
    sim.cutPower();
    const bytes = (await sim.process().readWhole("/f", 2_000)) ?? Buffer.alloc(0);
    seen.add(`${bytes.length === 1_024} ${bytes[0] === 120} ${bytes[600] === 120}`);
  }
  for (const outcome of ["true true true", "true true false", "true false true", "true false false"])
    equal(seen.has(outcome), true, outcome);
});

test("a killed process loses nothing but itself: its calls never return", async () => {
  const sim = new SimDisk(() => 0);
  const disk = sim.process();
  await written(sim, "/f", "abc");
  sim.kill();
  let returned = false;
  void disk.stat("/f").then(() => (returned = true));
  await settle();
  equal(returned, false);
  deepEqual(await sim.process().readWhole("/f", 10), Buffer.from("abc"));
});

test("a rename is whole or has not happened, and needs its folder synced", async () => {
  for (const random of [0, 0.999]) {
    const sim = new SimDisk(() => random);
    await sim.process().replace("/f", Buffer.from("old"), 0o640);
    const file = await sim.process().open("/f.new", "create");
    await file.write([Buffer.from("new")], 0);
    await file.sync();
    await sim.process().rename("/f.new", "/f");
    sim.cutPower();
    const bytes = await sim.process().readWhole("/f", 10);
    equal(bytes?.toString(), random === 0 ? "old" : "new");
  }
});

test("a full disk writes what fits and says ENOSPC", async () => {
  const sim = new SimDisk(() => 0);
  sim.bytesMax = 4;
  await rejects(written(sim, "/f", "abcdef"), { code: "ENOSPC" });
  deepEqual(sim.bytesOf("/f"), Buffer.from("abcd"));
});

test("after a failed sync the cache shows what the disk lacks, and a later sync does not bring it", async () => {
  const sim = new SimDisk(() => 0.999);
  const file = await sim.process().open("/f", "create");
  await sim.process().syncFolder("/");
  await file.write([Buffer.from("abc")], 0);
  sim.failSyncs = 1;
  await rejects(file.sync(), { code: "EIO" });
  await file.sync();
  deepEqual(sim.bytesOf("/f"), Buffer.from("abc"));
  sim.cutPower();
  equal(sim.bytesOf("/f").toString().includes("abc"), false);
});
