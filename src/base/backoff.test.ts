import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Backoff } from "./backoff.ts";
import type { Random } from "./random.ts";

const always = (fraction: number): Random => ({ fraction: () => fraction, bytes: (count) => new Uint8Array(count) });
const delays = (backoff: Backoff, count: number): number[] =>
  Array.from({ length: count }, () => backoff.nextDelayMs());

test("doubles up to the most and stays there", () => {
  deepEqual(delays(new Backoff({ firstMs: 100, mostMs: 1_000 }, always(1)), 6), [100, 200, 400, 800, 1_000, 1_000]);
});

test("waits at least half a step, so that jitter never makes it hammer", () => {
  deepEqual(delays(new Backoff({ firstMs: 100, mostMs: 1_000 }, always(0)), 6), [50, 100, 200, 400, 500, 500]);
});

test("begins again after a success", () => {
  const backoff = new Backoff({ firstMs: 100, mostMs: 1_000 }, always(1));
  delays(backoff, 4);
  backoff.reset();
  deepEqual(delays(backoff, 2), [100, 200]);
});

test("stays between half of the first step and the whole of the last, whatever chance says", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 0.999_999, noNaN: true }), { minLength: 1, maxLength: 40 }),
      (chances) => {
        let index = 0;
        const random: Random = {
          fraction: () => chances[index++ % chances.length] ?? 0,
          bytes: (count) => new Uint8Array(count),
        };
        for (const delay of delays(new Backoff({ firstMs: 200, mostMs: 5_000 }, random), 40)) {
          ok(delay >= 100 && delay <= 5_000, `${delay}`);
        }
      },
    ),
  );
});
