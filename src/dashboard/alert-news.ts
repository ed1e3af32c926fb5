/**
 * What those who hear the page are told of alerts and losses: how many, now and then. Ordinary alerts wait until a
 * minute is over; grave ones and losses are told sooner. Never a single alert, never a rate: a voice that goes on
 * drowns what it says.
 */
import { fullCount } from "./format.ts";
import { GRAVE_LEVEL } from "./severity.ts";

export const NEWS_EVERY_MS = 60_000;
export const GRAVE_NEWS_EVERY_MS = 10_000;

/** What is known at a moment; the counts go on from the start of the master. */
export interface NewsCounts {
  nowMs: number;
  startedMs: number;
  alerts: number;
  lost: number;
  /** The ids of the grave alerts that are held. */
  graveIds: readonly string[];
}

/** What has been told so far. */
export interface NewsTold {
  atMs: number;
  startedMs: number;
  alerts: number;
  lost: number;
  graveIds: ReadonlySet<string>;
}

/** What is there at first is not news. */
export function newsBegun({ nowMs, graveIds, ...counts }: NewsCounts): NewsTold {
  return { ...counts, atMs: nowMs, graveIds: new Set(graveIds) };
}

/** The sentence to be said now, and what has been told after it; undefined when nothing is to be said. */
export function newsOf(told: NewsTold, now: NewsCounts): { words: string; told: NewsTold } | undefined {
  const sinceMs = now.nowMs - told.atMs;
  // A master that was started anew counts from its beginning again.
  const before = now.startedMs === told.startedMs ? told : { alerts: 0, lost: 0 };
  const alerts = now.alerts - before.alerts;
  const lost = now.lost - before.lost;
  const graves = now.graveIds.filter((id) => !told.graveIds.has(id)).length;
  const isUrgent = graves > 0 || lost > 0;
  if (!isUrgent && alerts <= 0) return undefined;
  if (sinceMs >= 0 && sinceMs < (isUrgent ? GRAVE_NEWS_EVERY_MS : NEWS_EVERY_MS)) return undefined;
  const parts = [
    ...(lost > 0 ? [`${lost === 1 ? "1 event was" : `${fullCount(lost)} events were`} lost.`] : []),
    ...(alerts > 0 || graves > 0 ? [alertWords(Math.max(alerts, graves), graves)] : []),
  ];
  return { words: parts.join(" "), told: newsBegun(now) };
}

function alertWords(alerts: number, graves: number): string {
  const words = alerts === 1 ? "1 alert" : `${fullCount(alerts)} alerts`;
  return graves === 0 ? `${words}.` : `${words}, ${fullCount(graves)} of level ${GRAVE_LEVEL} and above.`;
}
