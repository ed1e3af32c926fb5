import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../test/support/seeded-random.ts";
import { SimDisk } from "../../test/support/sim-disk.ts";
import { frameBytes, frameHead, Frames, FRAME_HEADER_BYTES, type FrameParts } from "./frame.ts";
import { holeRecord } from "./record.ts";

const salt = Buffer.from("SALTsalt");
const epoch = { number: 1, bits: "00000000000000aa" };
const none = Buffer.alloc(0);

function hole(first: number): FrameParts {
  return { kind: "lane", extension: none, body: holeRecord(0, epoch, first, 1, "x").bytes };
}
const control: FrameParts = { kind: "control", extension: Buffer.from("who"), body: Buffer.from("what") };

function bytesOf(parts: FrameParts, synced = 0): Buffer {
  return Buffer.concat([frameHead(parts, salt, synced), parts.body]);
}

/** What `Frames` finds in a file, in words: `hole 3`, `control what`, `bad 10-20`, `end`. */
async function walk(bytes: Buffer, windowBytes = 64, limit = bytes.length): Promise<string[]> {
  const disk = new SimDisk(() => 0).process();
  const file = await disk.open("/f", "create");
  await file.write([bytes], 0);
  const frames = new Frames(file, salt, windowBytes);
  const words: string[] = [];
  for (let offset = 0; ;) {
    const found = await frames.at(offset, limit);
    if (found.what === "end") return words;
    if (found.what === "bad") words.push(`bad ${found.offset}-${found.end}`);
    else if (found.frame.record !== undefined) words.push(`hole ${found.frame.record.first}`);
    else words.push(`control ${found.frame.body.toString()} by ${found.frame.extension.toString()}`);
    offset = found.what === "bad" ? found.end : found.frame.end;
  }
}

test("finds frames one after another, whatever the window", async () => {
  const bytes = Buffer.concat([bytesOf(hole(1)), bytesOf(control), bytesOf(hole(2))]);
  for (const windowBytes of [1, 28, 29, 64, 100_000]) {
    deepEqual(await walk(bytes, windowBytes), ["hole 1", "control what by who", "hole 2"], `window ${windowBytes}`);
  }
});

test("frameBytes says how long a frame is", () => {
  for (const parts of [hole(1), control]) equal(frameBytes(parts), bytesOf(parts).length);
});

test("a frame that ends behind the limit is not looked at", async () => {
  const bytes = Buffer.concat([bytesOf(hole(1)), bytesOf(hole(2))]);
  const one = bytesOf(hole(1)).length;
  deepEqual(await walk(bytes, 64, one), ["hole 1"]);
  deepEqual(await walk(bytes, 64, bytes.length - 1), ["hole 1", `bad ${one}-${bytes.length - 1}`]);
});

test("passes over damage to the next frame, for every byte that may be damaged", async () => {
  const [one, two, three] = [bytesOf(hole(1)), bytesOf(hole(2)), bytesOf(hole(3))];
  const bytes = Buffer.concat([one, two, three]);
  for (let at = one.length; at < one.length + two.length; at += 1) {
    const damaged = Buffer.from(bytes);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 0x40, at);
    const found = await walk(damaged, 50);
    deepEqual(found, ["hole 1", `bad ${one.length}-${one.length + two.length}`, "hole 3"], `byte ${at}`);
  }
});

test("a frame cut off anywhere is bad to the end", async () => {
  const [one, two] = [bytesOf(hole(1)), bytesOf(hole(2))];
  for (let length = 1; length < two.length; length += 1) {
    const bytes = Buffer.concat([one, two.subarray(0, length)]);
    deepEqual(await walk(bytes, 40), ["hole 1", `bad ${one.length}-${bytes.length}`]);
  }
});

test("a frame inside of an event is not taken for one: it cannot know the salt", async () => {
  const forged = Buffer.concat([frameHead(hole(9), Buffer.from("GUESSED!"), 0), hole(9).body]);
  const carrier: FrameParts = { kind: "control", extension: none, body: forged };
  const bytes = Buffer.concat([bytesOf(hole(1)), bytesOf(carrier), bytesOf(hole(2))]);
  const at = bytesOf(hole(1)).length;
  bytes.writeUInt8(bytes.readUInt8(at + 9) ^ 1, at + 9);
  deepEqual(await walk(bytes), ["hole 1", `bad ${at}-${at + bytesOf(carrier).length}`, "hole 2"]);
});

test("random bytes give no frame and always an end (300 seeds)", async () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = seededRandom(seed);
    const pieces: Buffer[] = [];
    for (let left = 5; left > 0; left -= 1) {
      pieces.push(random.oneIn(2) ? salt.subarray(0, random.below(9)) : Buffer.from(random.bytes(random.below(60))));
    }
    const found = await walk(Buffer.concat(pieces), 1 + random.below(64));
    equal(found.filter((word) => !word.startsWith("bad")).length, 0, `seed ${seed}`);
  }
});

test("a frame's head is 28 bytes and its extension", () => {
  equal(frameHead(control, salt, 5).length, FRAME_HEADER_BYTES + 3);
  equal(frameHead(control, salt, 5).readUInt32BE(12), 5);
});
