/** The end of a file of lines, for what is held in memory of it after a start. */
import type { Disk } from "./disk.ts";

/**
 * The whole lines among the last `bytesMax` bytes of the file at `path`, as UTF-8, without their ends; none of an
 * absent file. Rejects with the disk's errors.
 */
export async function lastLines(disk: Disk, path: string, bytesMax: number): Promise<string[]> {
  const found = await disk.stat(path);
  if (found === undefined || found.kind !== "file") return [];
  const from = Math.max(0, found.bytes - bytesMax);
  const bytes = Buffer.alloc(found.bytes - from);
  const file = await disk.open(path, "read");
  let count: number;
  try {
    count = await file.read(bytes, from);
  } finally {
    await file.close();
  }
  const lines = bytes.subarray(0, count).toString("utf8").split("\n");
  if (from > 0) lines.shift(); // Probably only the end of a line.
  lines.pop(); // What follows the last line's end: nothing, or a torn line that is completed later.
  return lines;
}
