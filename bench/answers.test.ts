import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { compareRows, describeComparison } from "./answers.ts";

const theirs = new Map([
  [1, "sshd 5716 5"],
  [2, "sshd 5716 5"],
  [3, " 0 0"],
]);

test("equal tables have no difference", () => {
  deepEqual(compareRows(new Map(theirs), theirs), { lines: 3, differing: 0, groups: [] });
});

test("differences are grouped by the pair of answers, with the first line of each", () => {
  const ours = new Map([
    [1, "sshd 5720 10"],
    [2, "sshd 5720 10"],
    [3, "pam 5501 3"],
  ]);
  const comparison = compareRows(ours, theirs);
  equal(comparison.differing, 3);
  deepEqual(comparison.groups[0], { theirs: "sshd 5716 5", ours: "sshd 5720 10", count: 2, firstLine: 1 });
  match(describeComparison(comparison, ["Dec 1"]), /\n\tDec 1\n[^]*0 lines agree, 3 differ\n$/);
});

test("a line that one table lacks differs", () => {
  equal(compareRows(new Map([[1, "sshd 5716 5"]]), theirs).differing, 2);
});
