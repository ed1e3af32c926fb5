/**
 * One file of one day, to which records are only ever added.
 *
 * Two lengths are kept. The *logical* one counts what the engine has written to that day's file since its beginning,
 * whatever became of it; alert ids are made of it. The *physical* one is where in the present file the next byte goes.
 * They differ once somebody has cut or moved the file, or once the day went on in a further part.
 *
 *   0            physical           known
 *   ├── written ──┼── to be compared ──┤        after a restart: the file is longer than the checkpoint knew
 *
 * While physical < known, what is to be written is compared with what is there:
 *   - equal bytes are passed over;
 *   - where the file ends within a record, or holds zero bytes (blocks that were never written when the power went: no
 *     record of ours holds one), the rest is written;
 *   - where a byte differs, the analysis does not give what it gave before: the record goes, with all that follow, to a
 *     further part of the day's file beside this one, and both are kept. The same holds there.
 */
import { dirname } from "node:path";
import type { Disk, DiskFile, FileStat } from "../base/disk.ts";
import type { Log } from "../base/log.ts";
import { AlertFileError } from "./errors.ts";

export interface Position {
  logical: number;
  physical: number;
  /** 0 for the day's file itself, 1 for the one beside it, and so on. */
  part: number;
}

export const FILE_MODE = 0o640;
export const FOLDER_MODE = 0o750;

/** Parts of a day beyond which something is so wrong that adding another helps nobody. */
const partsMax = 999;

export interface GrowingFileOptions {
  disk: Disk;
  log: Log;
  /** The path of a part of the day's file. */
  pathOf(part: number): string;
  /** The name at the top that always leads to the file in use. */
  link: string;
}

export class GrowingFile {
  readonly #options: GrowingFileOptions;
  #file: DiskFile | undefined;
  #identity = { device: 0, inode: 0 };
  #position: Position;
  #known = 0;

  private constructor(options: GrowingFileOptions, position: Position) {
    this.#options = options;
    this.#position = { ...position };
  }

  /** Opens the file for what follows `position`, making it (and its folder) where it is absent. */
  static async open(options: GrowingFileOptions, position: Position): Promise<GrowingFile> {
    const file = new GrowingFile(options, position);
    await file.#guarded(() => file.#openPart(position.part, position.physical));
    return file;
  }

  get position(): Position {
    return { ...this.#position };
  }

  get path(): string {
    return this.#options.pathOf(this.#position.part);
  }

  /**
   * Adds records (byte strings); returns how many of them, from the first on, stood there already. Rejects with an
   * AlertFileError, after which the object is to be dropped without `close`.
   */
  async append(records: readonly string[]): Promise<number> {
    if (records.length === 0) return 0;
    return this.#guarded(async () => {
      await this.#lookForStrangers();
      return this.#appendHere(records);
    });
  }

  async sync(): Promise<void> {
    await this.#guarded(async () => this.#file?.sync());
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await this.#guarded(async () => file?.close());
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof AlertFileError ? error : new AlertFileError(this.path, error);
    }
  }

  async #openPart(part: number, physical: number): Promise<void> {
    const { disk, pathOf } = this.#options;
    const path = pathOf(part);
    await disk.makeFolder(dirname(path), FOLDER_MODE);
    const isNew = (await disk.stat(path)) === undefined;
    const file = await disk.open(path, "create", FILE_MODE);
    this.#file = file;
    if (isNew) await disk.syncFolder(dirname(path));
    const found = await file.stat();
    this.#identity = { device: found.device, inode: found.inode };
    this.#position = { ...this.#position, part, physical };
    this.#known = found.bytes;
    await this.#leadTo(path, found);
  }

  /** Goes on behind bytes that are not ours to judge. A line that was cut is ended first. */
  async #continueAt(bytes: number): Promise<void> {
    this.#position.physical = bytes;
    const last = Buffer.from("\n");
    if (bytes > 0) await this.#file?.read(last, bytes - 1);
    if (last.toString("latin1") !== "\n") {
      await this.#file?.write([Buffer.from("\n")], bytes);
      this.#position.physical = bytes + 1;
    }
    this.#known = this.#position.physical;
  }

  /** Makes the name at the top lead to the file in use. Readers that follow it by name see the day change. */
  async #leadTo(path: string, found: FileStat): Promise<void> {
    const { disk, log, link } = this.#options;
    const present = await disk.stat(link);
    if (present !== undefined && present.inode === found.inode && present.device === found.device) return;
    const beside = `${link}.new`;
    try {
      await disk.remove(beside);
      await disk.hardLink(path, beside);
      await disk.rename(beside, link);
      await disk.syncFolder(dirname(link));
    } catch (error) {
      // Some file systems have no hard links; the file itself is what matters.
      log.warning(`${link} cannot be made to lead to ${path}: ${String(error)}. The file itself is written.`);
    }
  }

  /** A file that is not as we left it was cut, moved or added to; one look per batch. */
  async #lookForStrangers(): Promise<void> {
    const { disk, log } = this.#options;
    const expected = Math.max(this.#known, this.#position.physical);
    const found = await disk.stat(this.path);
    const isOurs = found?.inode === this.#identity.inode && found.device === this.#identity.device;
    if (isOurs && found.bytes === expected) return;
    if (isOurs) {
      log.warning(`${this.path} has ${found.bytes} bytes and had ${expected}: somebody else changed it. It goes on.`);
      await this.#continueAt(found.bytes);
      return;
    }
    log.warning(`${this.path} was moved or removed: it is begun again.`);
    await this.#file?.sync();
    await this.#file?.close();
    this.#file = undefined;
    await this.#openPart(this.#position.part, 0);
    await this.#continueAt(this.#known);
  }

  async #appendHere(records: readonly string[]): Promise<number> {
    const bytes = Buffer.from(records.join(""), "latin1");
    const { physical } = this.#position;
    const there = Math.min(bytes.length, Math.max(0, this.#known - physical));
    const { sameBytes, differsAt } = await this.#compare(bytes, there);
    const differing = differsAt === undefined ? undefined : recordAt(records, differsAt);
    const end = differing?.start ?? bytes.length;
    if (sameBytes < end) await this.#file?.write([bytes.subarray(sameBytes, end)], physical + sameBytes);
    this.#position.physical += end;
    this.#position.logical += end;
    this.#known = Math.max(this.#known, this.#position.physical);
    if (differing === undefined) return recordAt(records, sameBytes).index;
    await this.#beginFurtherPart();
    return differing.index + (await this.#appendHere(records.slice(differing.index)));
  }

  /** How many bytes, from the first on, stand there already; and the first that stands there and is another one. */
  async #compare(bytes: Buffer, there: number): Promise<{ sameBytes: number; differsAt: number | undefined }> {
    if (there === 0) return { sameBytes: 0, differsAt: undefined };
    const found = Buffer.alloc(there);
    await this.#file?.read(found, this.#position.physical);
    if (bytes.subarray(0, there).equals(found)) return { sameBytes: there, differsAt: undefined };
    let sameBytes = there;
    for (let index = 0; index < there; index += 1) {
      if (found[index] === bytes[index]) continue;
      if (found[index] !== 0) return { sameBytes: Math.min(sameBytes, index), differsAt: index };
      sameBytes = Math.min(sameBytes, index);
    }
    return { sameBytes, differsAt: undefined };
  }

  async #beginFurtherPart(): Promise<void> {
    const { log, pathOf } = this.#options;
    const { part, physical, logical } = this.#position;
    const next = part + 1;
    if (next > partsMax) throw new Error(`there are ${partsMax} parts of it already`);
    log.error(
      `${this.path}: bytes ${physical} to ${this.#known} are not what the analysis gives now. ` +
        `They are kept; from alert offset ${logical} on it goes on in ${pathOf(next)}.`,
    );
    await this.#file?.sync();
    await this.#file?.close();
    this.#file = undefined;
    await this.#openPart(next, 0);
  }
}

/** The record that holds the byte at `offset`, and where it starts; behind the last one for the end. */
function recordAt(records: readonly string[], offset: number): { index: number; start: number } {
  let start = 0;
  for (const [index, record] of records.entries()) {
    if (offset < start + record.length) return { index, start };
    start += record.length;
  }
  return { index: records.length, start };
}
