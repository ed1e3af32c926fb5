/**
 * The newest alerts, bounded in number and in bytes. Those of a high level have bounds of their own: in a flood of
 * others they stay, because they are what somebody should look at. What had to go is known by its place in the order,
 * so that a reader who goes on from somewhere can be told whether anything is missing behind it.
 */
import { HIGH_LEVEL } from "../model/alert.ts";

export interface HeldAlert {
  readonly id: string;
  readonly level: number;
  /** The line of alerts.json as UTF-8 text, without its end. */
  readonly json: string;
}

export interface HeldLimits {
  countMax: number;
  bytesMax: number;
}

interface Placed {
  readonly alert: HeldAlert;
  /** Grows with each alert, held or not. */
  readonly place: number;
}

class Shelf {
  readonly #limits: HeldLimits;
  placed: Placed[] = [];
  #bytes = 0;

  constructor(limits: HeldLimits) {
    this.#limits = limits;
  }

  /** Returns what had to go, oldest first. The newest stays, however long it is. */
  add(placed: Placed): Placed[] {
    this.placed.push(placed);
    this.#bytes += placed.alert.json.length;
    const { countMax, bytesMax } = this.#limits;
    const gone: Placed[] = [];
    while (this.placed.length > 1 && (this.placed.length > countMax || this.#bytes > bytesMax)) {
      const oldest = this.placed.shift();
      if (oldest === undefined) break;
      this.#bytes -= oldest.alert.json.length;
      gone.push(oldest);
    }
    return gone;
  }
}

export class HeldAlerts {
  readonly #low: Shelf;
  readonly #high: Shelf;
  #place = 0;
  /** The place of the newest one that is missing. */
  #missing = 0;

  /** `limits` for those below `HIGH_LEVEL`, `highLimits` for the others. */
  constructor(limits: HeldLimits, highLimits: HeldLimits) {
    this.#low = new Shelf(limits);
    this.#high = new Shelf(highLimits);
  }

  /** Takes the newest alert. Returns those that had to go for it. */
  add(alert: HeldAlert): readonly HeldAlert[] {
    this.#place += 1;
    const shelf = alert.level >= HIGH_LEVEL ? this.#high : this.#low;
    const gone = shelf.add({ alert, place: this.#place });
    this.#missing = Math.max(this.#missing, gone.at(-1)?.place ?? 0);
    return gone.map((one) => one.alert);
  }

  /** Some that would come here now never will. */
  skip(): void {
    this.#place += 1;
    this.#missing = this.#place;
  }

  /** Oldest first, in the order in which they came. */
  all(): readonly HeldAlert[] {
    return this.#inOrder().map(({ alert }) => alert);
  }

  /** How many of `all` have something missing behind them. */
  get countBeforeMissing(): number {
    return this.#inOrder().filter(({ place }) => place < this.#missing).length;
  }

  #inOrder(): Placed[] {
    return [...this.#low.placed, ...this.#high.placed].sort((a, b) => a.place - b.place);
  }
}
