/** Replaces a file that is finished by its gzip. A stop at any moment leaves the file, its gzip, or both. */
import { Buffer } from "node:buffer";
import { dirname } from "node:path";
import { createGzip } from "node:zlib";
import type { Disk, DiskFile } from "../base/disk.ts";

/** Bounds memory whatever the size of the file, and is large enough for the disk. */
const chunkBytes = 256 * 1_024;

/**
 * `path` becomes `path.gz`, which is made beside (`path.gz.new`), synced and renamed before `path` is removed. An
 * absent file is no error: another call may have been quicker. `signal` stops between two pieces and leaves `path` as
 * it was.
 */
export async function compressFile(disk: Disk, path: string, permissions: number, signal?: AbortSignal): Promise<void> {
  const found = await disk.stat(path);
  if (found === undefined) return;
  const beside = `${path}.gz.new`;
  await disk.remove(beside);
  const from = await disk.open(path, "read");
  try {
    const into = await disk.open(beside, "create", permissions);
    try {
      if (!(await pump(from, into, signal))) return await disk.remove(beside);
      await into.sync();
    } finally {
      await into.close();
    }
  } finally {
    await from.close();
  }
  await disk.rename(beside, `${path}.gz`);
  await disk.syncFolder(dirname(path));
  await disk.remove(path);
}

/** Whether all of it went through. */
async function pump(from: DiskFile, into: DiskFile, signal: AbortSignal | undefined): Promise<boolean> {
  const gzip = createGzip();
  let readAt = 0;
  const feed = async (): Promise<void> => {
    for (;;) {
      const chunk = Buffer.allocUnsafe(chunkBytes);
      const count = await from.read(chunk, readAt);
      readAt += count;
      if (count > 0) await new Promise<void>((resolve) => gzip.write(chunk.subarray(0, count), () => resolve()));
      if (count < chunkBytes || signal?.aborted === true) break;
    }
    gzip.end();
  };
  const feeding = feed().catch((error: unknown) => {
    gzip.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  let writeAt = 0;
  for await (const piece of gzip) {
    const bytes = piece as Buffer;
    await into.write([bytes], writeAt);
    writeAt += bytes.length;
  }
  await feeding;
  return signal?.aborted !== true;
}
