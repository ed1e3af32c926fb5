import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hashHead, markKeyOf, readPosition, writePosition, type FilePosition } from "./position.ts";

const plain = (files: readonly FilePosition[] | undefined) =>
  files?.map((file) => ({ ...file, headHash: [...file.headHash] }));

const anyFile = fc.record({
  device: fc.nat(),
  // Some file systems use all 64 bits, which a number holds only nearly; the same inode still gives the same number.
  inode: fc.oneof(fc.maxSafeNat(), fc.constant(2 ** 63)),
  offset: fc.maxSafeNat(),
  headBytes: fc.nat(256),
  headHash: fc.uint8Array({ minLength: 8, maxLength: 8 }),
});

test("reads back what it wrote", () => {
  fc.assert(
    fc.property(fc.array(anyFile, { maxLength: 6 }), (files) => {
      deepEqual(plain(readPosition(writePosition(files))), plain(files));
    }),
  );
});

test("reads nothing from bytes of another length, version or kind", () => {
  const bytes = writePosition([
    { device: 1, inode: 2, offset: 3, headBytes: 3, headHash: hashHead(Buffer.from("abc")) },
  ]);
  for (let length = 0; length < bytes.length; length += 1) equal(readPosition(bytes.subarray(0, length)), undefined);
  equal(readPosition(Buffer.concat([bytes, Buffer.of(0)])), undefined);
  equal(readPosition(Buffer.concat([Buffer.of(2), bytes.subarray(1)])), undefined);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (noise) => void readPosition(noise)));
});

test("refuses a head longer than any", () => {
  equal(
    readPosition(writePosition([{ device: 1, inode: 2, offset: 3, headBytes: 257, headHash: new Uint8Array(8) }])),
    undefined,
  );
});

test("has one key for a path, whatever files stand there", () => equal(markKeyOf("/var/log/x"), "file:/var/log/x"));

test("gives different heads different hashes, of eight bytes", () => {
  equal(hashHead(Buffer.from("a")).length, 8);
  equal(Buffer.compare(hashHead(Buffer.from("a")), hashHead(Buffer.from("b"))) === 0, false);
});
