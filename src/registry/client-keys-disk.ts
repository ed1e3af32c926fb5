/**
 * HOME/etc/client.keys, which administrators and their scripts edit while we write it.
 *
 * It is known by its bytes, not by its times. Before it is replaced it is read once more: who changed it meanwhile
 * comes first. A program may still have the old file open and append to it after it was replaced; so the old file is
 * kept open for two seconds, and what is written into it in that time is an edit as well. What is left is a rename by
 * somebody between our last look and our own rename, a matter of microseconds.
 *
 * An edit is taken when the file has stopped changing: half a file is not a file of half the agents.
 */
import { renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { pause, type Clock } from "../base/clock.ts";
import { giveTo, type Disk, type DiskFile, type FileStat } from "../base/disk.ts";
import { errnoOf } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import { agentsOf, noClientKeys, readClientKeys, writeClientKeys, type ClientKeys } from "../wire/client-keys.ts";
import { ClientKeysFailed } from "./errors.ts";
import type { KeysEdit, KeysFile, KeysLine } from "./needs.ts";

export interface ClientKeysOptions {
  readonly path: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<ClientKeysLimits>;
}

export interface ClientKeysLimits {
  /** A hundred bytes an agent: room for 300,000. */
  readonly bytesMax: number;
  /** A file that differs is read again after so long, until it is twice the same. */
  readonly settleMs: number;
  /** The same for a file that is empty and was not: a program may cut it before it writes it. */
  readonly emptyMs: number;
  /** How long a file that was replaced is looked at. */
  readonly afterlifeMs: number;
}

const usualLimits: ClientKeysLimits = { bytesMax: 33_554_432, settleMs: 50, emptyMs: 1_000, afterlifeMs: 2_000 };

/** Readable by the group: OSSEC's own programs run as other users of it. */
const fileMode = 0o640;
/** Somebody who writes all the time is not waited for. */
const settleTriesMax = 20;
/** Of a file with a thousand bad lines a few are named. */
const namedProblemsMax = 10;
/** Replaced files that are open at once. */
const previousMax = 16;

interface Known {
  readonly bytes: Buffer;
  readonly keys: ClientKeys;
}

interface Previous {
  readonly file: DiskFile;
  readonly bytes: Buffer;
  readonly replacedMs: number;
}

const nothing: Known = { bytes: Buffer.alloc(0), keys: noClientKeys };

export class ClientKeysDisk implements KeysFile {
  readonly #options: ClientKeysOptions;
  readonly #limits: ClientKeysLimits;
  /** Undefined until it was looked at. */
  #known: Known | undefined;
  #isAbsent = false;
  #previous: Previous[] = [];

  constructor(options: ClientKeysOptions) {
    this.#options = options;
    this.#limits = { ...usualLimits, ...options.limits };
  }

  async look(): Promise<KeysEdit | undefined> {
    const late = await this.#lookAtPrevious();
    if (late !== undefined) return late;
    const bytes = await this.#readSettled();
    const known = this.#known ?? nothing;
    const isFirst = this.#known === undefined;
    this.#known = known;
    if (bytes === undefined) return this.#onAbsent(known, isFirst);
    this.#isAbsent = false;
    if (!isFirst && bytes.equals(known.bytes)) return undefined;
    this.#known = this.#read(bytes);
    return editOf(known.keys, this.#known.keys, false);
  }

  async write(lines: readonly KeysLine[]): Promise<boolean> {
    const { path, disk, clock } = this.#options;
    const old = await this.#open();
    try {
      const current = old === undefined ? undefined : await this.#contentOf(old);
      const known = this.#known ?? nothing;
      const isAsKnown = current === undefined ? this.#isAbsent || known === nothing : current.equals(known.bytes);
      if (!isAsKnown) {
        await old?.close();
        return false;
      }
      const text = writeClientKeys(known.keys, lines);
      const bytes = Buffer.from(text, "latin1");
      if (bytes.length > this.#limits.bytesMax) throw new Error(`it would have ${bytes.length} bytes`);
      if (current?.equals(bytes) === true) {
        await old?.close();
        return true;
      }
      await this.#prepare(bytes);
      if (!this.#swap(await old?.stat())) {
        await old?.close();
        return false;
      }
      await disk.syncFolder(dirname(path));
      this.#known = { bytes, keys: withAgents(known.keys, lines) };
      this.#isAbsent = false;
      if (old !== undefined && current !== undefined) {
        await this.#keep({ file: old, bytes: current, replacedMs: clock.monotonicMs() });
      }
      return true;
    } catch (cause) {
      throw cause instanceof ClientKeysFailed ? cause : new ClientKeysFailed(path, "cannot be written", cause);
    }
  }

  /** Lets go of the files that are open. */
  async close(): Promise<void> {
    for (const { file } of this.#previous.splice(0)) await file.close();
  }

  /** The new file beside the old one, on the disk. */
  async #prepare(bytes: Buffer): Promise<void> {
    const { path, disk } = this.#options;
    await disk.remove(`${path}.new`);
    const file = await disk.open(`${path}.new`, "create", fileMode);
    try {
      await file.write([bytes], 0);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** In one breath, but for the owner: whether the file is still the one that was read, and its replacement. */
  #swap(old: FileStat | undefined): boolean {
    const { path } = this.#options;
    const before = statSync(path, { throwIfNoEntry: false });
    // wazuh-remoted reads it as a user of its own.
    if (before !== undefined) giveTo(`${path}.new`, before);
    const current = statSync(path, { throwIfNoEntry: false });
    if (current?.ino !== old?.inode || current?.dev !== old?.device) return false;
    renameSync(`${path}.new`, path);
    return true;
  }

  #onAbsent(known: Known, isFirst: boolean): KeysEdit | undefined {
    if (this.#isAbsent || isFirst || agentsOf(known.keys).length === 0) {
      this.#isAbsent = true;
      return undefined;
    }
    this.#isAbsent = true;
    const { log, path } = this.#options;
    log.warning(`${path} is gone and is written again. Who wants no agents leaves an empty file.`);
    return editOf(known.keys, known.keys, true);
  }

  /** `undefined` when it is absent. */
  async #readOnce(): Promise<Buffer | undefined> {
    const { path, disk } = this.#options;
    try {
      return await disk.readWhole(path, this.#limits.bytesMax);
    } catch (cause) {
      throw new ClientKeysFailed(path, "cannot be read", cause);
    }
  }

  async #readSettled(): Promise<Buffer | undefined> {
    const { clock } = this.#options;
    let bytes = await this.#readOnce();
    const known = this.#isAbsent ? undefined : this.#known?.bytes;
    if (this.#known === undefined || isSame(bytes, known)) return bytes;
    for (let tries = 0; tries < settleTriesMax; tries += 1) {
      const isEmpty = bytes === undefined || bytes.length === 0;
      await pause(clock, isEmpty ? this.#limits.emptyMs : this.#limits.settleMs);
      const again = await this.#readOnce();
      if (isSame(again, bytes)) break;
      bytes = again;
    }
    return bytes;
  }

  #read(bytes: Buffer): Known {
    const { path, log } = this.#options;
    const keys = readClientKeys(bytes.toString("latin1"));
    for (const { line, message } of keys.problems.slice(0, namedProblemsMax)) {
      log.warning(`${path}:${line}: ${message}; the line is kept and passed over.`);
    }
    const more = keys.problems.length - namedProblemsMax;
    if (more > 0) log.warning(`${path}: ${more} more lines cannot be read.`);
    return { bytes, keys };
  }

  async #open(): Promise<DiskFile | undefined> {
    const { path, disk } = this.#options;
    try {
      return await disk.open(path, "read");
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  async #contentOf(file: DiskFile): Promise<Buffer> {
    const { bytes } = await file.stat();
    if (bytes > this.#limits.bytesMax) throw new ClientKeysFailed(this.#options.path, `has ${bytes} bytes`);
    const content = Buffer.alloc(bytes);
    return content.subarray(0, await file.read(content, 0));
  }

  async #keep(previous: Previous): Promise<void> {
    this.#previous.push(previous);
    if (this.#previous.length > previousMax) await this.#previous.shift()?.file.close();
  }

  /** What somebody wrote into a file that we had replaced. */
  async #lookAtPrevious(): Promise<KeysEdit | undefined> {
    const nowMs = this.#options.clock.monotonicMs();
    for (const [index, previous] of this.#previous.entries()) {
      const { file, bytes, replacedMs } = previous;
      const content = await this.#contentOf(file);
      if (!content.equals(bytes)) {
        this.#previous[index] = { file, bytes: content, replacedMs };
        return editOf(readClientKeys(bytes.toString("latin1")), this.#read(content).keys, true);
      }
      if (nowMs - replacedMs < this.#limits.afterlifeMs) continue;
      this.#previous = this.#previous.filter((one) => one !== previous);
      await file.close();
    }
    return undefined;
  }
}

/** What reading the file would give that `writeClientKeys` made of these, without reading all of it again. */
function withAgents(known: ClientKeys, lines: readonly KeysLine[]): ClientKeys {
  const left = new Map(lines.map((line) => [line.id, line]));
  const entries: ClientKeys["entries"][number][] = [];
  for (const entry of known.entries) {
    const agent = "agent" in entry ? left.get(entry.agent.id) : undefined;
    if (agent !== undefined) {
      left.delete(agent.id);
      entries.push({ agent });
    } else if ("text" in entry) entries.push(entry);
  }
  for (const agent of left.values()) entries.push({ agent });
  const greatestId = lines.reduce((greatest, { id }) => Math.max(greatest, Number(id)), known.greatestId);
  return { entries, problems: known.problems, greatestId };
}

function isSame(a: Buffer | undefined, b: Buffer | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b);
}

function editOf(before: ClientKeys, after: ClientKeys, isOverwritten: boolean): KeysEdit {
  const unreadable = after.entries.flatMap((entry) => ("text" in entry ? (/^\d{3,8}\b/.exec(entry.text) ?? []) : []));
  return {
    ...{ before: agentsOf(before), after: agentsOf(after), greatestId: after.greatestId },
    ...{ unreadable: new Set(unreadable), isOverwritten },
  };
}
