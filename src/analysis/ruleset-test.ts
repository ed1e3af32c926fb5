/** `argus ruleset test DIR`: runs the cases of a ruleset. Each case begins with an engine that remembers nothing. */
import { join } from "node:path";
import type { Disk } from "../base/disk.ts";
import { describeError } from "../base/error.ts";
import type { Problem } from "../config/problem.ts";
import type { Answer } from "../model/alert.ts";
import { XML_FILE_BYTES_MAX } from "../syntax/xml.ts";
import { Engine } from "./engine.ts";
import { CaseFileError } from "./errors.ts";
import { logtestResult } from "./logtest.ts";
import { lineOfCase, readCases, type Expectation, type RulesetCase } from "./ruleset-case.ts";
import { compileRuleset, defaultRulesetOptions, type CompiledRuleset, type RulesetFile } from "./ruleset.ts";

export interface RulesetTestResult {
  passed: number;
  failed: number;
  /** One per failed case or unreadable file, with the place of the case; warnings of the ruleset before them. */
  problems: Problem[];
}

/** When the first line of a case is taken in: a Wednesday morning, so that rules about nights stay silent. */
const startMs = Date.UTC(2026, 10, 25, 10, 0, 0);

async function readFolder(disk: Disk, folder: string, name: string, ending: string): Promise<RulesetFile[]> {
  const files: RulesetFile[] = [];
  for (const file of await disk.list(join(folder, name))) {
    const path = join(folder, name, file);
    const bytes = file.endsWith(ending) ? await disk.readWhole(path, XML_FILE_BYTES_MAX) : undefined;
    if (bytes !== undefined) files.push({ path, text: bytes.toString("latin1") });
  }
  return files;
}

/**
 * `folder` holds `decoders/`, `rules/`, `cases/` and perhaps `lists/`. Rejects with `RulesetError` when the ruleset
 * cannot be compiled.
 */
export async function testRuleset(disk: Disk, folder: string): Promise<RulesetTestResult> {
  const lists = await readFolder(disk, folder, "lists", "");
  const result: RulesetTestResult = { passed: 0, failed: 0, problems: [] };
  const ruleset = compileRuleset(
    {
      decoders: await readFolder(disk, folder, "decoders", ".xml"),
      rules: await readFolder(disk, folder, "rules", ".xml"),
      lists: lists.map(({ path, text }) => ({ name: path.slice(folder.length).replace(/^\/+/, ""), text })),
      options: defaultRulesetOptions,
    },
    (problem) => result.problems.push(problem),
  );
  for (const file of await readFolder(disk, folder, "cases", ".json")) testFile(ruleset, file, result);
  return result;
}

function testFile(ruleset: CompiledRuleset, file: RulesetFile, result: RulesetTestResult): void {
  const text = Buffer.from(file.text, "latin1").toString("utf8");
  const fail = (line: number, message: string): void => {
    result.failed += 1;
    result.problems.push({ file: file.path, line, column: 0, severity: "error", message });
  };
  let cases: RulesetCase[];
  try {
    cases = readCases(text);
  } catch (error) {
    if (!(error instanceof CaseFileError)) throw error;
    return fail(0, describeError(error));
  }
  for (const one of cases) {
    const differences = runCase(ruleset, one);
    if (differences.length === 0) result.passed += 1;
    else fail(lineOfCase(text, one.name), `"${one.name}": ${differences.join("; ")}`);
  }
}

/** What is not as the case expects, in words; none when it passes. */
function runCase(ruleset: CompiledRuleset, one: RulesetCase): string[] {
  const engine = new Engine(ruleset);
  const differences: string[] = [];
  const count = one.lines.length * one.repeat;
  let last: Answer | undefined;
  for (let index = 0; index < count; index += 1) {
    const atMs = startMs + index * one.secondsApart * 1_000;
    last = engine.answer({
      ...{ queue: one.queue, location: one.location, log: one.lines[index % one.lines.length] ?? "" },
      ...{ agentId: one.agent.id, agentName: one.agent.name, agentIp: one.agent.ip, isTruncated: false },
      ...{ eventMs: atMs, receivedMs: atMs, node: "node", host: "node", isHidden: false },
    });
    if (one.before === undefined || index === count - 1) continue;
    const [expected, found] = [one.before[index] ?? null, ruleOf(last)];
    if (expected !== found) differences.push(`line ${index + 1} is answered by ${said(found)}, not ${said(expected)}`);
  }
  return last === undefined ? differences : [...differences, ...compare(one.expect, last)];
}

const ruleOf = (answer: Answer): number | null => (answer.rule === undefined ? null : Number(answer.rule.id));
const said = (value: string | number | null | undefined): string =>
  value === null || value === undefined ? "nothing" : String(value);

function compare(expect: Expectation, answer: Answer): string[] {
  const { predecoder, decoder, data, rule } = logtestResult(answer);
  const differences: string[] = [];
  const same = (what: string, found: string | number | null, expected: string | number | null | undefined): void => {
    if (expected !== undefined && found !== expected)
      differences.push(`${what} is ${said(found)}, not ${said(expected)}`);
  };
  same("the decoder", decoder.name ?? null, expect.decoder);
  same("the program name", predecoder.program_name ?? null, expect.programName);
  same("the rule", ruleOf(answer), expect.rule);
  same("the level", rule?.level ?? null, expect.level);
  for (const [name, expected] of Object.entries(expect.fields ?? {})) {
    same(name, Object.hasOwn(data, name) ? (data[name] ?? null) : null, expected);
  }
  const lacks = (what: string, found: readonly string[], expected: readonly string[] = []): void => {
    const missing = expected.filter((one) => !found.includes(one));
    if (missing.length > 0)
      differences.push(`${what} ${missing.join(", ")} missing among ${found.join(", ") || "none"}`);
  };
  lacks("groups", rule?.groups ?? [], expect.groups);
  lacks("techniques", rule?.mitre?.id ?? [], expect.mitre);
  if (expect.notRule !== undefined && ruleOf(answer) === expect.notRule)
    differences.push(`the rule is ${expect.notRule}`);
  return differences;
}
