import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { agentIdOf, isAgentId, isAgentName, isGroupName } from "./agent.ts";

test("an id has at least three digits and at most eight, and 000 is no agent", () => {
  deepEqual([1, 42, 1_000, 12_345_678].map(agentIdOf), ["001", "042", "1000", "12345678"]);
  for (const good of ["001", "999", "1000", "12345678"]) equal(isAgentId(good), true, good);
  for (const bad of ["", "1", "01", "000", "00000000", "123456789", "0x1", "001 ", "-01", "١٢٣"]) {
    equal(isAgentId(bad), false, bad);
  }
});

// attack-cases 20
test("a name is no path, no line and no disguise", () => {
  for (const good of ["web-1", "ab", "a.b", "-x", "_y", "x".repeat(128)]) equal(isAgentName(good), true, good);
  const bad = ["", "a", ".x", "..", "../x", "a/b", "a\nb", "ab\n", "a b", "a\u202eb", "ä1", "a\0", "x".repeat(129)];
  for (const name of bad) equal(isAgentName(name), false, JSON.stringify(name));
});

test("a group's name can be a folder beside other folders", () => {
  for (const good of ["default", "web", "a", "x".repeat(255)]) equal(isGroupName(good), true, good);
  for (const bad of ["", ".", "..", ".x", "a/b", "a,b", "a\nb", "all", "../x", "x".repeat(256), "a b"]) {
    equal(isGroupName(bad), false, JSON.stringify(bad));
  }
});
