import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { SimDisk } from "../../test/support/sim-disk.ts";
import { compressFile } from "./compress-file.ts";

const text = "a line of a log\n".repeat(40_000); // Longer than two of the pieces in which it is read.

async function worldWith(content: string, seed = 1): Promise<SimDisk> {
  let random = seed;
  const disk = new SimDisk(() => (random = (random * 48_271) % 2_147_483_647) / 2_147_483_647);
  const process = disk.process();
  const file = await process.open("/logs/a.log", "create");
  await file.write([Buffer.from(content)], 0);
  await file.sync();
  await process.syncFolder("/logs");
  return disk;
}

const opened = (disk: SimDisk): string => gunzipSync(disk.bytesOf("/logs/a.log.gz")).toString();

test("replaces a file by its gzip, an empty one too", async () => {
  for (const content of [text, "x", ""]) {
    const disk = await worldWith(content);
    await compressFile(disk.process(), "/logs/a.log", 0o640);
    deepEqual(disk.paths(), ["/logs/a.log.gz"]);
    equal(opened(disk), content);
  }
});

test("has nothing to do where there is no file", async () => {
  const disk = new SimDisk(() => 0);
  await compressFile(disk.process(), "/logs/a.log", 0o640);
  deepEqual(disk.paths(), []);
});

test("leaves the whole of it on the disk at whatever call the power goes, and ends the next time", async () => {
  for (let at = 1, isCut = true; isCut; at += 1) {
    const disk = await worldWith(text, at);
    let calls = 0;
    isCut = false;
    const cut = new Promise<void>((resolve) => {
      disk.onCall = () => {
        calls += 1;
        if (calls !== at) return;
        isCut = true;
        disk.cutPower();
        resolve();
      };
    });
    await Promise.race([compressFile(disk.process(), "/logs/a.log", 0o640), cut]);
    disk.onCall = () => undefined;
    const isPlain = disk.paths().includes("/logs/a.log");
    equal(isPlain ? disk.bytesOf("/logs/a.log").toString() : opened(disk), text, `call ${at}`);
    await compressFile(disk.process(), "/logs/a.log", 0o640);
    deepEqual(
      disk.paths().filter((path) => !path.endsWith(".new")),
      ["/logs/a.log.gz"],
      `call ${at}`,
    );
    equal(opened(disk), text, `call ${at}`);
  }
});

test("leaves the file alone when it is stopped, or when there is no room", async () => {
  const disk = await worldWith(text);
  await compressFile(disk.process(), "/logs/a.log", 0o640, AbortSignal.abort());
  deepEqual(disk.paths(), ["/logs/a.log"]);
  disk.bytesMax = text.length;
  await rejects(compressFile(disk.process(), "/logs/a.log", 0o640), /ENOSPC/);
  equal(disk.bytesOf("/logs/a.log").toString(), text);
});
