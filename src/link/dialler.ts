/**
 * Whom to dial, and when: a jittered back-off per target, started anew after every session. A value without timers; the
 * owner asks it several times a second.
 */
import { Backoff } from "../base/backoff.ts";
import type { Random } from "../base/random.ts";
import type { LinkLimits } from "./limits.ts";
import type { DialTarget } from "./needs.ts";

interface Entry {
  readonly backoff: Backoff;
  nextMs: number;
  isDialling: boolean;
  /** What the last attempt came to; a line is logged when it changes. */
  lastCode: string;
}

export type Connection = "none" | "joining" | "live";

/** A target that answers with a refusal is asked again less often: somebody has to change something first. */
const refusedMsMin = 4_000;

export class Dialler {
  readonly #random: Random;
  readonly #limits: LinkLimits;
  readonly #entries = new Map<string, Entry>();

  constructor(random: Random, limits: LinkLimits) {
    this.#random = random;
    this.#limits = limits;
  }

  /** The targets whose time has come, marked as being dialled. Forgets those that are no longer in the list. */
  due(targets: readonly DialTarget[], connectionTo: (target: DialTarget) => Connection, nowMs: number): DialTarget[] {
    const keys = new Set(targets.map(keyOf));
    for (const [key, { isDialling }] of this.#entries) if (!keys.has(key) && !isDialling) this.#entries.delete(key);
    return targets.filter((target) => {
      const entry = this.#entry(target);
      if (entry.isDialling) return false;
      const connection = connectionTo(target);
      if (connection === "live") {
        // Only a live session is a success: a node that is refused every time keeps its back-off.
        entry.backoff.reset();
        entry.nextMs = nowMs + this.#limits.dialFirstMs;
      }
      if (connection !== "none") return false;
      if (nowMs < entry.nextMs) return false;
      entry.isDialling = true;
      return true;
    });
  }

  /** What an attempt came to: `connected`, or a code. True when it is another than the last time, so worth a line. */
  note(target: DialTarget, code: string, nowMs: number): boolean {
    const entry = this.#entry(target);
    entry.isDialling = false;
    const delayMs = entry.backoff.nextDelayMs();
    const isOrdinary = code === "unreachable" || code === "connected";
    entry.nextMs =
      nowMs + (isOrdinary ? delayMs : Math.max(delayMs, refusedMsMin * (0.75 + this.#random.fraction() / 4)));
    const isNews = entry.lastCode !== code;
    entry.lastCode = code;
    return isNews;
  }

  #entry(target: DialTarget): Entry {
    const key = keyOf(target);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const { dialFirstMs: firstMs, dialMostMs: mostMs } = this.#limits;
      entry = { backoff: new Backoff({ firstMs, mostMs }, this.#random), nextMs: 0, isDialling: false, lastCode: "" };
      this.#entries.set(key, entry);
    }
    return entry;
  }
}

function keyOf({ name, address, port }: DialTarget): string {
  return `${name ?? "*"} ${address} ${port}`;
}
