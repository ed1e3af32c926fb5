/**
 * One reader's alerts as they are raised, for `argus alerts tail`: each whole, and those of a level only.
 *
 * What a reader has not had yet is not kept for it: the feed is what is kept, and the stream only knows how far it has
 * been written. While there is room it writes what comes; a reader with `PORTION_BYTES` unread gets the next portion
 * out of the feed when it has read these. So a reader that is slow, or has much to catch up with, costs a portion and
 * an alert, and is told of a gap where the feed could not wait for it.
 */
import type { Clock } from "../base/clock.ts";
import { eventText } from "./event-stream.ts";
import type { AlertFeed, FeedEntry } from "./needs.ts";
import { isWritable, type StreamResponse } from "./stream-response.ts";

/** Often enough that a proxy between does not think that the stream has died. */
const streamBeatMs = 15_000;
/** Some 250 alerts: few enough to be held for each of the streams, many enough to be worth a look into the feed. */
export const PORTION_BYTES = 256 * 1_024;

export interface AlertStreamOptions {
  response: StreamResponse;
  alerts: AlertFeed;
  level: number;
  clock: Clock;
}

/** Begins after `lastId` where that is given; goes on until the response is closed. */
export function openAlertStream(options: AlertStreamOptions, lastId: string | undefined): void {
  new AlertStream(options).open(lastId);
}

class AlertStream {
  readonly #options: AlertStreamOptions;
  /** The last alert that was written, or passed over for its level; undefined before the first. */
  #cursor: string | undefined;
  /** Whether alerts wait in the feed until the reader has read. */
  #isBehind = false;
  /** Whether the reader knows that some of those that it waits for are not held any more. */
  #isGapTold = false;

  constructor(options: AlertStreamOptions) {
    this.#options = options;
  }

  open(lastId: string | undefined): void {
    const { response, alerts, clock } = this.#options;
    response.write("retry: 1000\n\n");
    if (lastId !== undefined) this.#writeAfter(lastId);
    const unsubscribe = alerts.subscribe(
      (entry) => this.#onAlert(entry),
      (count) => this.#onGap(count),
    );
    const beat = (): void => {
      if (!this.#isBehind && isWritable(response)) response.write(": beat\n\n");
      timer = clock.after(streamBeatMs, beat);
    };
    let timer = clock.after(streamBeatMs, beat);
    response.on("drain", () => this.#onDrain());
    response.on("close", () => {
      timer.cancel();
      unsubscribe();
    });
  }

  #onAlert(entry: FeedEntry): void {
    if (!this.#isBehind) this.#write([entry]);
  }

  /** One that comes while the reader is behind is found in the feed, as a place behind which something is missing. */
  #onGap(count: number): void {
    const { response } = this.#options;
    if (!this.#isBehind && isWritable(response)) response.write(eventText("gap", `{"count":${count}}`));
  }

  #onDrain(): void {
    if (!this.#isBehind) return;
    this.#isBehind = false;
    this.#writeAfter(this.#cursor ?? "");
  }

  #writeAfter(id: string): void {
    const { response, alerts } = this.#options;
    const { entries, isWhole } = alerts.after(id);
    if (!isWhole && !this.#isGapTold) {
      response.write(eventText("gap", "{}"));
      this.#isGapTold = true;
    }
    const from = this.#cursor;
    // Where the last one is not held any more these are all that are, and the reader has had some of them.
    this.#write(isWhole || from === undefined ? entries : entries.filter((entry) => isLater(entry.id, from)));
    if (!this.#isBehind) this.#isGapTold = false;
  }

  /** As many as there is room for; the reader is behind when some are left, or may be. */
  #write(entries: readonly FeedEntry[]): void {
    const { response, level } = this.#options;
    for (const { id, level: own, json } of entries) {
      if (this.#isBehind || !isWritable(response)) return;
      this.#cursor = id;
      if (own < level) continue;
      response.write(eventText("alert", json, id));
      this.#isBehind = response.writableLength >= PORTION_BYTES;
    }
  }
}

/** Of two ids `SECONDS.OFFSET`. */
function isLater(id: string, than: string): boolean {
  const [seconds = 0, offset = 0] = id.split(".").map(Number);
  const [thanSeconds = 0, thanOffset = 0] = than.split(".").map(Number);
  return seconds === thanSeconds ? offset > thanOffset : seconds > thanSeconds;
}
