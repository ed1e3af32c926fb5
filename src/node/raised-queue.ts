/**
 * Alerts on their way from the analysis thread to those who look at them now. The files hold every alert; here a burst
 * beyond what a person or a feed could take is bounded in number and bytes, and what was left out is counted.
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

  /** All that waits, oldest first, and how many before it were left out; nothing waits afterwards. */
  take(): { raised: RaisedAlert[]; droppedCount: number } {
    const taken = { raised: this.#waiting, droppedCount: this.#droppedCount };
    this.#waiting = [];
    this.#bytes = 0;
    this.#droppedCount = 0;
    return taken;
  }
}
