/**
 * The counters of messages (agent-protocol 2.6): G grows slowly, L from 1 to 9,997 within a G. What is sent must always
 * count upwards, because every OSSEC agent refuses the message of a manager whose counter is not greater than the last.
 * So we take the time in seconds for G: it goes on over restarts and over the move of an agent to another node.
 */
import { assert } from "../base/assert.ts";

export interface MessageCounter {
  /** G: at most ten digits. */
  readonly global: number;
  /** L: at most four digits. */
  readonly local: number;
}

/** The greatest L that is sent: genuine agents and managers go on with the next G after it. */
export const LOCAL_MAX = 9_997;
const globalMax = 4_294_967_295;
/** L may have four digits, so one number holds both in order. */
const localsPerGlobal = 10_000;
const orderOf = ({ global, local }: MessageCounter): number => global * localsPerGlobal + local;

/**
 * The counter after `last`, where that is known. G is the time in seconds, but never below `last`, nor below
 * `floorGlobal`, the least G that no other node has used for this agent.
 */
export function nextCounter(last: MessageCounter | undefined, nowSeconds: number, floorGlobal = 0): MessageCounter {
  const { global, local } = last ?? { global: 0, local: LOCAL_MAX };
  const least = Math.max(Math.floor(nowSeconds), floorGlobal);
  const next =
    least > global
      ? { global: least, local: 1 }
      : local < LOCAL_MAX
        ? { global, local: local + 1 }
        : { global: global + 1, local: 1 };
  assert(next.global <= globalMax, "G fits 32 bits");
  return next;
}

/** As OSSEC keeps counters in queue/rids: `G:L:`. */
export const counterText = ({ global, local }: MessageCounter): string => `${global}:${local}:`;

/** Undefined: the text is none. */
export function parseCounter(text: string): MessageCounter | undefined {
  const [, global, local] = /^(\d{1,10}):(\d{1,4}):?\s*$/.exec(text) ?? [];
  const counter = { global: Number(global), local: Number(local) };
  return global === undefined || counter.global > globalMax ? undefined : counter;
}

/** Messages of which a mark is kept before the ring grows. */
const marksMin = 64;

export type ReplayVerdict =
  | "accepted"
  /** One of the counters that were accepted last. */
  | "repeated"
  /** Strict only: not greater than the greatest so far. */
  | "older";

/**
 * Which messages of one agent have been here. The counters that were accepted last are kept as runs of successive
 * numbers, in the order in which they came: one run is what an agent over TCP needs, whatever the number of messages.
 * An agent that is reinstalled begins again at 0:1; that is one more run.
 *
 * An agent that was set back in time, as a virtual machine is, or lost power before its counter was on its disk, gives
 * counters a second time, to other messages. To refuse these would shut it out until it had counted on, perhaps for
 * hours. So a byte of each message's random number is kept beside its counter: only where both agree it is a
 * repetition. A message that comes twice is always found; of those with a used counter one in 256 is taken for one.
 */
export class ReplayWindow {
  readonly #countMax: number;
  /** The runs' first and last numbers; those before `#head` are gone. */
  #firsts: number[] = [];
  #lasts: number[] = [];
  #head = 0;
  #count = 0;
  #greatest: number;
  /** A byte for each message of the runs: the last one's stands at `#accepted - 1`, and so on backwards, in a ring. */
  #marks = new Uint8Array(marksMin);
  #accepted = 0;

  /** `greatest`: the counter after which strict checking goes on, when it was kept over a restart. */
  constructor(greatest?: MessageCounter, countMax = 4_096) {
    this.#greatest = greatest === undefined ? -1 : orderOf(greatest);
    this.#countMax = countMax;
  }

  /** The greatest counter that was accepted; undefined: none yet. */
  get greatest(): MessageCounter | undefined {
    if (this.#greatest < 0) return undefined;
    const local = this.#greatest % localsPerGlobal;
    return { global: (this.#greatest - local) / localsPerGlobal, local };
  }

  /** Runs in memory. */
  get runCount(): number {
    return this.#lasts.length - this.#head;
  }

  /**
   * Judges a message by its counter and its random number (R) and, if it is accepted, remembers it. Strict: only a
   * greater counter than ever is accepted.
   */
  accept(counter: MessageCounter, isStrict = false, random = 0): ReplayVerdict {
    const order = orderOf(counter);
    const mark = random & 0xff;
    // A greater one than ever was not here: most messages are known to be new without a search.
    if (order <= this.#greatest) {
      if (this.#has(order, mark)) return "repeated";
      if (isStrict) return "older";
    } else this.#greatest = order;
    this.#add(order, mark);
    return "accepted";
  }

  #has(order: number, mark: number): boolean {
    let newest = this.#accepted - 1;
    for (let index = this.#lasts.length - 1; index >= this.#head; index -= 1) {
      const [first, last] = [this.#firsts[index] ?? 0, this.#lasts[index] ?? 0];
      // A run's messages came one after another, so their marks stand in the order of their counters.
      const at = newest - (last - order);
      if (order <= last && order >= first && this.#marks[at % this.#marks.length] === mark) return true;
      newest -= last - first + 1;
    }
    return false;
  }

  #add(order: number, mark: number): void {
    if (this.#count === this.#marks.length && this.#count < this.#countMax) this.#growMarks();
    this.#marks[this.#accepted % this.#marks.length] = mark;
    this.#accepted += 1;
    const newest = this.#lasts.length - 1;
    if (newest >= this.#head && this.#lasts[newest] === order - 1) this.#lasts[newest] = order;
    else {
      this.#firsts.push(order);
      this.#lasts.push(order);
    }
    this.#count += 1;
    if (this.#count > this.#countMax) this.#forgetOldest();
  }

  /** Agents that say little need few. */
  #growMarks(): void {
    const larger = new Uint8Array(Math.min(this.#countMax, this.#marks.length * 4));
    for (let at = this.#accepted - this.#count; at < this.#accepted; at += 1) {
      larger[at % larger.length] = this.#marks[at % this.#marks.length] ?? 0;
    }
    this.#marks = larger;
  }

  #forgetOldest(): void {
    this.#count -= 1;
    const first = (this.#firsts[this.#head] ?? 0) + 1;
    this.#firsts[this.#head] = first;
    if (first <= (this.#lasts[this.#head] ?? 0)) return;
    this.#head += 1;
    if (this.#head * 2 < this.#lasts.length) return;
    this.#firsts = this.#firsts.slice(this.#head);
    this.#lasts = this.#lasts.slice(this.#head);
    this.#head = 0;
  }
}
