import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { eventOf, rulesetOf, startMs } from "../../test/support/ruleset.ts";
import { ByteWriter } from "../base/bytes.ts";
import { Engine } from "./engine.ts";
import { CheckpointError } from "./errors.ts";
import { FiringTimes } from "./firing-times.ts";
import { StateReader } from "./state-part.ts";

const minuteMs = 60_000;
const rules = '<rule id="100" level="5" ignore="300"><match>hello</match><description>d</description></rule>';
const at = (engine: Engine, eventSeconds: number, arrivalSeconds: number): boolean =>
  engine.answer(
    eventOf("hello", 0, { eventMs: startMs + eventSeconds * 1_000, receivedMs: startMs + arrivalSeconds * 1_000 }),
  ).isAlert;

test("a rule with ignore keeps silent in each time that events come from, though they come in turns", () => {
  const ruleset = rulesetOf(rules);
  let engine = new Engine(ruleset);
  const alerts = Array.from({ length: 10 }, (_, index) => {
    const isAlert = at(engine, index % 2 === 1 ? index - 3_600 : index, index);
    engine = new Engine(ruleset, engine.saveState());
    return isAlert;
  });
  deepEqual(alerts, [true, true, ...Array.from({ length: 8 }, () => false)]);
  deepEqual([at(engine, 300, 300), at(engine, 301, 301)], [false, true]);
});

test("a firing is forgotten once another comes that arrived later than the silence and lateness", () => {
  const times = new FiringTimes();
  times.add(1, { eventMs: 0, receivedMs: 0 }, 10 * minuteMs);
  times.add(1, { eventMs: 5 * minuteMs, receivedMs: 10 * minuteMs }, 10 * minuteMs);
  equal(times.isSilent(1, 0, minuteMs), true);
  times.shift(-1);
  times.add(1, { eventMs: 9 * minuteMs, receivedMs: 10 * minuteMs }, 10 * minuteMs);
  deepEqual([times.isSilent(1, 0, minuteMs), times.isSilent(1, 5 * minuteMs, minuteMs)], [false, true]);
  equal(times.isSilent(2, 0, minuteMs), false);
  times.forget(1);
  equal(times.isSilent(1, 9 * minuteMs, minuteMs), false);
});

test("what drains for long does not push out the time of now", () => {
  const times = new FiringTimes();
  times.add(1, { eventMs: 100_000 * minuteMs, receivedMs: 0 }, minuteMs);
  for (let minute = 0; minute < 1_000; minute += 1) {
    times.add(1, { eventMs: minute * minuteMs, receivedMs: 1 }, minuteMs);
    equal(times.isSilent(1, minute * minuteMs, 1_000), true);
  }
  equal(times.isSilent(1, 100_000 * minuteMs, 1_000), true);
  equal(times.isSilent(1, 900 * minuteMs, 1_000), false);
});

test("more firings than there can be are no state", () => {
  const writer = new ByteWriter().u32(1).u32(7).u32(65);
  for (let index = 0; index < 65; index += 1) writer.f64(index).f64(index);
  throws(() => new FiringTimes().read(new StateReader(writer.copy())), CheckpointError);
});
