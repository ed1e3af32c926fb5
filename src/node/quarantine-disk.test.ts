import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { SpoolWorld } from "../../test/support/spool-world.ts";
import type { Disk } from "../base/disk.ts";
import { writeControlRecord, type ControlRecord } from "../model/control-record.ts";
import type { Journal } from "../spool/journal.ts";
import { homeAt, type Home } from "./home.ts";
import { QuarantineKeeper, readBook, type JournalOfRecords } from "./quarantine-disk.ts";

const quarantine = (id: string): Extract<ControlRecord, { kind: "quarantine" }> => {
  return { kind: "quarantine", part: "rule", id, fingerprint: "f", position: 0, event: 0 };
};
const append = (journal: Journal, record: ControlRecord): Promise<number> =>
  journal.appendControl(writeControlRecord(record));

interface Made {
  disk: Disk;
  home: Home;
  journal: Journal;
  file: string;
}

async function made(): Promise<Made> {
  const world = new SpoolWorld();
  const home = homeAt("/home");
  const journal = await world.openJournal({ folder: home.journal });
  return { disk: world.disk.process(), home, journal, file: `${home.checkpoints}/quarantine.json` };
}

const idsOf = (keeper: QuarantineKeeper): string[] => keeper.book.quarantines().map(({ id }) => id);

test("a book holds what the journal says of quarantines, and nothing else of it", async () => {
  const { disk, home, journal } = await made();
  await append(journal, { kind: "agent_removed", agentId: "001" });
  await append(journal, quarantine("5715"));
  const second = await append(journal, quarantine("5720"));
  await append(journal, { kind: "release", id: "5715" });
  const book = await readBook(disk, home);
  deepEqual(
    book.quarantines().map(({ id }) => id),
    ["5720"],
  );
  equal(book.scannedTo, journal.durablePosition);
  const before = await readBook(disk, home, second);
  deepEqual(
    before.quarantines().map(({ id }) => id),
    ["5715"],
  );
});

test("where nothing was ever quarantined no file is made", async () => {
  const { disk, home, journal, file } = await made();
  equal((await QuarantineKeeper.open(disk, home, journal)).book.isEmpty, true);
  equal(await disk.readWhole(file, 1_000), undefined);
});

test("a decision is in the journal and in the file, and a start reads only what is newer than the file", async () => {
  const { disk, home, journal, file } = await made();
  const keeper = await QuarantineKeeper.open(disk, home, journal);
  await Promise.all([keeper.record(quarantine("1")), keeper.record(quarantine("2"))]);
  await keeper.tidy();
  const scannedTo = journal.durablePosition;
  await append(journal, quarantine("3"));
  // The file has lost the first: were that part of the journal read again, it would come back.
  const text = (await disk.readWhole(file, 10_000))?.toString("utf8") ?? "";
  const book = JSON.parse(text) as { entries: unknown[] };
  book.entries.shift();
  await disk.replace(file, Buffer.from(JSON.stringify(book)), 0o640);
  const again = await QuarantineKeeper.open(disk, home, journal);
  deepEqual(idsOf(again), ["2", "3"]);
  equal(again.book.scannedTo > scannedTo, true);
});

test("a file that is none, or is ahead of the journal, counts for nothing: all of the journal is read", async () => {
  const { disk, home, journal, file } = await made();
  await append(journal, quarantine("1"));
  await disk.makeFolder(home.checkpoints, 0o750);
  const ahead = JSON.stringify({ version: 1, scannedTo: 1_000_000, entries: [{ at: 5, record: quarantine("9") }] });
  for (const text of ["", "{}", "no json", ahead]) {
    await disk.replace(file, Buffer.from(text), 0o640);
    deepEqual(idsOf(await QuarantineKeeper.open(disk, home, journal)), ["1"], text);
  }
});

test("a decision that the journal does not take is in no book, and the next one is", async () => {
  const { disk, home, journal } = await made();
  let fails = true;
  const failing: JournalOfRecords = {
    oldestPosition: 0,
    durablePosition: journal.durablePosition,
    appendControl: (bytes) => (fails ? Promise.reject(new Error("full")) : journal.appendControl(bytes)),
  };
  const keeper = await QuarantineKeeper.open(disk, home, failing);
  await rejects(keeper.record(quarantine("1")), /full/);
  fails = false;
  await keeper.record(quarantine("2"));
  deepEqual(idsOf(keeper), ["2"]);
});
