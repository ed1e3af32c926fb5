import { equal } from "node:assert/strict";
import { test } from "node:test";
import { LocalTime } from "../base/local-time.ts";
import type { LogLine } from "../base/log.ts";
import { clusterLine, MESSAGE_LENGTH_MAX, ossecLine } from "./line.ts";

const time = new LocalTime("Europe/Berlin");
const atMs = Date.UTC(2026, 10, 25, 0, 2, 3, 4);
const line = (change: Partial<LogLine>): LogLine => ({
  ...{ level: "INFO", tag: "Worker worker-node1", subtag: "Link", message: "Connected." },
  ...change,
});

test("writes a line of cluster.log in the zone's own time", () =>
  equal(clusterLine(time, atMs, line({})), "2026/11/25 01:02:03 INFO: [Worker worker-node1] [Link] Connected."));
test("writes a line of ossec.log in OSSEC's manner", () =>
  equal(ossecLine(time, atMs, line({ level: "ERROR" })), "2026/11/25 01:02:03 argus: ERROR: Connected."));
test("keeps a message on one line and a terminal as it was, whatever a stranger put into it", () => {
  const message = "refused 'a\n2026/11/25 00:00:00 INFO: [x] [y] forged\u001b[2J\u202e\u0000\u0085'";
  const escaped = "refused 'a\\x0a2026/11/25 00:00:00 INFO: [x] [y] forged\\x1b[2J\\u202e\\x00\\x85'";
  equal(
    clusterLine(time, atMs, line({ message })),
    `2026/11/25 01:02:03 INFO: [Worker worker-node1] [Link] ${escaped}`,
  );
  equal(clusterLine(time, atMs, line({ tag: "a\r\n", subtag: "b\t" })).includes("[a\\x0d\\x0a] [b\\x09]"), true);
});
test("cuts a message that quotes a whole log", () => {
  const written = ossecLine(time, atMs, line({ message: "x".repeat(MESSAGE_LENGTH_MAX + 1) }));
  equal(written.endsWith("x…"), true);
  equal(written.length < MESSAGE_LENGTH_MAX + 60, true);
});
