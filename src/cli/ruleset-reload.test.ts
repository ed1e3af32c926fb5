import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { describeReload, rulesetLine } from "./ruleset-reload.ts";

const sha256 = "0123456789abcdef".repeat(4);

test("a reload is told with what is wrong, and what answers now", () => {
  deepEqual(describeReload({ outcome: "unchanged", sha256, problems: [] }), [
    "ruleset 0123456789ab is in force already",
  ]);
  deepEqual(describeReload({ outcome: "unchanged", sha256, problems: ["a:1:1: warning: x"] }), [
    "a:1:1: warning: x",
    "ruleset 0123456789ab is in force already",
  ]);
  deepEqual(describeReload({ outcome: "replaced", sha256, problems: ["a:1:1: warning: x"] }), [
    "a:1:1: warning: x",
    "ruleset 0123456789ab is in force from here on",
  ]);
  deepEqual(describeReload({ outcome: "refused", sha256, problems: ["a:1:1: error: x"] }), [
    "a:1:1: error: x",
    "the ruleset does not load; the one of before (0123456789ab) stays in force",
  ]);
});

test("the status names the first reason of a refusal, and how many more there are", () => {
  const at = { sha256, sinceMs: 1_000 };
  equal(rulesetLine({ ...at, refused: null }, 66_000), "0123456789ab, in force for 1:05");
  const one = rulesetLine({ ...at, refused: { atMs: 2_000, problems: ["a:1:1: error: x"] } }, 66_000);
  equal(one, "0123456789ab, in force for 1:05; the files of the home do not load: a:1:1: error: x");
  const two = rulesetLine({ ...at, refused: { atMs: 2_000, problems: ["a:1:1: error: x", "b"] } }, 66_000);
  equal(two, "0123456789ab, in force for 1:05; the files of the home do not load: a:1:1: error: x (and 1 more)");
});
