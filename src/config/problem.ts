/** What is wrong in a configuration file, and where. A problem is a value: a file with ten of them names all ten. */
import type { Place } from "../syntax/xml.ts";

export type Severity = "error" | "warning";

export interface Problem {
  /** As it was opened; empty where no file is to blame. */
  readonly file: string;
  /** Counted from 1; 0 where the whole file is meant. */
  readonly line: number;
  /** Counted from 1, in bytes; 0 where the whole line is meant. */
  readonly column: number;
  readonly severity: Severity;
  /** One sentence without its full stop. Never holds a secret. */
  readonly message: string;
}

export function problemAt(place: Place, severity: Severity, message: string): Problem {
  return { file: place.file, line: place.line, column: place.column, severity, message };
}

export function problemInFile(file: string, severity: Severity, message: string): Problem {
  return { file, line: 0, column: 0, severity, message };
}

/** `ossec.conf:12:5: error: …`; the parts of the place that are 0 are left out. */
export function describeProblem(problem: Problem): string {
  return `${placeText(problem)}${problem.severity}: ${problem.message}`;
}

/** The same for a log, whose lines say the severity themselves: `ossec.conf:12:5: …`. */
export function describeForLog(problem: Problem): string {
  return `${placeText(problem)}${problem.message}`;
}

function placeText({ file, line, column }: Problem): string {
  const place = [file, ...(line > 0 ? [line] : []), ...(line > 0 && column > 0 ? [column] : [])].join(":");
  return place === "" ? "" : `${place}: `;
}

/**
 * By file, line and column; equal places keep their order. Files come in the order of `files`, then in that of their
 * first problem.
 */
export function sortProblems(problems: readonly Problem[], files: readonly string[] = []): Problem[] {
  const fileOrder = new Map(files.map((file, index) => [file, index]));
  for (const { file } of problems) if (!fileOrder.has(file)) fileOrder.set(file, fileOrder.size);
  const rank = (problem: Problem): number => fileOrder.get(problem.file) ?? 0;
  return [...problems].sort((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column);
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === "error");
}
