/** What a command of `argus` is made of. The table of all commands feeds the parser, the help and the manual. */
import type { Output } from "./output.ts";

export type OutputFormat = "table" | "json";

export interface CommandContext {
  output: Output;
  /** Absolute. */
  home: string;
  format: OutputFormat;
  /**
   * Aborted by Ctrl-C and SIGTERM, and when nobody reads the output any more: the command finishes what it holds and
   * returns.
   */
  signal: AbortSignal;
  /** Lines of standard input as byte strings, without their ends. */
  stdinLines(): AsyncIterable<string>;
}

export interface CommandOption {
  /** As commander wants it: `--workers <count>`. */
  flags: string;
  help: string;
  initial?: string;
}

export interface CommandArgument {
  /** `<dir>` must be given, `[section]` may be. */
  name: string;
  help: string;
}

/** Values by the option's long name in camel case; a flag without a value is `true`. */
export type CommandValues = Readonly<Record<string, string | boolean | undefined>>;

export interface Command {
  /** `["cluster", "nodes"]`. */
  words: readonly string[];
  summary: string;
  /** Works on files alone, whether a node runs or not; said in the help. */
  isOffline: boolean;
  /** Goes on when nobody reads its output any more: that is not what it works for. */
  worksUnread?: boolean;
  arguments: readonly CommandArgument[];
  options: readonly CommandOption[];
  /** Resolves with the exit code: 0 done, 1 not well, 2 wrong use or bad configuration. */
  run(context: CommandContext, values: CommandValues, args: readonly string[]): Promise<number>;
}

/** The text of an option that takes one. */
export function textOf(values: CommandValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}
