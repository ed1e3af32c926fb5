import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { SpoolGauge } from "./spool-gauge.ts";

function told(percents: readonly number[]): (number | undefined)[] {
  const gauge = new SpoolGauge();
  return percents.map((percent) => gauge.take("w", percent, 100));
}

test("each step is said once, and a jump says the highest", () => {
  deepEqual(told([10, 50, 60, 79, 80, 95, 100]), [undefined, 50, undefined, undefined, 80, 95, undefined]);
  deepEqual(told([97]), [95]);
});

test("a spool that hovers at a step is not said again until it has emptied well below it", () => {
  deepEqual(told([81, 79, 81, 75, 80]), [80, undefined, undefined, undefined, undefined]);
  deepEqual(told([81, 69, 80]), [80, undefined, 80]);
});

test("nodes are told apart, and a spool without a limit fills nothing", () => {
  const gauge = new SpoolGauge();
  equal(gauge.take("a", 60, 100), 50);
  equal(gauge.take("b", 60, 100), 50);
  equal(gauge.take("c", 60, 0), undefined);
});
