/**
 * How much of something a node may have: so much a second over the long run, and so much ahead. It belongs to the
 * node's name and outlives its sessions, so that a new session is no new allowance. Time is passed in.
 */

export class Bucket {
  readonly #unitMs: number;
  readonly #aheadMs: number;
  /** Where the units would have come to by now, had they come `unitMs` apart. */
  #upToMs = Number.NEGATIVE_INFINITY;

  constructor(unitsPerSecond: number, unitsAhead: number) {
    this.#unitMs = 1_000 / unitsPerSecond;
    this.#aheadMs = unitsAhead * this.#unitMs;
  }

  take(units: number, nowMs: number): void {
    this.#upToMs = Math.max(this.#upToMs, nowMs) + units * this.#unitMs;
  }

  /** More was taken than there is. */
  isOver(nowMs: number): boolean {
    return this.#upToMs - nowMs > this.#aheadMs;
  }
}

/** What a worker may cost its master by way of agents and blobs. docs/protocol/link.md 6.2 and 6.3. */
export interface Allowance {
  /** Units of what it asks. */
  readonly asked: Bucket;
  /** Bytes of pages and pieces. */
  readonly supplied: Bucket;
}

export interface AllowanceLimits {
  readonly askedPerSecond: number;
  readonly askedAheadMax: number;
  readonly suppliedBytesPerSecond: number;
  readonly suppliedBytesAheadMax: number;
}

export function newAllowance(limits: AllowanceLimits): Allowance {
  return {
    asked: new Bucket(limits.askedPerSecond, limits.askedAheadMax),
    supplied: new Bucket(limits.suppliedBytesPerSecond, limits.suppliedBytesAheadMax),
  };
}
