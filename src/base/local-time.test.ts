import { equal } from "node:assert/strict";
import { test } from "node:test";
import { LocalTime } from "./local-time.ts";

const utc = new LocalTime("UTC");

test("writes the stamp of an alert with the offset of its zone", () => {
  const atMs = Date.UTC(2026, 10, 25, 1, 2, 3, 4);
  equal(utc.isoStamp(atMs), "2026-11-25T01:02:03.004+0000");
  equal(new LocalTime("America/St_Johns").isoStamp(atMs), "2026-11-24T21:32:03.004-0330");
  equal(new LocalTime("Asia/Kathmandu").isoStamp(atMs), "2026-11-25T06:47:03.004+0545");
});
test("changes to summer time and back at the moment the zone does", () => {
  const berlin = new LocalTime("Europe/Berlin");
  const springMs = Date.UTC(2026, 2, 29, 1);
  equal(berlin.isoStamp(springMs - 1), "2026-03-29T01:59:59.999+0100");
  equal(berlin.isoStamp(springMs), "2026-03-29T03:00:00.000+0200");
  const autumnMs = Date.UTC(2026, 9, 25, 1);
  equal(berlin.isoStamp(autumnMs - 1), "2026-10-25T02:59:59.999+0200");
  equal(berlin.isoStamp(autumnMs), "2026-10-25T02:00:00.000+0100");
});
test("gives the local day, not Greenwich's", () => {
  equal(new LocalTime("Pacific/Auckland").isoDay(Date.UTC(2026, 11, 31, 12)), "2027-01-01");
  equal(new LocalTime("Pacific/Honolulu").isoDay(Date.UTC(2026, 0, 1, 5)), "2025-12-31");
});
test("agrees with the runtime's own calendar in every zone that was tried, at 500 moments each", () => {
  for (const zone of [
    "UTC",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Tehran",
    "Africa/Casablanca",
  ]) {
    const time = new LocalTime(zone);
    const format = new Intl.DateTimeFormat("en-CA", {
      ...{ timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" },
      ...{ second: "2-digit", hourCycle: "h23" },
    });
    for (
      let index = 0, ms = Date.UTC(2020, 0, 1);
      index < 500;
      index += 1, ms += (7_654_321_000 % (index + 1)) + 400_000_000
    ) {
      const expected = format.format(ms).replace(", ", "T");
      equal(time.isoStamp(ms).slice(0, 19), expected, `${zone} ${ms}`);
    }
  }
});
test("takes what is no time at all as the beginning of time, so that an output never fails", () => {
  for (const ms of [Number.NaN, Number.POSITIVE_INFINITY, -1]) equal(utc.isoStamp(ms), "1970-01-01T00:00:00.000+0000");
  equal(utc.isoStamp(1e300), "9999-12-31T23:59:59.999+0000");
});
