import { equal, notEqual, ok } from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { nodeDisk } from "../base/disk.ts";
import { noWatch, watchFolder } from "../collect/watch-disk.ts";
import { removeFolder, temporaryFolder, until } from "../../test/support/argus-process.ts";
import { RulesetWatch } from "./ruleset-watch.ts";

function folderOf(context: TestContext): string {
  const folder = temporaryFolder("ruleset-watch");
  context.after(() => removeFolder(folder));
  return folder;
}

test("a file that is written, made or removed is seen; one that is none of its own is not", async (context) => {
  const folder = folderOf(context);
  await mkdir(join(folder, "rules"));
  await writeFile(join(folder, "rules", "a.xml"), "1");
  const watch = new RulesetWatch(nodeDisk, noWatch, () => undefined);
  await watch.follow([join(folder, "rules"), join(folder, "ossec.conf"), join(folder, "lists", "absent")]);
  let before = await watch.look();
  equal(await watch.look(), before);
  const changes: (() => Promise<void>)[] = [
    () => writeFile(join(folder, "rules", "a.xml"), "22"),
    () => writeFile(join(folder, "rules", "b.xml"), "1"),
    () => rm(join(folder, "rules", "a.xml")),
    () => writeFile(join(folder, "ossec.conf"), "1"),
  ];
  for (const change of changes) {
    await change();
    const now = await watch.look();
    notEqual(now, before, String(change));
    before = now;
  }
  await writeFile(join(folder, "client.keys"), "1");
  equal(await watch.look(), before);
});

test("a change is hinted at, until the watch is closed or follows other places", async (context) => {
  const folder = folderOf(context);
  for (const name of ["rules", "decoders"]) await mkdir(join(folder, name));
  let hints = 0;
  const watch = new RulesetWatch(nodeDisk, watchFolder, () => (hints += 1));
  context.after(() => watch.close());
  await watch.follow([join(folder, "rules"), join(folder, "lists", "absent")]);
  await writeFile(join(folder, "rules", "a.xml"), "1");
  await until("a hint", () => hints > 0);
  await watch.follow([join(folder, "decoders")]);
  const seen = hints;
  await writeFile(join(folder, "rules", "b.xml"), "1");
  await writeFile(join(folder, "decoders", "b.xml"), "1");
  await until("a hint of the other folder", () => hints > seen);
  ok(hints > seen);
});
