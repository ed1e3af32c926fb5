// ruleset-spec 3.5, *Offsets*.
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { offsetOf, type WalkOffsets } from "./walk-offset.ts";

const walk: WalkOffsets = { afterParent: 3, afterPrematch: 7, afterRegex: 12 };

test("each offset is a place of its own in the log", () => {
  deepEqual(
    (["log", "after_parent", "after_prematch", "after_regex"] as const).map((offset) => offsetOf(offset, walk)),
    [0, 3, 7, 12],
  );
});

test("after_regex is behind the prematch while no regex of the walk has matched", () => {
  equal(offsetOf("after_regex", { ...walk, afterRegex: -1 }), 7);
  equal(offsetOf("after_regex", { ...walk, afterRegex: 0 }), 0, "one that matched nothing at the start has matched");
});
