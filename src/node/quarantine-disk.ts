/**
 * The book of quarantines on disk: `queue/checkpoints/quarantine.json`, beside the checkpoints. The journal is what
 * counts: the file says up to where it was read, and what came after is read at the start.
 */
import { join } from "node:path";
import type { Disk } from "../base/disk.ts";
import { readControlRecord, writeControlRecord } from "../model/control-record.ts";
import { JournalReader } from "../spool/journal-reader.ts";
import type { Home } from "./home.ts";
import { QuarantineBook, type BookRecord } from "./quarantine-book.ts";

/** Some ten thousand records. */
const bookBytesMax = 4 * 1_024 * 1_024;
const pathOf = (home: Home): string => join(home.checkpoints, "quarantine.json");

/** As far as it is needed of a journal. */
export interface JournalOfRecords {
  readonly oldestPosition: number;
  readonly durablePosition: number;
  appendControl(bytes: Uint8Array): Promise<number>;
}

/** A book of all that a journal at rest holds, or holds before `limit`. */
export async function readBook(disk: Disk, home: Home, limit = Number.POSITIVE_INFINITY): Promise<QuarantineBook> {
  const book = new QuarantineBook();
  await scan(disk, home, book, "oldest", limit);
  return book;
}

async function scan(
  disk: Disk,
  home: Home,
  book: QuarantineBook,
  from: number | "oldest",
  limit: number,
): Promise<void> {
  const reader = await JournalReader.open({ disk, folder: home.journal, from });
  try {
    for (let entry = await reader.next(limit); entry !== undefined; entry = await reader.next(limit)) {
      if (entry.kind !== "control") continue;
      const record = readControlRecord(entry.bytes);
      if (record !== undefined && isOfBook(record)) book.add(entry.position, record);
    }
    book.scannedTo = reader.position;
  } finally {
    await reader.close();
  }
}

function isOfBook(record: { kind: string }): record is BookRecord {
  return record.kind === "quarantine" || record.kind === "poison" || record.kind === "release";
}

/** Keeps the book of a master's journal. Only one call of `record` may run at a time. */
export class QuarantineKeeper {
  readonly #disk: Disk;
  readonly #home: Home;
  readonly #journal: JournalOfRecords;
  readonly book: QuarantineBook;
  #recording: Promise<unknown> = Promise.resolve();

  private constructor(disk: Disk, home: Home, journal: JournalOfRecords, book: QuarantineBook) {
    this.#disk = disk;
    this.#home = home;
    this.#journal = journal;
    this.book = book;
  }

  /** Reads the file, and of the journal what is newer; a file that is not of this journal counts for nothing. */
  static async open(disk: Disk, home: Home, journal: JournalOfRecords): Promise<QuarantineKeeper> {
    const { oldestPosition, durablePosition } = journal;
    const text = (await disk.readWhole(pathOf(home), bookBytesMax))?.toString("utf8");
    const kept = text === undefined ? undefined : QuarantineBook.parse(text);
    const isOfJournal = kept !== undefined && kept.scannedTo <= durablePosition;
    const book = isOfJournal ? kept : new QuarantineBook();
    const from = isOfJournal && kept.scannedTo >= oldestPosition ? kept.scannedTo : "oldest";
    await scan(disk, home, book, from, durablePosition);
    const keeper = new QuarantineKeeper(disk, home, journal, book);
    if (text !== undefined || !book.isEmpty) await keeper.#save();
    return keeper;
  }

  /** Resolves when the journal has it and the file says so. */
  record(record: BookRecord): Promise<void> {
    const done = this.#recording.then(async () => {
      const at = await this.#journal.appendControl(writeControlRecord(record));
      this.book.add(at, record);
      await this.#save();
    });
    this.#recording = done.catch(() => undefined);
    return done;
  }

  /** Forgets what went with the journal's old segments, and notes how far it need not be read again. */
  async tidy(): Promise<void> {
    const done = this.#recording.then(async () => {
      this.book.forget(this.#journal.oldestPosition);
      this.book.scannedTo = this.#journal.durablePosition;
      await this.#save();
    });
    this.#recording = done.catch(() => undefined);
    await done;
  }

  async #save(): Promise<void> {
    await this.#disk.makeFolder(this.#home.checkpoints, 0o750);
    await this.#disk.replace(pathOf(this.#home), Buffer.from(this.book.text(), "utf8"), 0o640);
  }
}
