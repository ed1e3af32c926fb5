import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EventBatchBuilder, LOG_BYTES_MAX, readEventBatch, type Event, type Source } from "./event.ts";

const anyText = fc.string({ unit: "grapheme", maxLength: 20 });
const anySource: fc.Arbitrary<Source> = fc.record(
  {
    queue: fc.constantFrom("1", "2", "8", "d"),
    agentId: anyText,
    agentName: anyText,
    agentIp: anyText,
    location: anyText,
  },
  { noNullPrototype: true },
);

interface Given {
  sourceIndex: number;
  sinceMs: number;
  log: Uint8Array;
  isTruncated: boolean;
}

const anyGiven: fc.Arbitrary<Given> = fc.record({
  sourceIndex: fc.nat(4),
  sinceMs: fc.nat(0xffff_ffff),
  log: fc.uint8Array({ maxLength: 300 }),
  isTruncated: fc.boolean(),
});

const anyBatch = fc.record({
  sources: fc.array(anySource, { minLength: 5, maxLength: 5 }),
  baseMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  given: fc.array(anyGiven, { minLength: 1, maxLength: 40 }),
});

type Batch = typeof anyBatch extends fc.Arbitrary<infer T> ? T : never;

function sourceOf(batch: Batch, index: number): Source {
  const source = batch.sources[index];
  if (source === undefined) throw new Error(`no source ${index}`);
  return source;
}

function write(batch: Batch, builder = new EventBatchBuilder()): Buffer {
  for (const [index, { sourceIndex, sinceMs, log, isTruncated }] of batch.given.entries()) {
    builder.add(sourceOf(batch, sourceIndex), batch.baseMs + (index === 0 ? 0 : sinceMs), log, isTruncated);
  }
  return builder.take();
}

const plain = (events: readonly Event[] | undefined) => events?.map((event) => ({ ...event, log: [...event.log] }));

test("reads back every event that was put into a batch, in order, byte for byte", () => {
  fc.assert(
    fc.property(anyBatch, (batch) => {
      const expected = batch.given.map(({ sourceIndex, sinceMs, log, isTruncated }, index) => ({
        source: sourceOf(batch, sourceIndex),
        takenInMs: batch.baseMs + (index === 0 ? 0 : sinceMs),
        isTruncated,
        log: [...log],
      }));
      deepEqual(plain(readEventBatch(write(batch))), expected);
    }),
  );
});

test("takes any bytes for a log: all 256, and none", () => {
  const builder = new EventBatchBuilder();
  const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const source: Source = { queue: "1", agentId: "000", agentName: "", agentIp: "", location: "/x" };
  builder.add(source, 0, all, false);
  builder.add(source, 0, Buffer.alloc(0), false);
  builder.add(source, 0, Buffer.alloc(LOG_BYTES_MAX, 1), true);
  deepEqual(
    readEventBatch(builder.take())?.map(({ log }) => log.length),
    [256, 0, LOG_BYTES_MAX],
  );
});

test("gives the same bytes for the same events, also when the builder was used before", () => {
  fc.assert(
    fc.property(anyBatch, anyBatch, (first, second) => {
      const builder = new EventBatchBuilder();
      write(first, builder);
      equal(builder.count, 0);
      equal(write(second, builder).compare(write(second)), 0);
    }),
  );
});

test("names a source once, by value, whatever objects stand for it", () => {
  const builder = new EventBatchBuilder();
  const source = (): Source => ({
    queue: "2",
    agentId: "000",
    agentName: "",
    agentIp: "",
    location: "host ".repeat(50),
  });
  builder.add(source(), 0, Buffer.from("x"), false);
  const before = builder.bytes;
  builder.add(source(), 0, Buffer.from("x"), false);
  ok(builder.bytes - before < 20);
  deepEqual(
    readEventBatch(builder.take())?.map((event) => event.source),
    [source(), source()],
  );
});

test("counts a time before the first event's as the first event's, and one beyond 49 days as that", () => {
  const builder = new EventBatchBuilder();
  const source: Source = { queue: "1", agentId: "000", agentName: "", agentIp: "", location: "/x" };
  for (const ms of [1_000, 400, 1_000.6, 1_000 + 2 ** 40]) builder.add(source, ms, Buffer.from("x"), false);
  deepEqual(
    readEventBatch(builder.take())?.map(({ takenInMs }) => takenInMs),
    [1_000, 1_000, 1_001, 1_000 + 0xffff_ffff],
  );
});

test("has memory of its own: what is taken does not change with the next batch", () => {
  fc.assert(
    fc.property(anyBatch, (batch) => {
      const builder = new EventBatchBuilder();
      const taken = write(batch, builder);
      const before = Buffer.from(taken);
      write(batch, builder);
      equal(taken.compare(before), 0);
      equal(taken.byteOffset, 0);
      equal(taken.buffer.byteLength, taken.length);
    }),
    { numRuns: 20 },
  );
});

test("reads nothing from a batch cut anywhere, or with a byte behind it", () => {
  fc.assert(
    fc.property(anyBatch, (batch) => {
      const bytes = write(batch);
      for (let length = 0; length < bytes.length; length += 1)
        equal(readEventBatch(bytes.subarray(0, length)), undefined);
      equal(readEventBatch(Buffer.concat([bytes, Buffer.of(0)])), undefined);
    }),
    { numRuns: 20 },
  );
});

test("reads nothing from another version, or when an event names no source", () => {
  const builder = new EventBatchBuilder();
  builder.add({ queue: "1", agentId: "", agentName: "", agentIp: "", location: "" }, 0, Buffer.from("x"), false);
  const bytes = builder.take();
  const changed = (at: number, value: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy[at] = value;
    return copy;
  };
  ok(readEventBatch(bytes) !== undefined);
  equal(readEventBatch(changed(0, 2)), undefined);
  equal(readEventBatch(changed(bytes.length - 11, 1)), undefined); // The event's source, of which there is one.
});

test("never throws and never grows on bytes of a stranger", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => void readEventBatch(noise)));
  fc.assert(
    fc.property(anyBatch, fc.nat(), fc.nat(255), (batch, at, value) => {
      const bytes = write(batch);
      bytes[at % bytes.length] = value;
      readEventBatch(bytes);
    }),
  );
  // A count of four thousand million events in twenty bytes.
  const liar = Buffer.alloc(20, 0xff);
  liar[0] = 1;
  liar.writeUInt16BE(0, 9);
  equal(readEventBatch(liar), undefined);
});

test("the numbers that an agent gave its events are read back, and without any the layout is that of version 1", () => {
  const builder = new EventBatchBuilder();
  const source = { queue: "1", agentId: "001", agentName: "a", agentIp: "any", location: "/l" };
  const epoch = { number: 3, bits: "0123456789abcdef" };
  const origins = [undefined, { epoch, seq: 8 }, { epoch: { ...epoch }, seq: 9 }, { epoch, seq: 11 }, undefined];
  for (const [index, origin] of origins.entries()) builder.add(source, 5, Buffer.from(`${index}`), false, origin);
  const bytes = builder.take();
  equal(bytes[0], 2);
  deepEqual(
    readEventBatch(bytes)?.map(({ origin }) => origin),
    origins,
  );
  builder.add(source, 5, Buffer.from("x"), false);
  equal(builder.take()[0], 1, "runs do not stay in the builder");
  for (let end = 0; end < bytes.length; end += 1) equal(readEventBatch(bytes.subarray(0, end)), undefined);
});

test("runs that are none of the batch make it none", () => {
  const builder = new EventBatchBuilder();
  const source = { queue: "1", agentId: "001", agentName: "a", agentIp: "any", location: "/l" };
  builder.add(source, 5, Buffer.from("x"), false, { epoch: { number: 3, bits: "0123456789abcdef" }, seq: 8 });
  const bytes = builder.take();
  const runAt = bytes.length - 32;
  const broken = (at: number, value: number): unknown => {
    const copy = Buffer.from(bytes);
    copy.writeUInt32BE(value, at);
    return readEventBatch(copy);
  };
  equal(broken(runAt, 1), undefined, "an index beyond the events");
  equal(broken(runAt + 4, 2), undefined, "more events than there are");
  equal(broken(runAt + 4, 0), undefined, "a run of none");
  equal(broken(runAt + 24, 0x20_0000), undefined, "a seq beyond all numbers");
  equal(broken(runAt - 4, 2), undefined, "more runs than there are");
});
