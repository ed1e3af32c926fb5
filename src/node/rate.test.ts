import { equal } from "node:assert/strict";
import { test } from "node:test";
import { Rate } from "./rate.ts";

test("is the growth over the last ten seconds, to a tenth", () => {
  const rate = new Rate();
  equal(rate.perSecond(), 0);
  for (let second = 0; second <= 30; second += 1) rate.sample(second < 20 ? 0 : (second - 20) * 7, second * 1_000);
  equal(rate.perSecond(), 7);
});

test("says nothing of less than half a second, and forgets a burst after ten", () => {
  const rate = new Rate();
  rate.sample(0, 0);
  rate.sample(1_000, 400);
  equal(rate.perSecond(), 0);
  for (let second = 1; second <= 12; second += 1) rate.sample(1_000, second * 1_000);
  equal(rate.perSecond(), 0);
});
