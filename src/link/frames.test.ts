import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import {
  CONTROL_FRAME_BYTES_MAX,
  FRAME_RECORD,
  FrameReader,
  readAck,
  readMessage,
  readRecord,
  writeAck,
  writeMessage,
  writeRecord,
} from "./frames.ts";
import { Inbox, type Received } from "./inbox.ts";
import type { LaneRecord } from "./needs.ts";

const epoch = { number: 7, bits: "0123456789abcdef" };
const record: LaneRecord = { kind: "events", lane: 0, epoch, first: 4, count: 3, bytes: Buffer.from("three events") };
const frame = Buffer.concat(writeRecord(record));

/** What a master receives of bytes on a stream, in words. */
function heard(stream: "hello" | "events" | "status" | "watch", ...pieces: Buffer[]): string[] {
  const inbox = new Inbox("worker");
  const words: string[] = [];
  const say = (one: Received): string =>
    one.type === "malformed" ? one.reason : one.type === "message" ? one.message.type : one.type;
  for (const piece of pieces) inbox.push(stream, piece, (received) => words.push(say(received)));
  return words;
}

const length = (value: number, ...rest: number[]): Buffer => {
  const bytes = Buffer.alloc(4 + rest.length);
  bytes.writeUInt32BE(value, 0);
  bytes.set(rest, 4);
  return bytes;
};

test("a record comes out as it went in, cut at every byte", () => {
  for (let cut = 0; cut <= frame.length; cut += 1) {
    const reader = new FrameReader(1_000);
    const found: LaneRecord[] = [];
    const take = (kind: number, body: Buffer): void => {
      equal(kind, FRAME_RECORD);
      const one = readRecord(body);
      if (one !== undefined) found.push(one);
    };
    reader.push(frame.subarray(0, cut), take);
    equal(found.length, cut === frame.length ? 1 : 0, `before byte ${cut}`);
    reader.push(frame.subarray(cut), take);
    deepEqual(found, [record], `cut at ${cut}`);
    equal(reader.heldBytes, 0);
  }
});

test("frames arrive byte by byte, and several in one piece", () => {
  const ack = writeAck({ lane: 1, epoch, last: 9 });
  const both = Buffer.concat([frame, ack, frame]);
  const one = new FrameReader(1_000);
  const kinds: number[] = [];
  for (const byte of both) one.push(Buffer.from([byte]), (kind) => kinds.push(kind));
  deepEqual(kinds, [16, 17, 16]);
  new FrameReader(1_000).push(both, (kind) => kinds.push(kind));
  deepEqual(kinds.slice(3), [16, 17, 16]);
  deepEqual(readAck(ack.subarray(5)), { lane: 1, epoch, last: 9 });
});

test("a length of 0, beyond the limit, or 0xFFFFFFFF ends the stream at its fourth byte", () => {
  for (const value of [0, CONTROL_FRAME_BYTES_MAX + 1, 0xffff_ffff, 0x8000_0000]) {
    deepEqual(heard("hello", length(value)), ["bad_frame"], String(value));
    deepEqual(heard("hello", length(value), frame, frame), ["bad_frame"]); // And nothing after it is heard.
  }
  deepEqual(heard("events", length(1_310_785)), ["bad_frame"]);
  deepEqual(heard("events", length(1_310_784)), []);
});

test("a record whose numbers are none is malformed", () => {
  const damaged: [string, (bytes: Buffer) => void][] = [
    ["kind 0", (bytes) => bytes.writeUInt8(0, 5)],
    ["kind 9", (bytes) => bytes.writeUInt8(9, 5)],
    ["first 0", (bytes) => bytes.fill(0, 24, 32)],
    ["no events", (bytes) => bytes.fill(0, 32, 40)],
    ["a count beyond 2^53", (bytes) => bytes.fill(255, 32, 40)],
    ["an epoch's record with events", (bytes) => bytes.writeUInt8(2, 5)],
  ];
  deepEqual(heard("events", Buffer.from(frame)), ["record"]);
  for (const [what, damage] of damaged) {
    const bytes = Buffer.from(frame);
    damage(bytes);
    deepEqual(heard("events", bytes), ["bad_message"], what);
  }
  for (let bodyBytes = 0; bodyBytes <= 35; bodyBytes += 1) {
    deepEqual(
      heard("events", length(bodyBytes + 1, 16, ...Buffer.alloc(bodyBytes, 1))),
      ["bad_message"],
      `${bodyBytes}`,
    );
  }
});

test("a message is heard only on its stream and from its speaker", () => {
  const join = writeMessage({ type: "join", body: {} }) ?? Buffer.alloc(0);
  deepEqual(heard("hello", join), ["join"]);
  for (const stream of ["events", "status", "watch"] as const) deepEqual(heard(stream, join), ["out_of_turn"]);
  const ping = writeMessage({ type: "ping", body: { id: 1 } }) ?? Buffer.alloc(0);
  deepEqual(heard("hello", ping), ["out_of_turn"]); // The master's, not a worker's.
  deepEqual(heard("events", writeAck({ lane: 0, epoch, last: 1 })), ["out_of_turn"]);
  deepEqual(heard("hello", length(3, 200, 0x7b, 0x7d)), ["out_of_turn"]);
});

test("JSON that is none, or not of the schema, is malformed", () => {
  const json = (value: string) => readMessage("pong", Buffer.from(value));
  equal(json('{"id":1,"nowMs":2,"later":true}')?.type, "pong"); // A later version's field is ignored.
  for (const bad of [
    "",
    "{",
    "[]",
    "null",
    '{"id":-1,"nowMs":2}',
    '{"id":1.5,"nowMs":2}',
    '{"id":1}',
    '{"id":1,"nowMs":1e400}',
  ]) {
    equal(json(bad), undefined, bad);
  }
  equal(readMessage("refuse", Buffer.from('{"code":"../x"}')), undefined);
  const names = ["__proto__", "a/b", "..", "a\nb", "x".repeat(65)];
  const hello = { versions: [1], cluster: "argus", role: "worker", argus: "", host: "", isHidden: false, lanes: [] };
  const proof = { publicKey: `${"A".repeat(43)}=`, signature: `${"A".repeat(86)}==` };
  const parse = (name: string) => readMessage("hello", Buffer.from(JSON.stringify({ ...hello, ...proof, name })));
  ok(parse("worker-node1") !== undefined);
  for (const name of names.slice(1)) equal(parse(name), undefined, JSON.stringify(name));
});

test("a message that does not fit a frame is not written", () => {
  equal(writeMessage({ type: "snapshot", body: { snapshot: "x".repeat(CONTROL_FRAME_BYTES_MAX) } }), undefined);
});

test("a status whose figures are no figures is not believed", () => {
  const parse = (figures: string) => {
    const spool = `{"events":1,"bytes":1,"bytesMax":1,"oldestMs":1,"isFull":false}`;
    const text = `{"spool":${spool},"eventsPerSecond":1.5,"counters":{"lost":3},"lines":[]}`;
    const [name = "", value = ""] = figures.split("=");
    const changed = text.replace(new RegExp(`"${name}":[0-9.]+`), `"${name}":${value}`);
    return heard("status", Buffer.concat([length(1 + Buffer.byteLength(changed), 9), Buffer.from(changed)]))[0];
  };
  const good = [
    ...["events=1", "events=1e12", "oldestMs=0.5", "oldestMs=1e13", "eventsPerSecond=0", "eventsPerSecond=1e9"],
    ...["lost=0", "bytes=9007199254740991"],
  ];
  for (const figures of good) equal(parse(figures), "status", figures);
  for (const name of ["events", "bytes", "bytesMax", "oldestMs", "eventsPerSecond", "lost"]) {
    for (const value of ["1e308", "1e999", "-1", "-1e308", "1152921504606846976", "NaN", "null", '"1"'])
      equal(parse(`${name}=${value}`), "bad_message", `${name} ${value}`);
  }
  for (const name of ["events", "bytes", "bytesMax", "lost"]) equal(parse(`${name}=0.5`), "bad_message", name);
});
