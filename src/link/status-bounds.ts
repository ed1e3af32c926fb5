/**
 * What the figures of a status can be, beyond the form that the schema gives them (docs/protocol/link.md section 6).
 * The schema of version 1 is frozen and leaves some without an upper end; what is shown, added up and divided
 * afterwards must not depend on what a worker in wrong hands calls a number.
 */
import type { WorkerStatus } from "./wire.ts";

/** A million events a second for eleven days. */
export const SPOOL_EVENTS_MAX = 1e12;
/** 300 years: the clock of a node may say anything since 1970, and so may the age of what it took in before. */
export const AGE_MS_MAX = 1e13;
/** A thousand times what a fast machine takes in. */
export const EVENTS_PER_SECOND_MAX = 1e9;

export function isWithinBounds({ spool, eventsPerSecond, counters }: WorkerStatus): boolean {
  return (
    spool.events <= SPOOL_EVENTS_MAX &&
    spool.oldestMs <= AGE_MS_MAX &&
    eventsPerSecond <= EVENTS_PER_SECOND_MAX &&
    Object.values(counters).every((count) => Number.isSafeInteger(count) && count >= 0)
  );
}

/** Our own status: a clock that is far off must not cost the node its session. */
export function withinBounds(status: WorkerStatus): WorkerStatus {
  const { spool, eventsPerSecond } = status;
  const events = Math.min(spool.events, SPOOL_EVENTS_MAX);
  const oldestMs = Math.min(Math.max(0, spool.oldestMs), AGE_MS_MAX);
  return {
    ...status,
    spool: { ...spool, events, oldestMs },
    eventsPerSecond: Math.min(Math.max(0, eventsPerSecond), EVENTS_PER_SECOND_MAX),
  };
}
