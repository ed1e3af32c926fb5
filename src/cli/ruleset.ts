/** `argus ruleset test`: the cases of a ruleset of ours, or a peer's test files against a peer's ruleset. */
import { join, resolve } from "node:path";
import { nodeDisk } from "../base/disk.ts";
import { loadConformanceRuleset, readSuite, runSuite, suiteFiles } from "../analysis/peer/conformance.ts";
import { testRuleset } from "../analysis/ruleset-test.ts";
import { describeProblem } from "../config/problem.ts";
import type { Flavour } from "../syntax/pattern.ts";
import { textOf, type Command, type CommandContext } from "./command.ts";
import { UsageError } from "./errors.ts";
import { EXIT_DONE, EXIT_UNWELL, EXIT_USAGE } from "./output.ts";

async function testOwn({ output, format }: CommandContext, folder: string): Promise<number> {
  const result = await testRuleset(nodeDisk, folder);
  if (format === "json") output.line(JSON.stringify(result));
  else {
    for (const problem of result.problems) output.line(describeProblem(problem));
    output.line(`${result.passed} passed, ${result.failed} failed`);
  }
  if (result.passed + result.failed === 0) {
    output.problem(`argus: there are no cases in ${join(folder, "cases")}`);
    return EXIT_USAGE;
  }
  const isWell = result.failed === 0 && result.problems.every(({ severity }) => severity !== "error");
  return isWell ? EXIT_DONE : EXIT_UNWELL;
}

const layoutOwners = { wazuh: "Wazuh's", ossec: "OSSEC's" } as const;

/** Whose ruleset a folder looks like; `undefined` where it looks like neither's or both's. */
async function flavourOfLayout(folder: string): Promise<Flavour | undefined> {
  const isThere = async (name: string): Promise<boolean> => (await nodeDisk.stat(join(folder, name))) !== undefined;
  const [isWazuh, isOssec] = [await isThere("decoders"), await isThere("decoder.xml")];
  if (isWazuh === isOssec) return undefined;
  return isWazuh ? "wazuh" : "ossec";
}

async function testPeer(
  { output, format }: CommandContext,
  place: { rules: string; tests: string },
  flavour: Flavour,
): Promise<number> {
  const actual = await flavourOfLayout(place.rules);
  if (actual !== undefined && actual !== flavour) {
    throw new UsageError(`${place.rules} has ${layoutOwners[actual]} layout: --flavour ${actual}`);
  }
  const warnings: string[] = [];
  const ruleset = await loadConformanceRuleset(nodeDisk, flavour, place, (problem) =>
    warnings.push(describeProblem(problem)),
  );
  const total = { passed: 0, failures: [] as string[], unrunnable: [] as string[] };
  for (const file of await suiteFiles(nodeDisk, place.tests)) {
    const cases = await readSuite(nodeDisk, place.tests, file, flavour);
    const { passed, failures, unrunnable } = runSuite(ruleset, file, cases, undefined);
    total.passed += passed;
    total.failures.push(...failures);
    total.unrunnable.push(...unrunnable);
  }
  const { passed, failures, unrunnable } = total;
  if (format === "json") output.line(JSON.stringify({ ...total, warnings }));
  else {
    for (const line of [...warnings, ...failures.map((failure) => `FAILED ${failure}`)]) output.line(line);
    for (const one of unrunnable) output.line(`NOT RUNNABLE ${one}`);
    const left = unrunnable.length === 0 ? "" : `, ${unrunnable.length} not runnable`;
    output.line(`${passed} passed, ${failures.length} failed${left}`);
  }
  if (passed + failures.length === 0) {
    output.problem(`argus: there are no cases in ${place.tests}`);
    return EXIT_USAGE;
  }
  return failures.length === 0 ? EXIT_DONE : EXIT_UNWELL;
}

function flavourOf(text: string | undefined): Flavour {
  if (text === "wazuh" || text === "ossec") return text;
  throw new UsageError(`--flavour is wazuh or ossec, not ${text ?? "nothing"}`);
}

export const rulesetTest: Command = {
  words: ["ruleset", "test"],
  summary: "Run the cases of a ruleset against its decoders and rules; with --rules, a peer's tests against a peer's.",
  isOffline: true,
  arguments: [{ name: "[dir]", help: "A folder with decoders/, rules/ and cases/; the present one when not given." }],
  options: [
    {
      flags: "--rules <dir>",
      help: "The ruleset of Wazuh (decoders/, rules/, lists/) or OSSEC (decoder.xml, rules/).",
    },
    { flags: "--tests <dir>", help: "The peer's test files, *.ini; DIR/tests of --rules when not given." },
    { flags: "--flavour <name>", help: "With --rules: wazuh or ossec.", initial: "wazuh" },
  ],
  run(context, values, [folder]) {
    const rules = textOf(values, "rules");
    if (rules === undefined) return testOwn(context, resolve(folder ?? "."));
    if (folder !== undefined) throw new UsageError("either a folder of Argus's form or --rules, not both");
    const tests = textOf(values, "tests") ?? join(rules, "tests");
    const place = { rules: resolve(rules), tests: resolve(tests) };
    return testPeer(context, place, flavourOf(textOf(values, "flavour")));
  },
};
