/**
 * An event in a message's payload (agent-protocol 4): `<queue>:<location>:<log>`. The location ends at the first colon.
 * Agents since Wazuh 4.4 write a colon within it as `|:` and `|` as `||`; for all others a `|` is a `|`, and a path
 * like `C:\x` ends behind its drive, as it always did.
 *
 * The location is what the agent says of the log and nothing else: who the agent is says its key, whatever
 * `[002] (web) 10.0.0.1->` stands in here. The log's bytes are passed on as they are.
 */
import { type Queue, SOURCE_TEXT_BYTES_MAX } from "../model/event.ts";

export interface EventPayload {
  readonly queue: Queue;
  readonly location: string;
  /** A view of the payload. */
  readonly log: Buffer;
}

export type EventFault =
  /** No character with a colon behind it, or `4`, which only managers use among themselves. */
  | "event_bad_queue"
  | "event_no_location"
  | "event_long_location"
  /** What agents send to find out whether the channel works. */
  | "event_keepalive";

const colon = 0x3a;
const bar = 0x7c;
const managersOwnQueue = 0x34;
const keepaliveWord = "keepalive";

/** `isEscaped`: the agent is of a version that escapes colons (`escapesLocation`). */
export function readEvent(payload: Buffer, isEscaped: boolean): EventPayload | EventFault {
  const queue = payload[0] ?? 0;
  if (payload[1] !== colon || queue <= 0x20 || queue >= 0x7f || queue === managersOwnQueue) return "event_bad_queue";
  const end = isEscaped ? unescapedColon(payload) : payload.indexOf(colon, 2);
  if (end < 0) return "event_no_location";
  if (end - 2 > SOURCE_TEXT_BYTES_MAX) return "event_long_location";
  const written = payload.toString("utf8", 2, end);
  const location = isEscaped && written.includes("|") ? written.replace(/\|([|:])/g, "$1") : written;
  if (location.startsWith(keepaliveWord)) return "event_keepalive";
  return { queue: String.fromCharCode(queue), location, log: payload.subarray(end + 1) };
}

/** The first colon from 2 on that no bar escapes; -1: none. */
function unescapedColon(payload: Buffer): number {
  const first = payload.indexOf(colon, 2);
  const firstBar = payload.indexOf(bar, 2);
  // Nearly every location has no bar at all.
  if (first < 0 || firstBar < 0 || firstBar > first) return first;
  for (let at = firstBar; at < payload.length; at += 1) {
    if (payload[at] === colon) return at;
    if (payload[at] === bar) at += 1;
  }
  return -1;
}

/** What an agent sends; without escapes the location must not hold a colon, or the manager cuts it there. */
export function eventPayload(event: EventPayload, isEscaped: boolean): Buffer {
  const location = isEscaped ? event.location.replace(/[|:]/g, "|$&") : event.location;
  return Buffer.concat([Buffer.from(`${event.queue}:${location}:`, "utf8"), event.log]);
}
