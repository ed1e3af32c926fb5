import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { sampleNode } from "../../test/support/api-needs.ts";
import type { NodeInfo } from "../api/contract/reply.ts";
import { countsOf, nodeStates, worstFirst } from "./node-order.ts";

const namesOf = (nodes: readonly NodeInfo[]): string[] => worstFirst(nodes).map(({ name }) => name);

function node(name: string, change: Partial<NodeInfo> = {}): NodeInfo {
  return sampleNode({ name, spool: null, ...change });
}

function spool(oldestMs: number | null, isFull = false): NodeInfo["spool"] {
  return { events: 1, bytes: 1, bytesMax: 9, oldestMs, isFull, drainMs: null };
}

test("is worst first by state, whatever order they come in", () => {
  const nodes = nodeStates.map((state) => node(`is-${state}`, { state }));
  const order = ["down", "refused", "waiting", "expected", "lagging", "syncing", "up"].map((state) => `is-${state}`);
  deepEqual(namesOf(nodes), order);
  deepEqual(namesOf(nodes.toReversed()), order);
});

test("a full spool comes first among equals", () => {
  deepEqual(namesOf([node("a", { spool: spool(1) }), node("b", { spool: spool(2, true) })]), ["b", "a"]);
  deepEqual(namesOf([node("a", { spool: spool(1, true) }), node("b", { state: "down" })]), ["b", "a"]);
});

test("among nodes that lag or are down the one that waits longest comes first, and what is not known last", () => {
  for (const state of ["lagging", "down"] as const) {
    const nodes = [
      node("a", { state }),
      node("b", { state, spool: spool(2_000) }),
      node("c", { state, spool: spool(1_000) }),
      node("d", { state, spool: spool(null) }),
    ];
    deepEqual(namesOf(nodes), ["c", "b", "a", "d"]);
  }
});

test("rows of nodes that are well do not change places with every event", () => {
  const nodes = [
    node("a", { spool: spool(2_000) }),
    node("b", { spool: spool(1_000) }),
    node("c", { spool: spool(null) }),
  ];
  deepEqual(namesOf(nodes), ["a", "b", "c"]);
});

test("the master comes first within equals", () => {
  const master = node("z-master", { role: "master" });
  deepEqual(namesOf([node("a"), master]), ["z-master", "a"]);
  deepEqual(namesOf([node("a", { state: "syncing" }), master]), ["a", "z-master"]);
});

test("names count their numbers, and the list that was given is left as it was", () => {
  const nodes = [node("worker-node10"), node("worker-node9"), node("worker-node1")];
  deepEqual(namesOf(nodes), ["worker-node1", "worker-node9", "worker-node10"]);
  deepEqual(nodes[0]?.name, "worker-node10");
  deepEqual(namesOf([node("n01"), node("n1")]), namesOf([node("n1"), node("n01")]));
});

test("counts the nodes of each state", () => {
  const nodes = [node("a", { state: "down" }), node("b"), node("c"), node("d", { state: "lagging" })];
  deepEqual(countsOf(nodes), { down: 1, refused: 0, waiting: 0, expected: 0, lagging: 1, syncing: 0, up: 2 });
});
