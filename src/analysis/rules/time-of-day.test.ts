import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { isInTimeRange, parseTimeRange, parseWeekdays } from "./time-of-day.ts";

const minute = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const holds = (range: string, at: string): boolean => isInTimeRange(parseTimeRange(range), minute(at));

test("both ends of a range are in it, to the minute", () => {
  deepEqual(
    ["08:29", "08:30", "18:00", "18:01"].map((at) => holds("08:30 - 18:00", at)),
    [false, true, true, false],
  );
});

test("a leading ! turns a range round", () => {
  deepEqual(
    ["08:29", "08:30", "18:00", "18:01"].map((at) => holds("!08:30-18:00", at)),
    [true, false, false, true],
  );
});

test("a range over midnight is all but what lies between its end and its start, and forgets a !", () => {
  for (const range of ["18:00 - 08:30", "!18:00 - 08:30"]) {
    deepEqual(
      ["08:29", "08:30", "18:00", "18:01"].map((at) => holds(range, at)),
      [true, false, false, true],
    );
  }
});

test("hours may stand alone, with am and pm", () => {
  deepEqual(parseTimeRange("6 pm - 11:15PM"), { fromMinute: 1_080, toMinute: 1_395, isOutside: false });
  deepEqual(parseTimeRange("12am-12 pm"), { fromMinute: 0, toMinute: 720, isOutside: false });
  deepEqual(parseTimeRange("9 - 24"), { fromMinute: 540, toMinute: 1_439, isOutside: false });
});

test("what is no range is refused", () => {
  for (const text of ["", "9", "9 - 25", "9:60 - 10", "13pm - 14", "a - b", "1 - 2 - 3", "0am - 1"]) {
    throws(() => parseTimeRange(text), RangeError, text);
  }
});

test("days are names, abbreviations and the two words, in any mix", () => {
  const days = (text: string): number[] => [...parseWeekdays(text)].sort((a, b) => a - b);
  deepEqual(days("Monday, tue wed"), [1, 2, 3]);
  deepEqual(days("weekends"), [0, 6]);
  deepEqual(days("weekdays,sunday"), [0, 1, 2, 3, 4, 5]);
  equal(days("saturday saturday").length, 1);
  for (const text of ["", "!monday", "mo", "mondays", "day"]) throws(() => parseWeekdays(text), RangeError, text);
});
