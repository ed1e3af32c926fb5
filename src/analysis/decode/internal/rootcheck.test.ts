import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, ruleOf, rulesetOf } from "../../../../test/support/ruleset.ts";
import type { Answer } from "../../../model/alert.ts";
import { Engine } from "../../engine.ts";

const ruleset = rulesetOf(`
  <rule id="200" level="0"><category>ossec</category><decoded_as>rootcheck</decoded_as>
    <description>r</description></rule>
  <rule id="201" level="7"><if_sid>200</if_sid><if_fts/><description>$(title)|$(file)</description></rule>
  <rule id="202" level="0"><if_sid>201</if_sid><match>^Starting rootcheck scan</match><description>s</description></rule>`);

function tell(engine: Engine, log: string, agentId = "007"): Answer {
  return engine.answer(eventOf(log, 0, { queue: "9", agentId, location: "rootcheck" }));
}

const cases: readonly (readonly [log: string, title: string, file: string])[] = [
  [
    "Trojaned version of file '/bin/diff' detected. Signature used: 'bash|^/bin/sh' (Generic).",
    "Trojaned version of file detected.",
    "/bin/diff",
  ],
  [
    "File '/tmp/a b' is owned by root and has written permissions to anyone.",
    "File is owned by root and has written permissions to anyone.",
    "/tmp/a b",
  ],
  [
    "Rootkit 'Adore' detected by the presence of file '/dev/x'.",
    "Rootkit 'Adore' detected by the presence of file.",
    "/dev/x",
  ],
  [
    "System Audit: CIS - Debian - 1.4 - /tmp is not on its own partition {CIS: 1.4 Debian Linux}. File: /etc/fstab. Reference: https://x.y/z .",
    "CIS - Debian - 1.4 - /tmp is not on its own partition",
    "/etc/fstab",
  ],
  [
    "System Audit: SSH Hardening - 3: Root can log in. File: /etc/ssh/sshd_config.",
    "SSH Hardening - 3: Root can log in",
    "/etc/ssh/sshd_config",
  ],
  [
    "Files hidden inside directory '/usr/lib'. Link count does not match number of files (3,4).",
    "Files hidden inside directory.",
    "/usr/lib",
  ],
  [
    "Process '431' hidden from /proc. Possible kernel level rootkit.",
    "Process '431' hidden from /proc. Possible kernel level rootkit.",
    "$(file)",
  ],
  ["NTFS Alternate data stream found: 'C:\\x:y'.", "NTFS Alternate data stream found: 'C:\\x:y'.", "$(file)"],
];

for (const [log, title, file] of cases) {
  test(`"${log.slice(0, 60)}" has its title and its file`, () => {
    const answer = tell(new Engine(ruleset), log);
    const field = (name: string): string | undefined =>
      answer.decoded.dynamicFields.find((one) => one.name === name)?.value;
    equal(field("title"), title);
    equal(field("file"), file === "$(file)" ? undefined : file);
  });
}

// ruleset-spec 8: "FTS state comes from the database (new row)".
test("if_fts is true for a finding that the agent had not told, once", () => {
  const engine = new Engine(ruleset);
  const told = ["one", "two", "one", "two"].map((log) => ruleOf(tell(engine, log)));
  deepEqual(told, [201, 201, 200, 200]);
  equal(ruleOf(tell(engine, "one", "008")), 201);
  engine.agentRemoved("007");
  equal(ruleOf(tell(engine, "one")), 201);
});

test("the begin of a scan is new each time, so that its own rule may silence it", () => {
  const engine = new Engine(ruleset);
  deepEqual(
    ["Starting rootcheck scan.", "Starting rootcheck scan."].map((log) => ruleOf(tell(engine, log))),
    [202, 202],
  );
});

test("64 KiB of what begins like a file cost little time", () => {
  const start = process.cpuUsage().user;
  for (const piece of ["File: ", "file '", "File: x", "{", ". ", "file 'x' ", "directory '"]) {
    tell(new Engine(ruleset), piece.repeat(Math.floor(65_000 / piece.length)));
  }
  ok(process.cpuUsage().user - start < 500_000);
});
