/**
 * A worker's clock against the master's, from ping round trips: link.md section 4, *Clock*. A value without a timer.
 */

const samplesMax = 8;
/** Below this a difference is left alone: ordinary NTP, and nothing that a rule's timeframe would notice. */
const OFFSET_MS_MIN = 2_000;

interface Sample {
  roundTripMs: number;
  offsetMs: number;
}

export class ClockOffset {
  #samples: Sample[] = [];

  /** `sentMs`, `receivedMs`: the master's wall clock; `nodeMs`: what the pong said. */
  add(sentMs: number, receivedMs: number, nodeMs: number): void {
    const roundTripMs = Math.max(0, receivedMs - sentMs);
    this.#samples.push({ roundTripMs, offsetMs: sentMs + roundTripMs / 2 - nodeMs });
    if (this.#samples.length > samplesMax) this.#samples.shift();
  }

  /** The smallest of the last; undefined before the first. */
  get roundTripMs(): number | undefined {
    return this.#samples.length === 0 ? undefined : Math.min(...this.#samples.map((sample) => sample.roundTripMs));
  }

  /** The master's clock less the node's, from the smallest round trip (the newest of equals); 0 before the first. */
  get measuredMs(): number {
    let best: Sample | undefined;
    for (const sample of this.#samples) if (best === undefined || sample.roundTripMs <= best.roundTripMs) best = sample;
    return best?.offsetMs ?? 0;
  }

  /** What goes into the journal with a record. */
  get countedMs(): number {
    const offsetMs = Math.round(this.measuredMs);
    return Math.abs(offsetMs) < OFFSET_MS_MIN ? 0 : offsetMs;
  }
}
