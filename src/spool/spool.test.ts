import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { settle } from "../../test/support/sim-clock.ts";
import { batchOf, readAll, say, smallLimits, SpoolWorld } from "../../test/support/spool-world.ts";
import { isSameEpoch, type Epoch } from "./lane.ts";
import type { Spool } from "./spool.ts";

/** Appends a batch for each list of events, one after another. */
async function append(spool: Spool, ...batches: number[][]): Promise<void> {
  for (const events of batches) await spool.append(batchOf(events));
}
async function words(spool: Spool, fromSeq = 0, epoch: Epoch = spool.epoch, bytesMax = 400): Promise<string[]> {
  return (await readAll(spool, epoch, fromSeq, bytesMax)).map(say);
}
function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const other = settle(4).then(() => false);
  return Promise.race([
    promise.then(
      () => true,
      () => true,
    ),
    other,
  ]);
}
/** Until `claim` holds: compression runs on real threads. */
async function until(claim: () => boolean): Promise<void> {
  for (let left = 100_000; left > 0 && !claim(); left -= 1) await new Promise((resolve) => setImmediate(resolve));
  ok(claim(), "did not come true");
}

test("reads back what was appended, in order, from the epoch's record on", async () => {
  const spool = await new SpoolWorld().openSpool();
  await append(spool, [7, 8, 9], [10]);
  deepEqual(await words(spool), ["epoch 1", "events 1-3: 7,8,9", "events 4-4: 10"]);
  deepEqual(await words(spool, 4), ["events 4-4: 10"]);
  deepEqual(await words(spool, 5), []);
});

test("numbers batches in the order of the calls, however long each takes to compress", async () => {
  const spool = await new SpoolWorld().openSpool();
  await Promise.all([spool.append(batchOf([1], {}, 300_000)), spool.append(batchOf([2])), spool.append(batchOf([3]))]);
  deepEqual(await words(spool, 1), ["events 1-1: 1", "events 2-2: 2", "events 3-3: 3"]);
});

test("one sync covers all the batches of a group", async () => {
  const world = new SpoolWorld();
  const spool = await world.openSpool({ limits: { ...smallLimits, segmentBytesMax: 100_000, groupBytesMax: 100_000 } });
  const before = world.disk.syncCount;
  world.disk.gate = (call) => (call === "sync" ? settle(200) : undefined);
  const appends = Array.from({ length: 20 }, (_, index) => spool.append(batchOf([index])));
  await Promise.all(appends);
  ok(world.disk.syncCount - before < 15, `${world.disk.syncCount - before} syncs`);
});

test("does not resolve, ship or mark a batch before it is synced", async () => {
  const world = new SpoolWorld();
  const spool = await world.openSpool();
  let isResolved = false;
  const seen: unknown[] = [];
  const look = (): unknown[] => [isResolved, spool.held().epochs[0]?.last, spool.marks().size];
  world.crash = (name) => {
    if (name === "spool.batch.written" || name === "spool.batch.synced") seen.push(look());
  };
  await spool.append(batchOf([1], { f: "1" })).then(() => (isResolved = true));
  deepEqual(seen, [
    [false, 0, 0],
    [false, 0, 0],
  ]);
  deepEqual(look(), [true, 1, 1]);
  deepEqual(spool.marks(), new Map([["f", Buffer.from("1")]]));
});

test("reads in pieces of the size asked for, and at least one record", async () => {
  const spool = await new SpoolWorld().openSpool();
  await append(spool, [1], [2], [3], [4]);
  equal((await spool.read(spool.epoch, 1, 1)).length, 1);
  equal((await spool.read(spool.epoch, 1, 150)).length, 2);
  equal((await spool.read(spool.epoch, 1, 1_000_000)).length, 4);
});

test("tells listeners of every commit, until they have had enough", async () => {
  const spool = await new SpoolWorld().openSpool();
  let told = 0;
  const stop = spool.onDurable(() => (told += 1));
  await append(spool, [1], [2]);
  equal(told, 2);
  stop();
  await append(spool, [3]);
  equal(told, 2);
});

test("releases whole segments behind the ack, and only those", async () => {
  const world = new SpoolWorld();
  const spool = await world.openSpool();
  for (let event = 1; event <= 60; event += 1) await append(spool, [event]);
  const before = world.disk.paths().length;
  ok(before >= 4, `${before} segments`);
  await spool.acknowledge(spool.epoch, 30);
  ok(world.disk.paths().length < before);
  const { first } = spool.held().epochs[0] ?? { first: 0 };
  ok(first > 1 && first <= 31, `first ${first}`);
  deepEqual((await words(spool, 31)).length, 30);
  equal(spool.stats().events, 30);
  await spool.acknowledge(spool.epoch, 60);
  equal(world.disk.paths().length, 1);
  equal(spool.stats().events, 0);
});

test("declares what it has released and its master lacks", async () => {
  const spool = await new SpoolWorld().openSpool();
  for (let event = 1; event <= 60; event += 1) await append(spool, [event]);
  await spool.acknowledge(spool.epoch, 60);
  const { first } = spool.held().epochs[0] ?? { first: 0 };
  const all = await words(spool, 0);
  deepEqual(all.slice(0, 2), ["epoch 1", `hole 1-${first - 1}: no longer held, and the master lacks it`]);
});

test("a start begins an epoch that names the one before, and goes on from the last marks", async () => {
  const world = new SpoolWorld();
  const spool = await world.openSpool();
  await spool.append(batchOf([1, 2], { a: "x", b: "y" }));
  await spool.append(batchOf([3], { a: "z" }));
  const { epoch } = spool;
  await spool.close();
  const again = await world.openSpool();
  equal(again.epoch.number, 2);
  ok(!isSameEpoch(again.epoch, epoch));
  deepEqual(again.held().epochs, [
    { epoch, first: 1, last: 3, predecessor: undefined },
    { epoch: again.epoch, first: 1, last: 0, predecessor: { epoch, last: 3 } },
  ]);
  deepEqual(
    again.marks(),
    new Map([
      ["b", Buffer.from("y")],
      ["a", Buffer.from("z")],
    ]),
  );
  deepEqual(await words(again, 0, epoch), ["epoch 1", "events 1-2: 1,2", "events 3-3: 3"]);
});

test("marks outlive the segments that they came in", async () => {
  const world = new SpoolWorld();
  const spool = await world.openSpool();
  await spool.append(batchOf([1], { old: "still here" }));
  for (let event = 2; event <= 60; event += 1) await append(spool, [event]);
  await spool.acknowledge(spool.epoch, 60);
  await spool.close();
  deepEqual((await world.openSpool()).marks().get("old"), Buffer.from("still here"));
});

test("an epoch that is over is released by the ack of its last seq, an empty one by that of its record", async () => {
  const world = new SpoolWorld();
  const first = await world.openSpool();
  const { epoch } = first;
  await append(first, [1, 2]);
  await first.close();
  const empty = await world.openSpool();
  await empty.close();
  const spool = await world.openSpool();
  equal(spool.held().epochs.length, 3);
  await spool.acknowledge(epoch, 1);
  equal(spool.held().epochs.length, 3);
  await spool.acknowledge(empty.epoch, 0);
  equal(spool.held().epochs.length, 3); // In order: the one before it is not released yet.
  await spool.acknowledge(epoch, 2);
  deepEqual(
    spool.held().epochs.map((held) => held.epoch.number),
    [3],
  );
});

test("a batch without events moves its marks and is not shipped", async () => {
  const world = new SpoolWorld();
  const spool = await world.openSpool();
  await append(spool, [1]);
  await spool.append(batchOf([], { f: "7" }));
  await append(spool, [2]);
  deepEqual(await words(spool, 1), ["events 1-1: 1", "events 2-2: 2"]);
  await spool.close();
  deepEqual((await world.openSpool()).marks().get("f"), Buffer.from("7"));
});

test("a new epoch in mid-run takes what is appended after the call", async () => {
  const spool = await new SpoolWorld().openSpool();
  const { epoch } = spool;
  const appends = [
    spool.append(batchOf([1])),
    spool.beginEpoch("the clock has stepped", Buffer.from("new")),
    spool.append(batchOf([2])),
  ];
  await Promise.all(appends);
  equal(spool.epoch.number, 2);
  deepEqual(await words(spool, 0, epoch), ["epoch 1", "events 1-1: 1"]);
  deepEqual(await words(spool), ["epoch 2", "events 1-1: 2"]);
});

test("take-in time does not follow the wall clock before a new epoch", async () => {
  const world = new SpoolWorld();
  const spool = await world.openSpool();
  const startMs = spool.nowMs();
  world.clock.stepWall(-60_000);
  world.clock.advance(5);
  equal(spool.nowMs(), startMs + 5);
  await spool.beginEpoch("the clock has stepped");
  equal(spool.nowMs(), startMs - 60_000 + 5);
});

test("is busy when its queue is full, until the disk has caught up", async () => {
  const spool = await new SpoolWorld().openSpool();
  const appends = [spool.append(batchOf([1], {}, 3_000))];
  equal(spool.isBusy, false);
  appends.push(spool.append(batchOf([2], {}, 3_000)));
  equal(spool.isBusy, true);
  await spool.ready();
  equal(spool.isBusy, false);
  await Promise.all(appends);
});

test("with `block` a full spool takes nothing until segments are released", async () => {
  const world = new SpoolWorld();
  const spool = await world.openSpool({ limits: { ...smallLimits, bytesMax: 30_000 } });
  let appended = 0;
  const waiting = Array.from({ length: 100 }, (_, index) =>
    spool.append(batchOf([index + 1])).then(() => (appended += 1)),
  );
  await until(() => spool.stats().isFull);
  const held = appended;
  ok(held > 5 && held < 100, `${held} taken`);
  ok(spool.stats().bytes <= 30_010, `${spool.stats().bytes} bytes`); // The tables of new heads are not foreseen.
  match(world.logged("WARNING"), /events wait, because its 30000 bytes in \/spool are full/);
  while (appended < 100) {
    await spool.acknowledge(spool.epoch, appended);
    await settle(2);
  }
  await Promise.all(waiting);
  equal(spool.stats().isFull, false);
  equal(world.lines.filter((line) => line.level === "WARNING").length <= 20, true);
});

test("with `drop_oldest` the oldest events are declared missing, once and exactly", async () => {
  const world = new SpoolWorld();
  const options = { limits: { ...smallLimits, bytesMax: 30_000 }, policy: "drop_oldest" as const };
  const spool = await world.openSpool(options);
  for (let event = 1; event <= 200; event += 1) await append(spool, [event]);
  const all = await words(spool, 1);
  const dropped = /^hole 1-(\d+): dropped: the spool was full$/.exec(all[0] ?? "")?.[1];
  ok(dropped !== undefined, all[0]);
  deepEqual(
    all.slice(1),
    Array.from(
      { length: 200 - Number(dropped) },
      (_, i) => `events ${Number(dropped) + i + 1}-${Number(dropped) + i + 1}: ${Number(dropped) + i + 1}`,
    ),
  );
  equal(spool.stats().lost, Number(dropped));
  ok(spool.stats().bytes <= 30_010, `${spool.stats().bytes} bytes`);
  deepEqual(spool.held().holes, [
    { epoch: spool.epoch, first: 1, count: Number(dropped), reason: "dropped: the spool was full" },
  ]);
  const { epoch } = spool;
  await spool.close();
  deepEqual(await words(await world.openSpool(options), 1, epoch), all);
});

test("a hole begins where the master's ack ends", async () => {
  const world = new SpoolWorld();
  const spool = await world.openSpool({ limits: { ...smallLimits, bytesMax: 30_000 }, policy: "drop_oldest" });
  await append(spool, [1], [2], [3]);
  await spool.acknowledge(spool.epoch, 2);
  for (let event = 4; event <= 200; event += 1) await append(spool, [event]);
  match((await words(spool, 3))[0] ?? "", /^hole 3-\d+: dropped/);
});

test("a full disk makes events wait, and they are taken when there is room", async () => {
  const world = new SpoolWorld();
  const spool = await world.openSpool();
  world.disk.bytesMax = 9_000;
  const waiting = Array.from({ length: 80 }, (_, index) => spool.append(batchOf([index + 1])));
  await until(() => spool.stats().isFull);
  match(world.logged("WARNING"), /ENOSPC/);
  world.disk.bytesMax = Infinity;
  world.clock.advance(1_000);
  await Promise.all(waiting);
  equal((await words(spool, 1)).length, 80);
});

test("after a failed sync nothing is taken any more, and nothing of the group is believed after a start", async () => {
  const world = new SpoolWorld();
  const spool = await world.openSpool();
  await append(spool, [1]);
  world.disk.failSyncs = 1;
  await rejects(spool.append(batchOf([2], { f: "2" })), { code: "ARGUS_SPOOL_SYNC_FAILED" });
  await rejects(spool.append(batchOf([3])), { code: "ARGUS_SPOOL_SYNC_FAILED" });
  equal((await spool.failure).code, "ARGUS_SPOOL_SYNC_FAILED");
  deepEqual(await words(spool, 1), ["events 1-1: 1"]);
  await spool.close();
  const again = await world.openSpool();
  const before = again.held().epochs[0];
  equal(before?.last, 1);
  equal(again.marks().size, 0);
});

test("what the cache shows after a failed sync is written again before it is believed", async () => {
  const world = new SpoolWorld();
  const spool = await world.openSpool();
  await append(spool, [1]);
  world.disk.failSyncs = 1;
  world.disk.failWith = (call) => (call === "truncate" ? "EIO" : undefined);
  await rejects(spool.append(batchOf([2])), { code: "ARGUS_SPOOL_SYNC_FAILED" });
  world.disk.failWith = () => undefined;
  world.disk.kill();
  const again = await world.openSpool();
  const { epoch, last } = again.held().epochs[0] ?? { epoch: again.epoch, last: -1 };
  equal(last, 2);
  world.disk.cutPower();
  deepEqual(await words(await world.openSpool(), 1, epoch), ["events 1-1: 1", "events 2-2: 2"]);
});

test("any other error of the disk ends it with the file's name", async () => {
  const world = new SpoolWorld();
  const spool = await world.openSpool();
  world.disk.failWith = (call) => (call === "write" ? "EIO" : undefined);
  await rejects(spool.append(batchOf([1])), { code: "ARGUS_SPOOL_IO", message: /cannot write to \/spool\/0{16}\.seg/ });
});

test("with `1s` an append resolves when written, and ships after the sync", async () => {
  const world = new SpoolWorld();
  const spool = await world.openSpool({ sync: "1s" });
  await spool.append(batchOf([1], { f: "1" }));
  deepEqual(await words(spool, 1), []);
  equal(spool.marks().size, 0);
  const durable = new Promise<void>((resolve) => void spool.onDurable(resolve));
  world.clock.advance(1_000);
  await durable;
  deepEqual(await words(spool, 1), ["events 1-1: 1"]);
  await spool.append(batchOf([2]));
  world.disk.kill();
  deepEqual((await words(await world.openSpool(), 1, spool.epoch)).length, 2);
});

test("close writes what is pending, and refuses what comes after", async () => {
  const world = new SpoolWorld();
  const spool = await world.openSpool();
  const appends = [spool.append(batchOf([1])), spool.append(batchOf([2]))];
  await spool.close();
  await Promise.all(appends);
  await spool.close();
  await rejects(spool.append(batchOf([3])), { code: "ARGUS_SPOOL_CLOSED" });
  await rejects(spool.beginEpoch("late"), { code: "ARGUS_SPOOL_CLOSED" });
  equal(world.clock.pendingCount, 0);
});

test("close gives up on what waits for room", async () => {
  const world = new SpoolWorld();
  const spool = await world.openSpool({ limits: { ...smallLimits, bytesMax: 30_000 } });
  const appends = Array.from({ length: 100 }, (_, index) => spool.append(batchOf([index + 1])));
  const outcomes = Promise.allSettled(appends);
  await until(() => spool.stats().isFull);
  await spool.close();
  const rejected = (await outcomes).filter((outcome) => outcome.status === "rejected");
  ok(rejected.length > 0 && rejected.length < 100);
});

test("tells how old the oldest waiting event is", async () => {
  const world = new SpoolWorld();
  const spool = await world.openSpool();
  equal(spool.stats().oldestMs, 0);
  await append(spool, [1]);
  world.clock.advance(3_000);
  await append(spool, [2]);
  equal(spool.stats().oldestMs, 3_000);
  await spool.acknowledge(spool.epoch, 1);
  equal(spool.stats().oldestMs, 0);
  world.clock.advance(500);
  equal(spool.stats().oldestMs, 500);
  await spool.close();
  world.clock.advance(10_000);
  const again = await world.openSpool();
  equal(again.stats().oldestMs, 13_500);
});

test("an epoch that it does not know has nothing", async () => {
  const spool = await new SpoolWorld().openSpool();
  deepEqual(await spool.read({ number: 9, bits: "0000000000000000" }, 0, 1_000), []);
  await spool.acknowledge({ number: 9, bits: "0000000000000000" }, 5);
  equal(await isSettled(spool.ready()), true);
});

test("a segment that cannot be removed stays, is logged, and goes with a later ack", async () => {
  const world = new SpoolWorld();
  const spool = await world.openSpool();
  for (let event = 1; event <= 60; event += 1) await append(spool, [event]);
  world.disk.failWith = (call) => (call === "remove" ? "EACCES" : undefined);
  await spool.acknowledge(spool.epoch, 50);
  match(world.logged("ERROR"), /EACCES/);
  world.disk.failWith = () => undefined;
  await spool.acknowledge(spool.epoch, 60);
  equal(world.disk.paths().length, 1);
});
