/** `argus logtest`: what becomes of a line, phase by phase, in words or as an object. */
import { escapeControl } from "../base/escape.ts";
import type { Answer, Mitre } from "../model/alert.ts";
import { readLocation } from "../model/queue-message.ts";
import type { Engine } from "./engine.ts";
import { RuleTrace } from "./rule-trace.ts";

export interface LogtestResult {
  predecoder: { program_name?: string; timestamp?: string; hostname?: string };
  decoder: { name?: string; parent?: string };
  /** Static fields by name, then dynamic ones with their dotted names; of equal names the first one counts. */
  data: Record<string, string>;
  rule: LogtestRule | null;
  /** Whether an alert would be written. */
  alert: boolean;
  /** Every rule that was tried, and why it did not match; where it was asked for. */
  rules_debug?: string[];
}

export interface LogtestRule {
  id: string;
  level: number;
  description: string;
  groups: string[];
  firedtimes?: number;
  frequency?: number;
  mail: boolean;
  mitre?: Mitre;
  cve?: string;
  info?: string;
}

export interface LogtestOptions {
  /** The location that the lines get; `[001] (web) 10.0.0.1->/var/log/x` makes them an agent's. Default `stdin`. */
  location?: string;
  /** When the lines are taken in: the caller's clock. */
  nowMs: () => number;
  host: string;
  /** Whether results say which rules were tried. Slow: no rule is left out by a look-up. */
  isVerbose?: boolean;
}

/** Text of a byte string; bytes that are not UTF-8 are shown as `\xHH`. */
function shown(bytes: string): string {
  if (!/[\u0080-\u00ff]/.test(bytes)) return bytes;
  const text = Buffer.from(bytes, "latin1").toString("utf8");
  if (!text.includes("\ufffd")) return text;
  return bytes.replace(/[\u0080-\u00ff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
}

/** The members of `values` that are there. */
function present<T extends Record<string, string | undefined>>(values: T): { [K in keyof T]?: string } {
  const found: { [K in keyof T]?: string } = {};
  for (const name of Object.keys(values) as (keyof T)[]) {
    const value = values[name];
    if (value !== undefined) found[name] = shown(value);
  }
  return found;
}

export function logtestResult(answer: Answer): LogtestResult {
  const { decoded, rule } = answer;
  const { programName, timestamp, hostname } = decoded.predecoder;
  const data: [string, string][] = Object.entries(decoded.fields).map(([name, value]) => [name, shown(String(value))]);
  const seen = new Set(data.map(([name]) => name));
  for (const { name, value } of decoded.dynamicFields) {
    if (seen.has(name)) continue;
    seen.add(name);
    data.push([shown(name), shown(value)]);
  }
  return {
    predecoder: present({ program_name: programName, timestamp, hostname }),
    decoder:
      decoded.decoder === undefined ? {} : present({ name: decoded.decoder.name, parent: decoded.decoder.parent }),
    data: Object.fromEntries(data),
    rule: rule === undefined ? null : logtestRule(rule),
    alert: answer.isAlert,
  };
}

function logtestRule(rule: NonNullable<Answer["rule"]>): LogtestRule {
  const { id, level, description, groups, firedtimes, frequency, mail, mitre, cve, info } = rule;
  return {
    ...{ id, level, description: shown(description), groups: groups.map(shown) },
    ...(firedtimes === undefined ? {} : { firedtimes }),
    ...(frequency === undefined ? {} : { frequency }),
    mail,
    ...(mitre === undefined ? {} : { mitre }),
    ...present({ cve, info }),
  };
}

/** One run over an engine of its own: state is kept from line to line. */
export class Logtest {
  readonly #engine: Engine;
  readonly #options: LogtestOptions;
  readonly #trace: RuleTrace | undefined;
  #latestMs = 0;

  constructor(engine: Engine, options: LogtestOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#trace = options.isVerbose === true ? new RuleTrace() : undefined;
    engine.observer = this.#trace?.observer;
  }

  /** `line` is a byte string without its end. */
  test(line: string): LogtestResult {
    const { location = "stdin", nowMs, host } = this.#options;
    // As in the journal, times of arrival never go back.
    this.#latestMs = Math.max(this.#latestMs, nowMs());
    const own = { queue: "1", agentId: "000", agentName: "", agentIp: "", location };
    const answer = this.#engine.answer({
      ...{ ...(readLocation("1", location) ?? own), log: line, isTruncated: false },
      ...{ eventMs: this.#latestMs, receivedMs: this.#latestMs, node: host, host, isHidden: false },
    });
    const result = logtestResult(answer);
    return this.#trace === undefined ? result : { ...result, rules_debug: this.#trace.take().map(shown) };
  }
}

const quoted = (text: string): string => `'${escapeControl(text)}'`;
const listed = (texts: readonly string[]): string => quoted(`[${texts.map((text) => `'${text}'`).join(", ")}]`);

/** The result in words, as wazuh-logtest prints it; ends with a newline. `line` is the byte string that was tested. */
export function describeLogtest(line: string, result: LogtestResult): string {
  const { predecoder, decoder, data, rule, alert, rules_debug } = result;
  const lines = ["**Phase 1: Completed pre-decoding.", `\tfull event: ${quoted(shown(line))}`];
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined) lines.push(`\t${name}: ${quoted(value)}`);
  };
  add("timestamp", predecoder.timestamp);
  add("hostname", predecoder.hostname);
  add("program_name", predecoder.program_name);
  lines.push("", "**Phase 2: Completed decoding.");
  if (decoder.name === undefined) lines.push("\tNo decoder matched.");
  add("name", decoder.name);
  add("parent", decoder.parent);
  for (const name of Object.keys(data).sort()) add(escapeControl(name), data[name]);
  if (rules_debug !== undefined) {
    lines.push("", "**Rule debugging:", ...rules_debug.map((line) => `\t${escapeControl(line)}`));
  }
  if (rule !== null) lines.push("", "**Phase 3: Completed filtering (rules).", ...describeRule(rule));
  if (alert) lines.push("**Alert to be generated.");
  return `${lines.join("\n")}\n`;
}

function describeRule(rule: LogtestRule): string[] {
  const lines = [
    `\tid: ${quoted(rule.id)}`,
    `\tlevel: ${quoted(String(rule.level))}`,
    `\tdescription: ${quoted(rule.description)}`,
    `\tgroups: ${listed(rule.groups)}`,
  ];
  if (rule.firedtimes !== undefined) lines.push(`\tfiredtimes: ${quoted(String(rule.firedtimes))}`);
  if (rule.cve !== undefined) lines.push(`\tcve: ${quoted(rule.cve)}`);
  if (rule.frequency !== undefined) lines.push(`\tfrequency: ${quoted(String(rule.frequency))}`);
  if (rule.info !== undefined) lines.push(`\tinfo: ${quoted(rule.info)}`);
  lines.push(`\tmail: ${quoted(rule.mail ? "True" : "False")}`);
  if (rule.mitre !== undefined) {
    lines.push(`\tmitre.id: ${listed(rule.mitre.id)}`);
    lines.push(`\tmitre.tactic: ${listed(rule.mitre.tactic)}`);
    lines.push(`\tmitre.technique: ${listed(rule.mitre.technique)}`);
  }
  return lines;
}
