/** Which lines of cluster.log a reader has asked for. */
import type { ClusterLogLine } from "../api/contract/reply.ts";

export type LogLevel = ClusterLogLine["level"];

/** The least first. */
export const logLevels: readonly LogLevel[] = ["DEBUG", "INFO", "WARNING", "ERROR"];

export interface LogFilter {
  /** Only lines about this node; empty: about any. */
  node: string;
  /** Only lines of at least this level. */
  level: LogLevel;
  /** Only lines that have this text in node, tags or message, whatever the case; empty: all. */
  q: string;
}

/** The lines that pass, in their order. */
export function filterLog(lines: readonly ClusterLogLine[], { node, level, q }: LogFilter): ClusterLogLine[] {
  const least = logLevels.indexOf(level);
  const sought = q.trim().toLowerCase();
  return lines.filter(
    (line) =>
      logLevels.indexOf(line.level) >= least &&
      (node === "" || line.node === node) &&
      (sought === "" || textOf(line).includes(sought)),
  );
}

function textOf({ node, tag, subtag, message }: ClusterLogLine): string {
  return `${node} [${tag}] [${subtag}] ${message}`.toLowerCase();
}

/** The nodes that the lines are about, by name. */
export function nodesOf(lines: readonly ClusterLogLine[]): string[] {
  return [...new Set(lines.map(({ node }) => node))].filter((node) => node !== "").sort();
}
