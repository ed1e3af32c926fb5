/**
 * `npm run conformance -- wazuh|ossec [--rules DIR] [--tests DIR] [--events FILE] [--file NAME]`: the test folder of a
 * peer against its own ruleset, by our engine. Every failed case is named with what was found in its place; the last
 * line is `N passed, M failed`.
 *
 * The peers' rulesets are not ours to ship, so they are read where the caller says, or below `ARGUS_RULESETS`, which
 * holds `wazuh…/` and `ossec…/`. `--events` names a file of expected answers to every single line of the cases, one JSON
 * object per line; each line that is answered otherwise counts as one more failure.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { RulesetError } from "../src/analysis/errors.ts";
import { readPeerRuleset, readTestRuleset, withWindowsAsJson } from "../src/analysis/peer/ruleset-folder.ts";
import { runCase } from "../src/analysis/peer/suite.ts";
import { readSuiteFile, type SuiteAnswer, type SuiteCase } from "../src/analysis/peer/suite-file.ts";
import { compileRuleset, defaultRulesetOptions, type CompiledRuleset } from "../src/analysis/ruleset.ts";
import { nodeDisk } from "../src/base/disk.ts";
import { describeProblem } from "../src/config/problem.ts";
import type { Flavour } from "../src/syntax/pattern.ts";

/** What `--events` says of one line of a case. */
interface ExpectedEvent {
  file: string;
  section: string;
  option: string;
  /** Which line of the case, from 0. */
  event: number;
  decoder: string | null;
  rule: number | null;
  level: number | null;
}

interface Count {
  passed: number;
  failed: number;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function loadRuleset(flavour: Flavour, rules: string, tests: string): Promise<CompiledRuleset> {
  const shipped = await readPeerRuleset(nodeDisk, rules, flavour);
  const added = await readTestRuleset(nodeDisk, tests);
  const ruleFiles = [...shipped.rules, ...added.rules];
  return compileRuleset(
    {
      decoders: [...shipped.decoders, ...added.decoders],
      rules: flavour === "wazuh" ? withWindowsAsJson(ruleFiles) : ruleFiles,
      lists: shipped.lists,
      options: { ...defaultRulesetOptions, flavour },
    },
    (problem) => print(describeProblem(problem)),
  );
}

/** By file, section, key and line, as `--events` names them. */
class ExpectedEvents {
  readonly #events = new Map<string, ExpectedEvent>();

  constructor(path: string | undefined) {
    if (path === undefined) return;
    for (const line of readFileSync(path, "utf8").split("\n").filter(Boolean)) {
      const event = JSON.parse(line) as ExpectedEvent;
      this.#events.set(this.#key(event.file, event.section, event.option, event.event), event);
    }
  }

  #key(file: string, section: string, option: string, event: number): string {
    return JSON.stringify([file, section, option, event]);
  }

  /** What was expected of a line that is answered otherwise; undefined when it is right, or nothing is known of it. */
  difference(file: string, one: SuiteCase, event: number, found: SuiteAnswer): string | undefined {
    const section = Buffer.from(one.section, "latin1").toString("utf8");
    const expected = this.#events.get(this.#key(file, section, one.option, event));
    if (expected === undefined) return undefined;
    const [decoder, rule] = [expected.decoder ?? "", expected.rule ?? ""];
    const level = expected.level ?? "";
    const isEqual = found.decoder === decoder && found.rule === String(rule) && found.level === String(level);
    return isEqual ? undefined : `${said(found)}, not ${said({ decoder, rule: String(rule), level: String(level) })}`;
  }
}

const said = ({ decoder, rule, level }: SuiteAnswer): string => `${decoder || "-"} ${rule || "-"} ${level || "-"}`;

function runFile(ruleset: CompiledRuleset, path: string, file: string, events: ExpectedEvents): Count {
  const count: Count = { passed: 0, failed: 0 };
  const text = readFileSync(path).toString("latin1");
  const fail = (one: SuiteCase, words: string): void => {
    count.failed += 1;
    print(`FAILED ${file}:${one.line} [${one.section}] ${one.option}: ${words}`);
  };
  for (const one of readSuiteFile(text, ruleset.options.flavour)) {
    const { hasPassed, answers, reason } = runCase(ruleset, one);
    if (hasPassed) count.passed += 1;
    else fail(one, reason);
    for (const [index, answer] of answers.entries()) {
      const difference = events.difference(file, one, index, answer);
      if (difference !== undefined) fail(one, `line ${index + 1} of ${answers.length}: ${difference}`);
    }
  }
  return count;
}

/** Where the caller says, else the folder of that peer below `ARGUS_RULESETS`. */
async function folderOf(flavour: Flavour, named: string | undefined): Promise<string | undefined> {
  const parent = process.env["ARGUS_RULESETS"];
  if (named !== undefined || parent === undefined) return named;
  const found = (await nodeDisk.list(parent)).find((name) => name.startsWith(flavour));
  return found === undefined ? undefined : join(parent, found);
}

const usage =
  "usage: npm run conformance -- wazuh|ossec [--rules DIR] [--tests DIR] [--events FILE] [--file NAME]\n" +
  "       DIR is the peer's ruleset, and its tests; without --rules, ARGUS_RULESETS names the folder that holds both\n";

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      rules: { type: "string" },
      tests: { type: "string" },
      events: { type: "string" },
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
  const tests = values.tests ?? join(rules, "tests");
  const files = (await nodeDisk.list(tests)).filter((name) => name.endsWith(".ini") && name.includes(values.file));
  const total: Count = { passed: 0, failed: 0 };
  try {
    const ruleset = await loadRuleset(flavour, rules, tests);
    const events = new ExpectedEvents(values.events);
    for (const file of files.sort()) {
      const { passed, failed } = runFile(ruleset, join(tests, file), file, events);
      print(`${failed > 0 ? "not ok" : "ok"} ${file}: ${passed} passed, ${failed} failed`);
      total.passed += passed;
      total.failed += failed;
    }
  } catch (error) {
    if (!(error instanceof RulesetError)) throw error;
    // Each of its problems was printed when it was found.
    print("the ruleset does not load, so every case fails");
    for (const file of files) {
      total.failed += readSuiteFile(readFileSync(join(tests, file)).toString("latin1"), flavour).length;
    }
  }
  print(`${total.passed} passed, ${total.failed} failed`);
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.exitCode = await main(process.argv.slice(2));
