import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { ClockOffset } from "./clock-offset.ts";
import { Dialler } from "./dialler.ts";
import { linkLimits } from "./limits.ts";

const random = { bytes: (count: number) => new Uint8Array(count), fraction: () => 1 };
const target = { name: "w1", address: "127.0.0.1", port: 1516 };
const alone = () => "none" as const;

test("a node that cannot be reached is tried again within three seconds, for ever", () => {
  const dialler = new Dialler(random, linkLimits);
  let nowMs = 0;
  const waits: number[] = [];
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const startMs = nowMs;
    while (dialler.due([target], alone, nowMs).length === 0) nowMs += 10;
    waits.push(nowMs - startMs);
    dialler.note(target, "unreachable", nowMs);
  }
  deepEqual(waits, [0, 250, 500, 1_000, 2_000, 3_000, 3_000, 3_000]);
});

test("neither side dials while a session lives or is being made, and a target is dialled once at a time", () => {
  const dialler = new Dialler(random, linkLimits);
  deepEqual(
    dialler.due([target], () => "live", 0),
    [],
  );
  deepEqual(
    dialler.due([target], () => "joining", 10_000),
    [],
  );
  deepEqual(dialler.due([target], alone, 10_000), [target]);
  deepEqual(dialler.due([target], alone, 99_000), []);
});

test("a node that accepts and refuses every time is not asked more often for accepting", () => {
  const dialler = new Dialler(random, linkLimits);
  let nowMs = 0;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    while (dialler.due([target], alone, nowMs).length === 0) nowMs += 10;
    dialler.note(target, "connected", nowMs);
    dialler.due([target], () => "joining", nowMs);
  }
  const startMs = nowMs;
  while (dialler.due([target], alone, nowMs).length === 0) nowMs += 10;
  ok(nowMs - startMs >= 3_000);
});

test("an outcome is news when it differs from the one before", () => {
  const dialler = new Dialler(random, linkLimits);
  const news = ["unreachable", "unreachable", "wrong_key", "connected", "unreachable"].map((code, index) =>
    dialler.note(target, code, index),
  );
  deepEqual(news, [true, false, true, true, true]);
});

test("the offset is that of the smallest round trip of the last eight", () => {
  const offset = new ClockOffset();
  equal(offset.measuredMs, 0);
  offset.add(10_000, 10_100, 4_000); // Half-way is 10,050.
  equal(offset.measuredMs, 6_050);
  offset.add(10_000, 10_010, 5_000);
  equal(offset.measuredMs, 5_005);
  for (let index = 0; index < 8; index += 1) offset.add(20_000, 20_100, 20_049);
  equal(offset.measuredMs, 1);
});

test("an offset counts from two seconds on", () => {
  for (const [nodeMs, counted] of [
    [8_001, 0],
    [8_000, 2_000],
    [12_000, -2_000],
    [11_999, 0],
  ] as const) {
    const offset = new ClockOffset();
    offset.add(10_000, 10_000, nodeMs);
    equal(offset.countedMs, counted);
  }
});
