/**
 * HOME/queue/registry/merged/<sha256>: each merged.mg under the sum of its content, on the master as it was built and
 * on other nodes as they fetched it. A file counts only when its content has that sum; a fetch that was cut off goes on
 * from what is there.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Disk } from "../base/disk.ts";
import type { MergedRecord } from "../model/agent.ts";

/** Above what one group may hold; what several groups hold together is bounded likewise. */
export const BLOB_BYTES_MAX = 67_108_864;
/** Files that agents are being given at the same time; the least recently used go. */
const cachedBytesMax = 33_554_432;
const fileMode = 0o640;

const isSum = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export class BlobDisk {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #cache = new Map<string, Buffer>();
  #cachedBytes = 0;

  constructor(folder: string, disk: Disk) {
    this.#folder = folder;
    this.#disk = disk;
  }

  /** The content, which has been compared with its sum; `undefined` when it is not there. Rejects with disk errors. */
  async get(sha256: string): Promise<Buffer | undefined> {
    const cached = this.#cache.get(sha256);
    if (cached !== undefined) {
      this.#cache.delete(sha256);
      this.#cache.set(sha256, cached);
      return cached;
    }
    if (!isSum(sha256)) return undefined;
    const bytes = await this.#disk.readWhole(this.#pathOf(sha256), BLOB_BYTES_MAX);
    if (bytes === undefined || sha256Of(bytes) !== sha256) return undefined;
    this.#remember(sha256, bytes);
    return bytes;
  }

  /** Durable when it resolves. Rejects with disk errors. */
  async put(bytes: Buffer): Promise<string> {
    const sha256 = sha256Of(bytes);
    if ((await this.get(sha256)) !== undefined) return sha256;
    await this.#disk.makeFolder(this.#folder, 0o750);
    await this.#disk.replace(this.#pathOf(sha256), bytes, fileMode);
    return sha256;
  }

  /** Those of which the content is not here. */
  async missing(records: readonly MergedRecord[]): Promise<MergedRecord[]> {
    const missing: MergedRecord[] = [];
    for (const record of records) {
      if (!record.isRemoved && (await this.get(record.sha256)) === undefined) missing.push(record);
    }
    return missing;
  }

  /** How many bytes of a fetch are here: where it goes on. */
  async fetched(sha256: string): Promise<number> {
    return isSum(sha256) ? ((await this.#disk.stat(this.#partOf(sha256)))?.bytes ?? 0) : 0;
  }

  /** Adds a piece of a fetch. False when it does not begin where the last one ended, or the whole is too large. */
  async add(sha256: string, offset: number, bytes: Uint8Array): Promise<boolean> {
    if (!isSum(sha256) || offset + bytes.length > BLOB_BYTES_MAX) return false;
    if ((await this.fetched(sha256)) !== offset) return false;
    await this.#disk.makeFolder(this.#folder, 0o750);
    const file = await this.#disk.open(this.#partOf(sha256), "create", fileMode);
    try {
      await file.write([bytes], offset);
    } finally {
      await file.close();
    }
    return true;
  }

  /** Ends a fetch: whether all of it is here. What has another sum is thrown away, to be fetched anew. */
  async finish(sha256: string): Promise<boolean> {
    if (!isSum(sha256)) return false;
    const bytes = await this.#disk.readWhole(this.#partOf(sha256), BLOB_BYTES_MAX);
    const isWhole = bytes !== undefined && sha256Of(bytes) === sha256;
    if (isWhole) await this.put(bytes);
    await this.#disk.remove(this.#partOf(sha256));
    return isWhole;
  }

  /** Removes all but these, and what was fetched of others. */
  async keepOnly(sums: ReadonlySet<string>): Promise<void> {
    for (const name of await this.#disk.list(this.#folder)) {
      const sum = name.slice(0, 64);
      if (sums.has(sum) && (name === sum || name === `${sum}.part`)) continue;
      await this.#disk.remove(join(this.#folder, name));
      this.#forget(sum);
    }
  }

  #pathOf(sha256: string): string {
    return join(this.#folder, sha256);
  }

  #partOf(sha256: string): string {
    return join(this.#folder, `${sha256}.part`);
  }

  #remember(sha256: string, bytes: Buffer): void {
    this.#cache.set(sha256, bytes);
    this.#cachedBytes += bytes.length;
    for (const oldest of this.#cache.keys()) {
      if (this.#cachedBytes <= cachedBytesMax || this.#cache.size === 1) break;
      this.#forget(oldest);
    }
  }

  #forget(sha256: string): void {
    this.#cachedBytes -= this.#cache.get(sha256)?.length ?? 0;
    this.#cache.delete(sha256);
  }
}
