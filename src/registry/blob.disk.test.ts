import { deepEqual, equal } from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { newFolder } from "../../test/support/temporary-folder.ts";
import { nodeDisk } from "../base/disk.ts";
import { BLOB_BYTES_MAX, BlobDisk, sha256Of } from "./blob-disk.ts";

const content = Buffer.from("!3 a.txt\nabc");
const sum = sha256Of(content);
const folder = (): string => join(newFolder("blobs"), "merged");

test("what was put is there under its sum, for the next start as well", async () => {
  const path = folder();
  equal(await new BlobDisk(path, nodeDisk).put(content), sum);
  deepEqual(await new BlobDisk(path, nodeDisk).get(sum), content);
  equal(await new BlobDisk(path, nodeDisk).get("0".repeat(64)), undefined);
  for (const name of ["../../etc/passwd", "", "x", `${sum}/..`]) {
    equal(await new BlobDisk(path, nodeDisk).get(name), undefined);
  }
});

test("a file that was changed on the disk is as good as none", async () => {
  const path = folder();
  await new BlobDisk(path, nodeDisk).put(content);
  writeFileSync(join(path, sum), "!3 a.txt\nabd");
  const blobs = new BlobDisk(path, nodeDisk);
  equal(await blobs.get(sum), undefined);
  await blobs.put(content);
  deepEqual(await blobs.get(sum), content);
});

test("a fetch goes on where it was cut off, and counts when the sum is right", async () => {
  const path = folder();
  const first = new BlobDisk(path, nodeDisk);
  equal(await first.add(sum, 0, content.subarray(0, 5)), true);
  equal((await first.finish(sum)) && true, false, "half of it");
  equal(await first.fetched(sum), 0, "and that is thrown away");
  equal(await first.add(sum, 0, content.subarray(0, 5)), true);
  const second = new BlobDisk(path, nodeDisk);
  equal(await second.fetched(sum), 5);
  equal(await second.add(sum, 4, content.subarray(4)), false, "not where it ended");
  equal(await second.add(sum, 5, content.subarray(5)), true);
  equal(await second.finish(sum), true);
  deepEqual(await second.get(sum), content);
  equal(await second.add(sum, BLOB_BYTES_MAX, content), false);
});

test("what no record names goes, fetches that were given up as well", async () => {
  const path = folder();
  const blobs = new BlobDisk(path, nodeDisk);
  const other = await blobs.put(Buffer.from("other"));
  await blobs.put(content);
  await blobs.add("1".repeat(64), 0, content);
  await blobs.add("2".repeat(64), 0, content);
  await blobs.keepOnly(new Set([sum, "2".repeat(64)]));
  deepEqual(readdirSync(path).sort(), [`${"2".repeat(64)}.part`, sum].sort());
  equal(await blobs.get(other), undefined);
  deepEqual(
    (
      await blobs.missing([
        { kind: "merged", seq: 1, groups: "a", isRemoved: false, md5: "", sha256: sum, bytes: 1 },
        { kind: "merged", seq: 2, groups: "b", isRemoved: false, md5: "", sha256: other, bytes: 1 },
        { kind: "merged", seq: 3, groups: "c", isRemoved: true, md5: "", sha256: "", bytes: 0 },
      ])
    ).map(({ groups }) => groups),
    ["b"],
  );
});
