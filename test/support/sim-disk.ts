/**
 * A disk in memory that behaves like one: what is written is in the page cache until it is synced, names are in the
 * folder's cache until the folder is synced, and power may go at any moment.
 *
 *   new SimDisk(random)          the platter and the kernel's cache
 *     .process()                 a Disk as one process sees it
 *     .kill()                    the process is gone, the cache is not: its calls never return
 *     .cutPower()                the process and the cache are gone: of what was not synced, random sectors and a
 * random
 *                                number of the changes of names are on the platter
 *
 * Faults: `failSyncs` (the cache keeps what the platter did not get, and calls it clean, as Linux does), `bytesMax`
 * (ENOSPC with a short write), `failWith` (any call), `corrupt` (flips bytes on the platter).
 */
import type { Disk, DiskFile, FileStat, OpenMode } from "../../src/base/disk.ts";

const sectorBytes = 512;

/** A file as cache and platter have it. */
interface Inode {
  number: number;
  cached: Buffer;
  platter: Buffer;
  /** Sectors written since the last sync, and whether the length has changed. */
  dirty: Set<number>;
}

type NameChange = { path: string; inode: Inode | undefined };

interface Rename {
  changes: NameChange[];
}

export function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}

const never = new Promise<never>(() => undefined);

export class SimDisk {
  readonly #random: () => number;
  /** Names as the running system sees them, and as they are on the platter. */
  #names = new Map<string, Inode>();
  #platterNames = new Map<string, Inode>();
  #pendingNames: Rename[] = [];
  readonly #folders = new Set<string>();
  #inodes = 0;
  #generation = 0;
  /** How many of the next syncs of a file fail. */
  failSyncs = 0;
  /** Bytes that all files together may have; writes beyond it are short and end with ENOSPC. */
  bytesMax = Infinity;
  /** An errno for the call, or `undefined` to let it pass. */
  failWith: (call: string, path: string) => string | undefined = () => undefined;
  /** What a call waits for, if anything: a slow disk. */
  gate: (call: string, path: string) => Promise<unknown> | undefined = () => undefined;
  /** How often a file has been synced. */
  syncCount = 0;
  /** Called before each call that changes anything; may kill or cut the power there. */
  onCall: (call: string, path: string) => void = () => undefined;

  /** `random`: numbers in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  kill(): void {
    this.#generation += 1;
  }

  cutPower(): void {
    this.#generation += 1;
    const kept = Math.floor(this.#random() * (this.#pendingNames.length + 1));
    for (const rename of this.#pendingNames.slice(0, kept)) this.#applyNames(this.#platterNames, rename);
    this.#pendingNames = [];
    for (const inode of new Set([...this.#names.values(), ...this.#platterNames.values()])) this.#settle(inode);
    this.#names = new Map(this.#platterNames);
  }

  /**
   * After a loss of power: each dirty sector is on the platter or not; a length may have grown over sectors of zeros.
   */
  #settle(inode: Inode): void {
    const { cached, dirty } = inode;
    const isLengthKept = this.#random() < 0.5;
    const length = isLengthKept ? cached.length : this.#between(inode.platter.length, cached.length);
    const settled = Buffer.alloc(length);
    inode.platter.copy(settled);
    for (const sector of dirty) {
      if (this.#random() < 0.5)
        cached.copy(settled, sector * sectorBytes, sector * sectorBytes, (sector + 1) * sectorBytes);
    }
    inode.platter = settled;
    inode.cached = Buffer.from(settled);
    dirty.clear();
  }

  #between(a: number, b: number): number {
    const [low, high] = a < b ? [a, b] : [b, a];
    return low + Math.floor(this.#random() * (high - low + 1));
  }

  #applyNames(names: Map<string, Inode>, { changes }: Rename): void {
    for (const { path, inode } of changes) {
      if (inode === undefined) names.delete(path);
      else names.set(path, inode);
    }
  }

  #rename(changes: NameChange[]): void {
    const rename = { changes };
    this.#applyNames(this.#names, rename);
    this.#pendingNames.push(rename);
  }

  /** The files there are, as the running system sees them. */
  paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  bytesOf(path: string): Buffer {
    return Buffer.from(this.#find(path).cached);
  }

  /** Changes a file in the cache and on the platter alike. */
  corrupt(path: string, change: (bytes: Buffer) => Buffer | undefined): void {
    const inode = this.#find(path);
    const bytes = Buffer.from(inode.cached);
    const changed = change(bytes) ?? bytes;
    inode.cached = changed;
    inode.platter = Buffer.from(changed);
    inode.dirty.clear();
  }

  removeNow(path: string): void {
    this.#names.delete(path);
    this.#platterNames.delete(path);
  }

  #find(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw systemError("ENOENT", path);
    return inode;
  }

  #used(): number {
    let bytes = 0;
    for (const inode of this.#names.values()) bytes += inode.cached.length;
    return bytes;
  }

  #make(path: string): Inode {
    this.#inodes += 1;
    const inode = { number: this.#inodes, cached: Buffer.alloc(0), platter: Buffer.alloc(0), dirty: new Set<number>() };
    this.#rename([{ path, inode }]);
    return inode;
  }

  #write(inode: Inode, bytes: Uint8Array, position: number, path: string): void {
    const grows = Math.max(0, position + bytes.length - inode.cached.length);
    const room = Math.max(0, this.bytesMax - this.#used());
    const count = grows > room ? Math.max(0, bytes.length - (grows - room)) : bytes.length;
    const end = position + count;
    if (end > inode.cached.length)
      inode.cached = Buffer.concat([inode.cached, Buffer.alloc(end - inode.cached.length)]);
    inode.cached.set(bytes.subarray(0, count), position);
    for (let at = position - (position % sectorBytes); at < end; at += sectorBytes) inode.dirty.add(at / sectorBytes);
    if (count < bytes.length) throw systemError("ENOSPC", path);
  }

  #truncate(inode: Inode, bytes: number): void {
    const cut = Buffer.alloc(bytes);
    inode.cached.copy(cut, 0, 0, bytes);
    inode.cached = cut;
    inode.dirty.add(Math.floor(bytes / sectorBytes));
  }

  #sync(inode: Inode, path: string): void {
    this.syncCount += 1;
    if (this.failSyncs > 0) {
      this.failSyncs -= 1;
      inode.dirty.clear(); // Linux marks the pages clean although the platter does not have them.
      throw systemError("EIO", path);
    }
    const synced = Buffer.alloc(inode.cached.length);
    inode.platter.copy(synced);
    for (const sector of inode.dirty) {
      const at = sector * sectorBytes;
      inode.cached.copy(synced, at, at, at + sectorBytes);
    }
    inode.platter = synced;
    inode.dirty.clear();
  }

  #statOf(inode: Inode): FileStat {
    const { number, cached } = inode;
    return { bytes: cached.length, device: 1, inode: number, modifiedMs: 0, mode: 0o640, kind: "file" };
  }

  /** The disk as one process sees it. */
  process(): Disk {
    const generation = this.#generation;
    /** Every call goes through here: a process that is dead never hears of its call again. */
    const call = async <T>(name: string, path: string, act: () => T): Promise<T> => {
      await this.gate(name, path);
      if (generation !== this.#generation) return never;
      this.onCall(name, path);
      if (generation !== this.#generation) return never;
      const code = this.failWith(name, path);
      if (code !== undefined) throw systemError(code, path);
      return act();
    };
    const open = (path: string, mode: OpenMode): Promise<DiskFile> =>
      call("open", path, () =>
        this.#fileOf(mode === "create" ? (this.#names.get(path) ?? this.#make(path)) : this.#find(path), path, call),
      );
    return {
      open,
      list: (path) => call("list", path, () => this.#list(path)),
      stat: (path) => call("stat", path, () => this.#maybeStat(path)),
      readWhole: (path, bytesMax) => call("readWhole", path, () => this.#readWhole(path, bytesMax)),
      replace: async (path, bytes, permissions) => {
        const file = await open(`${path}.new`, "create");
        await file.truncate(0);
        await file.write([bytes], 0);
        await file.sync();
        await call("rename", path, () => this.#move(`${path}.new`, path));
        await call("syncFolder", path, () => this.#syncNames());
        void permissions;
      },
      makeFolder: (path) => call("makeFolder", path, () => void this.#folders.add(path)),
      rename: (from, to) => call("rename", to, () => this.#move(from, to)),
      hardLink: (from, to) => call("hardLink", to, () => this.#rename([{ path: to, inode: this.#find(from) }])),
      remove: (path) => call("remove", path, () => this.#remove(path)),
      syncFolder: (path) => call("syncFolder", path, () => this.#syncNames()),
      space: (path) =>
        call("space", path, () => ({ bytes: 1e12, freeBytes: Math.max(0, this.bytesMax - this.#used()) })),
    };
  }

  #fileOf(inode: Inode, path: string, call: <T>(name: string, path: string, act: () => T) => Promise<T>): DiskFile {
    return {
      write: (pieces, position) => call("write", path, () => this.#write(inode, Buffer.concat(pieces), position, path)),
      read: (into, position) => call("read", path, () => inode.cached.copy(into, 0, position)),
      sync: () => call("sync", path, () => this.#sync(inode, path)),
      truncate: (bytes) => call("truncate", path, () => this.#truncate(inode, bytes)),
      stat: () => call("stat", path, () => this.#statOf(inode)),
      close: () => call("close", path, () => undefined),
    };
  }

  #maybeStat(path: string): FileStat | undefined {
    const inode = this.#names.get(path);
    return inode === undefined ? undefined : this.#statOf(inode);
  }

  #readWhole(path: string, bytesMax: number): Buffer | undefined {
    const inode = this.#names.get(path);
    if (inode === undefined) return undefined;
    if (inode.cached.length > bytesMax) throw systemError("EFBIG", path);
    return Buffer.from(inode.cached);
  }

  #list(folder: string): string[] {
    const names = new Set<string>();
    for (const path of [...this.#names.keys(), ...this.#folders]) {
      if (!path.startsWith(`${folder}/`)) continue;
      names.add(path.slice(folder.length + 1).split("/")[0] ?? "");
    }
    return [...names].sort();
  }

  #move(from: string, to: string): void {
    const inode = this.#find(from);
    this.#rename([
      { path: from, inode: undefined },
      { path: to, inode },
    ]);
  }

  #remove(path: string): void {
    if (this.#names.has(path)) this.#rename([{ path, inode: undefined }]);
  }

  #syncNames(): void {
    for (const rename of this.#pendingNames) this.#applyNames(this.#platterNames, rename);
    this.#pendingNames = [];
  }
}
