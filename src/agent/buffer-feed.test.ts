import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { nameOfEpoch, type Epoch, type LaneRecord } from "../spool/lane.ts";
import { CODEC_NONE, epochRecord, eventsRecord, holeRecord } from "../spool/record.ts";
import type { Held } from "../spool/spool.ts";
import { type NumberedBatch, numberedEvent, numberedEvents } from "../wire/numbered-batch.ts";
import { BufferFeed, type FedSpool } from "./buffer-feed.ts";

const [older, newer]: [Epoch, Epoch] = [
  { number: 1, bits: "00000000000000aa" },
  { number: 2, bits: "00000000000000bb" },
];

function batch(epoch: Epoch, first: number, ...logs: string[]): LaneRecord {
  const payload = Buffer.concat(logs.map((log) => numberedEvent(Buffer.from(log), false)));
  const whole = { count: logs.length, marks: [], rawBytes: payload.length };
  return eventsRecord(0, epoch, first, whole, { codec: CODEC_NONE, payload });
}

/** A spool in memory: what was released is told, and stays. */
class Lane implements FedSpool {
  readonly epoch = newer;
  readonly acknowledged: string[] = [];
  readonly records: LaneRecord[];

  constructor(...records: LaneRecord[]) {
    this.records = records;
  }

  held(): Held {
    const lastOf = (epoch: Epoch): number =>
      Math.max(0, ...this.#of(epoch).map(({ first, count }) => first + count - 1));
    const epochs = [older, newer].map((epoch) => ({ epoch, first: 1, last: lastOf(epoch), predecessor: undefined }));
    return { lane: 0, epochs, holes: [] };
  }

  #of(epoch: Epoch): LaneRecord[] {
    return this.records.filter((record) => nameOfEpoch(record.epoch) === nameOfEpoch(epoch));
  }

  read(epoch: Epoch, fromSeq: number): Promise<LaneRecord[]> {
    const found = this.#of(epoch).filter(({ kind, first, count }) => kind === "epoch" || first + count > fromSeq);
    return Promise.resolve(found.every(({ kind }) => kind === "epoch") ? [] : found.slice(0, 2));
  }

  acknowledge(epoch: Epoch, last: number): Promise<void> {
    this.acknowledged.push(`${epoch.number} ${last}`);
    return Promise.resolve();
  }
}

const say = (piece: NumberedBatch | undefined): string => {
  if (piece === undefined) return "";
  const logs = [...numberedEvents(piece.body, piece.first)].map(({ seq, payload }) => `${seq}=${payload.toString()}`);
  return `${piece.epoch.number}: ${logs.join(" ")}`;
};

async function all(feed: BufferFeed): Promise<string[]> {
  const pieces: string[] = [];
  for (let piece = await feed.next(); piece !== undefined; piece = await feed.next()) pieces.push(say(piece));
  return pieces;
}

const lane = (): Lane =>
  new Lane(
    epochRecord(0, older, undefined, Buffer.alloc(0)),
    batch(older, 1, "a", "b", "c"),
    batch(older, 4, "d"),
    batch(newer, 1, "e", "f"),
  );

test("feeds what is held, epoch after epoch, and what comes later", async () => {
  const spool = lane();
  const feed = new BufferFeed(spool, undefined);
  deepEqual(await all(feed), ["1: 1=a 2=b 3=c", "1: 4=d", "2: 1=e 2=f"]);
  deepEqual(await all(feed), []);
  spool.records.push(batch(newer, 3, "g"));
  deepEqual(await all(feed), ["2: 3=g"]);
});

test("goes on behind what is released, in the middle of a batch as well, and rewinds to there", async () => {
  const spool = lane();
  const feed = new BufferFeed(spool, { epoch: older, seq: 2 });
  const behind = ["1: 3=c", "1: 4=d", "2: 1=e 2=f"];
  deepEqual(await all(feed), behind);
  feed.rewind();
  deepEqual(await all(feed), behind);
  await feed.release({ epoch: newer, seq: 1 });
  deepEqual(spool.acknowledged, ["1 4", "2 1"]);
  feed.rewind();
  deepEqual(await all(feed), ["2: 2=f"]);
});

test("what was being read when it was rewound is not fed", async () => {
  const feed = new BufferFeed(lane(), undefined);
  const reading = feed.next();
  feed.rewind();
  equal(await reading, undefined);
  equal(say(await feed.next()), "1: 1=a 2=b 3=c");
});

test("passes what the disk has lost, and counts it", async () => {
  const spool = new Lane(batch(older, 1, "a"), holeRecord(0, older, 2, 5, "damaged"), batch(older, 7, "b"));
  const feed = new BufferFeed(spool, undefined);
  deepEqual(await all(feed), ["1: 1=a", "1: 7=b"]);
  equal(feed.lost, 5);
});
