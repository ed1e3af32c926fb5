/** What a damaged spool or journal on a real disk still gives back: each test is a promise to an operator. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { batchOf, readAll, say, smallLimits } from "../../test/support/spool-world.ts";
import { systemClock } from "../base/clock.ts";
import { noCrash } from "../base/crash-point.ts";
import { nodeDisk } from "../base/disk.ts";
import { logTo, type LogLine } from "../base/log.ts";
import { systemRandom } from "../base/random.ts";
import { CORE_BYTES } from "./head.ts";
import { Journal, type LostRange } from "./journal.ts";
import { JournalReader } from "./journal-reader.ts";
import { Spool } from "./spool.ts";

class Folder {
  readonly path: string;
  readonly lines: LogLine[] = [];

  constructor(path: string) {
    this.path = path;
  }

  get #common(): { disk: typeof nodeDisk; clock: typeof systemClock; random: typeof systemRandom; folder: string } {
    return { disk: nodeDisk, clock: systemClock, random: systemRandom, folder: this.path };
  }

  openSpool(): Promise<Spool> {
    const log = logTo((line) => void this.lines.push(line));
    const rest = { log, crash: noCrash, lane: 0, limits: smallLimits, policy: "block", sync: "batch" } as const;
    return Spool.open({ ...this.#common, ...rest, preamble: Buffer.from("{}") });
  }

  openJournal(): Promise<Journal> {
    const log = logTo((line) => void this.lines.push(line));
    const rest = { log, crash: noCrash, node: "m", limits: smallLimits, sync: "batch" } as const;
    const holeRecord = ({ first, count }: LostRange): Buffer => Buffer.from(`lost ${first}+${count}`);
    return Journal.open({ ...this.#common, ...rest, preamble: Buffer.from("{}"), holeRecord });
  }

  async segments(): Promise<string[]> {
    return (await readdir(this.path))
      .filter((name) => name.endsWith(".seg"))
      .sort()
      .map((name) => join(this.path, name));
  }

  async change(path: string, change: (bytes: Buffer) => Buffer | undefined): Promise<void> {
    const bytes = await readFile(path);
    await writeFile(path, change(bytes) ?? bytes);
  }

  errors(): string {
    return this.lines
      .filter(({ level }) => level === "ERROR")
      .map(({ message }) => message)
      .join("\n");
  }
}

async function temporary(context: TestContext): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), "argus-damage-"));
  context.after(() => rm(path, { recursive: true }));
  return new Folder(path);
}

/** A spool of 60 single events in several segments, closed. */
async function filled(folder: Folder): Promise<Spool> {
  const spool = await folder.openSpool();
  for (let event = 1; event <= 60; event += 1) await spool.append(batchOf([event], { f: String(event) }));
  await spool.close();
  return spool;
}
async function wordsAfter(folder: Folder, before: Spool): Promise<string[]> {
  const spool = await folder.openSpool();
  const words = (await readAll(spool, before.epoch, 1)).map(say);
  await spool.close();
  return words;
}
const plain = Array.from({ length: 60 }, (_, index) => `events ${index + 1}-${index + 1}: ${index + 1}`);
const pathAt = (paths: readonly string[], index: number): string => paths.at(index) ?? "";

test("a torn tail is cut off, and everything before it is there", async (context) => {
  const folder = await temporary(context);
  const before = await filled(folder);
  const last = pathAt(await folder.segments(), -1);
  await truncate(last, (await stat(last)).size - 9);
  deepEqual(await wordsAfter(folder, before), plain.slice(0, 59));
  equal(folder.errors(), "");
});

test("zeros behind the last record, as a file system leaves them, are cut off", async (context) => {
  const folder = await temporary(context);
  const before = await filled(folder);
  const last = pathAt(await folder.segments(), -1);
  await folder.change(last, (bytes) => Buffer.concat([bytes, Buffer.alloc(4_096)]));
  deepEqual(await wordsAfter(folder, before), plain);
});

test("damage in the middle loses the records it hit, which are declared, and no other", async (context) => {
  const folder = await temporary(context);
  const before = await filled(folder);
  await folder.change(pathAt(await folder.segments(), 1), (bytes) => void bytes.writeUInt8(0xff, bytes.length - 300));
  const words = await wordsAfter(folder, before);
  const holes = words.filter((word) => word.startsWith("hole"));
  equal(holes.length, 1);
  const seq = Number(/^hole (\d+)-\1: damaged on disk$/.exec(holes[0] ?? "")?.[1]);
  deepEqual(words, plain.with(seq - 1, `hole ${seq}-${seq}: damaged on disk`));
  match(folder.errors(), /1 events from \d+ on .* are declared missing: damaged on disk/);
});

test("damage in the middle of the last segment is told from a torn tail", async (context) => {
  const folder = await temporary(context);
  const before = await filled(folder);
  const paths = await folder.segments();
  await folder.change(pathAt(paths, -1), (bytes) => void bytes.fill(0x21, 4_200, 4_230));
  const words = await wordsAfter(folder, before);
  equal(words.at(-1), plain.at(-1));
  equal(words.filter((word) => word.startsWith("hole")).length, 1);
  match(folder.errors(), /is damaged: \d+ bytes at \d+ cannot be read/);
});

test("a segment that is cut short is declared to its end, and the next one is read", async (context) => {
  const folder = await temporary(context);
  const before = await filled(folder);
  await truncate(pathAt(await folder.segments(), 0), 4_500);
  const words = await wordsAfter(folder, before);
  const hole = words.find((word) => word.startsWith("hole"));
  match(hole ?? "", /damaged on disk$/);
  equal(words.at(-1), plain.at(-1));
});

test("a segment that has vanished is declared", async (context) => {
  const folder = await temporary(context);
  const before = await filled(folder);
  await rm(pathAt(await folder.segments(), 1));
  const words = await wordsAfter(folder, before);
  equal(words.filter((word) => word.startsWith("hole")).length, 1);
  equal(words.at(-1), plain.at(-1));
});

test("one bad block of a head loses nothing", async (context) => {
  const folder = await temporary(context);
  const before = await filled(folder);
  for (const path of await folder.segments()) await folder.change(path, (bytes) => void bytes.fill(0, 0, 512));
  deepEqual(await wordsAfter(folder, before), plain);
});

test("a segment without a head is put aside and declared", async (context) => {
  const folder = await temporary(context);
  const before = await filled(folder);
  await folder.change(pathAt(await folder.segments(), 1), (bytes) => void bytes.fill(0, 0, 2 * CORE_BYTES));
  const words = await wordsAfter(folder, before);
  equal(words.filter((word) => word.startsWith("hole")).length, 1);
  deepEqual((await readdir(join(folder.path, "damaged"))).length, 1);
  match(folder.errors(), /has no readable head: it is put aside/);
});

test("a damaged table of marks is computed from the segments before", async (context) => {
  const folder = await temporary(context);
  await filled(folder);
  for (const path of (await folder.segments()).slice(1)) {
    await folder.change(path, (bytes) => void bytes.writeUInt8(0x7f, 2 * CORE_BYTES));
  }
  const spool = await folder.openSpool();
  deepEqual(spool.marks(), new Map([["f", Buffer.from("60")]]));
  await spool.close();
});

test("a damaged segment is kept when it is released", async (context) => {
  const folder = await temporary(context);
  const before = await filled(folder);
  await folder.change(pathAt(await folder.segments(), 0), (bytes) => void bytes.fill(0x21, 4_400, 4_420));
  const spool = await folder.openSpool();
  await readAll(spool, before.epoch, 1);
  await spool.acknowledge(before.epoch, 60);
  await spool.close();
  deepEqual(await readdir(join(folder.path, "damaged")), ["0000000000000000.seg"]);
});

test("a file of a later version is refused by name, and left as it is", async (context) => {
  const folder = await temporary(context);
  await filled(folder);
  const path = pathAt(await folder.segments(), 2);
  await folder.change(path, (bytes) => {
    bytes.writeUInt8(2, 8);
    bytes.writeUInt8(2, CORE_BYTES + 8);
    return bytes;
  });
  const bytes = await readFile(path);
  await rejects(folder.openSpool(), { code: "ARGUS_SPOOL_VERSION", path });
  deepEqual(await readFile(path), bytes);
});

test("a file of another kind is refused by name, and left where it is", async (context) => {
  const folder = await temporary(context);
  const journal = await folder.openJournal();
  await journal.close();
  const path = pathAt(await folder.segments(), 0);
  await rejects(folder.openSpool(), { code: "ARGUS_SPOOL_IO", path });
  ok((await stat(path)).isFile());
});

test("a folder that is a file is refused by name", async (context) => {
  const folder = await temporary(context);
  const path = join(folder.path, "file");
  await writeFile(path, "");
  await rejects(new Folder(path).openSpool(), { code: "ARGUS_SPOOL_IO", path });
});

test("a journal passes over damage, says where, and tells what is missing of the last segment", async (context) => {
  const folder = await temporary(context);
  const journal = await folder.openJournal();
  for (let event = 1; event <= 12; event += 1) await journal.appendOwn(batchOf([event]));
  await journal.close();
  const last = pathAt(await folder.segments(), -1);
  await folder.change(last, (bytes) => void bytes.fill(0x21, bytes.length - 260, bytes.length - 255));
  const again = await folder.openJournal();
  const [damage] = again.damages;
  equal(again.damages.length, 1);
  equal(damage?.lost.length, 1);
  equal(damage?.lost[0]?.count, 1);
  equal(again.stats().lost, 1);
  const reader = await JournalReader.open({ disk: nodeDisk, folder: folder.path, from: "oldest" });
  const seqs: number[] = [];
  let damaged = 0;
  for (let entry = await reader.next(Infinity); entry !== undefined; entry = await reader.next(Infinity)) {
    if (entry.kind === "batch") seqs.push(entry.first);
    if (entry.kind === "damaged") {
      damaged += 1;
      equal(entry.position, damage?.position);
      equal(entry.nextPosition, damage?.nextPosition);
    }
  }
  equal(damaged, 1);
  deepEqual(
    seqs,
    Array.from({ length: 12 }, (_, index) => index + 1).filter((seq) => seq !== damage?.lost[0]?.first),
  );
  await reader.close();
  await again.close();
});

test("a journal with a torn tail is read to it, offline, and says so", async (context) => {
  const folder = await temporary(context);
  const journal = await folder.openJournal();
  for (let event = 1; event <= 3; event += 1) await journal.appendOwn(batchOf([event]));
  await journal.close();
  const last = pathAt(await folder.segments(), -1);
  await truncate(last, (await stat(last)).size - 1);
  const reader = await JournalReader.open({ disk: nodeDisk, folder: folder.path, from: 0 });
  let count = 0;
  while ((await reader.next(Infinity)) !== undefined) count += 1;
  equal(count, 3);
  equal(reader.standing, "torn");
  await reader.close();
});

test("a journal whose last table is damaged computes it from the segment before", async (context) => {
  const folder = await temporary(context);
  const journal = await folder.openJournal();
  for (let event = 1; event <= 60; event += 1) await journal.appendOwn(batchOf([event], { f: String(event) }));
  const table = journal.table();
  await journal.close();
  await folder.change(pathAt(await folder.segments(), -1), (bytes) => void bytes.writeUInt8(0x7f, 2 * CORE_BYTES));
  const again = await folder.openJournal();
  deepEqual(again.table()[0]?.epochs[0], table[0]?.epochs[0]);
  deepEqual(again.marks(), new Map([["f", Buffer.from("60")]]));
  await again.close();
});

test("a journal's segment without a head is put aside, and its positions are not used again", async (context) => {
  const folder = await temporary(context);
  const journal = await folder.openJournal();
  for (let event = 1; event <= 60; event += 1) await journal.appendOwn(batchOf([event]));
  const end = journal.durablePosition;
  await journal.close();
  await folder.change(pathAt(await folder.segments(), -1), (bytes) => void bytes.fill(0, 0, 2 * CORE_BYTES));
  const again = await folder.openJournal();
  ok(again.durablePosition >= end);
  const reader = await JournalReader.open({ disk: nodeDisk, folder: folder.path, from: 0 });
  const kinds = new Set<string>();
  for (let entry = await reader.next(Infinity); entry !== undefined; entry = await reader.next(Infinity))
    kinds.add(entry.kind);
  ok(kinds.has("damaged"));
  await reader.close();
  await again.close();
});
