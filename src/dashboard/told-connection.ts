/** What the page tells of its connection, and of which moment what it shows is. */
import { SILENCE_MS_MAX } from "./connector.ts";
import type { Connection } from "./store.ts";

export interface ToldInput {
  connection: Connection;
  /** The master has been heard since the page was opened. */
  isKnown: boolean;
  /** By the master's clock. */
  nowMs: number;
}

/**
 * A stream that has ended is opened again at once, and most often it comes back: that is no news before the master has
 * been away for 10 s. Where nothing is shown yet, or the master has said that it serves no more, there is nothing to
 * wait for.
 */
export function toldConnectionOf({ connection, isKnown, nowMs }: ToldInput): Connection {
  if (connection.name !== "stale" || !isKnown) return connection;
  if (connection.reason === "silent" || connection.reason === "too_many_streams") return connection;
  return nowMs - connection.sinceMs >= SILENCE_MS_MAX ? connection : { name: "live" };
}

/** Ages are of this moment: what nobody has heard of since does not grow older. */
export function shownMsOf({ connection, isKnown, nowMs }: ToldInput): number {
  return connection.name === "stale" && isKnown ? Math.min(connection.sinceMs, nowMs) : nowMs;
}
