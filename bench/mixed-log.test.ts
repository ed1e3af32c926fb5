import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { mixedLines } from "./mixed-log.ts";

const count = 20_000;
const lines = [...mixedLines(7, count)];
const share = (pattern: RegExp): number => lines.filter((line) => pattern.test(line)).length / count;

test("the same seed gives the same lines, another seed others", () => {
  deepEqual([...mixedLines(7, 500)], lines.slice(0, 500));
  notDeepEqual([...mixedLines(8, 500)], lines.slice(0, 500));
});

test("the lines of a seed are the same on every machine and release", () => {
  const hash = createHash("sha256").update(lines.slice(0, 1_000).join("\n")).digest("hex");
  equal(hash.slice(0, 16), "001f7ef9f71c13cb");
});

test("every line is printable ASCII, of a length that logs have, with every placeholder filled", () => {
  for (const line of lines) ok(/^[\x20-\x7e]{30,400}$/.test(line) && !/\{[a-z]+\}/.test(line), line);
});

test("each kind of line has its share", () => {
  const near = (pattern: RegExp, expected: number): void => {
    ok(Math.abs(share(pattern) - expected) < 0.03, `${pattern.source}: ${share(pattern)} is not about ${expected}`);
  };
  near(/ sshd\[\d+\]: /, 0.27);
  near(/ sudo: /, 0.056);
  near(/ su\[\d+\]: /, 0.03);
  near(/" (?:200|304|401|404) \d+ "/, 0.215);
  near(/ CRON\[\d+\]: /, 0.09);
  near(/ (?:kernel|systemd(?:-logind)?(?:\[\d+\])?): /, 0.175);
});

test("few sources do much of the guessing, so that frequency rules have something to count", () => {
  const failed = lines.filter((line) => line.includes("Failed password"));
  const busy = failed.filter((line) => /203\.0\.113\.1[0-5]/.test(line));
  ok(busy.length / failed.length > 0.3 && busy.length / failed.length < 0.5);
});

test("the clock of the lines never goes back", () => {
  const times = lines.flatMap((line) => /^Nov  2 (\d\d:\d\d:\d\d) /.exec(line)?.[1] ?? []);
  ok(times.length > count / 2);
  deepEqual(times, times.toSorted());
});
