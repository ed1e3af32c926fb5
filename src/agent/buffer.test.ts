import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { settle, SimClock } from "../../test/support/sim-clock.ts";
import type { Source } from "../model/event.ts";
import type { Batch } from "../spool/lane.ts";
import { numberedEvents } from "../wire/numbered-batch.ts";
import { AGENT_LOG_BYTES_MAX, AgentBuffer, readStoredMark } from "./buffer.ts";

const source: Source = { queue: "1", agentId: "", agentName: "", agentIp: "", location: "/var/log/a" };

/** Appends that become durable when a test says so. */
class Store {
  readonly batches: Batch[] = [];
  readonly #waiting: (() => void)[] = [];

  append(batch: Batch): Promise<void> {
    this.batches.push(batch);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async store(): Promise<void> {
    for (const resolve of this.#waiting.splice(0)) resolve();
    await settle(4);
  }

  payloads(): string[][] {
    return this.batches.map(({ payload }) => [...numberedEvents(payload, 1)].map((one) => one.payload.toString()));
  }
}

function begin() {
  const [store, clock] = [new Store(), new SimClock()];
  return { store, clock, buffer: new AgentBuffer(store, clock) };
}

test("a batch is closed after 100 ms, or with the event that makes it 32 KiB, and carries each source's mark", () => {
  const { store, clock, buffer } = begin();
  let read = 0;
  const mark = { key: "file:/var/log/a", position: () => Buffer.from([read]) };
  const accept = (text: string): void => {
    read += 1;
    buffer.accept(source, Buffer.from(text), false, mark);
  };
  accept("one");
  accept("two");
  clock.advance(100);
  deepEqual(store.payloads(), [["1:/var/log/a:one", "1:/var/log/a:two"]]);
  deepEqual([...(store.batches[0]?.marks ?? [])], [{ key: mark.key, position: Buffer.from([2]) }]);
  accept("x".repeat(20_000));
  accept("y".repeat(20_000));
  equal(store.batches.length, 2, "not a moment later");
  deepEqual([...(store.batches[1]?.marks[0]?.position ?? [])], [4]);
});

test("the longest log of the longest location fits a message, and what is sent is what was read", () => {
  const { store, buffer } = begin();
  const location = `/${":".repeat(4_095)}`;
  buffer.accept({ ...source, location }, Buffer.alloc(AGENT_LOG_BYTES_MAX, 0xff), true);
  const [event] = [...numberedEvents(store.batches[0]?.payload ?? Buffer.alloc(0), 1)];
  equal(event?.isTruncated, true);
  ok(event?.payload.subarray(-AGENT_LOG_BYTES_MAX).every((byte) => byte === 0xff));
});

test("says stop beyond 4 MiB that are not on the disk, and goes on when half of it is", async () => {
  const { store, buffer } = begin();
  let count = 0;
  while (buffer.accept(source, Buffer.alloc(50_000), false)) count += 1;
  equal(count, Math.floor((4 * 1_024 * 1_024) / 50_018));
  let isDrained = false;
  void buffer.drained().then(() => (isDrained = true));
  await settle(4);
  equal(isDrained, false);
  await store.store();
  deepEqual([isDrained, buffer.isFull], [true, false]);
});

test("how far a manager has stored goes to the disk with the next batch, or by itself", async () => {
  const { store, clock, buffer } = begin();
  const epoch = { number: 7, bits: "0123456789abcdef" };
  const marked = (index: number): unknown =>
    readStoredMark(new Map((store.batches[index]?.marks ?? []).map(({ key, position }) => [key, position])));
  buffer.accept(source, Buffer.from("a"), false);
  buffer.stored({ epoch, seq: 5 });
  clock.advance(100);
  deepEqual(marked(0), { epoch, seq: 5 });
  buffer.stored({ epoch, seq: 6 });
  void buffer.flush();
  deepEqual([store.batches[1]?.count, marked(1)], [0, { epoch, seq: 6 }]);
  void buffer.flush();
  equal(store.batches.length, 2, "nothing new, nothing written");
  await store.store();
});
