import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { settle } from "../../test/support/sim-clock.ts";
import { batchOf, eventsIn, smallLimits, SpoolWorld } from "../../test/support/spool-world.ts";
import type { Journal, StoreResult } from "./journal.ts";
import { JournalReader, type JournalEntry } from "./journal-reader.ts";
import type { Epoch, LaneRecord, Predecessor } from "./lane.ts";
import { CODEC_NONE, epochRecord, eventsRecord, holeRecord } from "./record.ts";

const e1: Epoch = { number: 1, bits: "1111111111111111" };
const e2: Epoch = { number: 2, bits: "2222222222222222" };

function opens(epoch: Epoch, predecessor?: Predecessor): LaneRecord {
  return epochRecord(0, epoch, predecessor, Buffer.from("preamble"));
}
function batch(epoch: Epoch, first: number, events: number[]): LaneRecord {
  const payload = Buffer.from(events.join(","));
  const content = { count: events.length, marks: [], rawBytes: payload.length };
  return eventsRecord(0, epoch, first, content, { codec: CODEC_NONE, payload });
}
function store(journal: Journal, record: LaneRecord, node = "w1", receivedMs = 1_000): Promise<StoreResult> {
  return journal.store(record, { node, receivedMs, offsetMs: -5 });
}
/** An entry in words: `w1 events 1-3: 7,8,9`. */
function say(entry: JournalEntry): string {
  const range = "first" in entry ? `${entry.first}-${entry.first + entry.count - 1}` : "";
  switch (entry.kind) {
    case "batch":
      return `${entry.node} events ${range}: ${eventsIn(entry.payload()).join(",")}`;
    case "epoch":
      return `${entry.node} epoch ${entry.epoch.number}`;
    case "hole":
      return `${entry.node} hole ${range}: ${entry.reason}`;
    case "control":
      return `control ${entry.bytes.toString()}`;
    case "damaged":
      return "damaged";
  }
}
async function words(world: SpoolWorld, limit = Infinity): Promise<string[]> {
  return (await world.entries(limit)).map(say);
}

test("journals workers' records, its own intake and control records in one order", async () => {
  const world = new SpoolWorld();
  const journal = await world.openJournal();
  await store(journal, opens(e1));
  await store(journal, batch(e1, 1, [7, 8]));
  await journal.appendOwn(batchOf([9], { f: "1" }));
  await journal.appendControl(Buffer.from("ruleset"));
  await store(journal, holeRecord(0, e1, 3, 4, "dropped"));
  await store(journal, batch(e1, 7, [10]));
  deepEqual(await words(world), [
    "master epoch 1",
    "w1 epoch 1",
    "w1 events 1-2: 7,8",
    "master events 1-1: 9",
    "control ruleset",
    "w1 hole 3-6: dropped",
    "w1 events 7-7: 10",
  ]);
  deepEqual(journal.marks(), new Map([["f", Buffer.from("1")]]));
});

test("positions lead from each record to the next, and a reader may begin at any of them", async () => {
  const world = new SpoolWorld();
  const journal = await world.openJournal();
  await store(journal, opens(e1));
  for (let event = 1; event <= 40; event += 1) await store(journal, batch(e1, event, [event]));
  const entries = await world.entries();
  let position = 0;
  for (const entry of entries) {
    equal(entry.position, position);
    position = entry.nextPosition;
  }
  equal(position, journal.durablePosition);
  for (const index of [0, 5, 20, 41]) {
    const from = entries[index]?.position ?? position;
    deepEqual((await world.entries(Infinity, from)).map(say), entries.slice(index).map(say));
  }
  ok(world.disk.paths().length > 3, "several segments");
});

test("tells the position of a control record", async () => {
  const world = new SpoolWorld();
  const journal = await world.openJournal();
  const position = await journal.appendControl(Buffer.from("x"));
  const entry = (await world.entries()).find(({ kind }) => kind === "control");
  equal(entry?.position, position);
});

test("a duplicate is told as such when the original is on the disk, and stands once", async () => {
  const world = new SpoolWorld();
  const journal = await world.openJournal();
  await store(journal, opens(e1));
  const order: string[] = [];
  const first = store(journal, batch(e1, 1, [1, 2])).then(({ code }) => order.push(code));
  const second = store(journal, batch(e1, 1, [1, 2])).then(({ code, last }) => order.push(`${code} ${last}`));
  await Promise.all([first, second]);
  deepEqual(order, ["stored", "duplicate 2"]);
  deepEqual(await store(journal, batch(e1, 2, [2])), { code: "duplicate", last: 2 });
  equal((await words(world)).filter((text) => text.includes("events")).length, 1);
});

test("refuses what does not follow, with what it holds", async () => {
  const journal = await new SpoolWorld().openJournal();
  deepEqual(await store(journal, batch(e1, 1, [1])), { code: "epoch_unknown", last: 0 });
  await store(journal, opens(e1));
  await store(journal, batch(e1, 1, [1, 2]));
  deepEqual(await store(journal, batch(e1, 2, [2, 3])), { code: "batch_overlap", last: 2 });
  deepEqual(await store(journal, batch(e1, 4, [4])), { code: "batch_gap", last: 2 });
  deepEqual(await store(journal, opens(e2, { epoch: e1, last: 3 })), { code: "epoch_order", last: 0 });
  deepEqual(await store(journal, opens(e2, { epoch: e1, last: 1 })), { code: "stored", last: 0, note: "rolled_back" });
});

test("refuses a record that is damaged or is not what is said beside it", async () => {
  const journal = await new SpoolWorld().openJournal();
  await store(journal, opens(e1));
  const record = batch(e1, 1, [1, 2]);
  const bytes = Buffer.from(record.bytes);
  bytes.writeUInt8(0x55, bytes.length - 1);
  deepEqual((await store(journal, { ...record, bytes })).code, "record_damaged");
  deepEqual((await store(journal, { ...record, bytes: Buffer.alloc(0) })).code, "record_damaged");
  for (const lie of [{ first: 2 }, { count: 1 }, { lane: 1 }, { epoch: e2 }, { kind: "hole" as const }]) {
    deepEqual((await store(journal, { ...record, ...lie })).code, "record_mismatch");
  }
  deepEqual(await store(journal, record), { code: "stored", last: 2 });
});

test("a batch that cannot be inflated is journalled as it came, and its payload is undefined", async () => {
  const world = new SpoolWorld();
  const journal = await world.openJournal();
  await store(journal, opens(e1));
  const content = { count: 1, marks: [], rawBytes: 9 };
  await store(journal, eventsRecord(0, e1, 1, content, { codec: 1, payload: Buffer.from("no brotli") }));
  const entry = (await world.entries()).find(({ kind }) => kind === "batch");
  equal(entry?.kind === "batch" ? entry.payload() : 0, undefined);
});

test("receivedMs never decreases, over restarts as well", async () => {
  const world = new SpoolWorld();
  const far = world.clock.wallMs() + 50_000;
  let journal = await world.openJournal();
  await store(journal, opens(e1), "w1", far);
  await store(journal, batch(e1, 1, [1]), "w1", far - 40_000);
  await journal.close();
  journal = await world.openJournal();
  await store(journal, batch(e1, 2, [2]), "w1", 1);
  const times = (await world.entries()).map((entry) => ("receivedMs" in entry ? entry.receivedMs : 0));
  deepEqual(times.slice(1), [far, far, far, far]);
  const offsets = (await world.entries()).map((entry) => ("offsetMs" in entry ? entry.offsetMs : 0));
  deepEqual(offsets, [0, -5, -5, 0, -5]);
});

test("a start knows what is held of every lane, and begins a new own epoch", async () => {
  const world = new SpoolWorld();
  let journal = await world.openJournal();
  await store(journal, opens(e1));
  for (let event = 1; event <= 40; event += 1) await store(journal, batch(e1, event, [event]), "w1");
  await store(journal, opens(e1), "w2");
  await journal.appendOwn(batchOf([1, 2, 3], { f: "3" }));
  const before = journal.table();
  await journal.close();
  journal = await world.openJournal();
  const after = journal.table();
  deepEqual(after.slice(1), before.slice(1));
  deepEqual(
    after[0]?.epochs.map(({ epoch, last }) => `${epoch.number} ${last}`),
    ["1 3", "2 0"],
  );
  deepEqual(after[1]?.preamble, Buffer.from("preamble"));
  deepEqual(journal.marks().get("f"), Buffer.from("3"));
  deepEqual(await store(journal, batch(e1, 40, [40])), { code: "duplicate", last: 40 });
});

test("a start reads the last segment only", async () => {
  const world = new SpoolWorld();
  const journal = await world.openJournal();
  await store(journal, opens(e1));
  for (let event = 1; event <= 40; event += 1) await store(journal, batch(e1, event, [event]));
  await journal.close();
  for (const path of world.disk.paths().slice(0, -1)) world.disk.corrupt(path, (bytes) => bytes.fill(0x77, 5_000));
  equal((await world.openJournal()).table()[1]?.epochs[0]?.last, 40);
});

test("removes what is behind the checkpoint and old enough, and nothing else", async () => {
  const world = new SpoolWorld();
  const journal = await world.openJournal();
  await store(journal, opens(e1));
  for (let event = 1; event <= 60; event += 1) {
    world.clock.advance(1_000);
    await store(journal, batch(e1, event, [event]), "w1", world.clock.wallMs());
  }
  const count = world.disk.paths().length;
  ok(count > 4);
  await journal.removeBehind(0, world.clock.wallMs(), 0);
  equal(world.disk.paths().length, count);
  await journal.removeBehind(journal.durablePosition, world.clock.wallMs(), 3_600_000);
  equal(world.disk.paths().length, count);
  await journal.removeBehind(journal.durablePosition, world.clock.wallMs(), 30_000);
  const left = await world.entries();
  ok(left.length >= 30 && left.length < 60, `${left.length} left`);
  equal(journal.oldestPosition, left[0]?.position);
  await journal.removeBehind(journal.durablePosition, world.clock.wallMs(), 0);
  equal(world.disk.paths().length, 1);
});

test("the head of the oldest segment tells what came before it", async () => {
  const world = new SpoolWorld();
  const journal = await world.openJournal();
  await store(journal, opens(e1));
  for (let event = 1; event <= 60; event += 1) await store(journal, batch(e1, event, [event]), "w1", 5_000 + event);
  await journal.removeBehind(journal.durablePosition, world.clock.wallMs(), -1);
  const [first] = await world.entries();
  const reader = await JournalReader.open({ disk: world.disk.process(), folder: "/journal", from: "oldest" });
  const head = await reader.oldestHead();
  ok(first?.kind === "batch");
  equal(head.position, first.position);
  equal(head.lanes.find(({ node }) => node === "w1")?.epochs[0]?.last, first.first - 1);
  equal(head.isWhole, true);
});

test("a position that has been removed is refused by name", async () => {
  const world = new SpoolWorld();
  const journal = await world.openJournal();
  await store(journal, opens(e1));
  for (let event = 1; event <= 60; event += 1) await store(journal, batch(e1, event, [event]));
  await journal.removeBehind(journal.durablePosition, world.clock.wallMs(), -1);
  await rejects(world.entries(Infinity, 0), { code: "ARGUS_SPOOL_POSITION_GONE" });
});

test("a reader does not look behind the durable position, and goes on when that moves", async () => {
  const world = new SpoolWorld();
  const journal = await world.openJournal();
  await store(journal, opens(e1));
  const reader = await JournalReader.open({ disk: world.disk.process(), folder: "/journal", from: 0 });
  const seen: string[] = [];
  for (let event = 1; event <= 40; event += 1) {
    const limit = journal.durablePosition;
    await store(journal, batch(e1, event, [event]));
    for (let entry = await reader.next(limit); entry !== undefined; entry = await reader.next(limit))
      seen.push(say(entry));
    equal(reader.standing, "limit");
    equal(reader.position, limit);
  }
  equal(seen.length, 41);
  equal(seen.at(-1), "w1 events 39-39: 39");
});

test("a reader that follows sees no damage where a write is in progress", async () => {
  const world = new SpoolWorld();
  const journal = await world.openJournal({ limits: { ...smallLimits, segmentBytesMax: 100_000 } });
  await store(journal, opens(e1));
  const reader = await JournalReader.open({ disk: world.disk.process(), folder: "/journal", from: 0 });
  const [path = ""] = world.disk.paths();
  await store(journal, batch(e1, 1, [1]));
  const whole = world.disk.bytesOf(path);
  world.disk.corrupt(path, (bytes) => bytes.subarray(0, bytes.length - 7));
  const first = await reader.next(journal.durablePosition - 100);
  equal(first?.kind, "epoch");
  world.disk.corrupt(path, () => whole);
  const kinds: string[] = [];
  for (;;) {
    const entry = await reader.next(journal.durablePosition);
    if (entry === undefined) break;
    kinds.push(entry.kind);
  }
  deepEqual(kinds, ["epoch", "batch"]);
});

test("when the share is full batches wait, and control records still go in", async () => {
  const world = new SpoolWorld();
  const journal = await world.openJournal({ limits: { ...smallLimits, bytesMax: 20_000 } });
  await store(journal, opens(e1));
  let stored = 0;
  const all = Array.from({ length: 80 }, (_, index) =>
    store(journal, batch(e1, index + 1, [index + 1])).then(() => (stored += 1)),
  );
  for (let left = 100_000; left > 0 && !journal.stats().isFull; left -= 1)
    await new Promise((resolve) => setImmediate(resolve));
  ok(stored > 5 && stored < 80, `${stored} stored`);
  match(world.logged("WARNING"), /batches wait, because its 20000 bytes/);
  await journal.appendControl(Buffer.from("still"));
  while (stored < 80) {
    await journal.removeBehind(journal.durablePosition, world.clock.wallMs(), 3_600_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(all);
  match(world.logged("WARNING"), /analysed segments are removed before <keep> is over/);
});

test("a full journal opens", async () => {
  const world = new SpoolWorld();
  const limits = { ...smallLimits, bytesMax: 20_000 };
  const journal = await world.openJournal({ limits });
  await store(journal, opens(e1));
  const all = Array.from({ length: 80 }, (_, index) =>
    store(journal, batch(e1, index + 1, [index + 1])).catch(() => undefined),
  );
  for (let left = 100_000; left > 0 && !journal.stats().isFull; left -= 1)
    await new Promise((resolve) => setImmediate(resolve));
  await journal.close();
  await Promise.all(all);
  const again = await world.openJournal({ limits });
  await again.appendControl(Buffer.from("x"));
});

test("is busy while too much waits for the disk", async () => {
  const world = new SpoolWorld();
  const journal = await world.openJournal();
  await store(journal, opens(e1));
  const all = Array.from({ length: 60 }, (_, index) => store(journal, batch(e1, index + 1, [index + 1])));
  equal(journal.isBusy, true);
  await journal.ready();
  equal(journal.isBusy, false);
  await Promise.all(all);
});

test("after a failed sync nothing is acknowledged any more", async () => {
  const world = new SpoolWorld();
  const journal = await world.openJournal();
  await store(journal, opens(e1));
  world.disk.failSyncs = 1;
  const [batchOutcome, control] = await Promise.allSettled([
    store(journal, batch(e1, 1, [1])),
    journal.appendControl(Buffer.from("x")),
  ]);
  equal(batchOutcome?.status, "rejected");
  await rejects(store(journal, batch(e1, 1, [1])), { code: "ARGUS_SPOOL_SYNC_FAILED" });
  equal((await journal.failure).code, "ARGUS_SPOOL_SYNC_FAILED");
  ok(control !== undefined);
});

test("a new own epoch names the one before and its last seq", async () => {
  const world = new SpoolWorld();
  const journal = await world.openJournal();
  await Promise.all([
    journal.appendOwn(batchOf([1, 2])),
    journal.beginEpoch("a clock"),
    journal.appendOwn(batchOf([3])),
  ]);
  deepEqual(await words(world), ["master epoch 1", "master events 1-2: 1,2", "master epoch 2", "master events 1-1: 3"]);
  const second = (await world.entries())[2];
  equal(second?.kind === "epoch" ? second.predecessor?.last : -1, 2);
});

test("listeners hear the durable position", async () => {
  const world = new SpoolWorld();
  const journal = await world.openJournal();
  const heard: number[] = [];
  const stop = journal.onDurable((position) => heard.push(position));
  await store(journal, opens(e1));
  stop();
  await store(journal, batch(e1, 1, [1]));
  equal(heard.length, 1);
  ok((heard[0] ?? 0) < journal.durablePosition);
});

function controlsOf(entries: readonly JournalEntry[]): string[] {
  return entries.flatMap((entry) => (entry.kind === "control" ? [entry.bytes.toString()] : []));
}

test("the times of arrival follow a clock that was set back from its record on, also after a restart", async () => {
  const world = new SpoolWorld();
  const journal = await world.openJournal();
  const startMs = world.clock.wallMs();
  await store(journal, opens(e1), "w1", startMs);
  world.clock.stepWall(-3_600_000);
  await store(journal, batch(e1, 1, [1]), "w1", world.clock.wallMs());
  await journal.appendClockStep(Buffer.from("back"), -3_600_000);
  world.clock.advance(1_000);
  await store(journal, batch(e1, 2, [2]), "w1", world.clock.wallMs());
  await journal.close();
  const again = await world.openJournal();
  equal(again.receivedMs, startMs - 3_600_000 + 1_000);
  const times = (await world.entries()).map((entry) => ("receivedMs" in entry ? entry.receivedMs - startMs : NaN));
  deepEqual(times, [0, 0, 0, -3_600_000, -3_599_000, -3_599_000]);
  await again.close();
});

test("what damage has lost is declared with the start that finds it, whatever is killed on the way", async () => {
  for (const point of ["journal.segment.begun", "journal.batch.written", "journal.batch.synced", undefined]) {
    const world = new SpoolWorld();
    const journal = await world.openJournal();
    await store(journal, opens(e1));
    for (let event = 1; event <= 3; event += 1) await store(journal, batch(e1, event, [event]));
    await journal.close();
    const path = world.disk.paths().at(-1) ?? "";
    const second = (await world.entries()).find((entry) => "first" in entry && entry.kind === "batch");
    ok(second !== undefined);
    world.disk.corrupt(path, (bytes) => {
      const at = bytes.length - (journal.durablePosition - second.nextPosition) - 2;
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      return bytes;
    });
    if (point !== undefined) {
      world.crash = (name) => {
        if (name === point) world.disk.kill();
      };
      void world.openJournal();
      await settle(50);
      world.crash = () => undefined;
    }
    const again = await world.openJournal();
    await again.close();
    deepEqual(controlsOf(await world.entries()), ["w1 lost 1+1"], point ?? "no kill");
  }
});
