/** Where commands write: given in, so that a test reads what a person would see. */
import { describeError, errnoOf } from "../base/error.ts";

export interface Output {
  /** Whole lines to standard output. */
  line(text: string): void;
  /** Whole lines to standard error. */
  problem(text: string): void;
  /** Raw text to standard output, for live displays. */
  raw(text: string): void;
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly rows: number;
}

/** What of a process's stream counts here. */
interface Stream {
  write(text: string): boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/**
 * What is written after nobody reads standard output any more (`argus … | head`) goes nowhere; `onUnread` is called
 * once then. That standard error is not read is nobody's business.
 */
export function processOutput(stdout: Stream, stderr: Stream, onUnread: () => void): Output {
  let isRead = true;
  const problem = (text: string): void => void stderr.write(`${text}\n`);
  const raw = (text: string): void => {
    if (isRead) stdout.write(text);
  };
  stderr.on("error", () => undefined);
  stdout.on("error", (error) => {
    if (!isRead) return;
    isRead = false;
    // A reader that has gone has seen what it wanted; a full disk is news.
    if (errnoOf(error) !== "EPIPE") problem(`argus: standard output cannot be written: ${describeError(error)}`);
    onUnread();
  });
  return {
    line: (text) => raw(`${text}\n`),
    problem,
    raw,
    isTerminal: stdout.isTTY === true,
    get columns() {
      return stdout.columns || 80; // 0 on a terminal that does not know it.
    },
    get rows() {
      return stdout.rows || 24;
    },
  };
}

/**
 * Exit codes of every command: 0 done, 1 the thing asked about is not well, 2 wrong use or bad configuration.
 */
export const EXIT_DONE = 0;
export const EXIT_UNWELL = 1;
export const EXIT_USAGE = 2;
