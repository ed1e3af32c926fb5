/**
 * How far back a search of a composite rule goes through a bucket, from its newest entry on (ruleset-spec 5.5, *Time*):
 * event times differ by at most the timeframe, whichever is earlier, and an entry has left when it arrived more than
 * timeframe and lateness before the current event.
 */
import type { Seeker } from "./composite.ts";
import type { Entry, Remembered } from "./window.ts";

export interface Reach {
  readonly earliestEventMs: number;
  readonly latestEventMs: number;
  readonly earliestReceivedMs: number;
  /** See `Seeker`. */
  readonly firstSeq: number;
}

export function reachOf({ eventMs, receivedMs, latenessMs, firstSeq }: Seeker, timeframeMs: number): Reach {
  return {
    earliestEventMs: eventMs - timeframeMs,
    latestEventMs: eventMs + timeframeMs,
    earliestReceivedMs: receivedMs - timeframeMs - latenessMs,
    firstSeq,
  };
}

/** Whether neither this entry nor any before it can be counted: all of them happened, or arrived, too early. */
export function isBeyond({ latestMs, remembered }: Pick<Entry, "latestMs" | "remembered">, reach: Reach): boolean {
  return (
    latestMs < reach.earliestEventMs ||
    remembered.receivedMs < reach.earliestReceivedMs ||
    remembered.seq < reach.firstSeq
  );
}

/** Whether this event happened too early or too late to be counted; those before it need not have. */
export function isOutside({ eventMs }: Remembered, { earliestEventMs, latestEventMs }: Reach): boolean {
  return eventMs < earliestEventMs || eventMs > latestEventMs;
}
