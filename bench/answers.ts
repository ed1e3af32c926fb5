/**
 * Answers line by line, as the peers' analysis daemons were asked for them: `line, decoder, rule id, level`, separated
 * by tabs; the decoder is empty and the rule 0 where there is none, or where the event was dropped or silenced.
 * `npm run -s bench -- compare --answers OURS --expected THEIRS [--log FILE]` compares two such tables and groups what
 * differs by the pair of answers.
 */
import { createReadStream, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { gunzipSync } from "node:zlib";
import type { Answer } from "../src/model/alert.ts";

export function answerLine(index: number, { decoded, outcome, rule }: Answer): string {
  const shown = outcome === "answered" ? rule : undefined;
  return `${index + 1}\t${decoded.decoder?.name ?? ""}\t${shown?.id ?? "0"}\t${shown?.level ?? 0}\n`;
}

/** The lines of a log as byte strings, without their ends. */
export async function* logLines(path: string): AsyncGenerator<string> {
  const input = createReadStream(path, { encoding: "latin1", highWaterMark: 1_048_576 });
  // Only a newline ends a line: a carriage return is a byte of the log.
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
}

interface Difference {
  theirs: string;
  ours: string;
  count: number;
  firstLine: number;
}

export interface Comparison {
  lines: number;
  differing: number;
  /** The commonest first. */
  groups: Difference[];
}

/** The rows of a table by their line number. */
export function rowsOf(text: string): Map<number, string> {
  const rows = new Map<number, string>();
  for (const row of text.split("\n")) {
    const tab = row.indexOf("\t");
    if (tab > 0) rows.set(Number(row.slice(0, tab)), row.slice(tab + 1).replaceAll("\t", " "));
  }
  return rows;
}

/** Of a file; `.gz` is unpacked. */
export function readRows(path: string): Map<number, string> {
  const bytes = readFileSync(path);
  return rowsOf((path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("latin1"));
}

export function compareRows(ours: ReadonlyMap<number, string>, theirs: ReadonlyMap<number, string>): Comparison {
  const groups = new Map<string, Difference>();
  let differing = 0;
  const lines = [...new Set([...theirs.keys(), ...ours.keys()])].sort((one, other) => one - other);
  for (const line of lines) {
    const pair = { theirs: theirs.get(line) ?? "(no such line)", ours: ours.get(line) ?? "(no such line)" };
    if (pair.theirs === pair.ours) continue;
    differing += 1;
    const key = `${pair.theirs}\n${pair.ours}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { ...pair, count: 1, firstLine: line });
    else known.count += 1;
  }
  return { lines: lines.length, differing, groups: [...groups.values()].sort((one, other) => other.count - one.count) };
}

/** In words, the text of each group's first line beneath it; ends with how many lines agree. */
export function describeComparison({ lines, differing, groups }: Comparison, log: readonly string[]): string {
  const said = groups.map(({ theirs, ours, count, firstLine }) => {
    const example = log[firstLine - 1];
    const head = `${count}\t${theirs}\tis here\t${ours}\tfirst in line ${firstLine}`;
    return example === undefined ? head : `${head}\n\t${example.slice(0, 200)}`;
  });
  return [...said, `${lines - differing} lines agree, ${differing} differ`, ""].join("\n");
}

export function compareAnswers(ours: string, theirs: string, log: string): { text: string; isEqual: boolean } {
  const comparison = compareRows(readRows(ours), readRows(theirs));
  const lines = log === "" ? [] : readFileSync(log).toString("latin1").split("\n");
  return { text: describeComparison(comparison, lines), isEqual: comparison.differing === 0 };
}
