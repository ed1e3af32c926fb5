import { deepEqual, equal } from "node:assert/strict";
import {
  appendFile,
  copyFile,
  mkdtemp,
  open,
  rename,
  rm,
  stat,
  truncate,
  unlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SimClock } from "../../test/support/sim-clock.ts";
import { LineSink } from "../../test/support/line-sink.ts";
import { nodeDisk } from "../base/disk.ts";
import { silentLog } from "../base/log.ts";
import { OccasionalLog } from "../base/occasional-log.ts";
import { Claims, FileFollower, type FollowContext } from "./file-follower.ts";

const lingerMs = 1_000;

/** A folder with one followed path in it, and a node that can be killed and started again. */
class World {
  readonly sink = new LineSink();
  readonly clock = new SimClock();
  readonly notices: string[] = [];
  readonly folder: string;
  readonly path: string;
  start: "end" | "beginning" = "beginning";
  context: FollowContext;
  #follower: FileFollower | undefined;

  constructor(folder: string) {
    this.folder = folder;
    this.path = join(folder, "x.log");
    this.context = this.#newContext();
  }

  #newContext(): FollowContext {
    return {
      ...{ sink: this.sink, disk: nodeDisk, clock: this.clock, log: silentLog, lingerMs, claims: new Claims() },
      ...{ complaints: new OccasionalLog(silentLog, this.clock), notice: (text: string) => this.notices.push(text) },
      // Small, so that lines often cross a window and sometimes fill several.
      ...{ window: Buffer.alloc(64), logBytesMax: 48, readsPerLook: 3 },
      counters: { lines: 0, blank: 0, truncated: 0, rotations: 0, truncations: 0, vanished: 0, errors: 0 },
    };
  }

  get follower(): FileFollower {
    const mark = this.sink.marks.get(`file:${this.path}`);
    this.#follower ??= new FileFollower(this.path, this.start, mark, this.context);
    return this.#follower;
  }

  /** Looks until there is nothing more to read. */
  async settle(): Promise<void> {
    while ((await this.follower.look()) !== "end") if (this.sink.isFull) this.sink.makeRoom(5);
  }

  async killAndRestart(): Promise<void> {
    const follower = this.follower;
    this.sink.kill();
    await follower.close();
    this.#follower = undefined;
    this.context = this.#newContext();
  }
}

async function inWorld(act: (world: World) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "argus-follow-"));
  const world = new World(folder);
  try {
    await act(world);
  } finally {
    await world.follower.close();
    await rm(folder, { recursive: true });
  }
}

const logsOf = async (world: World): Promise<string[]> => {
  await world.settle();
  return world.sink.logs();
};

test("hands over whole lines only, and a torn one when its end is there", () =>
  inWorld(async (world) => {
    await writeFile(world.path, "one\ntwo\nthr");
    deepEqual(await logsOf(world), ["one", "two"]);
    await appendFile(world.path, "ee");
    deepEqual(await logsOf(world), ["one", "two"]);
    await appendFile(world.path, "\nfour\n");
    deepEqual(await logsOf(world), ["one", "two", "three", "four"]);
  }));

test("names the path as location, of the node itself", () =>
  inWorld(async (world) => {
    await writeFile(world.path, "one\n");
    await world.settle();
    deepEqual(world.sink.open, [{ location: world.path, log: "one", isTruncated: false }]);
  }));

test("passes over blank lines, and takes one CR for a part of the line's end", () =>
  inWorld(async (world) => {
    await writeFile(world.path, "\n\r\none\r\n\n two \r\r\n");
    deepEqual(await logsOf(world), ["one", " two \r"]);
    equal(world.context.counters.blank, 3);
  }));

// Attack case 27.
test("keeps every byte of a line as it is", () =>
  inWorld(async (world) => {
    const bytes = Buffer.from(
      Array.from({ length: 40 }, (_, index) => (index * 7 + 200) & 0xff).filter((byte) => byte !== 10),
    );
    await writeFile(
      world.path,
      Buffer.concat([Buffer.from("** Alert 1:\u001b[2J\0"), bytes.subarray(0, 20), Buffer.from("\n")]),
    );
    const [log] = await logsOf(world);
    equal(
      Buffer.from(log ?? "", "latin1")
        .subarray(16)
        .compare(bytes.subarray(0, 20)),
      0,
    );
  }));

// Attack case 26.
test("cuts a line that is longer than the limit, marks it, and goes on behind its end", () =>
  inWorld(async (world) => {
    await writeFile(world.path, `${"a".repeat(48)}\n${"b".repeat(49)}\n${"c".repeat(1_000)}\nnext\n`);
    deepEqual(await logsOf(world), ["a".repeat(48), `${"b".repeat(48)}…`, `${"c".repeat(48)}…`, "next"]);
  }));

test("waits for the end of a line longer than the limit, so that no mark stands in the middle of it", () =>
  inWorld(async (world) => {
    await writeFile(world.path, `one\n${"c".repeat(500)}`);
    deepEqual(await logsOf(world), ["one"]);
    world.sink.commit();
    await appendFile(world.path, "c".repeat(500));
    deepEqual(await logsOf(world), ["one"]);
    await world.killAndRestart();
    await appendFile(world.path, "c\ntwo\n");
    deepEqual(await logsOf(world), ["one", `${"c".repeat(48)}…`, "two"]);
  }));

test("passes over a hole of NULs that a truncation under a careless writer left, however long", () =>
  inWorld(async (world) => {
    await writeFile(
      world.path,
      Buffer.concat([Buffer.alloc(1_000), Buffer.from("one\n"), Buffer.alloc(7), Buffer.from("two\n")]),
    );
    deepEqual(await logsOf(world), ["one", "two"]);
  }));

test("begins at the end of a file that it never followed, at the start of a line that is being written", () =>
  inWorld(async (world) => {
    world.start = "end";
    await writeFile(world.path, "old\nolder\nbeing writ");
    deepEqual(await logsOf(world), []);
    await appendFile(world.path, "ten\nnew\n");
    deepEqual(await logsOf(world), ["being written", "new"]);
  }));

test("reads a file that appears later from its beginning", () =>
  inWorld(async (world) => {
    world.start = "end";
    deepEqual(await logsOf(world), []);
    await writeFile(world.path, "first\nsecond\n");
    deepEqual(await logsOf(world), ["first", "second"]);
  }));

test("goes on at the durable mark after a kill: what was not durable comes again, what was does not", () =>
  inWorld(async (world) => {
    await writeFile(world.path, "one\ntwo\n");
    await world.settle();
    world.sink.commit();
    await appendFile(world.path, "three\nfour\n");
    await world.settle();
    await world.killAndRestart();
    deepEqual(await logsOf(world), ["one", "two", "three", "four"]);
  }));

test("a mark that is asked for in the middle of a file stands behind the last line handed over", () =>
  inWorld(async (world) => {
    await writeFile(world.path, "one\ntwo\nthree\nfour\n");
    world.sink.room = 2;
    equal(await world.follower.look(), "stopped");
    deepEqual(world.sink.logs(), ["one", "two"]);
    world.sink.commit();
    await world.killAndRestart();
    deepEqual(await logsOf(world), ["one", "two", "three", "four"]);
  }));

test("reads a renamed file to its end before the new one, and what its writer still adds", () =>
  inWorld(async (world) => {
    await writeFile(world.path, "one\n");
    await world.settle();
    await appendFile(world.path, "two\n");
    await rename(world.path, `${world.path}.1`);
    await writeFile(world.path, "three\n");
    deepEqual(await logsOf(world), ["one", "two", "three"]);
    await appendFile(`${world.path}.1`, "late\n");
    deepEqual(await logsOf(world), ["one", "two", "three", "late"]);
    equal(world.context.counters.rotations, 1);
    deepEqual(world.notices, [`ossec: File rotated (inode changed): '${world.path}'.`]);
  }));

test("closes a renamed file after it was quiet long enough, and hands over its torn last line", () =>
  inWorld(async (world) => {
    await writeFile(world.path, "one\ntorn");
    await world.settle();
    await rename(world.path, `${world.path}.1`);
    await writeFile(world.path, "two\n");
    deepEqual(await logsOf(world), ["one", "two"]);
    equal(world.follower.isLingering, true);
    world.clock.advance(lingerMs);
    deepEqual(await logsOf(world), ["one", "two", "torn"]);
    equal(world.follower.isLingering, false);
  }));

test("goes on in both files after a kill between a rotation and its end", () =>
  inWorld(async (world) => {
    await writeFile(world.path, "one\ntwo\n");
    await world.settle();
    await rename(world.path, `${world.path}.1`);
    await writeFile(world.path, "three\n");
    await world.settle();
    world.sink.commit();
    await appendFile(`${world.path}.1`, "late\n");
    await appendFile(world.path, "four\n");
    await world.killAndRestart();
    deepEqual(await logsOf(world), ["one", "two", "three", "late", "four"]);
  }));

test("finds a file again that was rotated while nobody looked", () =>
  inWorld(async (world) => {
    await writeFile(world.path, "one\n");
    await world.settle();
    world.sink.commit();
    await world.killAndRestart();
    await appendFile(world.path, "two\n");
    await rename(world.path, join(world.folder, "other-name"));
    await writeFile(world.path, "three\n");
    deepEqual(await logsOf(world), ["one", "two", "three"]);
    equal(world.context.counters.vanished, 0);
  }));

test("reads all files of a path that was rotated several times while nobody looked, and nothing compressed", () =>
  inWorld(async (world) => {
    await writeFile(world.path, "one\n");
    await world.settle();
    world.sink.commit();
    await world.killAndRestart();
    for (const [index, text] of ["two", "three", "four"].entries()) {
      await appendFile(world.path, `${text}\n`);
      await utimes(world.path, 1_000 + index, 1_000 + index);
      await rename(world.path, `${world.path}.${9 - index}`);
      await writeFile(`${world.path}.${9 - index}.gz`, "compressed\n");
    }
    await writeFile(`${world.path}.older`, "of another kind\n");
    await writeFile(world.path, "five\n");
    deepEqual(await logsOf(world), ["one", "two", "three", "four", "five"]);
  }));

test("does not read files again that were rotated before the mark", () =>
  inWorld(async (world) => {
    await writeFile(`${world.path}.1`, "long ago\n");
    await utimes(`${world.path}.1`, 1_000, 1_000);
    await writeFile(world.path, "one\n");
    await world.settle();
    world.sink.commit();
    await world.killAndRestart();
    await rename(`${world.path}.1`, `${world.path}.2`);
    await rename(world.path, `${world.path}.1`);
    await writeFile(world.path, "two\n");
    deepEqual(await logsOf(world), ["one", "two"]);
  }));

test("says that lines may be lost when the file of its mark is gone", () =>
  inWorld(async (world) => {
    await writeFile(world.path, "one\n");
    await world.settle();
    world.sink.commit();
    await world.killAndRestart();
    await writeFile(join(world.folder, "keeps-the-inode-from-being-used-again"), "");
    await rename(world.path, join(tmpdir(), `argus-gone-${process.pid}`));
    await unlink(join(tmpdir(), `argus-gone-${process.pid}`));
    await writeFile(world.path, "another\n");
    deepEqual(await logsOf(world), ["one", "another"]);
    equal(world.context.counters.vanished, 1);
  }));

test("does not take a new file for the old one because it has its inode number", () =>
  inWorld(async (world) => {
    await writeFile(world.path, "one\ntwo\n");
    await world.settle();
    world.sink.commit();
    const { ino } = await stat(world.path);
    await world.killAndRestart();
    await writeFile(world.path, "ONE\nTWO\nthree\n"); // In place: the same inode, as when a number is used again.
    equal((await stat(world.path)).ino, ino);
    deepEqual(await logsOf(world), ["one", "two", "ONE", "TWO", "three"]);
  }));

test("reads a truncated file from its beginning, also when it has grown beyond the old position since", () =>
  inWorld(async (world) => {
    await writeFile(world.path, "one\ntwo\n");
    await world.settle();
    await truncate(world.path, 0);
    await appendFile(world.path, "3\n");
    deepEqual(await logsOf(world), ["one", "two", "3"]);
    await writeFile(world.path, "a much longer text than before\n");
    deepEqual(await logsOf(world), ["one", "two", "3", "a much longer text than before"]);
    equal(world.context.counters.truncations, 2);
    deepEqual(new Set(world.notices), new Set([`ossec: File size reduced (inode remained): '${world.path}'.`]));
  }));

test("reads a file that was cut shorter from its beginning, although it begins as before", () =>
  inWorld(async (world) => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index} of this file`);
    await writeFile(world.path, `${lines.join("\n")}\n`);
    await world.settle();
    await truncate(world.path, lines.slice(0, 20).join("\n").length + 1);
    deepEqual(await logsOf(world), [...lines, ...lines.slice(0, 20)]);
  }));

test("keeps its place through copytruncate", () =>
  inWorld(async (world) => {
    await writeFile(world.path, "one\ntwo\n");
    await world.settle();
    await copyFile(world.path, `${world.path}.1`);
    await truncate(world.path, 0);
    await world.settle();
    world.sink.commit();
    await appendFile(world.path, "three\n");
    await world.killAndRestart();
    deepEqual(await logsOf(world), ["one", "two", "three"]);
  }));

test("gives up a removed file after it was quiet long enough", () =>
  inWorld(async (world) => {
    await writeFile(world.path, "one\n");
    await world.settle();
    await unlink(world.path);
    await world.settle();
    equal(world.follower.isIdle, false);
    world.clock.advance(lingerMs);
    await world.settle();
    equal(world.follower.isIdle, true);
    await writeFile(world.path, "two\n");
    deepEqual(await logsOf(world), ["one", "two"]);
  }));

test("follows a file that comes back to its path, without reading it twice", () =>
  inWorld(async (world) => {
    await writeFile(world.path, "one\n");
    await world.settle();
    await rename(world.path, `${world.path}.1`);
    await writeFile(world.path, "two\n");
    await world.settle();
    await unlink(world.path);
    await rename(`${world.path}.1`, world.path);
    await appendFile(world.path, "three\n");
    world.clock.advance(lingerMs);
    deepEqual(await logsOf(world), ["one", "two", "three"]);
  }));

test("does not open what is no regular file", () =>
  inWorld(async (world) => {
    await nodeDisk.makeFolder(world.path, 0o755);
    deepEqual(await logsOf(world), []);
    equal(world.follower.isIdle, true);
  }));

test("keeps the position for a batch that is closed after the files", () =>
  inWorld(async (world) => {
    await writeFile(world.path, "one\n");
    await world.settle();
    await world.follower.close();
    world.sink.commit();
    await world.killAndRestart();
    deepEqual(await logsOf(world), ["one"]);
  }));

/** A writer that does what writers and logrotate do, at random, and knows what it wrote. */
class Writer {
  readonly written: string[] = [];
  readonly #world: World;
  readonly #random: (below: number) => number;
  #file: Awaited<ReturnType<typeof open>> | undefined;
  #torn = "";
  #rotated = 0;

  constructor(world: World, random: (below: number) => number) {
    this.#world = world;
    this.#random = random;
  }

  async #write(text: string): Promise<void> {
    this.#file ??= await open(this.#world.path, "a");
    await this.#file.write(text);
  }

  async append(): Promise<void> {
    let text = "";
    for (let left = this.#random(6); left >= 0; left -= 1) {
      const line = `${this.written.length}:${"x".repeat(this.#random(70))}`;
      const whole = this.#torn + line;
      this.#torn = "";
      this.written.push(whole.length > 48 ? `${whole.slice(0, 48)}…` : whole);
      text += `${line}\n`;
    }
    if (this.#random(3) === 0) {
      const part = `${this.written.length}t${"y".repeat(this.#random(40))}`;
      this.#torn += part;
      text += part;
    }
    await this.#write(text);
  }

  /** The writer notices a rename only later, or at once. */
  async rotate(): Promise<void> {
    if (this.#file === undefined) return;
    await rename(this.#world.path, `${this.#world.path}.${(this.#rotated += 1)}`);
    if (this.#random(2) === 0) await this.append();
    if (this.#torn !== "") await this.append();
    if (this.#torn !== "") await this.#endTorn();
    await this.close();
    // Files of a real log differ by more than the grain of the clock in when they were changed last.
    await utimes(`${this.#world.path}.${this.#rotated}`, this.#rotated, this.#rotated);
  }

  async #endTorn(): Promise<void> {
    const whole = this.#torn;
    this.#torn = "";
    this.written.push(whole.length > 48 ? `${whole.slice(0, 48)}…` : whole);
    await this.#write("\n");
  }

  /** Only after all was read and is durable: what is cut off unread is lost to everybody. */
  async truncate(): Promise<void> {
    if (this.#torn !== "") await this.#endTorn();
    await this.#world.settle();
    this.#world.sink.commit();
    await this.close();
    await truncate(this.#world.path, 0).catch(() => undefined);
    await this.#world.settle();
    await this.append();
    await this.#world.settle();
    this.#world.sink.commit();
  }

  async finish(): Promise<void> {
    if (this.#torn !== "") await this.#endTorn();
    await this.close();
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}

test("hands over each line exactly once through rotations, truncations, stops and kills (60 seeds)", async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    await inWorld(async (world) => {
      let state = seed * 104_729;
      const random = (below: number): number => {
        state = (state * 48_271) % 2_147_483_647;
        return state % below;
      };
      const writer = new Writer(world, random);
      // The path is known from here on: what was rotated away before its first durable mark is nobody's promise.
      await writer.append();
      await writer.finish();
      await world.settle();
      world.sink.commit();
      for (let step = 0; step < 40; step += 1) {
        const dice = random(20);
        if (dice < 7) await writer.append();
        else if (dice < 12) await world.follower.look();
        else if (dice < 14) world.sink.commit();
        else if (dice < 16) await writer.rotate();
        else if (dice < 17) await writer.truncate();
        else if (dice < 18) await world.killAndRestart();
        else if (dice < 19) world.sink.makeRoom(random(8));
        else if (world.follower.isLingering) {
          await world.settle();
          world.clock.advance(lingerMs);
        }
      }
      await writer.finish();
      await world.settle();
      const got = world.sink.logs();
      const missing = writer.written.filter((line) => !got.includes(line));
      const doubled = got.filter((line, index) => got.indexOf(line) < index);
      const alien = got.filter((line) => !writer.written.includes(line));
      deepEqual({ missing, doubled, alien }, { missing: [], doubled: [], alien: [] }, `seed ${seed}`);
      equal(new Set(writer.written).size, writer.written.length, `seed ${seed} writes each line once`);
    });
  }
});
