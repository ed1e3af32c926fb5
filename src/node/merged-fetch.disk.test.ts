import { deepEqual, equal } from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { newFolder } from "../../test/support/temporary-folder.ts";
import { systemClock } from "../base/clock.ts";
import { nodeDisk } from "../base/disk.ts";
import { silentLog } from "../base/log.ts";
import type { BlobSink, FetchResult } from "../link/agent-needs.ts";
import type { MergedRecord } from "../model/agent.ts";
import { AgentTable } from "../registry/agent-table.ts";
import { BlobDisk, sha256Of } from "../registry/blob-disk.ts";
import { MergedFetch } from "./merged-fetch.ts";

const bytesOf = (group: string): Buffer => Buffer.from(`#${group}\n!3 a.txt\nabc`);
let seq = 0;
const record = (group: string): MergedRecord => {
  const bytes = bytesOf(group);
  const md5 = "0".repeat(32);
  seq += 1;
  return { kind: "merged", seq, groups: group, isRemoved: false, md5, sha256: sha256Of(bytes), bytes: bytes.length };
};

async function until(look: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (await look()) return;
    await sleep(10);
  }
  throw new Error("not within 5 s");
}

test("fetches what the registry names, goes on after a cut, and keeps nothing else", async () => {
  const blobs = new BlobDisk(join(newFolder("fetch"), "merged"), nodeDisk);
  const old = await blobs.put(Buffer.from("old"));
  const [one, two] = [record("one"), record("two")];
  const table = new AgentTable([one]);
  const offsets: number[] = [];
  /** The master's side: it sends in two pieces, and breaks off once between them. */
  const fetch = async (sha256: string, sink: BlobSink): Promise<FetchResult> => {
    const bytes = bytesOf(sha256 === one.sha256 ? "one" : "two");
    offsets.push(sink.offset());
    await sink.take(0, bytes.subarray(0, 5));
    offsets.push(sink.offset());
    await sink.take(sink.offset(), bytes.subarray(5));
    return "whole";
  };
  const service = new MergedFetch({ agents: table, blobs, clock: systemClock, log: silentLog, fetch });
  const stop = new AbortController();
  const done = service.run(stop.signal);
  await until(async () => (await blobs.get(one.sha256))?.equals(bytesOf("one")) === true);
  table.put(two);
  table.tell([two]);
  await until(async () => (await blobs.get(two.sha256))?.equals(bytesOf("two")) === true);
  await until(async () => (await blobs.get(old)) === undefined);
  stop.abort();
  await done;
  deepEqual(offsets, [0, 5, 0, 5]);
});

test("what is damaged on its way does not count, and a stop does not wait for a master that is away", async () => {
  const blobs = new BlobDisk(join(newFolder("fetch"), "merged"), nodeDisk);
  const one = record("one");
  let asked = 0;
  const fetch = async (_sha256: string, sink: BlobSink): Promise<FetchResult> => {
    asked += 1;
    await sink.take(0, Buffer.from("something else"));
    return "whole";
  };
  const stop = new AbortController();
  const table = new AgentTable([one]);
  const done = new MergedFetch({ agents: table, blobs, clock: systemClock, log: silentLog, fetch }).run(stop.signal);
  await until(() => Promise.resolve(asked > 0));
  await sleep(50);
  equal(await blobs.get(one.sha256), undefined);
  equal(await blobs.fetched(one.sha256), 0);
  stop.abort();
  await done;
  const away = new AbortController();
  const never = (): Promise<FetchResult> => new Promise(() => undefined);
  const waiting = new MergedFetch({ agents: table, blobs, clock: systemClock, log: silentLog, fetch: never });
  const ended = waiting.run(away.signal);
  await sleep(50);
  away.abort();
  await ended;
});
