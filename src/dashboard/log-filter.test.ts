import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { sampleLogLine } from "../../test/support/api-needs.ts";
import { filterLog, nodesOf, type LogFilter } from "./log-filter.ts";

const lines = [
  sampleLogLine("1", { level: "DEBUG", node: "worker-node1", message: "heartbeat" }),
  sampleLogLine("2", { level: "INFO", node: "worker-node2", tag: "Master", message: "link up, resumed at 88,120" }),
  sampleLogLine("3", { level: "WARNING", node: "worker-node1", subtag: "Spool", message: "is lagging" }),
  sampleLogLine("4", { level: "ERROR", node: "worker-node10", message: "is DOWN: no heartbeat for 12 s" }),
  sampleLogLine("5", { level: "INFO", node: "", message: "stopped" }),
];

const cases: [what: string, filter: Partial<LogFilter>, ids: string[]][] = [
  ["everything", { level: "DEBUG" }, ["1", "2", "3", "4", "5"]],
  ["INFO and above", { level: "INFO" }, ["2", "3", "4", "5"]],
  ["WARNING and above", { level: "WARNING" }, ["3", "4"]],
  ["ERROR", { level: "ERROR" }, ["4"]],
  ["one node, and none whose name begins so", { node: "worker-node1" }, ["1", "3"]],
  ["a node that there is not", { node: "worker" }, []],
  ["a text of the message, whatever the case", { q: "Down" }, ["4"]],
  ["a text of the tags", { q: "[spool]" }, ["3"]],
  ["a text of the node's name", { q: "node10" }, ["4"]],
  ["a text with spaces around", { q: "  heartbeat " }, ["1", "4"]],
  ["no pattern in place of a text", { q: ".*" }, []],
  ["all three", { node: "worker-node1", level: "INFO", q: "lagging" }, ["3"]],
];

for (const [what, filter, ids] of cases) {
  test(`lets through ${what}`, () => {
    const passed = filterLog(lines, { node: "", level: "DEBUG", q: "", ...filter });
    deepEqual(
      passed.map(({ id }) => id),
      ids,
    );
  });
}

test("names the nodes that there are lines about, each once", () => {
  deepEqual(nodesOf(lines), ["worker-node1", "worker-node10", "worker-node2"]);
  deepEqual(nodesOf([]), []);
});
