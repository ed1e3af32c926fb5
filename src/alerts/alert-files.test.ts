/** Walks of the alert files over a simulated disk: killed, without power, or full at every call in turn. */
import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { sampleAnswer, sampleMs } from "../../test/support/answer.ts";
import { SimDisk } from "../../test/support/sim-disk.ts";
import { noCrash } from "../base/crash-point.ts";
import { LocalTime } from "../base/local-time.ts";
import { logTo } from "../base/log.ts";
import type { Answer } from "../model/alert.ts";
import { AlertFiles } from "./alert-files.ts";

const storyLength = 18;
const time = new LocalTime("UTC");

/** Over midnight, some of it no alert; records are longer and shorter than a sector of the disk. */
function storyAt(index: number): Answer {
  const receivedMs = sampleMs + index * 143 + (index >= 12 ? 86_400_000 : 0);
  const log = `log ${index} ${"x".repeat((index * 97) % 800)}`;
  return sampleAnswer({ event: { log, receivedMs }, answer: { isAlert: index % 4 !== 1 } });
}

interface Checkpoint {
  lengths: Uint8Array | undefined;
  next: number;
}

interface World {
  disk: SimDisk;
  checkpoint: Checkpoint;
  messages: string[];
}

function makeWorld(seed: number): World {
  let random = seed;
  const next = (): number => {
    random = (random * 48_271) % 2_147_483_647;
    return random / 2_147_483_647;
  };
  return { disk: new SimDisk(next), checkpoint: { lengths: undefined, next: 0 }, messages: [] };
}

/** Tells the story from the checkpoint to its end, in batches of `batch`, with a checkpoint after every second. */
async function tell(world: World, batch: number): Promise<void> {
  const { lengths, next } = world.checkpoint;
  const files = await AlertFiles.open(
    {
      ...{ disk: world.disk.process(), folder: "/logs", time, crash: noCrash },
      output: { jsonout_output: true, alerts_log: true, logall_json: false, logall: true, cluster: "argus" },
      log: logTo(({ level, message }) => world.messages.push(`${level} ${message}`)),
    },
    lengths,
  );
  for (let index = next, batches = 1; index < storyLength; batches += 1) {
    for (let left = batch; left > 0 && index < storyLength; left -= 1, index += 1) files.add(storyAt(index));
    await files.write();
    if (batches % 2 !== 0) continue;
    await files.sync();
    world.checkpoint = { lengths: files.lengths(), next: index };
  }
  await files.close();
}

/** Tells it until the disk's call number `at`, where `harm` is done; resolves when all stands still. */
async function tellUntil(world: World, batch: number, at: number, harm: (disk: SimDisk) => void): Promise<boolean> {
  let calls = 0;
  let isHarmed = false;
  const harmed = new Promise<void>((resolve) => {
    world.disk.onCall = () => {
      calls += 1;
      if (calls !== at) return;
      isHarmed = true;
      harm(world.disk);
      resolve();
    };
  });
  await Promise.race([tell(world, batch), harmed]);
  world.disk.onCall = () => undefined;
  return isHarmed;
}

function filesOf({ disk }: World): Record<string, string> {
  const paths = disk.paths().filter((path) => path.includes("/2026/"));
  return Object.fromEntries(paths.map((path) => [path, disk.bytesOf(path).toString("latin1")]));
}

async function undisturbed(): Promise<Record<string, string>> {
  const world = makeWorld(1);
  await tell(world, 5);
  return filesOf(world);
}

const harms: Record<string, (disk: SimDisk) => void> = {
  "the process is killed": (disk) => disk.kill(),
  "the power goes": (disk) => disk.cutPower(),
};

for (const [name, harm] of Object.entries(harms)) {
  test(`ends with the files of an undisturbed run whatever call it is at which ${name}`, async () => {
    const expected = await undisturbed();
    equal(Object.keys(expected).length, 6);
    let count = 0;
    for (let at = 1; ; at += 1) {
      const world = makeWorld(at);
      const isHarmed = await tellUntil(world, 2 + (at % 5), at, harm);
      if (!isHarmed) break;
      count += 1;
      // And once more, where it may still be comparing what the first run left.
      await tellUntil(world, 2 + (at % 3), 1 + ((at * 7) % 60), harm);
      await tell(world, 2 + (at % 4));
      deepEqual(filesOf(world), expected, `call ${at}`);
      deepEqual(world.messages, [], `call ${at}`);
    }
    equal(count > 60, true, `${count} calls`);
  });
}

test("ends with the files of an undisturbed run when the disk is full for a while, wherever that begins", async () => {
  const expected = await undisturbed();
  const total = Object.values(expected).reduce((sum, file) => sum + file.length, 0);
  for (let bytesMax = 0; bytesMax < total; bytesMax += 997) {
    const world = makeWorld(bytesMax + 1);
    world.disk.bytesMax = bytesMax;
    await tell(world, 1 + (bytesMax % 6)).then(
      () => equal(bytesMax >= total, true),
      (error: unknown) => match(String(error), /cannot be written: ENOSPC/),
    );
    world.disk.bytesMax = Number.POSITIVE_INFINITY;
    await tell(world, 3);
    deepEqual(filesOf(world), expected, `${bytesMax} bytes`);
    deepEqual(world.messages, [], `${bytesMax} bytes`);
  }
});

test("keeps no checkpoint that a failed sync would not cover", async () => {
  const expected = await undisturbed();
  for (let good = 0; good < 12; good += 1) {
    const world = makeWorld(good + 1);
    let syncs = 0;
    world.disk.onCall = (call) => {
      if (call !== "sync") return;
      if (syncs === good) world.disk.failSyncs = 1;
      syncs += 1;
    };
    await tell(world, 3).catch((error: unknown) => match(String(error), /cannot be written: EIO/));
    world.disk.onCall = () => undefined;
    world.disk.cutPower();
    await tell(world, 3);
    deepEqual(filesOf(world), expected, `sync ${good}`);
  }
});
