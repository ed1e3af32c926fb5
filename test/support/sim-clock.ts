/**
 * A clock that a test moves. Timers fire in order of their time, and in order of their making where the times are
 * equal; a timer set by a timer fires in the same `advance` when its time is reached.
 */
import type { Clock, Timer } from "../../src/base/clock.ts";

interface Pending {
  dueMs: number;
  order: number;
  act: () => void;
}

export class SimClock implements Clock {
  #monotonicMs = 0;
  #stepMs: number;
  #order = 0;
  readonly #pending = new Set<Pending>();

  /** `wallMs`: what the wall shows at the start; 2026-01-01 unless told. */
  constructor(wallMs = Date.UTC(2026, 0, 1)) {
    this.#stepMs = wallMs;
  }

  wallMs(): number {
    return this.#stepMs + this.#monotonicMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  after(delayMs: number, act: () => void): Timer {
    const timer = { dueMs: this.#monotonicMs + Math.max(0, delayMs), order: this.#order++, act };
    this.#pending.add(timer);
    return { cancel: () => void this.#pending.delete(timer) };
  }

  /** Lets time pass, firing what becomes due at its own time. */
  advance(byMs: number): void {
    const endMs = this.#monotonicMs + byMs;
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#pending.delete(next);
      this.#monotonicMs = Math.max(this.#monotonicMs, next.dueMs);
      next.act();
    }
    this.#monotonicMs = endMs;
  }

  /** As `advance`, in steps, with the promises that are ready carried on between them. */
  async pass(byMs: number, stepMs = 100): Promise<void> {
    for (let left = byMs; left > 0; left -= stepMs) {
      await settle();
      this.advance(Math.min(stepMs, left));
    }
    await settle();
  }

  /** The wall clock jumps, as when an operator or ntpd sets it; monotonic time does not. */
  stepWall(byMs: number): void {
    this.#stepMs += byMs;
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  #next(endMs: number): Pending | undefined {
    let first: Pending | undefined;
    for (const timer of this.#pending) {
      if (timer.dueMs > endMs) continue;
      if (first === undefined || timer.dueMs < first.dueMs) first = timer;
      else if (timer.dueMs === first.dueMs && timer.order < first.order) first = timer;
    }
    return first;
  }
}

/** Lets everything run that waits for promises only, not for a timer. */
export async function settle(rounds = 8): Promise<void> {
  for (let round = 0; round < rounds; round += 1) await new Promise((resolve) => setImmediate(resolve));
}
