import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { LocalTime } from "../base/local-time.ts";
import type { LogLine } from "../base/log.ts";
import { clusterLine, MESSAGE_LENGTH_MAX, ossecLine, readClusterLine } from "./line.ts";

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
test("takes a line of cluster.log apart to what it was written from, to the second", () => {
  const written = line({ level: "WARNING", message: "is refused: [why] 2026/11/25 00:00:00 INFO: [a] [b] c" });
  for (const zone of ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland"]) {
    const local = new LocalTime(zone);
    // Every hour and a half of a year, but the hour that the clock shows twice.
    for (let ms = Date.UTC(2026, 0, 1); ms < Date.UTC(2027, 0, 1); ms += 5_400_000) {
      const hourMs = 3_600_000;
      if (local.offsetMinutes(ms - hourMs) !== local.offsetMinutes(ms + hourMs)) continue;
      deepEqual(readClusterLine(local, clusterLine(local, ms + 987, written)), { ms, line: written });
    }
  }
});
test("does not stumble where the clock goes forward", () => {
  const before = Date.UTC(2026, 2, 29, 0, 59, 59);
  for (const ms of [before, before + 1_000]) equal(readClusterLine(time, clusterLine(time, ms, line({})))?.ms, ms);
});
test("takes nothing for a line of cluster.log that is none", () => {
  const good = clusterLine(time, atMs, line({}));
  const strange = [
    "",
    good.slice(1),
    good.replace("INFO", "NOTICE"),
    good.replace("[Link]", ""),
    ossecLine(time, atMs, line({})),
  ];
  for (const text of [...strange, `${good}\nmore`]) equal(readClusterLine(time, text), undefined, text);
});
