/** Where commands write: given in, so that a test reads what a person would see. */
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

export function processOutput(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Output {
  return {
    line: (text) => void stdout.write(`${text}\n`),
    problem: (text) => void stderr.write(`${text}\n`),
    raw: (text) => void stdout.write(text),
    isTerminal: stdout.isTTY === true,
    get columns() {
      return stdout.columns ?? 80;
    },
    get rows() {
      return stdout.rows ?? 24;
    },
  };
}

/**
 * Exit codes of every command (design: 0 done, 1 the thing asked about is not well, 2 wrong use or bad configuration).
 */
export const EXIT_DONE = 0;
export const EXIT_UNWELL = 1;
export const EXIT_USAGE = 2;
