/** What a start of a spool on a real disk says of the events that an earlier run left. */
import { equal, ok } from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { batchOf, smallLimits } from "../../test/support/spool-world.ts";
import { systemClock, type Clock } from "../base/clock.ts";
import { noCrash } from "../base/crash-point.ts";
import { nodeDisk } from "../base/disk.ts";
import { silentLog } from "../base/log.ts";
import { systemRandom } from "../base/random.ts";
import { Spool } from "./spool.ts";

const hoursMs = 2 * 3_600_000;

test("the last events of a run that was killed are not as old as their segment", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "argus-recovery-"));
  context.after(() => rm(folder, { recursive: true }));
  const open = (clock: Clock): Promise<Spool> =>
    Spool.open({
      ...{ disk: nodeDisk, clock, random: systemRandom, folder, log: silentLog, crash: noCrash, lane: 0 },
      ...{ limits: smallLimits, policy: "block", sync: "batch", preamble: Buffer.from("{}") },
    });
  // Its segment was begun two hours ago, and has just been written.
  const before = await open({ ...systemClock, wallMs: () => systemClock.wallMs() - hoursMs });
  const { epoch } = before;
  for (let count = 1; count <= 10; count += 1) await before.append(batchOf([count]));
  await before.close();
  const spool = await open(systemClock);
  equal(spool.stats().events, 10);
  ok(spool.stats().oldestMs > hoursMs / 2, "nothing is known yet of what the master holds");
  void spool.acknowledge(epoch, 9);
  equal(spool.stats().events, 1, "at once");
  ok(spool.stats().oldestMs < 60_000, `${spool.stats().oldestMs} ms`);
  await spool.close();
});
