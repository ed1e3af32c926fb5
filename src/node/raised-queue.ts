/**
 * Alerts on their way from the analysis thread to those who look at them now. The files hold every alert; here a burst
 * beyond what a person or a feed could take is bounded in number and bytes, those of a high level apart from the
 * others, and what was left out is counted. One message at most is on its way: the next is given out when the last has
 * been answered.
 */
import { HeldAlerts, type HeldLimits } from "../alerts/held-alerts.ts";
import type { RaisedAlert } from "./analysis-message.ts";

/** The feed holds a thousand; hostile alerts have up to 200 KiB. The same again for those of a high level. */
const raisedLimits: HeldLimits = { countMax: 1_000, bytesMax: 4 * 1_024 * 1_024 };

interface Told {
  /** In the order in which they were raised. */
  raised: readonly RaisedAlert[];
  droppedCount: number;
  /** How many of `raised` were raised before the last one that was left out. */
  droppedAfter: number;
}

export class RaisedQueue {
  readonly #limits: HeldLimits;
  readonly #highLimits: HeldLimits;
  #waiting: HeldAlerts;
  #droppedCount = 0;
  #isAnswered = true;
  #isDue = false;

  constructor(limits: HeldLimits = raisedLimits, highLimits: HeldLimits = limits) {
    this.#limits = limits;
    this.#highLimits = highLimits;
    this.#waiting = new HeldAlerts(limits, highLimits);
  }

  /** The newest of each kind stay, at least one. */
  add(alerts: readonly RaisedAlert[]): void {
    for (const alert of alerts) this.#droppedCount += this.#waiting.add(alert).length;
  }

  /**
   * What the next message is to tell: all that waits, oldest first, and how many were left out. Nothing waits
   * afterwards. Undefined while the last message has not been answered.
   */
  next(): Told | undefined {
    this.#isDue = !this.#isAnswered;
    if (!this.#isAnswered) return undefined;
    this.#isAnswered = false;
    const waited = this.#waiting;
    const droppedCount = this.#droppedCount;
    this.#waiting = new HeldAlerts(this.#limits, this.#highLimits);
    this.#droppedCount = 0;
    return { raised: waited.all(), droppedCount, droppedAfter: waited.countBeforeMissing };
  }

  /** The last message has been heard. Returns whether another was asked for meanwhile. */
  answered(): boolean {
    this.#isAnswered = true;
    return this.#isDue;
  }
}
