import { deepEqual } from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { compareFolders } from "./journal-replay.ts";

test("each file is judged by what the checkpoint stands for and by what a fresh analysis gives", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "argus-compare-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const nameOf = (name: string): string => `alerts/2026/Nov/${name}`;
  const write = async (side: string, name: string, bytes: string | Buffer): Promise<void> => {
    const path = join(folder, side, nameOf(name));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  };
  const long = "line of an alert\n".repeat(20_000);
  const promised = new Map<string, number>();
  const file = async (name: string, fresh: string, kept: string | Buffer | undefined, until: number): Promise<void> => {
    await write("fresh", name, fresh);
    if (kept !== undefined) await write("kept", name, kept);
    promised.set(nameOf(name), until);
  };
  await file("a-same", long, long, long.length);
  await file("b-behind", long, long.slice(0, 100_000), 99_999);
  await file("c-shorter", long, long.slice(0, 100_000), 100_001);
  await file("d-different", long, `${long.slice(0, 100_000)}!${long.slice(100_001)}`, 0);
  await file("e-longer", "one\n", "one\ntwo\n", 4);
  await file("f-missing", "one\n", undefined, 4);
  await file("g-not-yet", "one\n", undefined, 0);
  await file("h-packed", long, undefined, long.length);
  await write("kept", "h-packed.gz", gzipSync(long));
  await write("kept", "i-only-here", "one\n");
  await write("kept", "j-empty", "");
  const files = await compareFolders(join(folder, "fresh"), join(folder, "kept"), promised);
  deepEqual(
    files.map(({ file: path, verdict, at }) => `${path.slice(nameOf("").length)} ${verdict} ${at}`),
    [
      ...[`a-same identical ${long.length}`, "b-behind behind 100000", "c-shorter shorter 100000"],
      ...["d-different different 100000", "e-longer different 4", "f-missing missing 0", "g-not-yet behind 0"],
      ...[`h-packed identical ${long.length}`, "i-only-here unexpected 0"],
    ],
  );
});
