/** The contents of `<time>` and `<weekday>` (ruleset-spec 5.1). Both throw `RangeError` on what they cannot read. */

/** Minutes of the day, both ends inclusive; `isOutside` turns it around. */
export interface TimeRange {
  fromMinute: number;
  toMinute: number;
  isOutside: boolean;
}

const clockForm = /^(\d{1,2})(?::(\d{2}))?\s*(am|pm)?$/i;

function minuteOf(text: string): number {
  const [, hours = "", minutes = "0", half = ""] = clockForm.exec(text.trim()) ?? [];
  let hour = hours === "" ? 99 : Number(hours);
  if (half !== "") {
    if (hour < 1 || hour > 12) hour = 99;
    else hour = (hour % 12) + (half.toLowerCase() === "pm" ? 12 : 0);
  }
  // 24:00 is read as the end of the day.
  if (hour === 24 && Number(minutes) === 0) return 1_439;
  if (hour > 23 || Number(minutes) > 59) throw new RangeError(`"${text.trim()}" is not a time such as 18:30 or 6 pm`);
  return hour * 60 + Number(minutes);
}

/** `18:00 - 08:30` spans midnight: it is all but what lies between its end and its start; `!` does nothing to it. */
export function parseTimeRange(text: string): TimeRange {
  const written = text.trim();
  const isInverted = written.startsWith("!");
  const ends = (isInverted ? written.slice(1) : written).split("-");
  const [from, to] = ends;
  if (ends.length !== 2 || from === undefined || to === undefined) {
    throw new RangeError(`"${written}" is not a range such as 18:00 - 08:30`);
  }
  const [fromMinute, toMinute] = [minuteOf(from), minuteOf(to)];
  if (fromMinute > toMinute) return { fromMinute: toMinute, toMinute: fromMinute, isOutside: true };
  return { fromMinute, toMinute, isOutside: isInverted };
}

export function isInTimeRange(range: TimeRange, minute: number): boolean {
  return (minute >= range.fromMinute && minute <= range.toMinute) !== range.isOutside;
}

const dayNames = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** The days as numbers, 0 for Sunday. */
export function parseWeekdays(text: string): Set<number> {
  const days = new Set<number>();
  for (const word of text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)) {
    if (word === "weekdays" || word === "weekday") for (const day of [1, 2, 3, 4, 5]) days.add(day);
    else if (word === "weekends" || word === "weekend") for (const day of [0, 6]) days.add(day);
    else {
      const day = word.length < 3 ? -1 : dayNames.findIndex((name) => name.startsWith(word));
      if (day < 0) throw new RangeError(`"${word}" is not a day of the week`);
      days.add(day);
    }
  }
  if (days.size === 0) throw new RangeError("no day of the week is named");
  return days;
}
