import { deepEqual, equal } from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { nodeDisk } from "../base/disk.ts";
import { RecentAlerts } from "./recent.ts";

const line = (index: number, pad = ""): string =>
  `{"id":"${index}.0","rule":{"level":${index % 12}},"full_log":"${pad}"}\n`;

async function refilled(context: TestContext, text: string | undefined): Promise<RecentAlerts> {
  const folder = await mkdtemp(join(tmpdir(), "argus-recent-test-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "alerts.json");
  if (text !== undefined) await writeFile(path, text);
  const limits = { countMax: 3, bytesMax: 10_000_000 };
  const recent = new RecentAlerts(limits, limits);
  recent.subscribe(() => {
    throw new Error("a refill tells nobody");
  });
  await recent.refill(nodeDisk, path);
  return recent;
}
const ids = (recent: RecentAlerts): string[] => recent.last(100, 0).map(({ id }) => id);

test("is refilled with the last alerts of the file, a torn line at its end left out", async (context) => {
  const recent = await refilled(context, `${[1, 2, 3, 4, 5].map((index) => line(index)).join("")}{"id":"6.0","ru`);
  deepEqual(ids(recent), ["3.0", "4.0", "5.0"]);
  equal(recent.last(1, 0)[0]?.level, 5);
});
test("finds those of a high level again that stand before the others which it has room for", async (context) => {
  const high = '{"id":"7.1","rule":{"level":12}}\n';
  const recent = await refilled(context, `${line(7)}${high}${[8, 9, 10, 11].map((index) => line(index)).join("")}`);
  deepEqual(ids(recent), ["7.1", "9.0", "10.0", "11.0"]);
});
test("has nothing where there is no file, or an empty one", async (context) => {
  deepEqual(ids(await refilled(context, undefined)), []);
  deepEqual(ids(await refilled(context, "")), []);
});
test("reads only the end of a large file, and passes over what is no alert", async (context) => {
  const high = '{"id":"0.1","rule":{"level":12}}\n';
  const large = Array.from({ length: 60 }, (_, index) => line(index, "x".repeat(100_000))).join("");
  deepEqual(ids(await refilled(context, `${high}${large}not ours\n${line(99)}`)), ["58.0", "59.0", "99.0"]);
});
