/**
 * Alerts on their way from the analysis thread to those who look at them now. The files hold every alert; here a burst
 * beyond what a person or a feed could take is bounded in number and bytes, and what was left out is counted. One
 * message at most is on its way: the next is given out when the last has been answered.
 */
import type { RaisedAlert } from "./analysis-message.ts";

export interface RaisedLimits {
  countMax: number;
  bytesMax: number;
}

/** The feed holds a thousand; hostile alerts have up to 200 KiB. */
export const raisedLimits: RaisedLimits = { countMax: 1_000, bytesMax: 4 * 1_024 * 1_024 };

export class RaisedQueue {
  readonly #limits: RaisedLimits;
  #waiting: RaisedAlert[] = [];
  #bytes = 0;
  #droppedCount = 0;
  #isAnswered = true;
  #isDue = false;

  constructor(limits: RaisedLimits = raisedLimits) {
    this.#limits = limits;
  }

  /** The newest stay, at least one. */
  add(alerts: readonly RaisedAlert[]): void {
    for (const alert of alerts) {
      this.#waiting.push(alert);
      this.#bytes += alert.json.length;
    }
    const { countMax, bytesMax } = this.#limits;
    let gone = 0;
    while (this.#waiting.length - gone > 1 && (this.#waiting.length - gone > countMax || this.#bytes > bytesMax)) {
      this.#bytes -= this.#waiting[gone]?.json.length ?? 0;
      gone += 1;
    }
    this.#waiting.splice(0, gone);
    this.#droppedCount += gone;
  }

  /**
   * What the next message is to tell: all that waits, oldest first, and how many before it were left out. Nothing waits
   * afterwards. Undefined while the last message has not been answered.
   */
  next(): { raised: RaisedAlert[]; droppedCount: number } | undefined {
    this.#isDue = !this.#isAnswered;
    if (!this.#isAnswered) return undefined;
    this.#isAnswered = false;
    const taken = { raised: this.#waiting, droppedCount: this.#droppedCount };
    this.#waiting = [];
    this.#bytes = 0;
    this.#droppedCount = 0;
    return taken;
  }

  /** The last message has been heard. Returns whether another was asked for meanwhile. */
  answered(): boolean {
    this.#isAnswered = true;
    return this.#isDue;
  }
}
