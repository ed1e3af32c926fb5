import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { keptBackText, RepeatLimit } from "./repeat-limit.ts";

test("allows one of a key a minute, and says with the next how many were kept back", () => {
  const limit = new RepeatLimit();
  deepEqual(limit.ask("a", 0), { isAllowed: true, keptBack: 0 });
  deepEqual(limit.ask("a", 1), { isAllowed: false, keptBack: 1 });
  deepEqual(limit.ask("a", 59_999), { isAllowed: false, keptBack: 2 });
  deepEqual(limit.ask("b", 59_999), { isAllowed: true, keptBack: 0 });
  deepEqual(limit.ask("a", 60_000), { isAllowed: true, keptBack: 2 });
  deepEqual(limit.ask("a", 60_001), { isAllowed: false, keptBack: 1 });
});
test("holds at most so many keys, and forgets the one that was allowed longest ago", () => {
  const limit = new RepeatLimit(60_000, 2);
  limit.ask("a", 0);
  limit.ask("b", 1);
  limit.ask("c", 2);
  equal(limit.ask("b", 3).isAllowed, false);
  equal(limit.ask("c", 3).isAllowed, false);
  equal(limit.ask("a", 3).isAllowed, true);
});
test("puts the count in words, and nothing where nothing was kept back", () => {
  equal(keptBackText({ isAllowed: true, keptBack: 0 }), "");
  equal(keptBackText({ isAllowed: true, keptBack: 12 }), " (and 12 more like it)");
});
