import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { SimClock } from "../../test/support/sim-clock.ts";
import { silentLog } from "../base/log.ts";
import { readControlRecord } from "../model/control-record.ts";
import { ClockWatch } from "./clock-watch.ts";
import { recordClockStep } from "./master.ts";

/** A queue whose take-in time is the wall clock at its epoch's start and monotonic time since. */
class Queue {
  readonly done: string[] = [];
  readonly #clock: SimClock;
  #aheadMs = 0;

  constructor(clock: SimClock) {
    this.#clock = clock;
    this.#restart();
  }

  #restart(): void {
    this.#aheadMs = this.#clock.wallMs() - this.#clock.monotonicMs();
  }

  nowMs(): number {
    return this.#aheadMs + this.#clock.monotonicMs();
  }

  async beginEpoch(): Promise<void> {
    this.done.push("epoch");
    this.#restart();
  }

  async appendClockStep(bytes: Uint8Array, byMs: number): Promise<number> {
    const record = readControlRecord(bytes);
    this.done.push(`${record?.kind} ${byMs} ${record?.kind === "clock_stepped" ? record.byMs : ""}`);
    return 0;
  }
}

async function looks(watch: ClockWatch, clock: SimClock, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) {
    clock.advance(1_000);
    await watch.look();
  }
}

function world(): { clock: SimClock; queue: Queue; watch: ClockWatch } {
  const clock = new SimClock();
  const queue = new Queue(clock);
  const onStep = (byMs: number): Promise<void> => recordClockStep(queue, byMs, silentLog);
  return { clock, queue, watch: new ClockWatch({ clock, log: silentLog, queue, onStep }) };
}

test("a clock that was set back is journalled, and a new epoch begins, after ten seconds", async () => {
  const { clock, queue, watch } = world();
  clock.stepWall(-3_600_000);
  await looks(watch, clock, 9);
  deepEqual(queue.done, []);
  await looks(watch, clock, 1);
  deepEqual(queue.done, ["clock_stepped -3600000 -3600000", "epoch"]);
  await looks(watch, clock, 30);
  equal(queue.done.length, 2);
});

test("a clock that was set forward begins a new epoch, and arrivals need no record of it", async () => {
  const { clock, queue, watch } = world();
  clock.stepWall(5_000);
  await looks(watch, clock, 10);
  deepEqual(queue.done, ["epoch"]);
});

test("a second more or less, and a step that is taken back, change nothing", async () => {
  const { clock, queue, watch } = world();
  clock.stepWall(-1_000);
  await looks(watch, clock, 30);
  clock.stepWall(-5_000);
  await looks(watch, clock, 9);
  clock.stepWall(5_000);
  await looks(watch, clock, 30);
  deepEqual(queue.done, []);
});
