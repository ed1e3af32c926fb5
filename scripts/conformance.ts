/**
 * `npm run conformance -- wazuh|ossec [--rules DIR] [--tests DIR] [--events FILE] [--geoip FILE] [--file NAME]`: the
 * test folder of a peer against its own ruleset, by our engine. Every failed case is named with what was found in its
 * place; the last line is `N passed, M failed`, with `, K not runnable` where cases name rules of test rulesets that
 * are not there. `--geoip` names a MaxMind database for the cases about places of addresses.
 *
 * The peers' rulesets are not ours to ship, so they are read where the caller says, or below `ARGUS_RULESETS`, which
 * holds `wazuh…/` and `ossec…/`. `--events` names a file of expected answers to every single line of the cases, one
 * JSON object per line; each line that is answered otherwise counts as one more failure.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { RulesetError } from "../src/analysis/errors.ts";
import {
  loadConformanceRuleset,
  readSuite,
  runSuite,
  suiteFiles,
  type ConformancePlace,
} from "../src/analysis/peer/conformance.ts";
import { ExpectedEvents } from "../src/analysis/peer/expected-event.ts";
import { nodeDisk } from "../src/base/disk.ts";
import { describeProblem } from "../src/config/problem.ts";
import type { Flavour } from "../src/syntax/pattern.ts";

interface Total {
  passed: number;
  failed: number;
  unrunnable: number;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const shown = ({ passed, failed, unrunnable }: Total): string =>
  `${passed} passed, ${failed} failed${unrunnable === 0 ? "" : `, ${unrunnable} not runnable`}`;

/** Where the caller says, else the folder of that peer below `ARGUS_RULESETS`. */
async function folderOf(flavour: Flavour, named: string | undefined): Promise<string | undefined> {
  const parent = process.env["ARGUS_RULESETS"];
  if (named !== undefined || parent === undefined) return named;
  const found = (await nodeDisk.list(parent)).find((name) => name.startsWith(flavour));
  return found === undefined ? undefined : join(parent, found);
}

async function run(
  flavour: Flavour,
  place: ConformancePlace,
  files: readonly string[],
  events: ExpectedEvents | undefined,
): Promise<Total> {
  const ruleset = await loadConformanceRuleset(nodeDisk, flavour, place, (problem) => print(describeProblem(problem)));
  const total: Total = { passed: 0, failed: 0, unrunnable: 0 };
  for (const file of files) {
    const cases = await readSuite(nodeDisk, place.tests, file, flavour);
    const { passed, failures, unrunnable } = runSuite(ruleset, file, cases, events);
    for (const failure of failures) print(`FAILED ${failure}`);
    for (const one of unrunnable) print(`NOT RUNNABLE ${one}`);
    const count = { passed, failed: failures.length, unrunnable: unrunnable.length };
    print(`${failures.length > 0 ? "not ok" : "ok"} ${file}: ${shown(count)}`);
    total.passed += count.passed;
    total.failed += count.failed;
    total.unrunnable += count.unrunnable;
  }
  return total;
}

/** Of a ruleset that does not load; each of its problems was printed when it was found. */
async function allFailed(flavour: Flavour, { tests }: ConformancePlace, files: readonly string[]): Promise<Total> {
  print("the ruleset does not load, so every case fails");
  let failed = 0;
  for (const file of files) failed += (await readSuite(nodeDisk, tests, file, flavour)).length;
  return { passed: 0, failed, unrunnable: 0 };
}

const usage =
  "usage: npm run conformance -- wazuh|ossec [--rules DIR] [--tests DIR] [--events FILE]\n" +
  "                                [--geoip FILE] [--file NAME]\n" +
  "       DIR is the peer's ruleset, and its tests; without --rules, ARGUS_RULESETS names the folder that holds both\n";

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      rules: { type: "string" },
      tests: { type: "string" },
      events: { type: "string" },
      geoip: { type: "string" },
      file: { type: "string", default: "" },
    },
  });
  const [flavour] = positionals;
  const isFlavour = flavour === "wazuh" || flavour === "ossec";
  const rules = isFlavour ? await folderOf(flavour, values.rules) : undefined;
  if (!isFlavour || rules === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const place = { rules, tests: values.tests ?? join(rules, "tests"), geoip: values.geoip };
  const files = (await suiteFiles(nodeDisk, place.tests)).filter((name) => name.includes(values.file));
  const events = values.events === undefined ? undefined : new ExpectedEvents(readFileSync(values.events, "utf8"));
  const total = await run(flavour, place, files, events).catch((error: unknown) => {
    if (!(error instanceof RulesetError)) throw error;
    return allFailed(flavour, place, files);
  });
  print(shown(total));
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.exitCode = await main(process.argv.slice(2));
