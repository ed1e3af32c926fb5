/** What the link counts. Plain numbers, read by whoever shows them. */

export interface LinkCounters {
  /** Connections accepted by the listening socket. */
  accepted: number;
  /** Refused before the key was proven, by reason. */
  refusedEarly: Record<string, number>;
  /** Refused after it, by code. */
  refused: Record<string, number>;
  /** Sessions that became live, and those that ended, by reason. */
  joined: number;
  closed: Record<string, number>;
  /** Records and bytes shipped (worker) or received (master). */
  records: number;
  bytes: number;
  events: number;
  duplicates: number;
  dials: number;
}

export function newLinkCounters(): LinkCounters {
  return {
    ...{ accepted: 0, refusedEarly: {}, refused: {}, joined: 0, closed: {} },
    ...{ records: 0, bytes: 0, events: 0, duplicates: 0, dials: 0 },
  };
}

/** Reasons are words of ours, so the table stays small. */
export function countReason(table: Record<string, number>, reason: string): void {
  table[reason] = (table[reason] ?? 0) + 1;
}
