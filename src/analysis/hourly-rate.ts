/**
 * `<global><stats>`: whether far more events came in this hour than usual (ruleset-spec 8, rule 11). Usual is what came
 * in the same hour of the same weekday before, or, while too few of these were seen, in the same hour of any day.
 *
 * The peers' bounds hold, as their internal options name them: more than 150 % above the mean, at least 1,250 events
 * above it (`stats_mindiff`) and at most 999,000 (`stats_maxdiff`). How they average is not known; here each hour
 * counts alike until there are `hoursMax`, and the newer ones more from then on.
 *
 *   part := hour f64 | isWhole u8 | hasFired u8 | count f64 | 192 × (hours u8, mean f64)
 *
 * An hour in whose middle the counting began is not learnt. Only whole hours of received time are told apart, so the
 * answer does not depend on when anything was analysed.
 */
import type { ByteWriter } from "../base/bytes.ts";
import { LocalTime } from "../base/local-time.ts";
import type { AnsweredRule } from "../model/alert.ts";
import type { StatePart, StateReader } from "./state-part.ts";

const hourMs = 3_600_000;
const percentAbove = 1.5;
const leastAbove = 1_250;
const mostAbove = 999_000;
/** Fewer hours tell nothing of what is usual. */
const hoursMin = 3;
/** A month of days; the hour of a weekday forgets as slowly. */
const hoursMax = 30;

interface Usual {
  hours: number;
  mean: number;
}

export class HourlyRate implements StatePart {
  readonly name = "hourly-rate";
  /** Since 1970; -1: nothing was counted yet. */
  #hour = -1;
  /** Whether the hour was counted from its beginning. */
  #isWhole = false;
  #hasFired = false;
  #count = 0;
  /** First by weekday and hour, then by hour alone. */
  readonly #usual: readonly Usual[] = Array.from({ length: 7 * 24 + 24 }, () => ({ hours: 0, mean: 0 }));
  /** Of the hour; beyond it there are more events than usual. Undefined: to be found, by the zone of the ruleset. */
  #limit: number | undefined = undefined;
  #time: LocalTime | undefined = undefined;

  /** Counts an event. True while its hour has too many and nobody was told yet (`told`). */
  isExcessive(receivedMs: number, zone: string): boolean {
    const hour = Math.floor(receivedMs / hourMs);
    if (hour !== this.#hour) this.#begin(hour, zone);
    this.#limit ??= this.#limitOf(hour, zone);
    this.#count += 1;
    return this.#count > this.#limit && !this.#hasFired;
  }

  /** An alert says it; there is none more in this hour. */
  told(): void {
    this.#hasFired = true;
  }

  #begin(hour: number, zone: string): void {
    if (this.#isWhole) for (const usual of this.#usualOf(this.#hour, zone)) this.#learn(usual);
    this.#isWhole = this.#hour === hour - 1;
    this.#hour = hour;
    this.#count = 0;
    this.#hasFired = false;
    this.#limit = undefined;
  }

  #learn(usual: Usual): void {
    usual.hours = Math.min(hoursMax, usual.hours + 1);
    usual.mean += (this.#count - usual.mean) / usual.hours;
  }

  #usualOf(hour: number, zone: string): Usual[] {
    if (this.#time?.zone !== zone) this.#time = new LocalTime(zone);
    const { weekday, hour: ofDay } = this.#time.parts(hour * hourMs);
    return [weekday * 24 + ofDay, 7 * 24 + ofDay].flatMap((index) => this.#usual[index] ?? []);
  }

  #limitOf(hour: number, zone: string): number {
    const known = this.#usualOf(hour, zone).find(({ hours }) => hours >= hoursMin);
    if (known === undefined) return Number.POSITIVE_INFINITY;
    return known.mean + Math.min(mostAbove, Math.max(leastAbove, known.mean * percentAbove));
  }

  write(writer: ByteWriter): void {
    if (this.#hour === -1) return;
    writer
      .f64(this.#hour)
      .u8(this.#isWhole ? 1 : 0)
      .u8(this.#hasFired ? 1 : 0)
      .f64(this.#count);
    for (const { hours, mean } of this.#usual) writer.u8(hours).f64(mean);
  }

  read(reader: StateReader): void {
    this.#hour = reader.f64();
    this.#isWhole = reader.u8() === 1;
    this.#hasFired = reader.u8() === 1;
    this.#count = reader.f64();
    for (const usual of this.#usual) {
      usual.hours = reader.u8();
      usual.mean = reader.f64();
    }
  }
}

/** Not one of the tree: the engine answers with it where an event has no alert of its own. */
export function rateRule(level: number, emailAlertLevel: number): AnsweredRule {
  return {
    ...{ id: "11", level, description: "Excessive number of events (above normal).", groups: ["stats"] },
    ...{ mitre: undefined, cve: undefined, info: undefined, frequency: undefined, firedtimes: 1 },
    mail: level >= emailAlertLevel,
  };
}
