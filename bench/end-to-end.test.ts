import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { figuresByNode } from "./end-to-end.ts";

const cost = (pid: number, words: string[], cpuSeconds: number, rssMiBMost: number) => ({
  ...{ pid, words, cpuSeconds, rssMiBMost },
  writtenBytes: 100,
});
const node = (home: string) => ["node", "bin/argus.js", "node", "--home", home, "--quiet"];

test("the processes of one home are one node, whose time adds up and whose memory is the most of any", () => {
  const costs = [
    cost(1, ["node", "bin/argus.js", "up"], 9, 90),
    cost(2, node("/x/worker-node1"), 1, 70),
    cost(3, node("/x/master-node"), 4, 150),
    cost(4, node("/x/worker-node1"), 2, 60),
  ];
  deepEqual(figuresByNode(costs), [
    { name: "master-node", cpuSeconds: 4, rssMiBMost: 150, writtenBytes: 100 },
    { name: "worker-node1", cpuSeconds: 3, rssMiBMost: 70, writtenBytes: 200 },
  ]);
});
