import { deepEqual, equal, notEqual, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { seededRandom } from "../../test/support/seeded-random.ts";
import type { Epoch, LaneRecord } from "./lane.ts";
import {
  CODEC_BROTLI,
  CODEC_NONE,
  epochContent,
  epochRecord,
  eventsRecord,
  holeReason,
  holeRecord,
  marksOf,
  parseRecord,
  payloadOf,
  PAYLOAD_BYTES_MAX,
  RECORD_BYTES_MAX,
  RECORD_HEADER_BYTES,
  recordLength,
  slimRecord,
} from "./record.ts";

const epoch: Epoch = { number: 7, bits: "0123456789abcdef" };
const raw = Buffer.from("a line of a log\n".repeat(40));
const marks = [
  { key: "file:1:2", position: Buffer.from([0, 0, 1]) },
  { key: "é", position: Buffer.alloc(0) },
];

function events(payload: Buffer = raw): LaneRecord {
  const compressed = { codec: CODEC_BROTLI, payload: brotliCompressSync(payload) };
  return eventsRecord(3, epoch, 41, { count: 40, marks, rawBytes: payload.length }, compressed);
}

function samples(): LaneRecord[] {
  const predecessor = { epoch: { number: 6, bits: "ffffffffffffffff" }, last: 9_007_199_254_740_000 };
  return [
    events(),
    eventsRecord(0, epoch, 1, { count: 0, marks, rawBytes: 0 }, { codec: CODEC_NONE, payload: Buffer.alloc(0) }),
    epochRecord(0, epoch, undefined, Buffer.from("{}")),
    epochRecord(65_535, epoch, predecessor, Buffer.alloc(0)),
    holeRecord(0, epoch, 5, 6_000_000_000, "damaged on disk"),
  ];
}

test("a record that is written reads back as the same record", () => {
  for (const record of samples()) deepEqual(parseRecord(record.bytes), record);
});

test("a batch gives its payload and its marks back", () => {
  deepEqual(payloadOf(events()), raw);
  deepEqual(marksOf(events()), marks);
});

test("an epoch's record gives its predecessor and its preamble back", () => {
  const predecessor = { epoch: { number: 6, bits: "00000000000000ff" }, last: 12 };
  deepEqual(epochContent(epochRecord(0, epoch, predecessor, Buffer.from("{}"))), {
    predecessor,
    preamble: Buffer.from("{}"),
  });
  deepEqual(epochContent(epochRecord(0, epoch, undefined, Buffer.from("x")))?.predecessor, undefined);
  equal(epochContent(events()), undefined);
});

test("a hole gives its reason back, cut at 200 bytes", () => {
  equal(holeReason(holeRecord(0, epoch, 1, 1, "dropped")), "dropped");
  equal(holeReason(holeRecord(0, epoch, 1, 1, "x".repeat(300))).length, 200);
});

test("no beginning of a record is a record", () => {
  for (const { bytes } of samples()) {
    for (let length = 0; length < bytes.length; length += 1) equal(parseRecord(bytes.subarray(0, length)), undefined);
  }
});

test("a record with any one bit flipped is no record", () => {
  for (const { bytes } of samples()) {
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (at % 8)), at);
      equal(parseRecord(flipped), undefined, `byte ${at}`);
    }
  }
});

test("bytes behind a record make it another thing", () => {
  equal(parseRecord(Buffer.concat([events().bytes, Buffer.from([0])])), undefined);
});

test("random bytes are no record, and nothing throws (2,000 seeds)", () => {
  for (let seed = 1; seed <= 2_000; seed += 1) {
    const random = seededRandom(seed);
    const bytes = Buffer.from(random.bytes(random.below(200)));
    equal(parseRecord(bytes), undefined, `seed ${seed}`);
    const headed = Buffer.concat([events().bytes.subarray(0, RECORD_HEADER_BYTES), bytes]);
    equal(parseRecord(headed), undefined, `seed ${seed}`);
  }
});

test("a length out of bounds is seen before anything is allocated", () => {
  const bytes = Buffer.from(events().bytes.subarray(0, 8));
  equal(recordLength(bytes), events().bytes.length);
  bytes.writeUInt32BE(RECORD_BYTES_MAX + 1, 4);
  equal(recordLength(bytes), 0);
  bytes.writeUInt32BE(RECORD_HEADER_BYTES - 1, 4);
  equal(recordLength(bytes), 0);
  equal(recordLength(Buffer.from("no record")), 0);
  equal(recordLength(Buffer.alloc(3)), 0);
});

test("a payload that inflates to another length than it says is refused", () => {
  const payload = brotliCompressSync(Buffer.alloc(100_000));
  for (const rawBytes of [99_999, 100_001]) {
    const record = eventsRecord(0, epoch, 1, { count: 1, marks: [], rawBytes }, { codec: CODEC_BROTLI, payload });
    ok(parseRecord(record.bytes));
    equal(payloadOf(record), undefined);
  }
});

test("a payload that is no brotli is a value, not an exception", () => {
  const compressed = { codec: CODEC_BROTLI, payload: Buffer.from("certainly not brotli") };
  equal(payloadOf(eventsRecord(0, epoch, 1, { count: 1, marks: [], rawBytes: 5 }, compressed)), undefined);
});

test("marks that run past the end are none, and the payload is then none either", () => {
  const record = events();
  const bytes = Buffer.from(record.bytes);
  bytes.writeUInt32BE(0xffff_ffff, RECORD_HEADER_BYTES + 2 + "file:1:2".length);
  deepEqual(marksOf({ ...record, bytes }), []);
  equal(payloadOf({ ...record, bytes }), undefined);
});

test("a slim record has its marks and nothing of its payload", () => {
  const slim = slimRecord(events());
  deepEqual(marksOf(slim), marks);
  equal(slim.bytes.length, RECORD_HEADER_BYTES + 2 + 8 + 4 + 3 + 2 + 2 + 4);
  notEqual(slim.bytes.buffer, events().bytes.buffer);
});

test("a batch beyond the limit is our own bug", () => {
  const batch = { count: 1, marks: [], rawBytes: PAYLOAD_BYTES_MAX + 1 };
  throws(() => eventsRecord(0, epoch, 1, batch, { codec: CODEC_NONE, payload: Buffer.alloc(0) }), /PAYLOAD_BYTES_MAX/);
  throws(() => holeRecord(0, epoch, 1, 0, ""), /at least one/);
});

test("numbers beyond 2^53 are no record", () => {
  const { bytes } = holeRecord(0, epoch, 1, 1, "");
  for (const at of [16, 32, 40]) {
    const large = Buffer.from(bytes);
    large.writeUInt32BE(0x0020_0000, at);
    equal(parseRecord(large), undefined);
  }
});
