/** `argus ruleset test DIR`: the cases of a ruleset. */
import { join, resolve } from "node:path";
import { nodeDisk } from "../base/disk.ts";
import { testRuleset } from "../analysis/ruleset-test.ts";
import { describeProblem } from "../config/problem.ts";
import type { Command } from "./command.ts";
import { EXIT_DONE, EXIT_UNWELL, EXIT_USAGE } from "./output.ts";

export const rulesetTest: Command = {
  words: ["ruleset", "test"],
  summary: "Run the cases of a ruleset against its decoders and rules.",
  isOffline: true,
  arguments: [{ name: "<dir>", help: "A folder with decoders/, rules/ and cases/." }],
  options: [],
  async run({ output, format }, _values, [folder = "."]) {
    const result = await testRuleset(nodeDisk, resolve(folder));
    if (format === "json") output.line(JSON.stringify(result));
    else {
      for (const problem of result.problems) output.line(describeProblem(problem));
      output.line(`${result.passed} passed, ${result.failed} failed`);
    }
    if (result.passed + result.failed === 0) {
      output.problem(`argus: there are no cases in ${join(resolve(folder), "cases")}`);
      return EXIT_USAGE;
    }
    const isWell = result.failed === 0 && result.problems.every(({ severity }) => severity !== "error");
    return isWell ? EXIT_DONE : EXIT_UNWELL;
  },
};
