/** `argus logtest`: what becomes of a line, phase by phase, in words or as an object. */
import type { Engine } from "./engine.ts";

export interface LogtestResult {
  predecoder: { program_name?: string; timestamp?: string; hostname?: string };
  decoder: { name?: string; parent?: string };
  data: Record<string, unknown>;
  rule: LogtestRule | null;
  /** Whether an alert would be written. */
  alert: boolean;
}

export interface LogtestRule {
  id: string;
  level: number;
  description: string;
  groups: string[];
  firedtimes?: number;
  frequency?: number;
  mail: boolean;
  mitre?: { id: string[]; tactic: string[]; technique: string[] };
  cve?: string;
  info?: string;
}

export interface LogtestOptions {
  /** The location that the lines get; `stdin` when not given. */
  location?: string;
  /** When the lines are taken in: the caller's clock. */
  nowMs: () => number;
  host: string;
}

/** One run over an engine of its own: state is kept from line to line. */
export declare class Logtest {
  constructor(engine: Engine, options: LogtestOptions);
  /** `line` is a byte string without its end. */
  test(line: string): LogtestResult;
}

/** The result in words, as wazuh-logtest prints it; ends with a newline. UTF-8 text. */
export declare function describeLogtest(line: string, result: LogtestResult): string;
