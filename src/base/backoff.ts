/** Jittered exponential back-off: a value with no timer in it. */
import type { Random } from "./random.ts";

export interface BackoffLimits {
  firstMs: number;
  mostMs: number;
}

export class Backoff {
  readonly #limits: BackoffLimits;
  readonly #random: Random;
  #nextMs: number;

  constructor(limits: BackoffLimits, random: Random) {
    this.#limits = limits;
    this.#random = random;
    this.#nextMs = limits.firstMs;
  }

  /** The delay before the next try: between half and the whole of the current step, which then doubles. */
  nextDelayMs(): number {
    const delayMs = this.#nextMs * (0.5 + this.#random.fraction() / 2);
    this.#nextMs = Math.min(this.#nextMs * 2, this.#limits.mostMs);
    return delayMs;
  }

  /** To be called after a success. */
  reset(): void {
    this.#nextMs = this.#limits.firstMs;
  }
}
