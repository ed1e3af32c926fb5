import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { ListedFeed, sampleAlert } from "../../test/support/api-needs.ts";
import { SimClock } from "../../test/support/sim-clock.ts";
import { openAlertStream, PORTION_BYTES } from "./alert-stream.ts";
import { EventStreamReader, type StreamEvent } from "./event-stream.ts";
import type { FeedEntry } from "./needs.ts";
import type { StreamResponse } from "./stream-response.ts";

/** A reader that reads when it is told to. */
class Reader implements StreamResponse {
  writableEnded = false;
  destroyed = false;
  unread = "";
  mostUnread = 0;
  readonly #reader = new EventStreamReader();
  readonly #listeners = { close: [] as (() => void)[], drain: [] as (() => void)[] };

  get writableLength(): number {
    return this.unread.length;
  }

  write(text: string): void {
    this.unread += text;
    this.mostUnread = Math.max(this.mostUnread, this.unread.length);
  }

  destroy(): void {
    this.destroyed = true;
    for (const listener of this.#listeners.close) listener();
  }

  on(event: "close" | "drain", listener: () => void): void {
    this.#listeners[event].push(listener);
  }

  /** Reads what there is, and is given what comes for it. */
  read(): StreamEvent[] {
    const events = this.#reader.read(this.unread) ?? [];
    this.unread = "";
    for (const listener of this.#listeners.drain) listener();
    return events;
  }

  /** All that there is, however many portions. */
  said(): string {
    const said: string[] = [];
    while (this.unread !== "") {
      said.push(...this.read().map(({ name, id, data }) => (name === "alert" ? id : `${name} ${data}`)));
    }
    return said.join(", ");
  }
}

/** Holds the newest `countMax` alone. */
class ShortFeed extends ListedFeed {
  countMax = Number.POSITIVE_INFINITY;

  override raise(entry: FeedEntry): void {
    super.raise(entry);
    while (this.entries.length > this.countMax) this.entries.shift();
  }
}

function open(level = 0, lastId?: string) {
  const [feed, clock, reader] = [new ShortFeed(), new SimClock(), new Reader()];
  const raise = (from: number, to: number, own = 5, length = 60_000): void => {
    for (let index = from; index <= to; index += 1) {
      const { json, ...entry } = sampleAlert(`1.${index}`, own);
      feed.raise({ ...entry, json: json.replace('"d"', `"${"d".repeat(length)}"`) });
    }
  };
  const start = (): void => openAlertStream({ response: reader, alerts: feed, level, clock }, lastId);
  return { feed, clock, reader, raise, start };
}

const ids = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => `1.${from + index}`).join(", ");

test("gives a reader that has much to catch up with a portion at a time, and what came meanwhile behind it", () => {
  const { reader, raise, start } = open(0, "1.0");
  raise(0, 200);
  start();
  raise(201, 300);
  ok(reader.unread.length < PORTION_BYTES + 70_000);
  equal(reader.said(), ids(1, 300));
  ok(reader.mostUnread < PORTION_BYTES + 70_000, `${reader.mostUnread}`);
  raise(301, 301);
  equal(reader.said(), "1.301");
});

test("holds a portion for a reader that reads nothing, and no beats", () => {
  const { reader, clock, raise, start, feed } = open();
  start();
  raise(1, 500);
  const { length } = reader.unread;
  clock.advance(3_600_000);
  feed.skip(3);
  equal(reader.unread.length, length);
  equal(reader.destroyed, false);
  reader.destroy();
  deepEqual([feed.listenerCount, clock.pendingCount], [0, 0]);
});

test("says once that some are gone for which the feed could not wait, and gives none twice", () => {
  const { reader, raise, start, feed } = open();
  start();
  raise(1, 20);
  feed.countMax = 10;
  raise(21, 40);
  const said = reader.said();
  equal(said, `${ids(1, 5)}, gap {}, ${ids(31, 40)}`);
  raise(41, 41);
  equal(reader.said(), "1.41");
});

test("gives no alert again that stands among what is left when the last one is gone", () => {
  const { reader, raise, start, feed } = open();
  start();
  raise(1, 20);
  // As a feed does that holds those of a high level longer: the oldest stays, the reader's last one does not.
  feed.entries.splice(1, 9);
  equal(reader.said(), `${ids(1, 5)}, gap {}, ${ids(11, 20)}`);
});

test("counts those that it passes over for their level as read", () => {
  const { reader, raise, start } = open(7, "1.0");
  raise(0, 30, 3);
  raise(31, 33, 7);
  start();
  raise(34, 34, 3);
  raise(35, 35, 8);
  equal(reader.said(), "1.31, 1.32, 1.33, 1.35");
});

test("tells how many came too fast while the reader reads, and beats while nothing comes", () => {
  const { reader, clock, start, feed } = open();
  start();
  feed.skip(812);
  equal(reader.said(), 'gap {"count":812}');
  clock.advance(15_000);
  equal(reader.unread, ": beat\n\n");
});
