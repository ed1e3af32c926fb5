/**
 * When rules with `ignore="N"` have fired, for the silence of N seconds that follows (ruleset-spec 5.4).
 *
 * The time is the event's, in either direction, as in windows. While one node sends what happens now and another what
 * happened an hour ago, a rule fires once in each of both times, so several firings are remembered for each rule: the
 * last, and those before it that arrived within N and lateness. Where events come in the order of their times, as in
 * the peers, the last one alone decides.
 */
import type { ByteWriter } from "../base/bytes.ts";
import { CheckpointError } from "./errors.ts";
import type { StatePart, StateReader } from "./state-part.ts";

export interface Firing {
  eventMs: number;
  receivedMs: number;
}

/** More than a node that drains an hour gives of a rule with `ignore="60"`; a search goes through all of them. */
const firingsMax = 64;

export class FiringTimes implements StatePart {
  readonly name = "firing-times";
  /** By the rule's id, in the order of arrival; never empty. */
  readonly #ofRule = new Map<number, Firing[]>();

  /** Whether the rule has fired within `ignoreMs` of this time. */
  isSilent(ruleId: number, eventMs: number, ignoreMs: number): boolean {
    const firings = this.#ofRule.get(ruleId);
    if (firings === undefined) return false;
    // From the newest on, since it nearly always is that one.
    for (let index = firings.length - 1; index >= 0; index -= 1) {
      const firing = firings[index];
      if (firing !== undefined && Math.abs(eventMs - firing.eventMs) <= ignoreMs) return true;
    }
    return false;
  }

  /** `keptMs`: how long before this one others may have arrived that are still of use. */
  add(ruleId: number, { eventMs, receivedMs }: Firing, keptMs: number): void {
    const firings = (this.#ofRule.get(ruleId) ?? []).filter((firing) => firing.receivedMs >= receivedMs - keptMs);
    // What drains moves on and leaves its own past behind; what happens now must not go for it.
    if (firings.length >= firingsMax) firings.splice(earliestOf(firings), 1);
    firings.push({ eventMs, receivedMs });
    this.#ofRule.set(ruleId, firings);
  }

  forget(ruleId: number): void {
    this.#ofRule.delete(ruleId);
  }

  /** Moves the arrivals, when the clock that they were read from has stepped. */
  shift(byMs: number): void {
    for (const firings of this.#ofRule.values()) for (const firing of firings) firing.receivedMs += byMs;
  }

  write(writer: ByteWriter): void {
    if (this.#ofRule.size === 0) return;
    writer.u32(this.#ofRule.size);
    for (const [ruleId, firings] of this.#ofRule) {
      writer.u32(ruleId).u32(firings.length);
      for (const { eventMs, receivedMs } of firings) writer.f64(eventMs).f64(receivedMs);
    }
  }

  read(reader: StateReader): void {
    reader.times(() => {
      const ruleId = reader.u32();
      const firings: Firing[] = [];
      reader.times(() => firings.push({ eventMs: reader.f64(), receivedMs: reader.f64() }));
      if (firings.length > firingsMax) throw new CheckpointError(`rule ${ruleId} has ${firings.length} firing times`);
      if (firings.length > 0) this.#ofRule.set(ruleId, firings);
    });
  }
}

/** Where the firing of the earliest event stands. */
function earliestOf(firings: readonly Firing[]): number {
  return firings.reduce((best, { eventMs }, index) => (eventMs < (firings[best]?.eventMs ?? 0) ? index : best), 0);
}
