/** The power goes at each named crash point of the spool: what was acknowledged is there, once. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { batchOf, eventsIn, readAll, smallLimits, SpoolWorld } from "../../test/support/spool-world.ts";
import { crashPointNames, type CrashPointName } from "../base/crash-point.ts";
import type { Epoch } from "./lane.ts";
import { payloadOf } from "./record.ts";

/** Runs until the `nth` passing of the point, where the power goes; returns what the source had been promised. */
async function runTo(
  world: SpoolWorld,
  name: CrashPointName,
  nth: number,
): Promise<{ promised: number; acked: number; hit: boolean }> {
  const state = { promised: 0, acked: 0, hit: false };
  let left = nth;
  const died = new Promise<void>((resolve) => {
    world.crash = (passed) => {
      if (passed !== name || (left -= 1) !== 0) return;
      state.hit = true;
      world.disk.cutPower();
      resolve();
    };
  });
  const life = async (): Promise<void> => {
    const spool = await world.openSpool({ limits: smallLimits });
    for (let event = 1; event <= 60; event += 1) {
      await spool.append(batchOf([event], { file: String(event) }));
      state.promised = event;
      if (event % 20 !== 0) continue;
      state.acked = event - 5;
      await spool.acknowledge(spool.epoch, event - 5);
    }
    await spool.close();
  };
  // A crash point is passed in the middle of a turn: what follows in that turn has not happened in a process that is
  // dead.
  await Promise.race([died, life()]);
  world.crash = () => undefined;
  return state;
}

for (const name of crashPointNames.filter((one) => one.startsWith("spool."))) {
  test(`a loss of power at ${name} loses nothing that was acknowledged, and repeats nothing`, async () => {
    let hits = 0;
    for (const nth of [1, 2, 5]) {
      const world = new SpoolWorld(nth);
      const { promised, acked, hit } = await runTo(world, name, nth);
      if (!hit) continue;
      hits += 1;
      const spool = await world.openSpool();
      const mark = Number(spool.marks().get("file") ?? 0);
      ok(mark >= promised, `promised ${promised}, resumes after ${mark}`);
      const epochs: Epoch[] = spool.held().epochs.map(({ epoch }) => epoch);
      const records = (await Promise.all(epochs.map((epoch) => readAll(spool, epoch, acked + 1)))).flat();
      const events = records.filter(({ kind }) => kind === "events").flatMap((record) => eventsIn(payloadOf(record)));
      deepEqual(
        events,
        Array.from({ length: mark - acked }, (_, index) => acked + index + 1),
      );
      equal(world.logged("ERROR"), "");
    }
    ok(hits > 0, "the point is never passed");
  });
}
