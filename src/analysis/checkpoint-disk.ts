/**
 * Checkpoints on disk: `queue/checkpoints/<position, 16 digits>.ckpt`. A new one is written beside (`.new`), synced and
 * renamed, and only then are the older ones removed but for the last, so at every moment a whole one is there.
 */
import { join } from "node:path";
import type { CrashPoint } from "../base/crash-point.ts";
import type { Disk } from "../base/disk.ts";
import { describeError } from "../base/error.ts";
import {
  CHECKPOINT_BYTES_MAX,
  headEndOf,
  readCheckpoint,
  readCheckpointHead,
  writeCheckpoint,
  type Checkpoint,
  type CheckpointHead,
} from "./checkpoint.ts";

export interface LoadedCheckpoint extends Checkpoint {
  path: string;
}

const kept = 2;
/** Some hundred bytes in fact; a length beyond is damage. */
const headBytesMax = 1_048_576;
const namePattern = /^\d{16}\.ckpt$/;
const besideName = "next.new";

function positionOf(name: string): number {
  return Number.parseInt(name, 10);
}

export class CheckpointStore {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #crash: CrashPoint;

  constructor(disk: Disk, folder: string, crash: CrashPoint) {
    this.#disk = disk;
    this.#folder = folder;
    this.#crash = crash;
  }

  /** The names of the checkpoints, newest first. */
  async #names(): Promise<string[]> {
    return (await this.#disk.list(this.#folder)).filter((name) => namePattern.test(name)).reverse();
  }

  /** Removes those that stand beyond `position`: the commit that would have made them count did not come. */
  async removeBeyond(position: number): Promise<void> {
    const beyond = (await this.#names()).filter((name) => positionOf(name) > position);
    if (beyond.length === 0) return; // Before the first one there is not even the folder.
    for (const name of beyond) await this.#disk.remove(join(this.#folder, name));
    await this.#disk.syncFolder(this.#folder);
  }

  /**
   * The newest checkpoint that can be read whole; where none can, the newest of which the head can be read; undefined
   * when there is none. `problems` says in words what was passed over.
   *
   * An older whole checkpoint goes before a newer damaged one: from it the engine answers again what lies between, and
   * the outputs recognise it.
   */
  async load(): Promise<{ checkpoint: LoadedCheckpoint | undefined; problems: string[] }> {
    const problems: string[] = [];
    let headOnly: LoadedCheckpoint | undefined;
    for (const name of await this.#names()) {
      const path = join(this.#folder, name);
      try {
        const bytes = await this.#disk.readWhole(path, CHECKPOINT_BYTES_MAX);
        if (bytes === undefined) continue;
        const checkpoint = { ...readCheckpoint(bytes), path };
        if (checkpoint.state !== undefined) return { checkpoint, problems };
        headOnly ??= checkpoint;
        problems.push(`${path}: ${checkpoint.problem ?? "its body cannot be read"}`);
      } catch (error) {
        problems.push(`${path}: ${describeError(error)}`);
      }
    }
    return { checkpoint: headOnly, problems };
  }

  /** Durable when it resolves. Not to be called while one is running. Rejects with the disk's own errors. */
  async save(head: CheckpointHead, state: Uint8Array): Promise<void> {
    await this.#disk.makeFolder(this.#folder, 0o750);
    const beside = join(this.#folder, besideName);
    const file = await this.#disk.open(beside, "create", 0o640);
    try {
      await file.truncate(0);
      await file.write(writeCheckpoint(head, state), 0);
      await file.sync();
    } finally {
      await file.close();
    }
    this.#crash("checkpoint.written");
    await this.#disk.rename(beside, join(this.#folder, `${String(head.position).padStart(16, "0")}.ckpt`));
    await this.#disk.syncFolder(this.#folder);
    this.#crash("checkpoint.renamed");
    for (const name of (await this.#names()).slice(kept)) await this.#disk.remove(join(this.#folder, name));
  }

  /**
   * The heads of the kept checkpoints, newest first; one that cannot be read is left out (`load` is what says so). May
   * be called while another thread saves.
   */
  async heads(): Promise<CheckpointHead[]> {
    const heads: CheckpointHead[] = [];
    for (const name of await this.#names()) {
      const head = await this.#headOf(join(this.#folder, name));
      if (head !== undefined) heads.push(head);
    }
    return heads;
  }

  async #headOf(path: string): Promise<CheckpointHead | undefined> {
    const file = await this.#disk.open(path, "read").catch(() => undefined);
    if (file === undefined) return undefined;
    try {
      const start = Buffer.alloc(12);
      await file.read(start, 0);
      const end = headEndOf(start);
      if (end > headBytesMax) return undefined;
      const front = Buffer.alloc(end);
      return readCheckpointHead(front.subarray(0, await file.read(front, 0)));
    } catch {
      return undefined;
    } finally {
      await file.close();
    }
  }

  /** Removes all checkpoints: the journal that they are of is not the one that is there. */
  async clear(): Promise<void> {
    for (const name of await this.#names()) await this.#disk.remove(join(this.#folder, name));
    await this.#disk.syncFolder(this.#folder);
  }
}
