import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { limitsOf, shareBytes } from "./options.ts";

const gibibyte = 1_024 ** 3;

test("a percentage is of the file system, at most 20 GiB and at least 16 MiB", () => {
  const share = { kind: "percent", percent: 10 } as const;
  equal(shareBytes(share, { bytes: 50 * gibibyte }), 5 * gibibyte);
  equal(shareBytes(share, { bytes: 5_000 * gibibyte }), 20 * gibibyte);
  equal(shareBytes(share, { bytes: 1_000 }), 16 * 1_048_576);
});

test("a number of bytes is what it says", () =>
  equal(shareBytes({ kind: "bytes", bytes: 123_456_789 }, { bytes: 1 }), 123_456_789));

test("a share holds at least eight segments", () => {
  for (const bytes of [16 * 1_048_576, gibibyte, 20 * gibibyte]) {
    ok(limitsOf(bytes).segmentBytesMax * 8 <= bytes);
    ok(limitsOf(bytes).segmentBytesMax <= 67_108_864);
  }
});
