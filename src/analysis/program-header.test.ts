// ruleset-spec 1.2, group B, each form at its least length and one byte below it.
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { eventOf } from "../../test/support/ruleset.ts";
import type { Flavour } from "../syntax/pattern.ts";
import { DecodedEvent } from "./decoded-event.ts";
import { readAsl, readOtherHeader } from "./program-header.ts";

/** `stamp|log`, or undefined where it is no header. */
function read(log: string, flavour: Flavour = "wazuh"): string | undefined {
  const decoded = new DecodedEvent().reset(eventOf(log));
  return readOtherHeader(decoded, log, flavour) ? `${decoded.timestamp ?? "-"}|${decoded.log.raw}` : undefined;
}

const xferlog = "Mon Apr 17 18:27:14 2006 1 h";
const snort = "01/28-09:13:16.240702  [";
const suricata = "01/28/1979-09:13:16.240702  [";
const apache = "[Fri Feb 11 18:06:35 2004] e";

test("of each program the stamp is taken off, and the log is what follows", () => {
  equal(read(xferlog), "Mon Apr 17 18:27:14 2006|1 h");
  equal(read(snort), "01/28-09:13:16.240702|[");
  equal(read(suricata), "01/28/1979-09:13:16.240702|[");
  equal(read(apache), "Fri Feb 11 18:06:35 2004|e");
});

test("a line that is too short, or has another byte in a column, is none of theirs", () => {
  equal(read(xferlog.slice(0, 27)), undefined);
  equal(read(snort.slice(0, 23)), undefined);
  for (const log of [xferlog, snort, suricata, apache]) equal(read(log.replace(":", ";")), undefined, log);
});

test("OSSEC keeps no stamp, and of xferlog the blank", () => {
  equal(read(xferlog, "ossec"), "-| 1 h");
  equal(read(snort, "ossec"), "-|[");
});

test("squid's log begins behind all blanks, and its stamp ends before the last of them", () => {
  equal(read("1140804070.368   11623 192.0.2.7 TCP"), "1140804070.368  |11623 192.0.2.7 TCP");
  equal(read("1140804070.368  11623 192.0.2.7 TCP", "ossec"), "-|11623 192.0.2.7 TCP");
});

test("what only looks like squid's is not", () => {
  for (const log of [
    "2140804070.368  11623 192.0.2.7 TCP",
    "1140804070.36x  11623 192.0.2.7 TCP",
    "1140804070.368  1162345 192.0.2.7 TCP",
    "1140804070.368  11623 192.0.2",
  ]) {
    equal(read(log), undefined, log);
  }
});

/** Program, host and log. */
function asl(log: string): (string | undefined)[] {
  const decoded = new DecodedEvent().reset(eventOf(log));
  readAsl(decoded, log);
  return [decoded.programName, decoded.headerHost, decoded.log.raw];
}

const time = "[Time 2006.12.28 15:53:55 UTC]";

test("of macOS the sender, the first message and the host are read, and the host is the last", () => {
  const log = `${time} [Facility auth] [Sender sshd] [Message one] [Message two] [Host web] [Sender cron]`;
  deepEqual(asl(log), ["sshd", "web", "one"]);
});

test("a block that does not end gives its message or host to the end, but no sender", () => {
  deepEqual(asl(`${time} [Host web`), [undefined, "web", `${time} [Host web`]);
  deepEqual(asl(`${time} [Message failed for root`), [undefined, undefined, "failed for root"]);
  deepEqual(asl(`${time} [Sender sshd`), [undefined, undefined, `${time} [Sender sshd`]);
});
