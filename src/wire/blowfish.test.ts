import { deepEqual, equal, notDeepEqual } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../test/support/seeded-random.ts";
import { Blowfish } from "./blowfish.ts";
import { piWords } from "./pi.ts";

const hex = (text: string): Buffer => Buffer.from(text, "hex");

test("pi's first words are those of every table, and the last is exact as well", () => {
  const words = piWords(1_042);
  deepEqual(
    [...words.subarray(0, 4)].map((word) => (word >>> 0).toString(16)),
    ["243f6a88", "85a308d3", "13198a2e", "3707344"],
  );
  equal(((words.at(-1) ?? 0) >>> 0).toString(16), "3ac372e6");
  deepEqual(words, piWords(1_100).subarray(0, 1_042));
});

/** Schneier's published vectors: key, clear block, sealed block. */
const blocks: [key: string, clear: string, sealed: string][] = [
  ["0000000000000000", "0000000000000000", "4ef997456198dd78"],
  ["ffffffffffffffff", "ffffffffffffffff", "51866fd5b85ecb8a"],
  ["3000000000000000", "1000000000000001", "7d856f9a613063f2"],
  ["1111111111111111", "1111111111111111", "2466dd878b963c9d"],
  ["0123456789abcdef", "1111111111111111", "61f9c3802281b096"],
  ["fedcba9876543210", "0123456789abcdef", "0aceab0fc6a0a28d"],
  ["7ca110454a1a6e57", "01a1d6d039776742", "59c68245eb05282b"],
  ["f0e1d2c3b4a5968778695a4b3c2d1e0f0011223344556677", "fedcba9876543210", "05044b62fa52d080"],
];

for (const [key, clear, sealed] of blocks) {
  test(`the block ${clear} is ${sealed} under ${key}`, () => {
    const cipher = new Blowfish(hex(key));
    const bytes = hex(clear);
    cipher.encryptCbc(bytes, Buffer.alloc(8));
    equal(bytes.toString("hex"), sealed);
    cipher.decryptCbc(hex(sealed), Buffer.alloc(8), bytes);
    equal(bytes.toString("hex"), clear);
  });
}

test("CBC is that of the published vector, and the IV counts", () => {
  const cipher = new Blowfish(hex("0123456789abcdeff0e1d2c3b4a59687"));
  const iv = hex("fedcba9876543210");
  const bytes = Buffer.from("7654321 Now is the time for \0\0\0\0", "latin1");
  cipher.encryptCbc(bytes, iv);
  equal(bytes.toString("hex"), "6b77b4d63006dee605b156e27403979358deb9e7154616d959f1652bd5ff92cc");
});

test("what is encrypted is decrypted again, whatever the length and key (100 seeds)", () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    const random = seededRandom(seed);
    const cipher = new Blowfish(random.bytes(1 + random.below(56)));
    const clear = Buffer.from(random.bytes(8 * (1 + random.below(40))));
    const iv = random.bytes(8);
    const sealed = Buffer.from(clear);
    cipher.encryptCbc(sealed, iv);
    notDeepEqual(sealed, clear);
    const opened = Buffer.alloc(clear.length);
    cipher.decryptCbc(sealed, iv, opened);
    deepEqual(opened, clear, `seed ${seed}`);
  }
});
