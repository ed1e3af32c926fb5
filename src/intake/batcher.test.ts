import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { settle, SimClock } from "../../test/support/sim-clock.ts";
import type { SourceMark } from "../collect/needs.ts";
import { readEventBatch, type Source } from "../model/event.ts";
import { Batcher, type BatcherLimits } from "./batcher.ts";
import type { AppendBatch, EventBatch } from "./needs.ts";

const source: Source = { queue: "2", agentId: "000", agentName: "", agentIp: "", location: "10.0.0.1" };
const log = (text: string): Buffer => Buffer.from(text);

/** A store whose batches become durable when a test says so. */
class Store implements AppendBatch {
  readonly batches: EventBatch[] = [];
  readonly #waiting: { resolve: () => void; reject: (error: unknown) => void }[] = [];

  append(batch: EventBatch): Promise<void> {
    this.batches.push(batch);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async store(count = this.#waiting.length): Promise<void> {
    for (const { resolve } of this.#waiting.splice(0, count)) resolve();
    await settle(2);
  }

  async fail(error: unknown): Promise<void> {
    this.#waiting.shift()?.reject(error);
    await settle(2);
  }

  /** The logs of each batch. */
  logs(): string[][] {
    return this.batches.map(({ payload }) => (readEventBatch(payload) ?? []).map((event) => event.log.toString()));
  }
}

/** A source that has handed over so many lines. */
class CountingMark implements SourceMark {
  readonly key: string;
  lines = 0;

  constructor(key: string) {
    this.key = key;
  }

  position(): Uint8Array {
    return Buffer.from(String(this.lines));
  }
}

function begin(limits: Partial<BatcherLimits> = {}) {
  const clock = new SimClock();
  const store = new Store();
  const batcher = new Batcher({ store, clock, takeIn: { nowMs: () => 1_000 + clock.monotonicMs() }, limits });
  const stopping = new AbortController();
  const done = batcher.run(stopping.signal);
  done.catch(() => undefined); // Looked at by the tests that make it fail.
  return { clock, store, batcher, stopping, done };
}

const marksOf = (store: Store): string[][] =>
  store.batches.map(({ marks }) => marks.map(({ key, position }) => `${key} ${Buffer.from(position).toString()}`));

test("closes a batch when its first event is 20 ms old", () => {
  const { clock, store, batcher } = begin();
  batcher.accept(source, log("one"), false);
  clock.advance(19);
  batcher.accept(source, log("two"), false);
  deepEqual(store.logs(), []);
  clock.advance(1);
  deepEqual(store.logs(), [["one", "two"]]);
});

test("closes a batch at once when it is full", () => {
  const { store, batcher } = begin({ batchBytes: 1_000 });
  for (let index = 0; index < 12; index += 1) batcher.accept(source, Buffer.alloc(100, "x"), false);
  equal(store.batches.length, 1);
  ok((store.batches[0]?.payload.length ?? 0) >= 1_000);
  equal((store.batches[0]?.count ?? 0) + batcher.counters().pendingEvents - (store.batches[0]?.count ?? 0), 12);
});

test("closes a batch before it cannot name another source", () => {
  const { store, batcher } = begin({
    batchBytes: 100_000_000,
    pendingBytesMax: 200_000_000,
    pendingEventsMax: 1_000_000,
  });
  for (let index = 0; index < 70_000; index += 1) batcher.accept({ ...source, location: `h${index}` }, log("x"), false);
  equal(store.batches.length, 1);
  equal(readEventBatch(store.batches[0]?.payload ?? Buffer.alloc(0))?.at(-1)?.source.location, "h65533");
});

test("starts no timer for an empty batch, and one for each batch", () => {
  const { clock, store, batcher } = begin();
  equal(clock.pendingCount, 0);
  batcher.accept(source, log("one"), false);
  batcher.accept(source, log("two"), false);
  equal(clock.pendingCount, 1);
  clock.advance(20);
  equal(clock.pendingCount, 0);
  batcher.accept(source, log("three"), false);
  clock.advance(20);
  deepEqual(store.logs(), [["one", "two"], ["three"]]);
});

test("stamps events with the take-in time, and keeps the mark of a cut log", () => {
  const { clock, store, batcher } = begin();
  batcher.accept(source, log("one"), true);
  clock.advance(7);
  batcher.accept(source, log("two"), false);
  clock.advance(20);
  const events = readEventBatch(store.batches[0]?.payload ?? Buffer.alloc(0)) ?? [];
  deepEqual(
    events.map(({ takenInMs, isTruncated }) => [takenInMs, isTruncated]),
    [
      [1_000, true],
      [1_007, false],
    ],
  );
  equal(batcher.counters().truncated, 1);
});

test("copies a log: the source may use its memory again", () => {
  const { clock, store, batcher } = begin();
  const memory = log("one");
  batcher.accept(source, memory, false);
  memory.fill("X");
  clock.advance(20);
  deepEqual(store.logs(), [["one"]]);
});

test("puts into each batch the position after the last of its events", () => {
  const { clock, store, batcher } = begin({ batchBytes: 300 });
  const [a, b] = [new CountingMark("a"), new CountingMark("b")];
  const hand = (mark: CountingMark, bytes: number): void => {
    mark.lines += 1; // A source moves its mark first.
    batcher.accept(source, Buffer.alloc(bytes, "x"), false, mark);
  };
  hand(a, 100);
  hand(b, 10);
  hand(a, 200); // Full: closed behind this event.
  hand(a, 10);
  clock.advance(20);
  batcher.accept(source, log("of no durable source"), false);
  clock.advance(20);
  deepEqual(marksOf(store), [["a 2", "b 1"], ["a 3"], []]);
});

test("tells sources to stop when too many bytes wait, and lets them go on when half is durable", async () => {
  const { store, batcher } = begin({ batchBytes: 1_000, pendingBytesMax: 4_000 });
  let accepted = 0;
  while (batcher.accept(source, Buffer.alloc(93, "x"), false)) accepted += 1;
  ok(accepted > 30 && accepted < 42, `${accepted}`);
  equal(batcher.isFull, true);
  let isDrained = false;
  const drained = batcher.drained().then(() => (isDrained = true));
  await store.store(1);
  equal(isDrained, false);
  await store.store(1);
  await drained;
  equal(batcher.isFull, false);
  equal(batcher.counters().stops, 1);
  equal(batcher.accept(source, log("goes on"), false), true);
});

test("tells sources to stop when too many events wait", () => {
  const { batcher } = begin({ pendingEventsMax: 10 });
  const answers = Array.from({ length: 12 }, () => batcher.accept(source, log("x"), false));
  deepEqual(answers, [...Array<boolean>(10).fill(true), false, false]);
});

test("lets sources that were stopped by the open batch alone go on after its age", async () => {
  const { clock, store, batcher } = begin({ pendingEventsMax: 3 });
  while (batcher.accept(source, log("x"), false));
  const drained = batcher.drained();
  clock.advance(20);
  await store.store();
  await drained;
  equal(batcher.isFull, false);
});

test("resolves `drained` at once when nobody was stopped", async () => {
  const { batcher } = begin();
  await batcher.drained();
});

test("lets a batch grow while the store is slow, and closes it when one is durable", async () => {
  const { clock, store, batcher } = begin();
  for (let index = 0; index < 8; index += 1) {
    batcher.accept(source, log(`${index}`), false);
    clock.advance(20);
  }
  deepEqual(store.logs(), [["0"], ["1"], ["2"], ["3"]]);
  await store.store(1);
  deepEqual(store.logs(), [["0"], ["1"], ["2"], ["3"], ["4", "5", "6", "7"]]);
});

test("counts what is taken in and what is durable", async () => {
  const { clock, store, batcher } = begin();
  batcher.accept(source, log("12345"), false);
  batcher.accept(source, log("678"), false);
  clock.advance(20);
  deepEqual([batcher.counters().accepted, batcher.counters().durable, batcher.counters().pendingEvents], [2, 0, 2]);
  await store.store();
  const { accepted, durable, logBytes, batches, pendingEvents, pendingBytes } = batcher.counters();
  deepEqual(
    { accepted, durable, logBytes, batches, pendingEvents, pendingBytes },
    {
      ...{ accepted: 2, durable: 2, logBytes: 8, batches: 1, pendingEvents: 0, pendingBytes: 0 },
    },
  );
});

test("drains when it is stopped: resolves only when all is durable", async () => {
  const { store, batcher, stopping, done } = begin();
  batcher.accept(source, log("last"), false);
  let isDone = false;
  void done.then(() => (isDone = true));
  stopping.abort();
  await settle();
  deepEqual(store.logs(), [["last"]]);
  equal(isDone, false);
  await store.store();
  await done;
});

test("ends at once when it is stopped with nothing in hand", async () => {
  const { stopping, done } = begin();
  stopping.abort();
  await done;
});

test("rejects with the error of a failed append, and keeps sources stopped", async () => {
  const { clock, store, batcher, done } = begin();
  batcher.accept(source, log("one"), false);
  clock.advance(20);
  await store.fail(new Error("disk gone"));
  await rejects(done, /disk gone/);
  equal(batcher.isFull, true);
  equal(batcher.accept(source, log("two"), false), false);
  equal(batcher.counters().accepted, 1);
  clock.advance(1_000);
  equal(store.batches.length, 1);
});

test("appends every event once and in order, whatever the store's pace (50 seeds)", async () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    let state = seed * 31_337;
    const random = (below: number): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
    const { clock, store, batcher, stopping, done } = begin({ batchBytes: 400, pendingBytesMax: 2_000 });
    const sent: string[] = [];
    for (let step = 0; step < 200; step += 1) {
      if (random(3) > 0) {
        const text = `${sent.length}:${"x".repeat(random(50))}`;
        if (!batcher.isFull) {
          sent.push(text);
          batcher.accept(source, log(text), false);
        }
      } else if (random(2) === 0) clock.advance(random(30));
      else await store.store(random(4));
    }
    stopping.abort();
    for (let round = 0; round < 100; round += 1) await store.store();
    await done;
    deepEqual(store.logs().flat(), sent, `seed ${seed}`);
    equal(batcher.counters().durable, sent.length);
  }
});

test("tells who asks when all that was accepted until then is durable, and not before", async () => {
  const { clock, store, batcher } = begin();
  const told: string[] = [];
  batcher.whenDurable(() => told.push("nothing waits"));
  deepEqual(told, ["nothing waits"]);
  batcher.accept(source, log("a"), false);
  batcher.whenDurable(() => told.push("a"));
  clock.advance(20);
  batcher.accept(source, log("b"), false);
  batcher.whenDurable(() => told.push("b"));
  batcher.whenDurable(() => told.push("b again"));
  clock.advance(20);
  deepEqual(told, ["nothing waits"]);
  await store.store(1);
  deepEqual(told, ["nothing waits", "a"]);
  await store.store(1);
  deepEqual(told, ["nothing waits", "a", "b", "b again"]);
  batcher.accept(source, log("c"), false, undefined, { epoch: { number: 1, bits: "00000000000000aa" }, seq: 5 });
  batcher.whenDurable(() => told.push("c"));
  clock.advance(20);
  await store.fail(new Error("disk"));
  equal(told.length, 4, "a failed disk stores nothing");
  equal(readEventBatch(store.batches[2]?.payload ?? Buffer.alloc(0))?.[0]?.origin?.seq, 5);
});
