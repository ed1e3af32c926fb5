/** The shipped decoders against the shipped cases: what decoding alone must get right, without any rule. */
import { deepEqual, equal } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { describeProblem } from "../../config/problem.ts";
import { DecodedEvent, staticFieldNames } from "../decoded-event.ts";
import { decodeEvent, loadDecoders } from "./decoder-set.ts";

const ruleset = join(process.cwd(), "ruleset");

interface Case {
  name: string;
  lines: string[];
  queue?: string;
  expect: { decoder?: string | null; programName?: string | null; fields?: Record<string, string | null> };
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
      const log = Buffer.from(lines.at(-1) ?? "", "utf8").toString("latin1");
      decodeEvent(set, { ...event, log, queue: queue ?? "1" }, decoded);
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
