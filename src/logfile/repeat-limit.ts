/** At most one line a minute per key: what a stranger can cause a thousand times a second must not fill a disk. */

export interface RepeatVerdict {
  isAllowed: boolean;
  /** How many of this key were kept back since the last one that was allowed. */
  keptBack: number;
}

interface Entry {
  allowedMs: number;
  keptBack: number;
}

export const REPEAT_INTERVAL_MS = 60_000;

export class RepeatLimit {
  readonly #intervalMs: number;
  readonly #keysMax: number;
  /** In the order in which the keys were last allowed. */
  readonly #entries = new Map<string, Entry>();

  /** `keysMax` bounds memory: a stranger who varies the key makes the longest unheard one be forgotten. */
  constructor(intervalMs = REPEAT_INTERVAL_MS, keysMax = 1_024) {
    this.#intervalMs = intervalMs;
    this.#keysMax = keysMax;
  }

  /** `monotonicMs` must not go back. */
  ask(key: string, monotonicMs: number): RepeatVerdict {
    const entry = this.#entries.get(key);
    if (entry !== undefined && monotonicMs - entry.allowedMs < this.#intervalMs) {
      entry.keptBack += 1;
      return { isAllowed: false, keptBack: entry.keptBack };
    }
    this.#entries.delete(key);
    if (this.#entries.size >= this.#keysMax) this.#forgetOldest();
    this.#entries.set(key, { allowedMs: monotonicMs, keptBack: 0 });
    return { isAllowed: true, keptBack: entry?.keptBack ?? 0 };
  }

  #forgetOldest(): void {
    for (const key of this.#entries.keys()) {
      this.#entries.delete(key);
      return;
    }
  }
}

/** The end of a line whose like was kept back: ` (and 12 more like it)`, or nothing. */
export function keptBackText(verdict: RepeatVerdict): string {
  return verdict.keptBack === 0 ? "" : ` (and ${verdict.keptBack} more like it)`;
}
