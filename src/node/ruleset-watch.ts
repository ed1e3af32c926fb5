/**
 * Whether files have changed: by their names, sizes, inodes and times, looked at again and again. The system's own
 * hints only bring the next look forward; network file systems give none.
 */
import { dirname, join } from "node:path";
import type { Disk, FileStat } from "../base/disk.ts";
import type { FolderWatch, WatchFolder } from "../collect/watch-disk.ts";

/** Rulesets have some 300 files; a folder that holds this many is none of decoders, rules or lists. */
const filesMax = 20_000;

export class RulesetWatch {
  readonly #disk: Disk;
  readonly #watchFolder: WatchFolder;
  readonly #onHint: () => void;
  #places: readonly string[] = [];
  readonly #watches = new Map<string, FolderWatch>();

  /** `onHint` may be called for what has nothing to do with the files. */
  constructor(disk: Disk, watchFolder: WatchFolder, onHint: () => void) {
    this.#disk = disk;
    this.#watchFolder = watchFolder;
    this.#onHint = onHint;
  }

  /** From now on these files and folders are looked at, whether they are there or not. Folders are not descended. */
  async follow(places: readonly string[]): Promise<void> {
    this.#places = [...new Set(places)].sort();
    const folders = new Set<string>();
    for (const place of this.#places) {
      folders.add((await this.#disk.stat(place))?.kind === "folder" ? place : dirname(place));
    }
    for (const [folder, watch] of this.#watches) {
      if (folders.has(folder)) continue;
      watch.close();
      this.#watches.delete(folder);
    }
    for (const folder of folders) {
      if (this.#watches.has(folder)) continue;
      const watch = this.#watchFolder(folder, this.#onHint);
      if (watch !== undefined) this.#watches.set(folder, watch);
    }
  }

  /** Equal texts: nothing has changed. Files that cannot be looked at count as absent. */
  async look(): Promise<string> {
    const lines: string[] = [];
    const add = (path: string, stat: FileStat | undefined): void => {
      if (stat === undefined) lines.push(`${path} -`);
      else if (stat.kind === "file") lines.push(`${path} ${stat.bytes} ${stat.modifiedMs} ${stat.inode}`);
      else lines.push(`${path} ${stat.kind}`);
    };
    for (const place of this.#places) {
      const stat = await this.#statOf(place);
      add(place, stat);
      if (stat?.kind !== "folder") continue;
      for (const name of await this.#disk.list(place).catch(() => [])) {
        if (lines.length >= filesMax) break;
        add(join(place, name), await this.#statOf(join(place, name)));
      }
    }
    return lines.join("\n");
  }

  async #statOf(path: string): Promise<FileStat | undefined> {
    return this.#disk.stat(path).catch(() => undefined);
  }

  close(): void {
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
  }
}
