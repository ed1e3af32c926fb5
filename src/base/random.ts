/** Randomness as a value that is passed in. */
import { randomBytes } from "node:crypto";

export interface Random {
  /** Unpredictable bytes; good enough for keys. */
  bytes(count: number): Uint8Array;
  /** A number in [0, 1), for jitter only. */
  fraction(): number;
}

export const systemRandom: Random = {
  bytes: (count) => randomBytes(count),
  fraction: () => Math.random(),
};
