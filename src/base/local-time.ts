/**
 * Wall-clock times of a named zone, fast: the offset of a zone changes only at a quarter of an hour, so one is looked
 * up per quarter and remembered. The zone is read once at start (`systemZone`) and is one of the inputs of an alert, so
 * the same event gives the same bytes wherever and whenever it is analysed again.
 */

/** A moment as a calendar and a clock on the wall show it. */
export interface LocalParts {
  year: number;
  /** 0 is January. */
  month: number;
  day: number;
  /** 0 is Sunday. */
  weekday: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
  /** Minutes east of Greenwich. */
  offsetMinutes: number;
}

export const monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

const quarterMs = 900_000;
const quartersMax = 4_096;
/** The last millisecond of the year 9999: beyond it no file format of ours has room. */
const latestMs = 253_402_300_799_999;
const offsetPattern = /GMT(?:([+-])(\d{1,2}):?(\d{2})?)?/;

/** The zone of this process as an IANA name; `UTC` where the system does not say. */
export function systemZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

/** Two digits. */
export function pad2(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

export class LocalTime {
  readonly zone: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #offsets = new Map<number, number>();

  /** Throws a RangeError for a zone that the runtime does not know. */
  constructor(zone: string) {
    this.zone = zone;
    this.#format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  }

  /** Minutes east of Greenwich at `ms` (since 1970). */
  offsetMinutes(ms: number): number {
    const quarter = Math.floor(boundMs(ms) / quarterMs);
    let offset = this.#offsets.get(quarter);
    if (offset === undefined) {
      offset = this.#lookUp(quarter * quarterMs);
      if (this.#offsets.size >= quartersMax) this.#offsets.clear();
      this.#offsets.set(quarter, offset);
    }
    return offset;
  }

  #lookUp(ms: number): number {
    const name = this.#format.formatToParts(ms).find((part) => part.type === "timeZoneName")?.value ?? "GMT";
    const [, sign, hours = "0", minutes = "0"] = offsetPattern.exec(name) ?? [];
    const offset = Number(hours) * 60 + Number(minutes);
    return sign === "-" ? -offset : offset;
  }

  /** `ms` since 1970; what is no time at all counts as 0, so that no input makes an output fail. */
  parts(ms: number): LocalParts {
    const bounded = boundMs(ms);
    const offsetMinutes = this.offsetMinutes(bounded);
    const shifted = new Date(bounded + offsetMinutes * 60_000);
    return {
      year: shifted.getUTCFullYear(),
      month: shifted.getUTCMonth(),
      day: shifted.getUTCDate(),
      weekday: shifted.getUTCDay(),
      hour: shifted.getUTCHours(),
      minute: shifted.getUTCMinutes(),
      second: shifted.getUTCSeconds(),
      millisecond: shifted.getUTCMilliseconds(),
      offsetMinutes,
    };
  }

  /** `2026-11-25T01:02:03.004+0100`, as alerts carry it. */
  isoStamp(ms: number): string {
    const at = this.parts(ms);
    const east = Math.abs(at.offsetMinutes);
    const zone = `${at.offsetMinutes < 0 ? "-" : "+"}${pad2(Math.floor(east / 60))}${pad2(east % 60)}`;
    const fraction = String(at.millisecond).padStart(3, "0");
    return `${this.isoDay(ms)}T${pad2(at.hour)}:${pad2(at.minute)}:${pad2(at.second)}.${fraction}${zone}`;
  }

  /** `2026-11-25`. */
  isoDay(ms: number): string {
    const at = this.parts(ms);
    return `${String(at.year).padStart(4, "0")}-${pad2(at.month + 1)}-${pad2(at.day)}`;
  }
}

function boundMs(ms: number): number {
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), latestMs) : 0;
}
