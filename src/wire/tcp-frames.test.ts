import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../test/support/seeded-random.ts";
import { frameOf, TcpFrames } from "./tcp-frames.ts";

/** What a stream gives when it comes in these chunks, with the fault that ends it. */
function read(chunks: Iterable<Buffer>, frameBytesMax = 100): string[] {
  const said: string[] = [];
  const frames = new TcpFrames((message) => said.push(message.toString("latin1")) > 0, frameBytesMax);
  for (const chunk of chunks) {
    const fault = frames.push(chunk);
    ok(frames.heldBytes <= frameBytesMax + 4, `holds ${frames.heldBytes} bytes`);
    if (fault !== undefined) return [...said, fault];
  }
  return said;
}

const bytewise = (bytes: Buffer): Buffer[] => [...bytes].map((byte) => Buffer.of(byte));
const bytes = (...values: number[]): Buffer => Buffer.from(values);
const text = (...texts: string[]): Buffer => Buffer.concat(texts.map((one) => frameOf(Buffer.from(one, "latin1"))));
const longest = "x".repeat(100);

/** Attack case 13: lengths that are none, or impossible. */
const streams: [name: string, stream: Buffer, said: string[]][] = [
  ["one frame", text("one"), ["one"]],
  ["three frames", text("one", "t", "three"), ["one", "t", "three"]],
  ["a frame at the limit", text(longest, "next"), [longest, "next"]],
  ["a frame one byte beyond it", text("one", `${longest}x`, "next"), ["one", "frame_too_large"]],
  [
    "a length of nearly 4 GiB",
    Buffer.concat([text("one"), bytes(255, 255, 255, 255), text("two")]),
    ["one", "frame_too_large"],
  ],
  ["a length in the other byte order", bytes(0, 0, 0, 5, 1, 2, 3, 4, 5), ["frame_too_large"]],
  ["a length of nothing", Buffer.concat([text("one"), bytes(0, 0, 0, 0), text("two")]), ["one", "frame_empty"]],
  ["a frame that is cut off", text("one", "two").subarray(0, 12), ["one"]],
  ["a length that is cut off", text("one", "two").subarray(0, 10), ["one"]],
  ["nothing", Buffer.alloc(0), []],
];

for (const [name, stream, said] of streams) {
  test(`${name}: the same in one chunk and byte by byte`, () => {
    deepEqual(read([stream]), said);
    deepEqual(read(bytewise(stream)), said);
  });
}

test("frames come out the same however the stream is cut (300 seeds)", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = seededRandom(seed);
    const messages = Array.from({ length: 1 + random.below(8) }, () => "m".repeat(1 + random.below(100)));
    const stream = text(...messages);
    const chunks: Buffer[] = [];
    for (let at = 0; at < stream.length;) {
      const end = at + 1 + random.below(60);
      chunks.push(stream.subarray(at, end));
      at = end;
    }
    deepEqual(read(chunks), messages, `seed ${seed}`);
  }
});

test("a long frame's memory is given back, and little is held for a length alone", () => {
  const frames = new TcpFrames(() => true);
  const frame = frameOf(Buffer.alloc(60_000));
  frames.push(frame.subarray(0, 5));
  ok(frames.heldBytes <= 16);
  frames.push(frame.subarray(5, 50_000));
  ok(frames.heldBytes >= 50_000);
  frames.push(frame.subarray(50_000));
  equal(frames.heldBytes, 0);
});

test("a handler that gives the stream up gets no more of the chunk, also when it began before", () => {
  const stream = text("one", "two", "three");
  const late: string[] = [];
  const split = new TcpFrames((message) => late.push(message.toString()) < 1);
  split.push(stream.subarray(0, 6));
  split.push(stream.subarray(6));
  deepEqual(late, ["one"]);
  const said: string[] = [];
  const frames = new TcpFrames((message) => said.push(message.toString()) < 2);
  frames.push(stream);
  deepEqual(said, ["one", "two"]);
});
