import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, rulesetOf, startMs } from "../../test/support/ruleset.ts";
import { ByteWriter } from "../base/bytes.ts";
import { Engine } from "./engine.ts";
import { HourlyRate } from "./hourly-rate.ts";
import { StateReader } from "./state-part.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Takes `count` events into the hour that begins at `atMs`; how many came before the first that is too much, or -1. */
function take(rate: HourlyRate, atMs: number, count: number): number {
  let found = -1;
  for (let index = 0; index < count; index += 1) {
    if (!rate.isExcessive(atMs + index, "UTC") || found >= 0) continue;
    found = index;
    rate.told();
  }
  return found;
}

/** So many events in every hour of so many days. */
function learn(rate: HourlyRate, days: number, perHour: number, fromMs = startMs): void {
  for (let hour = 0; hour < days * 24; hour += 1) take(rate, fromMs + hour * hourMs, perHour);
}

test("nothing is too much while fewer than three such hours were seen", () => {
  const rate = new HourlyRate();
  learn(rate, 2, 10);
  equal(take(rate, startMs + 2 * dayMs, 5_000), -1);
});

test("1,250 events more than usual are too much, where the usual is little", () => {
  const rate = new HourlyRate();
  learn(rate, 4, 10);
  equal(take(rate, startMs + 4 * dayMs, 5_000), 1_260);
});

test("150 per cent more than usual are too much, where the usual is much", () => {
  const rate = new HourlyRate();
  learn(rate, 4, 1_000);
  equal(take(rate, startMs + 4 * dayMs, 2_500), -1);
  equal(take(rate, startMs + 4 * dayMs + hourMs, 2_501), 2_500);
});

test("it is said once in an hour, and again in the next", () => {
  const rate = new HourlyRate();
  learn(rate, 4, 1);
  const atMs = startMs + 4 * dayMs;
  equal(take(rate, atMs, 2_000), 1_251);
  equal(take(rate, atMs + 1_000_000, 2_000), -1);
  equal(take(rate, atMs + hourMs, 2_000), 1_251);
});

test("what is usual on a weekday is not too much on it", () => {
  const rate = new HourlyRate();
  for (let week = 0; week < 4; week += 1) {
    for (let day = 0; day < 7; day += 1) {
      const atMs = startMs + (week * 7 + day) * dayMs;
      take(rate, atMs - hourMs, 1); // So that the next hour is a whole one.
      const found = take(rate, atMs, day === 0 ? 2_000 : 10);
      take(rate, atMs + hourMs, 1);
      if (week === 3) equal(found, -1, `day ${day}`);
    }
  }
});

test("an hour that was not counted from its beginning is not learnt", () => {
  const rate = new HourlyRate();
  for (let day = 0; day < 6; day += 1) take(rate, startMs + day * dayMs, 10);
  equal(take(rate, startMs + 6 * dayMs, 5_000), -1);
});

test("it goes on from its state as if nothing had been between", () => {
  const rate = new HourlyRate();
  learn(rate, 4, 10);
  take(rate, startMs + 4 * dayMs, 1_000);
  const writer = new ByteWriter();
  rate.write(writer);
  const copy = new HourlyRate();
  copy.read(new StateReader(writer.view()));
  equal(take(copy, startMs + 4 * dayMs, 1_000), 260);
  equal(take(rate, startMs + 4 * dayMs, 1_000), 260);
});

test("nothing is written of nothing", () => {
  const writer = new ByteWriter();
  new HourlyRate().write(writer);
  equal(writer.view().length, 0);
});

const rules = '<rule id="100" level="5"><match>alert</match><description>an alert</description></rule>';

/** What the events of an hour raise after four quiet days, as `id level`; alerts only. */
function alertsOf(statsLevel: number, logs: readonly string[]): string[] {
  const engine = new Engine(rulesetOf(rules, { options: { statsLevel } }));
  for (let hour = 0; hour < 96; hour += 1) engine.answer(eventOf("quiet", hour * 3_600));
  return logs.flatMap((log) => {
    const { isAlert, rule, event } = engine.answer(eventOf(log, 96 * 3_600));
    return isAlert ? [`${rule?.id} ${rule?.level} ${event.log}`] : [];
  });
}

const flood = (count: number): string[] => Array.from({ length: count }, () => "flood");

test("the first event beyond the usual that raises no alert of its own is answered by rule 11, once", () => {
  deepEqual(alertsOf(4, [...flood(1_251), "alert", "one more", ...flood(10)]), ["100 5 alert", "11 4 one more"]);
});

test("without <stats> nothing is counted", () => {
  deepEqual(alertsOf(0, flood(2_000)), []);
});
