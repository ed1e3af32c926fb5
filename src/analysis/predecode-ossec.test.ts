import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { EngineEvent } from "../model/alert.ts";
import { DecodedEvent } from "./decoded-event.ts";
import { predecode } from "./predecode.ts";

const event = (log: string, over: Partial<EngineEvent> = {}): EngineEvent => ({
  ...{ queue: "1", agentId: "000", agentName: "", agentIp: "", location: "/var/log/syslog", log, isTruncated: false },
  ...{ eventMs: 0, receivedMs: 0, node: "master", host: "master.example.net", isHidden: false },
  ...over,
});

/** Host, program and text; what is absent is `-`. No line has a time stamp. */
function read(log: string): string[] {
  const decoded = new DecodedEvent().reset(event(log));
  predecode(decoded, "ossec");
  equal(decoded.timestamp, undefined);
  return [decoded.headerHost ?? "-", decoded.programName ?? "-", decoded.log.raw];
}

// ruleset-spec 1.2, OSSEC.
test("every syslog header gives host, program and text, and no time stamp is kept", () => {
  for (const stamp of [
    "Dec 29 10:00:01",
    "2015-04-16 21:51:02,805",
    "2007-06-14T15:48:55-04:00",
    "2022-12-19T15:02:53.288+00:00",
    "2022-12-19T15:02:53,288+00:00",
    "2022-12-19T15:02:53.2+00:00",
    "2009-05-22T09:36:46.214994-07:00",
    "2009-05-22T09:36:46,214994-07:00",
    "2015 Dec 29 10:00:01",
    "2019:11:06-00:08:03",
  ]) {
    deepEqual(read(`${stamp} web sshd[411]: some text`), ["web", "sshd", "some text"], stamp);
    deepEqual(read(`${stamp}  web sshd[411]: some text`).at(-1)?.endsWith("some text"), true, stamp);
  }
});

test("of a stamp with milliseconds one blank more belongs to the text", () => {
  deepEqual(read("2015-04-16 21:51:02,805  web sshd: text"), ["", "-", "web sshd: text"]);
});

test("a header whose zone is a letter, and one with a blank for the T and a zone, are no headers", () => {
  for (const line of [
    "2022-12-19T05:06:07.123Z webhost sshd: text that is long",
    "2021-04-21 10:16:09.404756-0700 web sshd[411]: text",
    "2019:11:06 00:08:03 web sshd[411]: text",
    "2019:11:06-00:08:0",
  ]) {
    deepEqual(read(line), ["-", "-", line], line);
  }
});

test("a program's colon needs a blank behind it, with a number and without", () => {
  const stamp = "Dec 29 10:00:01 web ";
  deepEqual(read(`${stamp}prog: text`), ["web", "prog", "text"]);
  deepEqual(read(`${stamp}prog:text`), ["web", "-", "prog:text"]);
  deepEqual(read(`${stamp}prog[1]: text`), ["web", "prog", "text"]);
  deepEqual(read(`${stamp}prog[1]:text`), ["web", "-", "prog[1]:text"]);
  deepEqual(read(`${stamp}prog[1] text`), ["web", "prog", "text"]);
  deepEqual(read(`${stamp}prog[x]: text`), ["web", "-", "prog[x]: text"]);
});

test("a Solaris message id ends at a bracket with a blank behind it", () => {
  deepEqual(read("Dec 29 10:00:01 sshd: [ID 8.auth]x] text"), ["-", "sshd", "text"]);
  deepEqual(read("Dec 29 10:00:01 sshd: [ID 8.auth]text"), ["-", "sshd", "[ID 8.auth]text"]);
});

test("xferlog keeps the blank before its text, and suricata's header may be two bytes shorter", () => {
  equal(read("Mon Apr 17 18:27:14 2006 1 64.160.42.130 26 /x").at(-1), " 1 64.160.42.130 26 /x");
  equal(read("01/28/1979-09:13:16.240702  text").at(-1), "text");
  equal(read("01/28/1979-09:13:16.240702 ").at(-1), "");
  equal(read("01/28-09:13:16.240702  [**] text").at(-1), "[**] text");
  equal(read("[Fri Feb 11 18:06:35 2004] [warn] x").at(-1), "[warn] x");
  equal(read("1140804070.368  11623 10.0.0.1 TCP_MISS/200").at(-1), "11623 10.0.0.1 TCP_MISS/200");
});

test("an agent's event has the agent's name for its host in Wazuh's flavour, and its whole location in OSSEC's", () => {
  const decoded = new DecodedEvent().reset(event("x", { agentId: "001", agentName: "web", agentIp: "10.0.0.1" }));
  deepEqual([decoded.hostname, decoded.location], ["web", "(web) 10.0.0.1->/var/log/syslog"]);
  decoded.isOssec = true;
  equal(decoded.hostname, "(web) 10.0.0.1->/var/log/syslog");
  equal(decoded.reset(event("x")).hostname, "master");
});
