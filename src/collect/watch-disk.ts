/**
 * Hints that something changed in a folder. A watch on a file would follow its inode and report nothing of the file
 * that takes its place, so folders are watched. Hints may be lost (network file systems, limits of inotify): whoever
 * listens looks by himself every second as well.
 */
import { watch } from "node:fs";

export interface FolderWatch {
  close(): void;
}

/** `undefined` when the folder cannot be watched. `name` is `undefined` where the system does not tell it. */
export type WatchFolder = (folder: string, onHint: (name: string | undefined) => void) => FolderWatch | undefined;

export const watchFolder: WatchFolder = (folder, onHint) => {
  try {
    const watcher = watch(folder, { persistent: false }, (_kind, name) => onHint(name ?? undefined));
    watcher.on("error", () => watcher.close()); // The folder is gone, or no watches are left: looking goes on.
    return { close: () => watcher.close() };
  } catch {
    return undefined;
  }
};

export const noWatch: WatchFolder = () => undefined;
