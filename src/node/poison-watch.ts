/**
 * When an event is poison: the analysis thread has worked too long on one (event, rule or decoder). Pure: it is given
 * what the thread is at and what the thread has used, as often as the supervisor looks. Memory that takes long to be
 * put in order is never a suspect.
 *
 * The limit is the thread's own time on a processor, so a machine with too much to do makes nobody a suspect; where
 * the kernel does not tell it, a much longer time by the clock. What happened between two looks belongs to a pair only
 * if both saw it.
 *
 * An event that was answered in time when it was tried alone, and all events before it, have a limit so long that it
 * only ends what would never end: the analysis comes past all else, however slow its memory makes it.
 */
import { watching } from "../analysis/watch.ts";
import { isUpTo, type EventPlace, type WatchedPlace } from "./engine-watch.ts";

export interface PoisonLimits {
  cpuMsMax: number;
  wallMsMax: number;
}

/** A healthy pair takes microseconds; a thread that is held up by a search keeps all events waiting for as long. */
const poisonLimits: PoisonLimits = { cpuMsMax: 250, wallMsMax: 2_000 };

/** A minute on a processor: no collection of a full heap takes a tenth of it. */
const acquittedFactor = 240;

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
  readonly #acquitted: EventPlace | undefined;
  #held: Held | undefined;

  /** `acquitted`: up to this event nothing is suspected, unless it takes `acquittedFactor` times as long. */
  constructor(limits: PoisonLimits = poisonLimits, acquitted?: EventPlace) {
    this.#limits = limits;
    this.#acquitted = acquitted;
  }

  /**
   * `seen`: undefined between events. `cpuMs`: the thread's time on a processor so far, undefined where it is not
   * known. Returns the pair that is over the limit; it is told once.
   */
  look(seen: WatchedPlace | undefined, nowMs: number, cpuMs: number | undefined): WatchedPlace | undefined {
    const place = seen?.what === watching.remembering ? undefined : seen;
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
    const factor = isUpTo(held.place, this.#acquitted) ? acquittedFactor : 1;
    if (cpuMs !== undefined && held.cpuMs !== undefined) return cpuMs - held.cpuMs >= this.#limits.cpuMsMax * factor;
    return nowMs - held.sinceMs >= this.#limits.wallMsMax * factor;
  }
}

function isSame(a: WatchedPlace, b: WatchedPlace): boolean {
  return a.what === b.what && a.position === b.position && a.event === b.event;
}
