/**
 * The files of one folder of etc/shared, as its agents are to have them. What is in there is bounded before it is read;
 * links are not followed, since a link could give any file of this machine to all agents of a group.
 */
import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "../base/error.ts";
import { unshareableReason, type SharedFile } from "../wire/shared-file.ts";
import { GroupFolderFailed } from "./errors.ts";

export interface GroupLimits {
  readonly filesMax: number;
  readonly fileBytesMax: number;
  /** All files of a group: every agent of it fetches them. */
  readonly groupBytesMax: number;
  readonly depthMax: number;
}

export const groupLimits: GroupLimits = {
  filesMax: 1_024,
  fileBytesMax: 8_388_608,
  groupBytesMax: 20_971_520,
  depthMax: 8,
};

const reasons: Record<string, string> = {
  bad_name: "its name cannot be sent to agents",
  has_nul: "it holds a zero byte, and agents would cut it there",
};

export interface GroupContent {
  readonly files: readonly SharedFile[];
  /** Of files that are left out: one sentence each, with the path. */
  readonly complaints: readonly string[];
}

/** Rejects with `GroupFolderFailed` when it holds too much or cannot be read; `undefined` when it is absent. */
export async function readGroup(folder: string, limits: GroupLimits = groupLimits): Promise<GroupContent | undefined> {
  const reader = new GroupReader(folder, limits);
  try {
    await reader.read("", 0);
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
    throw error instanceof GroupFolderFailed ? error : new GroupFolderFailed(folder, "cannot be read", error);
  }
  return { files: reader.files, complaints: reader.complaints };
}

class GroupReader {
  readonly files: SharedFile[] = [];
  readonly complaints: string[] = [];
  readonly #folder: string;
  readonly #limits: GroupLimits;
  #bytes = 0;

  constructor(folder: string, limits: GroupLimits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  async read(under: string, depth: number): Promise<void> {
    const { depthMax } = this.#limits;
    if (depth > depthMax) throw new GroupFolderFailed(this.#folder, `has folders more than ${depthMax} deep`);
    const entries = await readdir(join(this.#folder, under), { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      // Hidden files are an editor's, and merged.mg is what we make of the others.
      if (entry.name.startsWith(".") || entry.name.startsWith("merged.mg")) continue;
      const name = under === "" ? entry.name : `${under}/${entry.name}`;
      if (entry.isDirectory()) await this.read(name, depth + 1);
      else if (entry.isFile()) await this.#take(name);
      else this.#complain(name, "it is a link or no file");
    }
  }

  async #take(name: string): Promise<void> {
    const { filesMax, groupBytesMax } = this.#limits;
    const bytes = await this.#contentOf(name);
    if (bytes === undefined) return;
    const reason = unshareableReason({ name, bytes });
    if (reason === "reserved_name") return;
    if (reason !== undefined) return this.#complain(name, reasons[reason] ?? reason);
    this.#bytes += bytes.length;
    this.files.push({ name, bytes });
    if (this.files.length > filesMax) throw new GroupFolderFailed(this.#folder, `has more than ${filesMax} files`);
    if (this.#bytes > groupBytesMax) throw new GroupFolderFailed(this.#folder, `has more than ${groupBytesMax} bytes`);
  }

  /** `undefined` when it is gone since it was listed, or is too large. */
  async #contentOf(name: string): Promise<Buffer | undefined> {
    const { fileBytesMax } = this.#limits;
    try {
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      const handle = await open(join(this.#folder, name), flags);
      try {
        const { size } = await handle.stat();
        if (size <= fileBytesMax) return await handle.readFile();
        this.#complain(name, `it has more than ${fileBytesMax} bytes`);
        return undefined;
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  #complain(name: string, why: string): void {
    this.complaints.push(`${join(this.#folder, name)} is not given to agents: ${why}`);
  }
}
