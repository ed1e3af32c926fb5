import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import type { Disk } from "../base/disk.ts";
import { LocalTime } from "../base/local-time.ts";
import { SimClock } from "../../test/support/sim-clock.ts";
import { SimDisk } from "../../test/support/sim-disk.ts";
import { HeldLogLines } from "./cluster-log-feed.ts";
import { NodeLogs } from "./node-logs.ts";

async function newLogs(isVerbose = false): Promise<{ logs: NodeLogs; disk: Disk; shown: string[] }> {
  const disk = new SimDisk(() => 0).process();
  await disk.makeFolder("/logs", 0o750);
  const shown: string[] = [];
  const time = new LocalTime("UTC");
  const echo = (text: string): void => void shown.push(text);
  const clusterLines = new HeldLogLines({ startedMs: 7, node: "master-node" });
  const logs = new NodeLogs({ disk, clock: new SimClock(), time, folder: "/logs", isVerbose, echo, clusterLines });
  return { disk, shown, logs };
}

const read = async (disk: Disk, path: string): Promise<string> =>
  (await disk.readWhole(path, 1_000_000))?.toString("utf8") ?? "";

test("writes what concerns the cluster into cluster.log, and the rest into ossec.log", async () => {
  const { logs, disk, shown } = await newLogs();
  logs.cluster.tagged("Master", "Link").info("joined");
  logs.main.info("started");
  await logs.close();
  match(await read(disk, "/logs/cluster.log"), /^2026\/01\/01 00:00:00 INFO: \[Master\] \[Link\] joined\n$/);
  match(await read(disk, "/logs/ossec.log"), /^2026\/01\/01 00:00:00 argus: INFO: started\n$/);
  equal(shown.length, 2);
});

test("writes debug lines only when asked to", async () => {
  for (const [isVerbose, count] of [[false, 0] as const, [true, 1] as const]) {
    const { logs, shown } = await newLogs(isVerbose);
    logs.main.debug("details");
    await logs.close();
    equal(shown.length, count);
  }
});

test("keeps warnings and errors of both logs for the master, once", async () => {
  const { logs } = await newLogs();
  logs.main.warning("disk is slow");
  logs.main.info("nothing");
  logs.cluster.error("refused");
  deepEqual(
    logs.takeTroubles().map(({ level, message }) => `${level} ${message}`),
    ["WARNING disk is slow", "ERROR refused"],
  );
  deepEqual(logs.takeTroubles(), []);
  await logs.close();
});

test("tells the first troubles of a stretch and counts the others, afresh each time", async () => {
  const { logs } = await newLogs();
  for (let number = 1; number <= 50; number += 1) logs.main.error(`trouble ${number}`);
  const told = logs.takeTroubles().map(({ message }) => message);
  equal(told.length, 21);
  deepEqual([told[0], told[19]], ["trouble 1", "trouble 20"]);
  equal(told[20], "and 30 more warnings and errors, which stand in the node's own logs");
  logs.main.error("trouble 51");
  deepEqual(
    logs.takeTroubles().map(({ message }) => message),
    ["trouble 51"],
  );
  await logs.close();
});

test("holds for readers what is written into cluster.log, and of no other", async () => {
  for (const [isVerbose, held] of [[false, ["b"]] as const, [true, ["a", "b"]] as const]) {
    const { logs } = await newLogs(isVerbose);
    logs.cluster.debug("a");
    logs.cluster.warning("b");
    logs.main.error("c");
    deepEqual(
      logs.clusterLines.last(9).map(({ message }) => message),
      held,
    );
    await logs.close();
  }
});
