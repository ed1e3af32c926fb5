import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { SimClock } from "../../test/support/sim-clock.ts";
import { Rate } from "../membership/rate.ts";
import { WorkerNodeStatus } from "./worker.ts";

type Of<Index extends number> = ConstructorParameters<typeof WorkerNodeStatus>[Index];

test("what a worker has lost is told as of the last day for a day", () => {
  const clock = new SimClock();
  const stats = { events: 0, bytes: 0, bytesMax: 1, oldestMs: 0, isFull: false, appended: 9, lost: 0 };
  const parts = {
    clock,
    startedMs: 0,
    settings: { name: "w", cluster: { name: "c", key: { reveal: () => "short" } } },
  };
  const takeIn = { batcher: { counters: () => ({ durable: 9 }) } };
  const status = new WorkerNodeStatus(
    parts as unknown as Of<0>,
    { stats: () => stats } as Of<1>,
    takeIn as unknown as Of<2>,
    { name: "m", isConnected: true } as Of<3>,
    new Rate(),
  );
  const lost = (): number[] => [status.status().events.lost, status.status().events.lostInDay];
  status.tick();
  deepEqual(lost(), [0, 0]);
  stats.lost = 5;
  deepEqual(lost(), [5, 5], "at once");
  clock.advance(43_200_000);
  stats.lost = 7;
  status.tick();
  clock.advance(43_200_000);
  deepEqual(lost(), [7, 2]);
  clock.advance(43_200_000);
  deepEqual(lost(), [7, 0]);
});
