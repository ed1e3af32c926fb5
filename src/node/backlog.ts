/**
 * What a master knows of that is not analysed: events of its journal, and those that wait in spools of its workers.
 * How many there are and how old the oldest is are told together: both are 0, or neither.
 */
import type { NodeInfo } from "../api/contract/reply.ts";

export interface Backlog {
  /** Events. */
  readonly behind: number;
  /** Age of the oldest of them. */
  readonly behindMs: number;
}

/** `journal`: its part of the backlog, with the age of its oldest event as far as that is known. */
export function backlogOf(journal: Backlog, nodes: readonly Pick<NodeInfo, "spool">[], nowMs: number): Backlog {
  const spools = nodes.map(({ spool }): Backlog => ({
    behind: spool?.events ?? 0,
    behindMs: nowMs - (spool?.oldestMs ?? nowMs),
  }));
  const parts = [journal, ...spools].filter(({ behind }) => behind > 0);
  // Whoever waits does so since a moment ago at least, however the clocks of two looks fall.
  return {
    behind: parts.reduce((sum, { behind }) => sum + behind, 0),
    behindMs: Math.max(0, ...parts.map(({ behindMs }) => Math.max(1, Math.round(behindMs)))),
  };
}
