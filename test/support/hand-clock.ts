/** A clock that stands still until a test moves it; timers fire in the order of their times. */
import type { Clock, Timer } from "../../src/base/clock.ts";

interface Pending {
  atMs: number;
  act: () => void;
}

export class HandClock implements Clock {
  #nowMs = 0;
  #pending: Pending[] = [];

  wallMs(): number {
    return 1_750_000_000_000 + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, act: () => void): Timer {
    const timer: Pending = { atMs: this.#nowMs + delayMs, act };
    this.#pending.push(timer);
    return { cancel: () => void (this.#pending = this.#pending.filter((other) => other !== timer)) };
  }

  get pendingTimers(): number {
    return this.#pending.length;
  }

  /** Moves the time on; what a timer starts and is due within that time fires as well. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      const due = this.#pending.filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#pending = this.#pending.filter((timer) => timer !== due);
      this.#nowMs = due.atMs;
      due.act();
    }
    this.#nowMs = untilMs;
  }
}
