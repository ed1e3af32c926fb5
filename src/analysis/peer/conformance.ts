/**
 * All test files of a peer against its own ruleset, by our engine: what `npm run conformance` prints and what a test in
 * the suite holds. A case that names a rule of the peer's test rulesets which was not loaded cannot be run; it is named
 * apart, so that nobody takes it for one that passed.
 */
import { join } from "node:path";
import type { Disk } from "../../base/disk.ts";
import type { Problem } from "../../config/problem.ts";
import type { Flavour } from "../../syntax/pattern.ts";
import { XML_FILE_BYTES_MAX } from "../../syntax/xml.ts";
import { GEOIP_BYTES_MAX } from "../geoip.ts";
import { compileRuleset, defaultRulesetOptions, type CompiledRuleset } from "../ruleset.ts";
import type { ExpectedEvents } from "./expected-event.ts";
import { readPeerRuleset, readTestRuleset, withWindowsAsJson } from "./ruleset-folder.ts";
import { runCase } from "./suite.ts";
import { readSuiteFile, type SuiteAnswer, type SuiteCase } from "./suite-file.ts";

/** Where the data of a run lies. */
export interface ConformancePlace {
  /** The peer's ruleset. */
  rules: string;
  /** Its test files, and perhaps a folder `ruleset` beside them. */
  tests: string;
  /** A MaxMind database, for cases about places of addresses; without one such rules never match. */
  geoip?: string | undefined;
}

export interface FileResult {
  file: string;
  passed: number;
  /** `FILE:LINE [SECTION] OPTION: what was found, not what was expected`; also of lines before a case's last one. */
  failures: string[];
  /** `FILE:LINE [SECTION] OPTION: rule 999500 is not loaded`. */
  unrunnable: string[];
}

/** Ids of the rules that Wazuh's runner adds for its tests; nothing that is shipped has one. */
const testRuleIds = /^999\d{3}$/;

/**
 * The ruleset as the peer's own runner has it. Rejects with `RulesetError` when it does not load, with the disk's own
 * errors otherwise.
 */
export async function loadConformanceRuleset(
  disk: Disk,
  flavour: Flavour,
  { rules, tests, geoip }: ConformancePlace,
  report: (problem: Problem) => void,
): Promise<CompiledRuleset> {
  const shipped = await readPeerRuleset(disk, rules, flavour);
  const added = await readTestRuleset(disk, tests);
  const ruleFiles = [...shipped.rules, ...added.rules];
  const bytes = geoip === undefined ? undefined : await disk.readWhole(geoip, GEOIP_BYTES_MAX);
  const source = {
    decoders: [...shipped.decoders, ...added.decoders],
    rules: flavour === "wazuh" ? withWindowsAsJson(ruleFiles) : ruleFiles,
    lists: shipped.lists,
    ...(geoip !== undefined && bytes !== undefined && { geoip: { path: geoip, bytes } }),
    options: { ...defaultRulesetOptions, flavour },
  };
  const ruleset = compileRuleset(source, report);
  // Its runner asks logtest, not the daemon.
  ruleset.decoders.normalisesActions = false;
  return ruleset;
}

/** The names of the test files, in their order. */
export async function suiteFiles(disk: Disk, tests: string): Promise<string[]> {
  return (await disk.list(tests)).filter((name) => name.endsWith(".ini")).sort();
}

export async function readSuite(disk: Disk, tests: string, file: string, flavour: Flavour): Promise<SuiteCase[]> {
  const bytes = await disk.readWhole(join(tests, file), XML_FILE_BYTES_MAX);
  return readSuiteFile(bytes?.toString("latin1") ?? "", flavour);
}

export function runSuite(
  ruleset: CompiledRuleset,
  file: string,
  cases: readonly SuiteCase[],
  events: ExpectedEvents | undefined,
): FileResult {
  const result: FileResult = { file, passed: 0, failures: [], unrunnable: [] };
  const isLoaded = (rule: string): boolean => !testRuleIds.test(rule) || ruleset.rules.byId.has(Number(rule));
  for (const one of cases) {
    const where = `${file}:${one.line} [${one.section}] ${one.option}`;
    const { rule } = one.expected;
    if (!one.isNegative && !isLoaded(rule)) {
      result.unrunnable.push(`${where}: rule ${rule} is not loaded`);
      continue;
    }
    const { hasPassed, answers, reason } = runCase(ruleset, one);
    if (hasPassed) result.passed += 1;
    else result.failures.push(`${where}: ${reason}`);
    for (const [index, answer] of answers.entries()) {
      const expected = events?.of(file, one, index);
      if (expected === undefined || isEqual(answer, expected)) continue;
      const line = `${where}: line ${index + 1} of ${answers.length}`;
      if (isLoaded(expected.rule)) result.failures.push(`${line}: ${shown(answer)}, not ${shown(expected)}`);
      else result.unrunnable.push(`${line}: rule ${expected.rule} is not loaded`);
    }
  }
  return result;
}

const isEqual = (found: SuiteAnswer, expected: SuiteAnswer): boolean =>
  found.decoder === expected.decoder && found.rule === expected.rule && found.level === expected.level;
const shown = ({ decoder, rule, level }: SuiteAnswer): string => `${decoder || "-"} ${rule || "-"} ${level || "-"}`;
