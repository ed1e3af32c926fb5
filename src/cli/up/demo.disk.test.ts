/** The story must be heard: the demo's lines and the shipped ruleset are kept in step by this. */
import { deepEqual, equal } from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { eventOf } from "../../../test/support/ruleset.ts";
import { Engine } from "../../analysis/engine.ts";
import { compileRuleset } from "../../analysis/ruleset.ts";
import { nodeDisk } from "../../base/disk.ts";
import type { Answer } from "../../model/alert.ts";
import { readHomeRulesetFiles } from "../../node/logtest-ruleset.ts";
import { demoTurn, type DemoLine } from "./demo.ts";

const { source } = await readHomeRulesetFiles(join(tmpdir(), "argus-no-such-home"), nodeDisk, "UTC");
const ruleset = compileRuleset(source, () => undefined);

/** The lines of the story and of some ordinary life around it, as `workerCount` workers get them. */
function told(workerCount: number): DemoLine[] {
  return Array.from({ length: 40 }, (_, turn) => demoTurn(turn, workerCount)).flat();
}

/** The alerts of lines that come as fast as the demo tells them. */
function alertsOf(lines: readonly DemoLine[]): Answer[] {
  const engine = new Engine(ruleset);
  return lines
    .map(({ line, worker }, index) => engine.answer(eventOf(line, index * 0.2, { node: `worker-node${worker + 1}` })))
    .filter(({ isAlert }) => isAlert);
}

const isFailure = ({ line }: DemoLine): boolean => line.includes("Failed password");
const bruteForce = ({ rule }: Answer): boolean =>
  rule !== undefined && rule.level >= 10 && /brute|multiple|many/i.test(rule.description);

test("gives every worker its part of the attack, by file and over syslog", () => {
  for (const workerCount of [1, 2, 3]) {
    const ways = new Set(
      told(workerCount)
        .filter(isFailure)
        .map(({ worker, way }) => `${worker} ${way}`),
    );
    equal(ways.size, workerCount * 2, [...ways].join(", "));
  }
});

test("raises an alert of brute force for what two workers saw together", () => {
  const found = alertsOf(told(2)).filter(bruteForce);
  equal(found.length > 0, true);
  for (const seen of [0, 1]) {
    deepEqual(
      alertsOf(told(2).filter(({ worker }) => worker === seen)).filter(bruteForce),
      [],
      "one alone sees nothing",
    );
  }
});

test("ends in a louder alert for the login that follows, and one for each hole looked for in the web server", () => {
  const alerts = alertsOf(told(2));
  const heard = (part: string): boolean => alerts.some(({ event }) => event.log.includes(part));
  deepEqual(
    ["Accepted password for root", "/etc/shadow", "FAILED SU", "UNION", "etc/passwd", "<script>"].filter(
      (part) => !heard(part),
    ),
    [],
  );
});

test("says nothing loud about ordinary life", () => {
  const ordinary = Array.from({ length: 400 }, () => demoTurn(50, 2)).flat();
  equal(
    ordinary.every(({ line }) => !line.includes("203.0.113.66")),
    true,
  );
  deepEqual(
    alertsOf(ordinary)
      .filter(({ rule }) => (rule?.level ?? 0) >= 7)
      .map(({ rule }) => rule?.description),
    [],
  );
});
