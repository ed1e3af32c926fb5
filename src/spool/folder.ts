/** A folder of segments: what is in it, and what is put aside. */
import type { Disk } from "../base/disk.ts";
import type { Log } from "../base/log.ts";
import { SpoolError } from "./errors.ts";
import { numberOfName, segmentName, type Core } from "./head.ts";
import { FOLDER_PERMISSIONS, ioError, readHead } from "./segment.ts";

/** Damaged files kept for whoever looks into it: at most four segments of space. */
const damagedKept = 4;
/** Heads read at once: enough to hide the latency of a disk, few enough for any limit on open files. */
const readsAtOnce = 16;

export interface Listed {
  number: number;
  path: string;
  core: Core;
  bytes: number;
  modifiedMs: number;
}

/** The readable segments of the folder, in order, and what has been put aside. */
export interface Listing {
  segments: Listed[];
  aside: { number: number; bytes: number }[];
}

/** Makes the folder, clears litter, reads all heads; a segment without a readable head is put aside and logged. */
export async function openFolder(disk: Disk, folder: string, type: Core["type"], log: Log): Promise<Listing> {
  const numbers: number[] = [];
  try {
    await disk.makeFolder(folder, FOLDER_PERMISSIONS);
    for (const name of await disk.list(folder)) {
      if (name.endsWith(".seg.new")) await disk.remove(`${folder}/${name}`);
      const number = numberOfName(name);
      if (number !== undefined) numbers.push(number);
    }
  } catch (error) {
    throw ioError(folder, "open", error);
  }
  const segments: Listed[] = [];
  const aside: Listing["aside"] = [];
  for (let at = 0; at < numbers.length; at += readsAtOnce) {
    const some = numbers.slice(at, at + readsAtOnce);
    const heads = await Promise.all(some.map((number) => readHead(disk, `${folder}/${segmentName(number)}`)));
    for (const [index, head] of heads.entries()) {
      const number = some[index] ?? 0;
      const path = `${folder}/${segmentName(number)}`;
      if (head !== undefined && head.core.type !== type) {
        const message = `${path} belongs to a ${head.core.type}, but its folder to a ${type}: move it away`;
        throw new SpoolError("ARGUS_SPOOL_IO", path, message);
      }
      if (head !== undefined && numberOf(head.core) === number) {
        segments.push({ number, path, ...head });
        continue;
      }
      log.error(`${path} has no readable head: it is put aside, and what it held is declared lost`);
      aside.push({ number, bytes: (await disk.stat(path))?.bytes ?? 0 });
      await putAside(disk, folder, segmentName(number));
    }
  }
  return { segments, aside };
}

function numberOf(core: Core): number {
  return core.type === "spool" ? core.ordinal : core.base;
}

/** Moves a file to `damaged/` and keeps the last few there. */
export async function putAside(disk: Disk, folder: string, name: string): Promise<void> {
  const aside = `${folder}/damaged`;
  try {
    await disk.makeFolder(aside, FOLDER_PERMISSIONS);
    await disk.rename(`${folder}/${name}`, `${aside}/${name}`);
    await disk.syncFolder(folder);
    const names = await disk.list(aside);
    for (const old of names.slice(0, Math.max(0, names.length - damagedKept))) await disk.remove(`${aside}/${old}`);
  } catch (error) {
    throw ioError(`${folder}/${name}`, "put aside", error);
  }
}
