/**
 * OS_Regex and OS_Match on random patterns, against what the original library answered. It recorded groups, and what it
 * answers without them is another thing (ruleset-spec 4.3), so all are compared with groups.
 */
import { equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { peerVectors } from "../../test/support/peer-data.ts";
import { OsMatch } from "./os-match.ts";
import { OsRegex } from "./os-regex.ts";
import { Subject } from "./subject.ts";

interface Vector {
  pattern: string;
  subject: string;
  match: boolean;
  /** The end pointer, where it matches. */
  ptr?: number;
  groups?: string[];
}

const { folder, skip } = peerVectors();

function vectorsOf(name: string): Vector[] {
  const lines = readFileSync(join(folder, name), "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Vector);
}

/** All of them together would bury what matters: how many there are, and what the first ones look like. */
function none(differences: readonly string[], vectorCount: number, atLeast: number): void {
  ok(vectorCount >= atLeast, `only ${vectorCount} vectors are there`);
  equal(differences.length, 0, differences.slice(0, 10).join("\n"));
}

test("OS_Regex has every answer, end pointer and group of the original", { skip }, () => {
  const vectors = vectorsOf("osregex-random.jsonl");
  const differences: string[] = [];
  for (const vector of vectors) {
    const { pattern, match, ptr, groups = [] } = vector;
    const subject = new Subject(vector.subject);
    const found = new OsRegex(pattern, { captures: true }).exec(subject, 0);
    const expected = match ? { pointer: ptr, groups } : undefined;
    if (JSON.stringify(found) === JSON.stringify(expected)) continue;
    differences.push(`${JSON.stringify(vector)}: ${JSON.stringify(found)}`);
  }
  none(differences, vectors.length, 13_919);
});

test("OS_Match has every answer of the original", { skip }, () => {
  const vectors = vectorsOf("osmatch-random.jsonl");
  const differences: string[] = [];
  for (const { pattern, subject, match } of vectors) {
    const found = new OsMatch(pattern, {}).test(new Subject(subject));
    if (found !== match) differences.push(JSON.stringify({ pattern, subject, match }));
  }
  none(differences, vectors.length, 9_000);
});
