import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ByteReader, ByteWriter } from "./bytes.ts";

type Field =
  | { kind: "u8" | "u16" | "u32" | "u64" | "f64"; value: number }
  | { kind: "raw" | "bytes32"; value: Uint8Array }
  | { kind: "text16"; value: string };

const number = (kind: "u8" | "u16" | "u32" | "u64" | "f64", values: fc.Arbitrary<number>): fc.Arbitrary<Field> =>
  values.map((value) => ({ kind, value }));
const bytes = (kind: "raw" | "bytes32"): fc.Arbitrary<Field> =>
  fc.uint8Array({ maxLength: 50 }).map((value) => ({ kind, value }));

const anyField: fc.Arbitrary<Field> = fc.oneof(
  number("u8", fc.nat(0xff)),
  number("u16", fc.nat(0xffff)),
  number("u32", fc.nat(0xffff_ffff)),
  number("u64", fc.maxSafeNat()),
  number("f64", fc.double({ noNaN: true })),
  bytes("raw"),
  bytes("bytes32"),
  fc.string({ unit: "grapheme", maxLength: 20 }).map((value): Field => ({ kind: "text16", value })),
);

function write(writer: ByteWriter, field: Field): void {
  switch (field.kind) {
    case "raw":
    case "bytes32":
      writer[field.kind](field.value);
      break;
    case "text16":
      writer.text16(field.value);
      break;
    default:
      writer[field.kind](field.value);
  }
}

function read(reader: ByteReader, field: Field): unknown {
  if (field.kind === "raw") return [...reader.raw(field.value.length)];
  return field.kind === "bytes32" ? [...reader.bytes32()] : reader[field.kind]();
}

const plain = (field: Field): unknown => (field.value instanceof Uint8Array ? [...field.value] : field.value);

test("reads back any sequence of fields, from a writer that began with one byte", () => {
  fc.assert(
    fc.property(fc.array(anyField, { maxLength: 30 }), (fields) => {
      const writer = new ByteWriter(1);
      for (const field of fields) write(writer, field);
      const reader = new ByteReader(writer.copy());
      deepEqual(
        fields.map((field) => read(reader, field)),
        fields.map(plain),
      );
      deepEqual([reader.remaining, reader.isBroken, reader.position], [0, false, writer.length]);
    }),
  );
});

test("breaks on input cut anywhere, and gives zeros and nothing from there on", () => {
  fc.assert(
    fc.property(fc.array(anyField, { minLength: 1, maxLength: 10 }), fc.nat(), (fields, cut) => {
      const writer = new ByteWriter();
      for (const field of fields) write(writer, field);
      if (writer.length === 0) return;
      const reader = new ByteReader(writer.copy().subarray(0, cut % writer.length));
      for (const field of fields) read(reader, field);
      equal(reader.isBroken, true);
      deepEqual([reader.u8(), reader.u16(), reader.u32(), reader.u64(), reader.f64()], [0, 0, 0, 0, 0]);
      deepEqual([reader.raw(1).length, reader.bytes32().length, reader.text16()], [0, 0, ""]);
    }),
  );
});

test("is big-endian", () => {
  const writer = new ByteWriter().u8(1).u16(0x0203).u32(0x0405_0607).u64(0x08_0910_1112);
  deepEqual([...writer.view()], [1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 8, 9, 16, 17, 18]);
});

test("breaks on an integer that a number cannot hold", () => {
  const reader = new ByteReader(Buffer.from("0020000000000000", "hex"));
  equal(reader.u64(), 0);
  equal(reader.isBroken, true);
  equal(new ByteReader(Buffer.from("001fffffffffffff", "hex")).u64(), Number.MAX_SAFE_INTEGER);
});

test("does not allocate what a length promises", () => {
  const reader = new ByteReader(Buffer.from("ffffffff00", "hex"));
  equal(reader.bytes32().length, 0);
  equal(reader.isBroken, true);
});

test("overwrites a number that is known only later", () => {
  const writer = new ByteWriter(4).u32(0).raw(Buffer.from("abc"));
  writer.patchU32(0, 3);
  deepEqual([...writer.view()], [0, 0, 0, 3, 97, 98, 99]);
});

test("keeps a copy when it is cleared and used again", () => {
  const writer = new ByteWriter().raw(Buffer.from("abc"));
  const copy = writer.copy();
  writer.clear();
  equal(writer.length, 0);
  writer.raw(Buffer.from("xyz"));
  equal(copy.toString(), "abc");
  equal(copy.buffer.byteLength, 3);
});
