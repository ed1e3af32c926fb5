/**
 * When an event is poison: the analysis thread has worked too long on one (event, rule or decoder). Pure: it is given
 * what the thread is at and what the thread has used, as often as the supervisor looks.
 *
 * The limit is the thread's own time on a processor, so a machine with too much to do makes nobody a suspect; where
 * the kernel does not tell it, a much longer time by the clock. What happened between two looks belongs to a pair only
 * if both saw it.
 */
import type { WatchedPlace } from "./engine-watch.ts";

export interface PoisonLimits {
  cpuMsMax: number;
  wallMsMax: number;
}

/** A healthy pair takes microseconds; a thread that is held up by a search keeps all events waiting for as long. */
const poisonLimits: PoisonLimits = { cpuMsMax: 250, wallMsMax: 2_000 };

/** Between two looks: a fifth of the limit, so that it is overrun by no more than that. */
export const LOOK_EVERY_MS = 50;

interface Held {
  place: WatchedPlace;
  sinceMs: number;
  /** Undefined: the kernel does not tell. */
  cpuMs: number | undefined;
}

export class PoisonWatch {
  readonly #limits: PoisonLimits;
  #held: Held | undefined;

  constructor(limits: PoisonLimits = poisonLimits) {
    this.#limits = limits;
  }

  /**
   * `place`: undefined between events. `cpuMs`: the thread's time on a processor so far, undefined where it is not
   * known. Returns the pair that is over the limit; it is told once.
   */
  look(place: WatchedPlace | undefined, nowMs: number, cpuMs: number | undefined): WatchedPlace | undefined {
    const held = this.#held;
    if (place === undefined || held === undefined || !isSame(held.place, place)) {
      this.#held = place && { place, sinceMs: nowMs, cpuMs };
      return undefined;
    }
    if (!this.#isOver(held, nowMs, cpuMs)) return undefined;
    this.#held = undefined;
    return place;
  }

  #isOver(held: Held, nowMs: number, cpuMs: number | undefined): boolean {
    if (cpuMs !== undefined && held.cpuMs !== undefined) return cpuMs - held.cpuMs >= this.#limits.cpuMsMax;
    return nowMs - held.sinceMs >= this.#limits.wallMsMax;
  }
}

function isSame(a: WatchedPlace, b: WatchedPlace): boolean {
  return a.what === b.what && a.position === b.position && a.event === b.event;
}
