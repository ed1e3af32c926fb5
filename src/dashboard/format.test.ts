import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import {
  age,
  bytes,
  clockOffset,
  count,
  fullCount,
  hourAndMinuteOf,
  latency,
  rate,
  roughAge,
  writeNumbersFor,
  timeOf,
  utcOf,
} from "./format.ts";

type Format = (value: number | null | undefined) => string;

const table: [name: string, format: Format, cases: [value: number, text: string][]][] = [
  [
    "count",
    count,
    [
      [0, "0"],
      [999, "999"],
      [1_000, "1,000"],
      [18_432, "18,432"],
      [9_999_999, "9,999,999"],
      [9_999_999.6, "10.0 M"],
      [10_000_000, "10.0 M"],
      [176_798_114, "176.8 M"],
      [9_999_999_999, "10,000.0 M"],
      [10_000_000_000, "10.0 G"],
      [-1_204, "−1,204"],
    ],
  ],
  [
    "fullCount",
    fullCount,
    [
      [176_798_114, "176,798,114"],
      [-3, "−3"],
    ],
  ],
  [
    "rate",
    rate,
    [
      [0, "0/s"],
      [0.01, "<0.1/s"],
      [0.05, "0.1/s"],
      [0.94, "0.9/s"],
      [1, "1/s"],
      [9.94, "9.9/s"],
      [9.96, "10/s"],
      [2_046.4, "2,046/s"],
      [-1, "0/s"],
    ],
  ],
  [
    "age",
    age,
    [
      [-5, "0 s"],
      [999, "0 s"],
      [3_999, "3 s"],
      [59_999, "59 s"],
      [60_000, "1 min"],
      [252_000, "4 min 12 s"],
      [3_599_999, "59 min 59 s"],
      [3_600_000, "1 h"],
      [7_199_000, "1 h"],
      [86_399_999, "23 h"],
      [86_400_000, "1 d"],
      [6.5 * 86_400_000, "6 d"],
      [2_000 * 86_400_000, "2,000 d"],
    ],
  ],
  [
    "roughAge",
    roughAge,
    [
      [59_999, "59 s"],
      [252_000, "4 min"],
      [3_599_999, "59 min"],
      [5_000_000, "1 h"],
    ],
  ],
  [
    "latency",
    latency,
    [
      [0, "0 ms"],
      [0.01, "<0.1 ms"],
      [0.6, "0.6 ms"],
      [4.1, "4.1 ms"],
      [9, "9 ms"],
      [9.96, "10 ms"],
      [999.4, "999 ms"],
      [999.6, "1.0 s"],
      [1_100, "1.1 s"],
      [59_940, "59.9 s"],
      [59_960, "1 min"],
      [61_000, "1 min 1 s"],
    ],
  ],
  [
    "bytes",
    bytes,
    [
      [0, "0 B"],
      [1_023, "1,023 B"],
      [1_024, "1.0 KiB"],
      [1_048_524, "1,023.9 KiB"],
      [1_048_530, "1.0 MiB"],
      [41_016_937_677, "38.2 GiB"],
      [2 ** 60, "1,024.0 PiB"],
    ],
  ],
  [
    "clockOffset",
    clockOffset,
    [
      [0, "+0.00 s"],
      [2, "+0.00 s"],
      [-2, "+0.00 s"],
      [-5.1, "−0.01 s"],
      [20, "+0.02 s"],
      [-310, "−0.31 s"],
      [59_990, "+59.99 s"],
      [59_996, "+1 min"],
      [-252_000, "−4 min 12 s"],
      [7_200_000, "+2 h"],
    ],
  ],
];

for (const [name, format, cases] of table) {
  for (const [value, text] of cases) {
    test(`${name} of ${value} is ${text}`, () => equal(format(value), text));
  }
  test(`${name} of what is not known is a dash`, () => {
    for (const unknown of [null, undefined, Number.NaN, Infinity, -Infinity]) equal(format(unknown), "–");
  });
}

const nowMs = Date.UTC(2026, 10, 24, 14, 32, 7, 123);

const times: [at: string, zone: string, text: string][] = [
  ["2026-11-24T14:32:07.999Z", "UTC", "14:32:07"],
  ["2026-11-24T00:00:00Z", "UTC", "00:00:00"],
  ["2026-11-23T23:59:59Z", "UTC", "23 Nov 23:59"],
  ["2026-11-23T23:59:59Z", "Europe/Berlin", "00:59:59"],
  ["2026-01-01T00:00:00Z", "UTC", "1 Jan 00:00"],
  ["2025-12-31T23:59:59Z", "UTC", "2025-12-31 23:59"],
  ["2025-12-31T23:59:59Z", "Asia/Tokyo", "1 Jan 08:59"],
  ["2026-09-05T10:00:00Z", "UTC", "5 Sep 10:00"],
  ["2027-01-02T03:04:05Z", "UTC", "2027-01-02 03:04"],
  ["2026-11-25T10:00:00Z", "UTC", "25 Nov 10:00"],
];

for (const [at, zone, text] of times) {
  test(`${at} in ${zone} is ${text}`, () => equal(timeOf(Date.parse(at), nowMs, zone), text));
}

test("a time that is none is a dash", () => {
  for (const ms of [undefined, null, Number.NaN, 8.64e15 + 1]) {
    equal(timeOf(ms, nowMs), "–");
    equal(utcOf(ms), "–");
    equal(hourAndMinuteOf(ms), "–");
  }
  equal(timeOf(nowMs, Number.NaN, "UTC"), "2026-11-24 14:32");
});

test("UTC is told to the millisecond, and an axis to the minute", () => {
  equal(utcOf(nowMs), "2026-11-24T14:32:07.123Z");
  equal(hourAndMinuteOf(nowMs, "Asia/Kolkata"), "20:02");
});

test("without a zone it is the reader's", () => {
  const local = new Date(nowMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  equal(timeOf(nowMs, nowMs), [local.getHours(), local.getMinutes(), local.getSeconds()].map(two).join(":"));
});

test("digits are grouped as the reader's language has it, and are always those that the words go with", (context) => {
  context.after(() => writeNumbersFor(["en-US"]));
  for (const [locales, whole, tenth] of [
    [["de-DE"], "18.432", "0,6/s"],
    [["fr"], "18\u202f432", "0,6/s"],
    [["ar-EG"], "18,432", "0.6/s"],
    [["xx-nowhere", "de"], "18.432", "0,6/s"],
    [["en-US@posix"], "18,432", "0.6/s"],
    [[], "18,432", "0.6/s"],
  ] as const) {
    writeNumbersFor(locales);
    if (locales[0] !== "ar-EG") deepEqual([count(18_432), rate(0.6)], [whole, tenth], locales.join());
    else match(count(18_432), /^18[^0-9]432$/);
  }
});
