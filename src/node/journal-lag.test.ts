import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { JournalLag } from "./journal-lag.ts";

/** The wall clock is an hour ahead of the monotonic one. */
const hourMs = 3_600_000;
const at = (monotonicMs: number) => ({ monotonicMs, wallMs: monotonicMs + hourMs });

test("after an idle hour one event is as old as it is", () => {
  const lag = new JournalLag(100, 0);
  lag.onDurable(200, 5_000);
  const received = 5_000 + hourMs;
  equal(lag.ageMs(200, received, at(10_000)), 0);
  lag.onDurable(300, 10 * hourMs);
  equal(lag.ageMs(200, received, at(10 * hourMs + 700)), 700);
  equal(lag.ageMs(300, 10 * hourMs + hourMs, at(10 * hourMs + 800)), 0);
});

test("after a restart with a backlog it has its true age, and the events of now do not hide it", () => {
  const lag = new JournalLag(1_000, 0);
  const received = at(0).wallMs - 2 * hourMs;
  equal(lag.ageMs(400, received, at(50)), 2 * hourMs + 50);
  lag.onDurable(1_100, 300);
  equal(lag.ageMs(400, received, at(400)), 2 * hourMs + 400);
  // The backlog is done, what came since the start is not.
  equal(lag.ageMs(1_000, received + 60_000, at(2_000)), 1_700);
});

test("with steady events the next one is as old as the time since it became durable", () => {
  const lag = new JournalLag(0, 0);
  for (let tick = 1; tick <= 600; tick += 1) lag.onDurable(tick * 10, tick * 100);
  const now = at(60_000);
  deepEqual([lag.ageMs(3_000, 30_000 + hourMs, now), lag.ageMs(5_990, 59_900 + hourMs, now)], [29_900, 100]);
});

test("is exact to a quarter of a second where only the durable position tells", () => {
  const lag = new JournalLag(0, 0);
  for (let tick = 1; tick <= 600; tick += 1) lag.onDurable(tick * 10, tick * 100);
  for (let analysed = 0; analysed < 6_000; analysed += 10) {
    const trueMs = 60_000 - (analysed + 10) * 10;
    const ageMs = lag.ageMs(analysed, 1, at(60_000));
    equal(ageMs >= trueMs && ageMs <= trueMs + 300, true, `${analysed}: ${ageMs} for ${trueMs}`);
  }
});

test("a backlog of which nothing is known is as old as this run at least, also when the clock was set back", () => {
  const lag = new JournalLag(1_000, 20);
  equal(lag.ageMs(400, 0, at(50)), 30);
  equal(lag.ageMs(400, at(0).wallMs + hourMs, at(50)), 30);
  equal(lag.ageMs(1_000, 0, at(50)), 0, "nothing is behind");
});

test("a stuck analysis costs bounded memory, and keeps its age", () => {
  const lag = new JournalLag(0, 0);
  for (let tick = 1; tick <= 20_000; tick += 1) lag.onDurable(tick, tick * 1_000);
  equal(lag.ageMs(0, 1, at(20_000_000)), 20_000_000 - 1_000);
  equal(lag.ageMs(19_000, 1, at(20_000_000)), 20_000_000 - 4_096_000, "its last mark");
  equal(lag.ageMs(19_000, 19_000_000 + hourMs, at(20_000_000)), 1_000_000, "the last analysed record says it better");
});
