import { equal } from "node:assert/strict";
import { test } from "node:test";
import { sampleNode } from "../../test/support/api-needs.ts";
import { windowTitleOf, type TitleInput } from "./window-title.ts";

const titleOf = (change: Partial<TitleInput> = {}): string =>
  windowTitleOf({ name: "argus-cluster", nodes: [sampleNode()], connection: { name: "live" }, ...change });

test("names the cluster, and nothing else while all is well", () => {
  equal(titleOf(), "argus-cluster · Argus");
  equal(titleOf({ name: "", nodes: [] }), "Argus");
});

test("begins with the worst state and how many nodes are in it", () => {
  const nodes = [sampleNode({ state: "lagging" }), sampleNode({ state: "down" }), sampleNode({ state: "down" })];
  equal(titleOf({ nodes }), "2 DOWN · argus-cluster · Argus");
  equal(titleOf({ nodes: [sampleNode({ state: "lagging" })] }), "1 LAGGING · argus-cluster · Argus");
});

test("says first of all that what stands there is old", () => {
  const connection = { name: "stale", sinceMs: 0, tries: 1, nextTryMs: 9, reason: "silent" } as const;
  equal(titleOf({ connection }), "Stale · argus-cluster · Argus");
  equal(titleOf({ connection, nodes: [sampleNode({ state: "down" })] }), "Stale · 1 DOWN · argus-cluster · Argus");
});

test("does not call a page old that is only out of sight", () => {
  const connection = { name: "stale", sinceMs: 0, tries: 0, nextTryMs: undefined, reason: "hidden" } as const;
  equal(titleOf({ connection, nodes: [sampleNode({ state: "down" })] }), "1 DOWN · argus-cluster · Argus");
});

test("a name that turns what follows is written out, and a long one is cut", () => {
  equal(titleOf({ name: "a\u202Eb" }), "a\\u202eb · Argus");
  equal(titleOf({ name: "x".repeat(500) }).length, 64 + " · Argus".length);
});
