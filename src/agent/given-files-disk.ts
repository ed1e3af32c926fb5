/**
 * What the manager has given: a merged.mg and the files in it, under etc/shared. Written so that a stop at any moment
 * leaves a folder that the next push mends: merged.mg, whose sum the manager compares, is written last.
 */
import { dirname, join } from "node:path";
import type { Disk } from "../base/disk.ts";
import { unpackMerged } from "../wire/shared-file.ts";
import { AGENT_FILE_MODE, AGENT_FOLDER_MODE, type AgentHome } from "./home.ts";

const mergedBytesMax = 16 * 1_024 * 1_024;

/** Undefined: nothing was given yet. */
export function readMerged({ mergedFile }: AgentHome, disk: Disk): Promise<Buffer | undefined> {
  return disk.readWhole(mergedFile, mergedBytesMax);
}

/** Returns why it is none that may be unpacked; nothing is changed then. Rejects with the disk's errors. */
export async function writeGiven(home: AgentHome, merged: Buffer, disk: Disk): Promise<string | undefined> {
  const files = unpackMerged(merged);
  if (typeof files === "string") return files;
  const { shared, mergedFile } = home;
  await disk.makeFolder(shared, AGENT_FOLDER_MODE);
  const kept = new Set([mergedFile]);
  for (const { name, bytes } of files) {
    const path = join(shared, name);
    kept.add(path);
    await disk.makeFolder(dirname(path), AGENT_FOLDER_MODE);
    await disk.replace(path, bytes, AGENT_FILE_MODE);
  }
  await removeOthers(shared, kept, disk);
  await disk.replace(mergedFile, merged, AGENT_FILE_MODE);
  return undefined;
}

/** Files that the manager gives no more; folders stay. */
async function removeOthers(folder: string, kept: ReadonlySet<string>, disk: Disk): Promise<void> {
  for (const name of await disk.list(folder)) {
    const path = join(folder, name);
    const found = await disk.stat(path);
    if (found?.kind === "folder") await removeOthers(path, kept, disk);
    else if (!kept.has(path)) await disk.remove(path);
  }
}
