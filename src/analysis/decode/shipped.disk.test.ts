/** The shipped decoders against the shipped cases: what decoding alone must get right, without any rule. */
import { deepEqual, equal } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { describeProblem } from "../../config/problem.ts";
import { Baseline } from "../baseline.ts";
import { DecodedEvent, staticFieldNames } from "../decoded-event.ts";
import { decodeEvent, loadDecoders } from "./decoder-set.ts";

const ruleset = join(process.cwd(), "ruleset");

interface Case {
  name: string;
  lines: string[];
  queue?: string;
  before?: (number | null)[];
  expect: {
    rule?: number | null;
    decoder?: string | null;
    programName?: string | null;
    fields?: Record<string, string | null>;
  };
}

function namesIn(folder: string, ending: string): string[] {
  return readdirSync(join(ruleset, folder))
    .filter((name) => name.endsWith(ending))
    .sort();
}

/** The files are ours and of the form that docs/operating/ruleset-cases.md gives. */
function casesOf(name: string): Case[] {
  const file: { cases: Case[] } = JSON.parse(readFileSync(join(ruleset, "cases", name), "utf8"));
  return file.cases;
}

const problems: string[] = [];
const set = loadDecoders(
  namesIn("decoders", ".xml").map((path) => ({ path, text: readFileSync(join(ruleset, "decoders", path), "latin1") })),
  (problem) => problems.push(describeProblem(problem)),
);

test("the shipped decoders load without a problem", () => deepEqual(problems, []));

test("every shipped case has the decoder, the program name and the fields that it expects", () => {
  let checked = 0;
  const decoded = new DecodedEvent();
  for (const file of namesIn("cases", ".json")) {
    for (const { name, lines, queue, expect } of casesOf(file)) {
      const baseline = new Baseline();
      for (const line of lines) {
        const log = Buffer.from(line, "utf8").toString("latin1");
        decodeEvent(set, { ...event, log, queue: queue ?? "1" }, decoded, baseline);
      }
      const where = `${file}: ${name}`;
      if (expect.decoder !== undefined) equal(decoded.decoder?.name ?? null, expect.decoder, where);
      if (expect.programName !== undefined) equal(decoded.programName ?? null, expect.programName, where);
      for (const [field, value] of Object.entries(expect.fields ?? {})) {
        equal(valueOf(decoded, field) ?? null, value, `${where}: ${field}`);
        checked += 1;
      }
    }
  }
  equal(checked > 100, true, `${checked} fields`);
});

test("every shipped rule that can answer is the answer of a case", () => {
  const answers = new Set(
    namesIn("cases", ".json").flatMap((file) =>
      casesOf(file).flatMap(({ expect, before = [] }) => [expect.rule ?? null, ...before]),
    ),
  );
  const rules = namesIn("rules", ".xml").flatMap((file) => [
    ...readFileSync(join(ruleset, "rules", file), "utf8").matchAll(/<rule id="(\d+)" level="\d+"([^>]*)>/g),
  ]);
  const lacking = rules.filter(([, id, rest]) => rest?.includes("noalert") === false && !answers.has(Number(id)));
  deepEqual(
    lacking.map(([, id]) => id),
    [],
  );
  equal(rules.length > 80, true, `${rules.length} rules`);
});

function valueOf(decoded: DecodedEvent, field: string): string | undefined {
  const known = staticFieldNames.find((name) => name === field);
  return known === undefined ? decoded.dynamic(field) : decoded.fields[known];
}

const event = {
  agentId: "000",
  agentName: "",
  agentIp: "",
  location: "/var/log/syslog",
  isTruncated: false,
  eventMs: 0,
  receivedMs: 0,
  node: "master",
  host: "master",
  isHidden: false,
};

/** Lines of the longest length whose text is made to cost an expression as much as it can. */
const hostile = [
  ["sshd", "Failed password for ", " from "],
  ["sshd", "Invalid user ", "a from 1.2.3.4 port 22 "],
  ["sshd", "reverse mapping checking getaddrinfo for ] failed ", "["],
  ["sshd", "banner exchange: Connection from ", "1:"],
  ["sshd", "fatal: Timeout before authentication for ", ". "],
  ["sudo", "anna : TTY=a ; USER=x ; ", " ; PWD="],
  ["sudo", "anna : TTY=a ; PWD=x\n", " ; COMMAND="],
  ["su", "'su ", "' x for "],
  ["cron", "pam_unix(x:y): session opened for user ", " by a"],
  ["cron", "pam_unix(x:y): authentication failure; ", "uid="],
] as const;

test("no shipped decoder takes long over a hostile line of 64 KiB", () => {
  const decoded = new DecodedEvent();
  const lines = hostile.map(([program, front, repeated]) => {
    const header = `Nov 25 01:02:03 web ${program}[1]: ${front}`;
    return header + repeated.repeat(Math.floor((65_536 - header.length) / repeated.length));
  });
  lines.push(`ossec: File rotated ${"' ".repeat(32_000)}`, `argus: Node '${"' (".repeat(20_000)}`);
  lines.push(`192.0.2.7 - - [25/Nov/2026:10:00:00 +0000] "GET /${'\\"'.repeat(32_000)}`, `{"a":${"[".repeat(65_000)}`);
  for (const log of lines) {
    const before = process.cpuUsage();
    decodeEvent(set, { ...event, log, queue: "1" }, decoded);
    // A quadratic expression takes seconds here, a linear one well under a tenth of this.
    equal(process.cpuUsage(before).user < 200_000, true, log.slice(0, 80));
  }
});
