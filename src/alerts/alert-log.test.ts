import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { sampleAnswer, type AnswerChange } from "../../test/support/answer.ts";
import { LocalTime } from "../base/local-time.ts";
import { writeAlertLog, writeArchiveLog } from "./alert-log.ts";

const time = new LocalTime("UTC");
const write = (change: AnswerChange = {}): string => writeAlertLog(sampleAnswer(change), "1795568523.17", time);

test("writes a record in OSSEC's form", () =>
  equal(
    write(),
    [
      "** Alert 1795568523.17: - syslog,sshd,authentication_failed,pci_dss_10.2.4,gpg13_7.1,pci_dss_10.2.5,",
      "2026 Nov 25 01:02:03 web1->/var/log/auth.log",
      "Rule: 5716 (level 5) -> 'sshd: authentication failed.'",
      "Src IP: 10.0.0.7",
      "Src Port: 40022",
      "User: bob",
      "Nov 25 01:02:03 web1 sshd[7]: Failed password for bob from 10.0.0.7 port 40022 ssh2",
      "",
      "",
    ].join("\n"),
  ));

test("writes everything that a record can have", () =>
  equal(
    write({
      event: { agentId: "007", agentName: "web1", agentIp: "10.1.1.1", isTruncated: true, log: "full log" },
      decoded: {
        fields: { dstip: "10.0.0.8", dstport: "22" },
        dynamicFields: [
          { name: "a.b", value: "1" },
          { name: "empty", value: "" },
        ],
      },
      rule: { mail: true, groups: ["x"] },
      answer: { previousOutput: ["newer", "older"], previousLog: "before" },
    }),
    [
      "** Alert 1795568523.17: mail  - x,",
      "2026 Nov 25 01:02:03 (web1) 10.1.1.1->/var/log/auth.log",
      "Rule: 5716 (level 5) -> 'sshd: authentication failed.'",
      "Dst IP: 10.0.0.8",
      "Dst Port: 22",
      "full log",
      "truncated: yes",
      "a.b: 1",
      "before",
      "newer",
      "older",
      "",
      "",
    ].join("\n"),
  ));

test("names the node's own host, cut at the first dot, where the log names none", () => {
  const predecoder = { programName: undefined, timestamp: undefined, hostname: undefined };
  equal(write({ decoded: { predecoder } }).split("\n")[1], "2026 Nov 25 01:02:03 w1->/var/log/auth.log");
});

test("keeps one event one record with its own fields, whatever it holds", () => {
  const forged = "\n\n** Alert 1.1: mail  - forged,\r\nRule: 1 (level 15) -> 'forged'\nSrc IP: 6.6.6.6\n\x1b[2J";
  const record = write({
    event: { log: forged, location: forged, agentId: "1", agentName: forged, agentIp: forged },
    decoded: {
      fields: { srcip: forged, dstuser: forged },
      dynamicFields: [{ name: forged, value: forged }],
    },
    rule: { description: forged, groups: [forged] },
    answer: { previousOutput: [forged, forged], previousLog: forged },
  });
  equal(record.endsWith("\n\n"), true);
  const lines = record.slice(0, -2).split("\n");
  equal(lines.includes(""), false);
  equal(
    lines.some((line) => /[\u0000-\u001f\u007f]/.test(line)),
    false,
  );
  for (const word of ["** Alert ", "Rule: ", "Src IP: ", "User: "]) {
    equal(lines.filter((line) => line.startsWith(word)).length, 1, word);
  }
});

test("marks the first character of a line with which a stranger imitates ours", () => {
  for (const log of [
    "** Alert 1.1: - x",
    "**Alert",
    "Rule: 1",
    "Src IP: 6.6.6.6",
    "User: root",
    "Attributes:",
    "truncated: yes",
  ]) {
    const [, , , line = ""] = write({ event: { log }, decoded: { fields: {} } }).split("\n");
    equal(line, `\\x${log.charCodeAt(0).toString(16)}${log.slice(1)}`);
  }
  const lines = write({
    event: { log: "x" },
    decoded: { fields: {}, dynamicFields: [{ name: "Src IP", value: "6.6.6.6" }] },
    answer: { previousOutput: ["** Alert 1.1: - x"] },
  }).split("\n");
  deepEqual(lines.slice(4), ["\\x53rc IP: 6.6.6.6", "\\x2a* Alert 1.1: - x", "", ""]);
});

test("leaves out an empty log, which would end its record", () =>
  equal(write({ event: { log: "" }, decoded: { fields: {} } }).split("\n").length, 5));

test("hides the log of a rule that wants it so", () =>
  equal(write({ answer: { hidesFullLog: true } }).includes("Failed password"), false));

test("writes a line of an archive for any event, and keeps it one line", () => {
  const answer = sampleAnswer({ event: { log: "a\nb\tc" }, answer: { rule: undefined, hidesFullLog: true } });
  equal(writeArchiveLog(answer, time), "2026 Nov 25 01:02:03 web1->/var/log/auth.log a\\x0ab\tc\n");
});

test("a change of a file has a line for each thing that changed, and what the file is now", () => {
  const syscheck = { event: "modified" as const, path: "/x", after: { size: "9", md5: "b1" } };
  const log = "File '/x' modified\nSize changed from '4' to '9'\n\nRule: 1 (level 15) -> 'forged'\n";
  const fields = { fields: {}, dynamicFields: [{ name: "file", value: "/x" }] };
  deepEqual(
    write({ event: { log }, decoded: { syscheck, ...fields } })
      .split("\n")
      .slice(3),
    [
      ...["File '/x' modified", "Size changed from '4' to '9'", "\\x52ule: 1 (level 15) -> 'forged'"],
      ...["Attributes:", " - Size: 9", " - MD5: b1", "", ""],
    ],
  );
});
