/**
 * Numbers, times and sizes in words. What is not known is a dash, never 0. Digits are grouped as the reader's browser
 * has it. Ages are rounded down, so that nothing is older than it is.
 */

export const UNKNOWN = "–";
const minus = "\u2212";

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

type MaybeNumber = number | null | undefined;

function numberFormats(
  locales: readonly string[],
): Record<"whole" | "oneDecimal" | "atMostOne" | "twoDecimals", Intl.NumberFormat> {
  const formatOf = (least: number, most: number): Intl.NumberFormat =>
    new Intl.NumberFormat([...locales], {
      ...{ minimumFractionDigits: least, maximumFractionDigits: most },
      numberingSystem: "latn", // Words and units are English; other digits would not be read with them.
    });
  return { whole: formatOf(0, 0), oneDecimal: formatOf(1, 1), atMostOne: formatOf(0, 1), twoDecimals: formatOf(2, 2) };
}

let { whole, oneDecimal, atMostOne, twoDecimals } = numberFormats(["en-US"]);

/**
 * Numbers are written as in the first of these languages (BCP 47) that is known; English before that, and where one of
 * them is no language at all (`en-US@posix` of some systems).
 */
export function writeNumbersFor(locales: readonly string[]): void {
  try {
    ({ whole, oneDecimal, atMostOne, twoDecimals } = numberFormats([...locales, "en-US"]));
  } catch {
    ({ whole, oneDecimal, atMostOne, twoDecimals } = numberFormats(["en-US"]));
  }
}

function isKnown(value: MaybeNumber): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function signed(value: number, text: (size: number) => string): string {
  return value < 0 ? minus + text(-value) : text(value);
}

/** `18,432`; from 10 million on `176.8 M`, from 10 thousand million on `12.3 G`. */
export function count(value: MaybeNumber): string {
  if (!isKnown(value)) return UNKNOWN;
  return signed(Math.round(value), (size) => {
    if (size >= 1e10) return `${oneDecimal.format(size / 1e9)} G`;
    return size >= 1e7 ? `${oneDecimal.format(size / 1e6)} M` : whole.format(size);
  });
}

/** All digits of a count, for where `count` shortens it. */
export function fullCount(value: MaybeNumber): string {
  return isKnown(value) ? signed(Math.round(value), (size) => whole.format(size)) : UNKNOWN;
}

/** `2,046/s`; under ten with one decimal, because the difference of 0.2 and 0 matters. */
export function rate(perSecond: MaybeNumber): string {
  return isKnown(perSecond) ? `${bareRate(perSecond)}/s` : UNKNOWN;
}

/** The same without its unit, for where that stands in a heading or is set apart. */
export function bareRate(perSecond: MaybeNumber): string {
  return isKnown(perSecond) ? small(perSecond, count) : UNKNOWN;
}

/** `0.6`, `9`, `<0.1`: under ten with one decimal where there is one. */
function small(value: number, otherwise: (value: number) => string): string {
  if (value <= 0 || value >= 9.95) return otherwise(Math.max(0, value));
  if (value < 0.05) return "<0.1";
  return atMostOne.format(value);
}

/** `3 s`, `4 min 12 s`, `2 h`, `6 d`: two units below an hour, one above. */
export function age(ms: MaybeNumber): string {
  if (!isKnown(ms)) return UNKNOWN;
  const seconds = Math.floor((ms % minuteMs) / secondMs);
  if (ms >= minuteMs && ms < hourMs && seconds > 0) return `${roughAge(ms)} ${seconds} s`;
  return roughAge(ms);
}

/** `3 s`, `4 min`, `2 h`, `6 d`: one unit. */
export function roughAge(ms: MaybeNumber): string {
  if (!isKnown(ms)) return UNKNOWN;
  if (ms < minuteMs) return `${Math.max(0, Math.floor(ms / secondMs))} s`;
  if (ms < hourMs) return `${Math.floor(ms / minuteMs)} min`;
  return ms < dayMs ? `${Math.floor(ms / hourMs)} h` : `${whole.format(Math.floor(ms / dayMs))} d`;
}

/** `0.6 ms`, `9 ms`, `1.1 s`, and from a minute on as an age. */
export function latency(ms: MaybeNumber): string {
  if (!isKnown(ms)) return UNKNOWN;
  if (Math.round(ms) < secondMs) return `${small(ms, (value) => whole.format(value))} ms`;
  return Math.round(ms / 100) < 600 ? `${oneDecimal.format(ms / secondMs)} s` : age(Math.max(ms, minuteMs));
}

const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** `512 B`, `38.2 GiB`. */
export function bytes(value: MaybeNumber): string {
  if (!isKnown(value)) return UNKNOWN;
  let size = Math.max(0, value);
  let unit = 0;
  // What would be rounded to 1,024.0 of a unit is 1.0 of the next.
  while (unit < byteUnits.length - 1 && size >= (unit === 0 ? 1_024 : 1_023.95)) {
    size /= 1_024;
    unit += 1;
  }
  return `${unit === 0 ? whole.format(size) : oneDecimal.format(size)} ${byteUnits[unit] ?? ""}`;
}

/** `+0.02 s`, and from a minute on `−4 min 12 s`. */
export function clockOffset(ms: MaybeNumber): string {
  if (!isKnown(ms)) return UNKNOWN;
  const size = Math.abs(ms);
  const sign = ms < 0 && size >= 5 ? minus : "+";
  return sign + (size < minuteMs - 5 ? `${twoDecimals.format(size / secondMs)} s` : age(Math.max(size, minuteMs)));
}

interface DateParts {
  year: string;
  month: string;
  day: string;
  monthName: string;
  /** `14:32:07`. */
  time: string;
}

const monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** Making one is slow, and a page has one zone or two. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string | undefined): Intl.DateTimeFormat {
  const key = zone ?? "";
  let formatter = formatters.get(key);
  if (formatter === undefined) {
    const two = "2-digit";
    formatter = new Intl.DateTimeFormat("en-US", {
      ...{ year: "numeric", month: two, day: two, hour: two, minute: two, second: two, hourCycle: "h23" },
      ...(zone === undefined ? {} : { timeZone: zone }),
    });
    formatters.set(key, formatter);
  }
  return formatter;
}

function partsOf(ms: MaybeNumber, zone: string | undefined): DateParts | undefined {
  // No Date reaches further than that.
  if (!isKnown(ms) || Math.abs(ms) > 8.64e15) return undefined;
  const parts = new Map<string, string>();
  for (const { type, value } of formatterOf(zone).formatToParts(ms)) parts.set(type, value);
  const part = (name: string): string => parts.get(name) ?? "";
  const month = part("month");
  return {
    ...{ year: part("year"), month, day: part("day"), monthName: monthNames[Number(month) - 1] ?? month },
    time: `${part("hour")}:${part("minute")}:${part("second")}`,
  };
}

/**
 * `14:32:07` today, `24 Nov 14:32` this year, else `2025-11-24 14:32`, in the zone named, or in the reader's. `nowMs`
 * says what today is.
 */
export function timeOf(ms: MaybeNumber, nowMs: number, zone?: string): string {
  const at = partsOf(ms, zone);
  const now = partsOf(nowMs, zone);
  if (at === undefined) return UNKNOWN;
  const hourAndMinute = at.time.slice(0, 5);
  if (at.year !== now?.year) return `${at.year}-${at.month}-${at.day} ${hourAndMinute}`;
  if (at.month === now.month && at.day === now.day) return at.time;
  return `${Number(at.day)} ${at.monthName} ${hourAndMinute}`;
}

/** `14:30`, as an axis has it. */
export function hourAndMinuteOf(ms: MaybeNumber, zone?: string): string {
  return partsOf(ms, zone)?.time.slice(0, 5) ?? UNKNOWN;
}

/** A moment between bins of a length: `14:30`, and with seconds where they are shorter than a minute. */
export function binEdgeOf(ms: number, binMs: number, nowMs: number): string {
  return binMs < minuteMs ? timeOf(ms, nowMs) : hourAndMinuteOf(ms);
}

/** `2025-11-24T14:32:07.123Z`: UTC to the millisecond, for `datetime`, titles and the clipboard. */
export function utcOf(ms: MaybeNumber): string {
  return isKnown(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : UNKNOWN;
}
