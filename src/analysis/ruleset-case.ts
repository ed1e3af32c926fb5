/** The form of a file of cases (docs/operating/ruleset-cases.md), read strictly: a mistyped one must not pass. */
import { CaseFileError } from "./errors.ts";

export interface RulesetCase {
  name: string;
  /** Byte strings. */
  lines: string[];
  repeat: number;
  secondsApart: number;
  location: string;
  queue: string;
  agent: { id: string; name: string; ip: string };
  expect: Expectation;
  /** Rule ids (or null) of all lines before the last; undefined: not looked at. */
  before: (number | null)[] | undefined;
}

/** A field that is not there is not compared; `null` means that there must be none. */
export interface Expectation {
  decoder?: string | null;
  programName?: string | null;
  rule?: number | null;
  level?: number;
  groups?: string[];
  mitre?: string[];
  fields?: Record<string, string | null>;
  notRule?: number;
}

/** A run of one case is bounded: it is a test, not a load. */
const linesMax = 100_000;

type Check = (value: unknown) => boolean;
const isText: Check = (value) => typeof value === "string";
const isTextOrNull: Check = (value) => value === null || isText(value);
const isCount: Check = (value) => typeof value === "number" && Number.isInteger(value) && value >= 0;
const isCountOrNull: Check = (value) => value === null || isCount(value);
const isSeconds: Check = (value) => typeof value === "number" && value >= 0 && value <= 1e9;
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const recordOf =
  (check: Check): Check =>
  (value) =>
    isRecord(value) && Object.values(value).every(check);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const expectForm: Record<keyof Expectation, Check> = {
  decoder: isTextOrNull,
  programName: isTextOrNull,
  rule: isCountOrNull,
  level: isCount,
  groups: listOf(isText),
  mitre: listOf(isText),
  fields: recordOf(isTextOrNull),
  notRule: isCount,
};

const agentForm = { id: isText, name: isText, ip: isText };

const caseForm: Record<string, Check> = {
  name: isText,
  lines: (value) => listOf(isText)(value) && Array.isArray(value) && value.length > 0,
  repeat: (value) => isCount(value) && value !== 0,
  secondsApart: isSeconds,
  location: isText,
  queue: (value) => typeof value === "string" && /^[1-3589d-fpu]$/.test(value),
  agent: (value) => isRecord(value) && misfits(value, agentForm) === undefined,
  expect: isRecord,
  before: listOf(isCountOrNull),
};

const fileForm = { about: isText, cases: listOf(isRecord) };

/** What does not fit the form, in words; undefined when all does. */
function misfits(value: Record<string, unknown>, form: Record<string, Check>): string | undefined {
  for (const [name, member] of Object.entries(value)) {
    const check = Object.hasOwn(form, name) ? form[name] : undefined;
    if (check === undefined) return `"${name}" is not a field that is known`;
    if (!check(member)) return `"${name}" has a value that it may not have`;
  }
  return undefined;
}

/** `\u0080` to `\u00ff`, where the backslash is not itself escaped. */
const writtenByte = /(?<!\\)((?:\\\\)*)\\u00([89a-f][0-9a-f])/gi;
/** Stands for a written byte between reading JSON and making bytes: U+E080 to U+E0FF, of the private use area. */
const byteMark = /([\ue080-\ue0ff])/;

/** A character is sent as UTF-8, a byte that was written `\u00XX` as itself. */
function lineBytes(line: string): string {
  return line
    .split(byteMark)
    .map((part) => (byteMark.test(part) ? String.fromCharCode(part.charCodeAt(0) & 0xff) : utf8(part)))
    .join("");
}

const utf8 = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

function readCase(value: Record<string, unknown>, names: Set<string>): RulesetCase {
  const name = isText(value["name"]) ? String(value["name"]) : "";
  if (name === "") throw new CaseFileError("a case has no name");
  const fail = (message: string): never => {
    throw new CaseFileError(`case "${name}": ${message}`);
  };
  if (names.has(name)) fail("another case has the same name");
  names.add(name);
  const misfit = misfits(value, caseForm);
  if (misfit !== undefined) fail(misfit);
  for (const needed of ["lines", "expect"]) if (!(needed in value)) fail(`"${needed}" is missing`);
  const expectMisfit = misfits(value["expect"] as Record<string, unknown>, expectForm);
  if (expectMisfit !== undefined) fail(`expect: ${expectMisfit}`);
  // The form was looked at above, member by member.
  const written = value as unknown as Partial<RulesetCase> & Pick<RulesetCase, "name" | "lines" | "expect">;
  const found: RulesetCase = {
    ...{ repeat: 1, secondsApart: 1, location: "/var/log/syslog", queue: "1", before: undefined },
    ...written,
    agent: { ...{ id: "000", name: "", ip: "" }, ...written.agent },
    lines: written.lines.map(lineBytes),
  };
  const count = found.lines.length * found.repeat;
  if (count > linesMax) fail(`has over ${linesMax} lines`);
  if (found.before !== undefined && found.before.length !== count - 1) {
    fail(`"before" has ${found.before.length} entries, not ${count - 1}`);
  }
  return found;
}

/** Throws `CaseFileError` that says what is wrong and in which case. */
export function readCases(text: string): RulesetCase[] {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(writtenByte, "$1\\ue0$2"));
  } catch (cause) {
    throw new CaseFileError("it is not JSON", { cause });
  }
  if (!isRecord(value)) throw new CaseFileError("it must be one object");
  const misfit = misfits(value, fileForm);
  if (misfit !== undefined) throw new CaseFileError(misfit);
  if (!("cases" in value)) throw new CaseFileError(`"cases" is missing`);
  const names = new Set<string>();
  return (value["cases"] as Record<string, unknown>[]).map((one) => readCase(one, names));
}

/** The line, counted from 1, on which the case with this name begins its `"name"`; 0 when it is not found. */
export function lineOfCase(text: string, name: string): number {
  const written = JSON.stringify(name);
  const at = text.split("\n").findIndex((line) => line.includes('"name"') && line.includes(written));
  return at + 1;
}
