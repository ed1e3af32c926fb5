/**
 * Whose turn it is to be given a file. When a group's files change, all its agents lack the new one within ten seconds:
 * some are served at a time, the others wait in their order, and the time that all of them take from other work is
 * bounded. Whoever waits is read nothing for yet.
 */
import type { Clock } from "../base/clock.ts";

export interface Receiver {
  /** Resolves when pieces can be sent, or there are none. Never rejects. */
  readFile(): Promise<void>;
  /** Sends a piece; false: none can be sent now. */
  pushSome(nowMs: number): boolean;
  /** Wants a file, or is being sent one. */
  readonly isPushing: boolean;
}

export interface PushQueueLimits {
  /** Agents that are served at one time. A file over UDP takes a second for each 28 KB. */
  servedMax: number;
  everyMs: number;
  /** Sealing a piece of 16 KB takes about a millisecond. */
  workMsMax: number;
  /** Pieces for one agent in one turn: 16 KB each, and as many bytes as may wait for its connection. */
  piecesMax: number;
}

export const pushQueueLimits: PushQueueLimits = { servedMax: 256, everyMs: 50, workMsMax: 10, piecesMax: 8 };

export class PushQueue {
  readonly #clock: Clock;
  readonly #limits: PushQueueLimits;
  readonly #waiting = new Set<Receiver>();
  readonly #served = new Set<Receiver>();
  /** The next turn has its time. */
  #isAwaited = false;

  constructor(clock: Clock, limits: PushQueueLimits = pushQueueLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get servedCount(): number {
    return this.#served.size;
  }

  add(receiver: Receiver): void {
    if (this.#served.has(receiver)) return;
    this.#waiting.add(receiver);
    this.#admit();
  }

  #admit(): void {
    for (const receiver of this.#waiting) {
      if (this.#served.size >= this.#limits.servedMax) return;
      this.#waiting.delete(receiver);
      if (!receiver.isPushing) continue;
      this.#served.add(receiver);
      void receiver.readFile().then(() => this.#wake());
    }
  }

  #wake(): void {
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    this.#clock.after(this.#limits.everyMs, () => {
      this.#isAwaited = false;
      this.#turn();
    });
  }

  #turn(): void {
    const { workMsMax, piecesMax } = this.#limits;
    const startedMs = this.#clock.monotonicMs();
    let nowMs = startedMs;
    for (const receiver of [...this.#served]) {
      if (nowMs - startedMs >= workMsMax) break;
      // To the end of the row, so that all have their turn.
      this.#served.delete(receiver);
      for (let pieces = 0; pieces < piecesMax && receiver.pushSome(nowMs); pieces += 1) {
        nowMs = this.#clock.monotonicMs();
      }
      if (receiver.isPushing) this.#served.add(receiver);
    }
    this.#admit();
    if (this.#served.size > 0) this.#wake();
  }
}
