import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Rate, tenths } from "./rate.ts";

test("is the growth over the last ten seconds, to a tenth", () => {
  const rate = new Rate();
  equal(rate.perSecond(), 0);
  for (let second = 0; second <= 30; second += 1) rate.sample(second < 20 ? 0 : (second - 20) * 7, second * 1_000);
  equal(rate.perSecond(), 7);
  equal(tenths(0.1 + 0.2), 0.3);
});

test("a steady stream is told within 1 %, however unevenly it is looked at", () => {
  const rate = new Rate();
  let atMs = 0;
  for (let look = 0; look < 200; look += 1) {
    atMs += 1_000 + ((look * 37) % 61) - 30;
    rate.sample(Math.floor(atMs * 12.345), atMs);
    if (look > 0) ok(Math.abs(rate.perSecond() / 12_345 - 1) < 0.01, `${rate.perSecond()} at ${atMs} ms`);
  }
});

test("says nothing of less than half a second, and forgets a burst after ten", () => {
  const rate = new Rate();
  rate.sample(0, 0);
  rate.sample(1_000, 400);
  equal(rate.perSecond(), 0);
  for (let second = 1; second <= 12; second += 1) rate.sample(1_000, second * 1_000);
  equal(rate.perSecond(), 0);
});
