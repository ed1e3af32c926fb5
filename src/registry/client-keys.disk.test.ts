import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { RegistryWorld } from "../../test/support/registry-world.ts";
import { newFolder } from "../../test/support/temporary-folder.ts";
import { pause, systemClock } from "../base/clock.ts";
import { nodeDisk } from "../base/disk.ts";
import { logTo } from "../base/log.ts";
import { ClientKeysDisk } from "./client-keys-disk.ts";
import { ClientKeysFailed } from "./errors.ts";
import type { KeysLine } from "./needs.ts";

// The timers of a node do not keep a process alive by themselves.
const awake = setInterval(() => undefined, 1_000);
after(() => clearInterval(awake));

const line = (id: string, name: string, isRemoved = false): KeysLine => ({
  ...{ id, name, address: "any", key: "secret", isRemoved },
});

interface Stage {
  path: string;
  keys: ClientKeysDisk;
  logged: string[];
}

function stage(text?: string): Stage {
  const path = join(newFolder("keys"), "client.keys");
  if (text !== undefined) writeFileSync(path, text);
  const logged: string[] = [];
  const log = logTo(({ message }) => void logged.push(message.replace(path, "client.keys")));
  const limits = { settleMs: 5, emptyMs: 50, afterlifeMs: 50, bytesMax: 10_000 };
  return { path, logged, keys: new ClientKeysDisk({ path, disk: nodeDisk, clock: systemClock, log, limits }) };
}

const read = (path: string): string => readFileSync(path, "latin1");

test("what it holds is read, and what cannot be read is named by its line and kept", async () => {
  const { keys, path, logged } = stage("# ours\n001 aa any k1\nrubbish\n\n002 !bb 10.0.0.1 k2\n001 again any k3\n");
  const edit = await keys.look();
  deepEqual(edit?.after, [
    { id: "001", name: "aa", address: "any", key: "k1", isRemoved: false },
    { id: "002", name: "bb", address: "10.0.0.1", key: "k2", isRemoved: true },
  ]);
  deepEqual(
    logged.map((text) => text.slice(0, 15)),
    ["client.keys:3: ", "client.keys:6: "],
  );
  equal(await keys.write([line("001", "aa"), line("009", "new")]), true);
  equal(read(path), "# ours\n001 aa any secret\nrubbish\n\n001 again any k3\n009 new any secret\n");
  equal(await keys.look(), undefined);
  equal(await keys.write([line("001", "aa"), line("010", "other"), line("009", "new")]), true);
  equal(
    read(path),
    "# ours\n001 aa any secret\nrubbish\n\n001 again any k3\n009 new any secret\n010 other any secret\n",
  );
  equal(statSync(path).mode & 0o777, 0o640);
  equal(existsSync(`${path}.new`), false);
});

test(
  "it stays its owner's and his group's",
  { skip: process.getuid?.() !== 0 && "only root gives files away" },
  async () => {
    const { keys, path } = stage("001 aa any k1\n");
    chownSync(path, 4_321, 4_322);
    await keys.look();
    equal(await keys.write([line("001", "aa"), line("002", "bb")]), true);
    const { uid, gid, mode } = statSync(path);
    deepEqual([uid, gid, mode & 0o777], [4_321, 4_322, 0o640]);
  },
);

test("a file that was not changed is no edit, whatever its times say", async () => {
  const { keys, path } = stage("001 aa any k1\n");
  ok((await keys.look()) !== undefined);
  writeFileSync(path, "001 aa any k1\n");
  equal(await keys.look(), undefined);
  await keys.write([line("001", "aa")]);
  equal(await keys.look(), undefined, "our own writing is none");
});

test("what somebody wrote since the last look is not overwritten", async () => {
  const { keys, path } = stage("001 aa any secret\n");
  await keys.look();
  appendFileSync(path, "002 bb any secret\n");
  equal(await keys.write([line("001", "aa"), line("003", "cc")]), false);
  deepEqual((await keys.look())?.after, [line("001", "aa"), line("002", "bb")]);
  equal(await keys.write([line("001", "aa"), line("002", "bb"), line("003", "cc")]), true);
  equal(read(path), "001 aa any secret\n002 bb any secret\n003 cc any secret\n");
});

test("a file that is not there yet is made, and one that somebody made meanwhile is looked at first", async () => {
  const one = stage();
  equal(await one.keys.look(), undefined);
  const startMs = systemClock.monotonicMs();
  equal(await one.keys.look(), undefined);
  ok(systemClock.monotonicMs() - startMs < 40, "it is not waited for");
  equal(await one.keys.write([line("001", "aa")]), true);
  const other = stage();
  equal(await other.keys.look(), undefined);
  writeFileSync(other.path, "005 hand any secret\n");
  equal(await other.keys.write([line("001", "aa")]), false);
  deepEqual((await other.keys.look())?.after, [line("005", "hand")]);
});

test("what is appended to the file that we have replaced is an edit all the same", async () => {
  const { keys, path } = stage("001 aa any secret\n");
  await keys.look();
  const file = openSync(path, "a"); // A program that is slow.
  await keys.write([line("001", "aa"), line("002", "bb")]);
  writeSync(file, "003 late any secret\n");
  closeSync(file);
  const edit = await keys.look();
  deepEqual(
    [edit?.before, edit?.after, edit?.isOverwritten],
    [[line("001", "aa")], [line("001", "aa"), line("003", "late")], true],
  );
  await pause(systemClock, 60);
  equal(await keys.look(), undefined);
  await keys.close();
});

test("a file that is being written is read when it is whole", async () => {
  const { keys, path } = stage("001 aa any secret\n002 bb any secret\n");
  await keys.look();
  writeFileSync(path, "");
  const looking = keys.look();
  await pause(systemClock, 20);
  writeFileSync(path, "001 aa any secret\n002 bb any secret\n003 cc any secret\n");
  equal((await looking)?.after.length, 3);
  writeFileSync(path, "");
  equal((await keys.look())?.after.length, 0, "it stays empty: that is meant");
});

test("a file that disappears is to be written again, and that is said once", async () => {
  const { keys, path, logged } = stage("001 aa any secret\n");
  await keys.look();
  unlinkSync(path);
  const edit = await keys.look();
  deepEqual([edit?.isOverwritten, edit?.after], [true, [line("001", "aa")]]);
  equal(await keys.look(), undefined);
  equal(logged.filter((text) => text.includes("is gone")).length, 1);
  equal(await keys.write([line("001", "aa")]), true);
  equal(read(path), "001 aa any secret\n");
});

test("a file that is too large, or a folder in its place, is an error", async () => {
  const large = stage("x".repeat(10_001));
  await rejects(large.keys.look(), ClientKeysFailed);
  const folder = stage();
  mkdirSync(folder.path);
  await rejects(folder.keys.look(), ClientKeysFailed);
  await rejects(folder.keys.write([]), ClientKeysFailed);
});

test("while agents enrol, a script that appends and an editor that renames lose no line, and ours are not lost", async () => {
  const { keys, path } = stage("");
  const world = new RegistryWorld();
  const clock = systemClock;
  const registry = await world.open({ keys, clock });
  const names: string[] = [];
  const enrolling = (async () => {
    for (let index = 0; index < 40; index += 1) {
      const answer = await registry.enrol({ name: `own-${index}`, source: "::1" });
      if (answer.isEnrolled) names.push(answer.name);
      await pause(clock, 3);
    }
  })();
  for (let index = 0; index < 40; index += 1) {
    const text = `${9_000 - index} hand-${index} any secret\n`;
    if (index % 2 === 0) appendFileSync(path, text);
    else {
      writeFileSync(`${path}.edit`, `${read(path)}${text}`);
      renameSync(`${path}.edit`, path);
    }
    await pause(clock, 7);
  }
  await enrolling;
  for (let looks = 0; looks < 6; looks += 1) {
    registry.lookAtKeys();
    await registry.settle();
    await pause(clock, 20);
  }
  const known = registry.agents.list().map(({ name }) => name);
  ok(names.length > 20, `${names.length} enrolled`);
  deepEqual(
    names.filter((name) => !known.includes(name)),
    [],
    "ours",
  );
  const theirs = Array.from({ length: 40 }, (_, index) => `hand-${index}`);
  deepEqual(
    theirs.filter((name) => !known.includes(name)),
    [],
    "theirs",
  );
  deepEqual(
    known.filter((name) => !read(path).includes(` ${name} `)),
    [],
    "the file has them all",
  );
  await keys.close();
});

test("an id that heads a line that was cut is said to be unreadable, wherever it was cut", async () => {
  const whole = "001 aa any k1\n002 bb any k2\n";
  const { keys, path } = stage(whole);
  await keys.look();
  for (const cut of ["002", "002 ", "002 b", "002 bb an", "002 bb any"]) {
    writeFileSync(path, `001 aa any k1\n${cut}`);
    const edit = await keys.look();
    deepEqual([edit?.after.length, [...(edit?.unreadable ?? [])]], [1, ["002"]], cut);
  }
  writeFileSync(path, `${whole}# 003 cc any k3\n 004 dd any k4\n`);
  deepEqual([...((await keys.look())?.unreadable ?? ["none"])], []);
});
