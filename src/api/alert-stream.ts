/** One reader's alerts as they are raised, for `argus alerts tail`: each whole, and those of a level only. */
import type { Clock } from "../base/clock.ts";
import { eventText } from "./event-stream.ts";
import type { AlertFeed, FeedEntry } from "./needs.ts";
import { writeTo, type StreamResponse } from "./stream-response.ts";

/** Often enough that a proxy between does not think that the stream has died. */
const streamBeatMs = 15_000;

export interface AlertStream {
  response: StreamResponse;
  alerts: AlertFeed;
  level: number;
  clock: Clock;
}

/** Begins after `lastId` where that is given; goes on until the response is closed. */
export function openAlertStream({ response, alerts, level, clock }: AlertStream, lastId: string | undefined): void {
  const send = (entry: FeedEntry): void => {
    if (entry.level < level) return;
    writeTo(response, eventText("alert", entry.json, entry.id));
  };
  writeTo(response, "retry: 1000\n\n");
  if (lastId !== undefined) {
    const { entries, isWhole } = alerts.after(lastId);
    if (!isWhole) writeTo(response, eventText("gap", "{}")); // The reader may have missed some that are not held.
    for (const entry of entries) send(entry);
  }
  const unsubscribe = alerts.subscribe(send, (count) => writeTo(response, eventText("gap", `{"count":${count}}`)));
  let beat = clock.after(streamBeatMs, onBeat);
  function onBeat(): void {
    writeTo(response, ": beat\n\n");
    beat = clock.after(streamBeatMs, onBeat);
  }
  response.on("close", () => {
    beat.cancel();
    unsubscribe();
  });
}
