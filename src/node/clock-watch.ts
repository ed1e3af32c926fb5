/**
 * Watches for a wall clock that no longer agrees with take-in time (the epoch's wall clock plus monotonic time): by
 * over a second for ten seconds. Then the queue begins a new epoch, so that later events are stamped by the corrected
 * clock.
 */
import { pause, type Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";

export interface EpochQueue {
  nowMs(): number;
  beginEpoch(reason: string): Promise<void>;
}

export interface ClockWatchOptions {
  clock: Clock;
  log: Log;
  queue: EpochQueue;
  /** Told by how much the wall clock has stepped (negative: back), before the new epoch begins. */
  onStep?: (byMs: number) => Promise<void>;
}

/** As far as the wall clock may be from take-in time. */
export const CLOCK_DIFFERENCE_MS_MAX = 1_000;
const looksMin = 10;
const lookEveryMs = 1_000;

export class ClockWatch implements Service {
  readonly name = "clock watch";
  readonly #options: ClockWatchOptions;
  #looks = 0;

  constructor(options: ClockWatchOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await pause(this.#options.clock, lookEveryMs, signal);
    }
  }

  /** One look, a second after the last one. */
  async look(): Promise<void> {
    const { clock, queue, log, onStep } = this.#options;
    const byMs = clock.wallMs() - queue.nowMs();
    this.#looks = Math.abs(byMs) > CLOCK_DIFFERENCE_MS_MAX ? this.#looks + 1 : 0;
    if (this.#looks < looksMin) return;
    this.#looks = 0;
    log.warning(`the wall clock has stepped by ${Math.round(byMs)} ms; a new epoch begins`);
    await onStep?.(byMs);
    await queue.beginEpoch("the wall clock has stepped");
  }
}
