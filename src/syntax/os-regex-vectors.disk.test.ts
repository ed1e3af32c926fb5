/**
 * 602 random patterns and subjects with what the token machine answered when it agreed with the original library on all
 * of some 14,000 vectors: pattern, subject, then the end pointer and the groups where it matches.
 */
import { deepEqual, equal } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { OsRegex } from "./os-regex.ts";
import { Subject } from "./subject.ts";

const path = join(process.cwd(), "src/syntax/testdata/os-regex-vectors.jsonl");

test("the machine answers random patterns as the original does", () => {
  let matching = 0;
  const lines = readFileSync(path, "utf8").trim().split("\n");
  for (const line of lines) {
    const vector: unknown = JSON.parse(line);
    equal(Array.isArray(vector), true);
    const [pattern, subject, pointer, ...groups] = Array.isArray(vector) ? vector : [];
    const found = new OsRegex(String(pattern), { captures: true }).exec(new Subject(String(subject)), 0);
    if (found !== undefined) matching += 1;
    deepEqual(found, pointer === undefined ? undefined : { pointer, groups }, line);
  }
  deepEqual([lines.length, matching], [602, 301]);
});
