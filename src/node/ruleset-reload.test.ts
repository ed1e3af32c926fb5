import { deepEqual, equal, rejects } from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { settle, SimClock } from "../../test/support/sim-clock.ts";
import { SimDisk } from "../../test/support/sim-disk.ts";
import type { Disk } from "../base/disk.ts";
import { logTo } from "../base/log.ts";
import { Turns } from "../base/turns.ts";
import { defaultRulesetOptions } from "../analysis/ruleset.ts";
import { snapshotOf, type Snapshot } from "../analysis/snapshot.ts";
import { problemAt } from "../config/problem.ts";
import { noWatch } from "../collect/watch-disk.ts";
import type { RulesetReading } from "./ruleset-reading.ts";
import { RulesetReload } from "./ruleset-reload.ts";

const rulesFile = "/home/etc/rules/local_rules.xml";
const firstPlace = { file: "a.xml", line: 1, column: 1, offset: 0 };

/** Of no rules; the version tells one from another. */
const snapshotNamed = (version: string): Snapshot =>
  snapshotOf({ decoders: [], rules: [], lists: [], options: defaultRulesetOptions }, version);

class World {
  readonly clock = new SimClock();
  readonly disk: Disk = new SimDisk(() => 0).process();
  readonly lines: string[] = [];
  readonly replaced: string[] = [];
  readonly turns = new Turns();
  readonly known: string[] = [];
  reads = 0;
  /** What the next reading gives. */
  reading: RulesetReading = this.good("first");
  onRead: () => Promise<void> = () => Promise.resolve();
  readonly reload: RulesetReload;
  readonly #stop = new AbortController();
  #done: Promise<void> = Promise.resolve();

  constructor(context: TestContext, refused: string[] = [], warnings?: string[]) {
    this.reload = new RulesetReload({
      ...{ clock: this.clock, disk: this.disk, watchFolder: noWatch, turns: this.turns, places: [] },
      log: logTo(({ level, message }) => this.lines.push(`${level} ${message}`), "Ruleset"),
      published: { sha256: snapshotNamed("first").sha256, refused, warnings, places: [rulesFile] },
      read: async (known) => {
        this.reads += 1;
        this.known.push(known);
        await this.onRead();
        return this.reading;
      },
      replace: (snapshot) => {
        this.replaced.push(snapshot.version);
        return Promise.resolve();
      },
    });
    context.after(() => this.stop());
  }

  good(version: string, warnings: string[] = []): RulesetReading {
    const problems = warnings.map((message) => problemAt(firstPlace, "warning", message));
    return { snapshot: snapshotNamed(version), problems, places: [rulesFile] };
  }

  bad(...errors: string[]): RulesetReading {
    const problems = errors.map((message) => problemAt(firstPlace, "error", message));
    return { snapshot: undefined, problems, places: [rulesFile] };
  }

  async write(text: string): Promise<void> {
    await this.disk.makeFolder("/home/etc/rules", 0o750);
    await this.disk.replace(rulesFile, Buffer.from(text), 0o640);
  }

  async start(): Promise<void> {
    this.#done = this.reload.run(this.#stop.signal);
    await settle();
  }

  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      this.clock.advance(1_000);
      await settle();
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }
}

test("a change is read once, when it has come to rest, and put in force", async (context) => {
  const world = new World(context);
  await world.write("1");
  await world.start();
  await world.pass(20);
  equal(world.reads, 0);
  world.reading = world.good("second", ["odd"]);
  for (const text of ["22", "333", "4444"]) {
    await world.write(text);
    await world.pass(1);
  }
  equal(world.reads, 0);
  await world.pass(20);
  deepEqual([world.reads, world.replaced], [1, ["second"]]);
  deepEqual(world.lines, ["WARNING a.xml:1:1: odd"]);
  equal(world.reload.status().sha256, snapshotNamed("second").sha256);
});

test("files that never come to rest are read all the same", async (context) => {
  const world = new World(context);
  await world.write("");
  await world.start();
  for (let length = 1; length < 60 && world.reads === 0; length += 1) {
    await world.write("x".repeat(length));
    await world.pass(1);
  }
  equal(world.reads, 1);
});

test("what changes while it is read is read again", async (context) => {
  const world = new World(context);
  await world.write("1");
  await world.start();
  world.onRead = async () => {
    if (world.reads === 1) await world.write("333");
  };
  await world.write("22");
  await world.pass(20);
  equal(world.reads, 2);
});

test("what does not load leaves the one of before, and is told until the files are well again", async (context) => {
  const world = new World(context);
  world.reading = world.bad("x", ...Array.from({ length: 200 }, (_, index) => `error ${index}`));
  const reply = await world.reload.reload();
  deepEqual([reply.outcome, reply.sha256, reply.problems.length], ["refused", snapshotNamed("first").sha256, 101]);
  equal(reply.problems.at(-1), "… and 101 more");
  equal(world.lines[0], "ERROR a.xml:1:1: x");
  equal(world.lines.at(-1)?.startsWith("ERROR the changed ruleset does not load; the one of before"), true);
  equal(world.reload.status().refused?.problems[0], "a.xml:1:1: error: x");
  world.reading = world.good("first");
  equal((await world.reload.reload()).outcome, "unchanged");
  equal(world.reload.status().refused, null);
  deepEqual(world.replaced, []);
});

test("a start that went on with the ruleset of before says so", (context) => {
  const world = new World(context, ["a.xml:1:1: error: x"]);
  deepEqual(world.reload.status().refused?.problems, ["a.xml:1:1: error: x"]);
});

test("who asks when the watch was faster gets the warnings of what it put in force", async (context) => {
  const world = new World(context, [], []);
  world.reading = world.good("second", ["odd"]);
  await world.reload.reload();
  // What is known is not compiled, so reading it again finds nothing.
  world.reading = world.good("second");
  const reply = await world.reload.reload();
  deepEqual([reply.outcome, reply.problems], ["unchanged", ["a.xml:1:1: warning: odd"]]);
  deepEqual(world.lines, ["WARNING a.xml:1:1: odd"]);
});

test("the warnings of a start are those of the first reload", async (context) => {
  const world = new World(context, [], ["a.xml:1:1: warning: odd"]);
  deepEqual((await world.reload.reload()).problems, ["a.xml:1:1: warning: odd"]);
});

test("files that were refused at the start and are those of before again are compiled, for their warnings", async (context) => {
  const world = new World(context, ["a.xml:1:1: error: x"]);
  world.reading = world.good("first", ["odd"]);
  for (const _ of [1, 2]) {
    const reply = await world.reload.reload();
    deepEqual([reply.outcome, reply.problems], ["unchanged", ["a.xml:1:1: warning: odd"]]);
  }
  deepEqual(world.known, ["", snapshotNamed("first").sha256]);
  deepEqual(world.replaced, []);
});

test("who asks during a reload is answered by one more, however many they are", async (context) => {
  const world = new World(context);
  const replies = [world.reload.reload()];
  await settle();
  for (let count = 0; count < 5; count += 1) replies.push(world.reload.reload());
  await Promise.all(replies);
  equal(world.reads, 2);
});

test("nothing is put in force while somebody else has the turn", async (context) => {
  const world = new World(context);
  let end: () => void = () => undefined;
  void world.turns.take(() => new Promise<void>((resolve) => (end = resolve)));
  world.reading = world.good("second");
  const reply = world.reload.reload();
  await settle();
  deepEqual(world.replaced, []);
  end();
  equal((await reply).outcome, "replaced");
});

test("a failure to store is the asker's, and the next one is tried anew", async (context) => {
  const world = new World(context);
  world.reading = world.good("second");
  world.onRead = () => Promise.reject(new Error("no space"));
  await rejects(world.reload.reload(), /no space/);
  world.onRead = () => Promise.resolve();
  equal((await world.reload.reload()).outcome, "replaced");
});
