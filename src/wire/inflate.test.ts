import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { constants, deflateRawSync, deflateSync, inflateRawSync, inflateSync, type ZlibOptions } from "node:zlib";
import { seededRandom, type SeededRandom } from "../../test/support/seeded-random.ts";
import { INFLATE_BROKEN, INFLATE_TOO_LARGE, Inflater, storedStream } from "./inflate.ts";

const target = Buffer.alloc(65_536);
const inflater = new Inflater(target);

function inflate(stream: Buffer): Buffer | number {
  const length = inflater.inflate(stream);
  return length < 0 ? length : Buffer.from(target.subarray(0, length));
}

/** What Node's own zlib makes of it. */
function genuine(stream: Buffer): Buffer | undefined {
  try {
    return inflateSync(stream, { maxOutputLength: target.length });
  } catch {
    return undefined;
  }
}

const words = ["sshd", "Failed password for ", " from ", "203.0.113.", "port ", "0123456789abcdef", "\n", ": ", "é"];

/** Bytes as they come in logs, noise, long runs, or a mixture. */
function sample(random: SeededRandom, bytesMax: number): Buffer {
  const parts: Buffer[] = [];
  for (let left = random.below(bytesMax); left > 0;) {
    const kind = random.below(4);
    const part =
      kind === 0
        ? Buffer.from(random.bytes(1 + random.below(80)))
        : kind === 1
          ? Buffer.alloc(1 + random.below(700), random.below(256))
          : Buffer.from(words[random.below(words.length)] ?? "");
    parts.push(part);
    left -= part.length;
  }
  return Buffer.concat(parts);
}

const strategies = [
  constants.Z_DEFAULT_STRATEGY,
  constants.Z_FILTERED,
  constants.Z_HUFFMAN_ONLY,
  constants.Z_RLE,
  constants.Z_FIXED,
];

const someOptions = (random: SeededRandom): ZlibOptions => ({
  level: random.below(10),
  strategy: strategies[random.below(strategies.length)] ?? 0,
  windowBits: 9 + random.below(7),
  memLevel: 1 + random.below(9),
});

test("what zlib compresses, in every way that it has, is opened (1,500 seeds)", () => {
  for (let seed = 1; seed <= 1_500; seed += 1) {
    const random = seededRandom(seed);
    const bytes = sample(random, seed % 10 === 0 ? 60_000 : 600);
    deepEqual(inflate(deflateSync(bytes, someOptions(random))), bytes, `seed ${seed}`);
  }
});

test("codes of more than nine bits, and of fifteen, are found", () => {
  // Counts that grow like Fibonacci's numbers make the longest codes that there are.
  const parts: Buffer[] = [];
  for (let symbol = 0, count = 1, before = 1; symbol < 22; symbol += 1) {
    parts.push(Buffer.alloc(count, symbol));
    [count, before] = [count + before, count];
  }
  const bytes = Buffer.concat(parts).subarray(0, 65_536);
  const random = seededRandom(2);
  for (let at = bytes.length - 1; at > 0; at -= 1) {
    const other = random.below(at + 1);
    [bytes[at], bytes[other]] = [bytes[other] ?? 0, bytes[at] ?? 0];
  }
  deepEqual(inflate(deflateSync(bytes, { strategy: constants.Z_HUFFMAN_ONLY, memLevel: 9 })), bytes);
});

test("mutated streams are opened and refused as zlib does, byte for byte (60,000 of one seed)", () => {
  const random = seededRandom(1_951);
  let [opened, refused] = [0, 0];
  for (let count = 0; count < 60_000; count += 1) {
    const stream = deflateSync(sample(random, 120), someOptions(random));
    const bytes = Buffer.concat([stream, random.bytes(random.below(3))]);
    for (let left = random.below(3); left > 0; left -= 1) bytes[random.below(bytes.length)] = random.below(256);
    const cut = random.oneIn(3) ? bytes.subarray(0, random.below(bytes.length)) : bytes;
    const [own, theirs] = [inflate(cut), genuine(cut)];
    if (theirs === undefined) {
      ok(typeof own === "number", `opened ${cut.toString("hex")}`);
      refused += 1;
    } else {
      deepEqual(own, theirs, cut.toString("hex"));
      opened += 1;
    }
  }
  ok(opened > 5_000 && refused > 5_000, `${opened} opened, ${refused} refused`);
});

/** The sum at the end of a stream, computed as RFC 1950 writes it. */
function sumOf(bytes: Buffer): Buffer {
  let [low, high] = [1, 0];
  for (const byte of bytes) {
    low = (low + byte) % 65_521;
    high = (high + low) % 65_521;
  }
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(high * 65_536 + low);
  return sum;
}

/** The bytes of raw blocks and how many of the source they took, by Node's own zlib. */
function genuineBlocks(raw: Buffer): { bytes: Buffer; used: number } | undefined {
  try {
    const { buffer, engine } = inflateRawSync(raw, { info: true, maxOutputLength: target.length }) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    return { bytes: buffer, used: engine.bytesWritten };
  } catch {
    return undefined;
  }
}

test("mutated blocks under a sum that is right again are opened as zlib does (40,000 of one seed)", () => {
  const random = seededRandom(1_950);
  let opened = 0;
  for (let count = 0; count < 40_000; count += 1) {
    const { level, strategy, memLevel } = someOptions(random);
    const raw = deflateRawSync(sample(random, 80), {
      level: level ?? 1,
      strategy: strategy ?? 0,
      memLevel: memLevel ?? 8,
    });
    for (let left = 1 + random.below(2); left > 0; left -= 1) raw[random.below(raw.length)] = random.below(256);
    const theirs = genuineBlocks(raw);
    const blocks = theirs === undefined ? raw : raw.subarray(0, theirs.used);
    const stream = Buffer.concat([Buffer.from([0x78, 0x9c]), blocks, sumOf(theirs?.bytes ?? Buffer.alloc(0))]);
    const own = inflate(stream);
    if (theirs === undefined) ok(typeof own === "number", stream.toString("hex"));
    else {
      deepEqual(own, theirs.bytes, stream.toString("hex"));
      opened += 1;
    }
  }
  ok(opened > 4_000, `${opened} opened`);
});

const bomb = deflateSync(Buffer.alloc(20_000_000), { level: 9 });
const streams: [what: string, stream: Buffer, length: number][] = [
  ["nothing", Buffer.alloc(0), INFLATE_BROKEN],
  ["one byte", Buffer.from([0x78]), INFLATE_BROKEN],
  ["a head alone", Buffer.from([0x78, 0x9c]), INFLATE_BROKEN],
  ["a head whose sum is wrong", Buffer.from([0x78, 0x9d, 3, 0, 0, 0, 0, 1]), INFLATE_BROKEN],
  ["a window of 64 KiB", Buffer.from([0x88, 0x1c, 3, 0, 0, 0, 0, 1]), INFLATE_BROKEN],
  ["another method", Buffer.from([0x79, 0x18, 3, 0, 0, 0, 0, 1]), INFLATE_BROKEN],
  ["a dictionary", Buffer.from([0x78, 0xbb, 0, 0, 0, 1, 3, 0, 0, 0, 0, 1]), INFLATE_BROKEN],
  ["an empty stream", deflateSync(Buffer.alloc(0)), 0],
  ["a block of the fourth kind", Buffer.from([0x78, 0x9c, 7, 0, 0, 0, 0, 1]), INFLATE_BROKEN],
  // Their sums are those of zeros, which is what a reader without the check would put there.
  ["a copy from before the beginning", Buffer.from("789c03020000030001", "hex"), INFLATE_BROKEN],
  ["a distance that there is not", Buffer.from("789c63003e0000040001", "hex"), INFLATE_BROKEN],
  ["a length that there is not", Buffer.from("789c6318030000010001", "hex"), INFLATE_BROKEN],
  ["a stored block that is cut off", storedStream(Buffer.alloc(9)).subarray(0, 12), INFLATE_BROKEN],
  ["a sum that is cut off", storedStream(Buffer.alloc(9)).subarray(0, 18), INFLATE_BROKEN],
  ["a bomb", bomb, INFLATE_TOO_LARGE],
  ["as much as fits", deflateSync(Buffer.alloc(65_536)), 65_536],
  ["one byte more", deflateSync(Buffer.alloc(65_537)), INFLATE_TOO_LARGE],
  ["one byte more, stored", deflateSync(Buffer.alloc(65_537), { level: 0 }), INFLATE_TOO_LARGE],
  ["one literal more", deflateSync(Buffer.alloc(65_537), { strategy: constants.Z_HUFFMAN_ONLY }), INFLATE_TOO_LARGE],
];

for (const [what, stream, length] of streams) {
  test(`${what} is ${length}`, () => equal(inflater.inflate(stream), length));
}

test("the plain form is opened by zlib and by us", () => {
  for (const size of [0, 1, 66, 3_799, 3_800, 3_801, 65_535]) {
    const bytes = Buffer.from(seededRandom(size).bytes(size));
    deepEqual(inflateSync(storedStream(bytes)), bytes);
    deepEqual(inflate(storedStream(bytes)), bytes);
  }
  // The sum of the largest bytes does not run over.
  deepEqual(inflate(deflateSync(Buffer.alloc(65_536, 255))), Buffer.alloc(65_536, 255));
});
