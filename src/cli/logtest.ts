/** `argus logtest`: lines on standard input, and what becomes of each. */
import { hostname } from "node:os";
import { systemClock } from "../base/clock.ts";
import { nodeDisk } from "../base/disk.ts";
import { systemZone } from "../base/local-time.ts";
import { Engine } from "../analysis/engine.ts";
import { describeLogtest, Logtest, type LogtestResult } from "../analysis/logtest.ts";
import { compileRuleset } from "../analysis/ruleset.ts";
import { describeProblem } from "../config/problem.ts";
import { readHomeRulesetFiles } from "../node/logtest-ruleset.ts";
import { textOf, type Command } from "./command.ts";
import { UsageError } from "./errors.ts";
import { EXIT_DONE, EXIT_UNWELL, EXIT_USAGE } from "./output.ts";

/** `RULE:LEVEL:DECODER`, each empty where none must be found. Decoders may have colons in their names. */
export function readExpectation(text: string): [rule: string, level: string, decoder: string] {
  const [, rule, level, decoder] = /^([^:]*):([^:]*):(.*)$/.exec(text) ?? [];
  if (rule === undefined || level === undefined || decoder === undefined) {
    throw new UsageError(`--unit-test takes RULE:LEVEL:DECODER, not ${text}`);
  }
  return [rule, level, decoder];
}

export function answerOf({ rule, decoder }: LogtestResult): [rule: string, level: string, decoder: string] {
  return [rule?.id ?? "", rule === null ? "" : String(rule.level), decoder.name ?? ""];
}

/** As the peers' runner wants it: how many parts of the expectation are empty, or 1 where the last line had another. */
export function unitTestCode(expected: readonly string[], found: readonly string[] | undefined): number {
  return found?.join(":") === expected.join(":") ? expected.filter((part) => part === "").length : EXIT_UNWELL;
}

export const logtest: Command = {
  words: ["logtest"],
  summary: "Decode and match lines of standard input by the ruleset of the home; one run keeps its state.",
  isOffline: true,
  arguments: [],
  options: [
    { flags: "--location <text>", help: "The location that the lines get.", initial: "stdin" },
    { flags: "-v, --verbose", help: "Also every rule that was tried, and what ruled it out." },
    {
      flags: "-U, --unit-test <expectation>",
      help: "RULE:LEVEL:DECODER; exit 0 when the last line is answered so, or how many of the three are empty, else 1.",
    },
  ],
  async run({ output, home, format, signal, stdinLines }, values) {
    const wanted = textOf(values, "unitTest");
    const expected = wanted === undefined ? undefined : readExpectation(wanted);
    if ((await nodeDisk.stat(home)) === undefined) {
      output.problem(`argus: ${home}: no such home; the shipped ruleset answers`);
    }
    const { source, problems } = await readHomeRulesetFiles(home, nodeDisk, systemZone());
    const errors = problems.filter(({ severity }) => severity === "error");
    for (const problem of errors) output.problem(describeProblem(problem));
    if (errors.length > 0) return EXIT_USAGE;
    const engine = new Engine(compileRuleset(source, (problem) => output.problem(describeProblem(problem))));
    const run = new Logtest(engine, {
      ...{ location: textOf(values, "location") ?? "stdin", isVerbose: values["verbose"] === true },
      ...{ nowMs: systemClock.wallMs, host: hostname() },
    });
    let last: string[] | undefined;
    for await (const line of stdinLines()) {
      if (signal.aborted) break;
      const result = run.test(line);
      if (format === "json") output.line(JSON.stringify(result));
      else output.raw(describeLogtest(line, result));
      last = answerOf(result);
      if (expected === undefined || format === "json") continue;
      const isMet = last.join(":") === expected.join(":");
      output.line(isMet ? "Unit test: as expected" : `Unit test: ${last.join(":")}, not ${expected.join(":")}`);
    }
    return expected === undefined ? EXIT_DONE : unitTestCode(expected, last);
  },
};
