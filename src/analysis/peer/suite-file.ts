/**
 * A test file of Wazuh or OSSEC (ruleset-spec 11): an INI file in which a section is a case or several.
 *
 *   [Title]
 *   log 1 pass = <log line>      each key that begins with `log` is a run of its own; a repeated one is one run of
 *   log 2 fail = <log line>      several lines (Wazuh), or keeps the last line only (OSSEC)
 *   rule = 5716
 *   alert = 5
 *   decoder = sshd
 *
 * It is read as Python's `RawConfigParser` reads it: sections of one title are one, names of keys are in lower case,
 * the first `=` or `:` separates, values are stripped, an indented line goes on with the value above it, and lines that
 * begin with `#` or `;` are comments. OSSEC's reader also turns `%%` into `%`. All texts are byte strings.
 */
import type { Flavour } from "../../syntax/pattern.ts";

/** What the last line of a run must be answered with; each is empty where nothing must be found. */
export interface SuiteAnswer {
  decoder: string;
  rule: string;
  level: string;
}

export interface SuiteCase {
  section: string;
  /** The name of the key: `log 1 pass`. */
  option: string;
  /** Where its first line stands, counted from 1. */
  line: number;
  lines: string[];
  expected: SuiteAnswer;
  /** The key says `fail`: the answer must be another one. */
  isNegative: boolean;
}

interface Value {
  line: number;
  parts: string[];
}

type Section = Map<string, Value>;

const blank = /^[ \t\r\v\f]+|[ \t\r\v\f]+$/g;
const strip = (text: string): string => text.replace(blank, "");

class SuiteReader {
  readonly sections = new Map<string, Section>();
  readonly #keepsAll: boolean;
  #section: Section | undefined = undefined;
  #value: Value | undefined = undefined;

  constructor(flavour: Flavour) {
    this.#keepsAll = flavour === "wazuh";
  }

  read(text: string): void {
    for (const [index, line] of text.split("\n").entries()) this.#line(line, index + 1);
  }

  #line(line: string, number: number): void {
    const stripped = strip(line);
    if (stripped === "" || stripped.startsWith("#") || stripped.startsWith(";")) return;
    if (/^[ \t]/.test(line) && this.#value !== undefined) {
      this.#value.parts.push(stripped);
      return;
    }
    const title = /^\[(.+)\]/.exec(stripped)?.[1];
    if (title !== undefined) return this.#begin(title);
    const separator = stripped.search(/[=:]/);
    if (separator <= 0 || this.#section === undefined) return;
    this.#set(strip(stripped.slice(0, separator)).toLowerCase(), strip(stripped.slice(separator + 1)), number);
  }

  #begin(title: string): void {
    this.#value = undefined;
    this.#section = this.sections.get(title);
    if (this.#section !== undefined) return;
    this.#section = new Map();
    this.sections.set(title, this.#section);
  }

  #set(key: string, text: string, line: number): void {
    const known = this.#section?.get(key);
    if (known === undefined) {
      this.#value = { line, parts: [text] };
      this.#section?.set(key, this.#value);
      return;
    }
    if (!this.#keepsAll) known.parts = [];
    known.parts.push(text);
    this.#value = known;
  }
}

/** The cases of a file in its order; a section without a log has none. Never throws on what the file holds. */
export function readSuiteFile(text: string, flavour: Flavour): SuiteCase[] {
  const reader = new SuiteReader(flavour);
  reader.read(text.replaceAll("\r\n", "\n"));
  return [...reader.sections].flatMap(([title, section]) => casesOf(title, section, flavour));
}

function casesOf(title: string, section: Section, flavour: Flavour): SuiteCase[] {
  const written = (key: string): string => section.get(key)?.parts.join("\n") ?? "";
  const plain = (part: string): string => (flavour === "ossec" ? part.replaceAll("%%", "%") : part);
  const expected = { decoder: written("decoder"), rule: written("rule"), level: written("alert") };
  const cases: SuiteCase[] = [];
  for (const [option, { line, parts }] of section) {
    if (!option.startsWith("log")) continue;
    const isNegative = option.endsWith("fail");
    cases.push({ section: title, option, line, lines: parts.map(plain), expected, isNegative });
  }
  return cases;
}
