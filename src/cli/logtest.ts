/** `argus logtest`: lines on standard input, and what becomes of each. */
import { hostname } from "node:os";
import { systemClock } from "../base/clock.ts";
import { nodeDisk } from "../base/disk.ts";
import { systemZone } from "../base/local-time.ts";
import { Engine } from "../analysis/engine.ts";
import { describeLogtest, Logtest } from "../analysis/logtest.ts";
import { compileRuleset } from "../analysis/ruleset.ts";
import { describeProblem } from "../config/problem.ts";
import { readHomeRulesetFiles } from "../node/logtest-ruleset.ts";
import { textOf, type Command } from "./command.ts";
import { EXIT_DONE, EXIT_USAGE } from "./output.ts";

export const logtest: Command = {
  words: ["logtest"],
  summary: "Decode and match lines of standard input by the ruleset of the home; one run keeps its state.",
  isOffline: true,
  arguments: [],
  options: [{ flags: "--location <text>", help: "The location that the lines get.", initial: "stdin" }],
  async run({ output, home, format, signal, stdinLines }, values) {
    if ((await nodeDisk.stat(home)) === undefined) {
      output.problem(`argus: ${home}: no such home; the shipped ruleset answers`);
    }
    const { source, problems } = await readHomeRulesetFiles(home, nodeDisk, systemZone());
    const errors = problems.filter(({ severity }) => severity === "error");
    for (const problem of errors) output.problem(describeProblem(problem));
    if (errors.length > 0) return EXIT_USAGE;
    const engine = new Engine(compileRuleset(source, (problem) => output.problem(describeProblem(problem))));
    const options = { location: textOf(values, "location") ?? "stdin", nowMs: systemClock.wallMs, host: hostname() };
    const run = new Logtest(engine, options);
    for await (const line of stdinLines()) {
      if (signal.aborted) break;
      const result = run.test(line);
      if (format === "json") output.line(JSON.stringify(result));
      else output.raw(describeLogtest(line, result));
    }
    return EXIT_DONE;
  },
};
