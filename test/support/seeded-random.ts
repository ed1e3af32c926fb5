/** Randomness from a seed, so that the seed alone replays a failure. */
import type { Random } from "../../src/base/random.ts";

export interface SeededRandom extends Random {
  /** A whole number from 0 to `count - 1`. */
  below(count: number): number;
  /** True once in `count` times. */
  oneIn(count: number): boolean;
}

/** A small generator (mulberry32): good enough to choose what happens next, useless for keys. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (count: number): number => Math.floor(fraction() * count);
  return {
    fraction,
    below,
    oneIn: (count) => below(count) === 0,
    bytes: (count) => Uint8Array.from({ length: count }, () => below(256)),
  };
}
