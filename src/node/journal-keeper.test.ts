import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { settle, SimClock } from "../../test/support/sim-clock.ts";
import { SimDisk } from "../../test/support/sim-disk.ts";
import { logTo } from "../base/log.ts";
import { Turns } from "../base/turns.ts";
import type { CheckpointHead } from "../analysis/checkpoint.ts";
import { homeAt } from "./home.ts";
import { JournalKeeper } from "./journal-keeper.ts";

function headAt(position: number): CheckpointHead {
  return { position, snapshotSha256: "a".repeat(64), lengths: new Uint8Array() };
}

function world(): { heads: CheckpointHead[]; removed: number[]; said: string[]; keeper: JournalKeeper } {
  const made = { heads: [] as CheckpointHead[], removed: [] as number[], said: [] as string[] };
  const keeper = new JournalKeeper({
    ...{ disk: new SimDisk(() => 0).process(), clock: new SimClock(), home: homeAt("/home"), keepMs: 1 },
    log: logTo((line) => void made.said.push(line.message)),
    journal: { oldestPosition: 0, removeBehind: async (position) => void made.removed.push(position) },
    checkpoints: { heads: async () => made.heads },
    rulesetTurns: new Turns(),
  });
  return { ...made, keeper };
}

test("looks as soon as a checkpoint has moved, and goes by the older of the two", async () => {
  const { heads, removed, keeper } = world();
  heads.push(headAt(500), headAt(300));
  keeper.checkpointAt(500);
  keeper.checkpointAt(500);
  await settle();
  deepEqual(removed, [300]);
  heads.splice(0, 2, headAt(700), headAt(500));
  keeper.checkpointAt(700);
  await settle();
  deepEqual(removed, [300, 500]);
});

test("nothing goes while there is no checkpoint", async () => {
  const { removed, keeper } = world();
  await keeper.tidy();
  deepEqual(removed, []);
});
