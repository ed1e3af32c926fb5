import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { LockOut, sourceKey } from "./lock-out.ts";

const limits = { failuresMax: 3, waitMs: 1_000, waitMsMax: 5_000, forgetMs: 60_000, sourcesMax: 4 };

// attack-cases 21
test("of ten thousand guesses at once a handful is looked at", () => {
  const lockOut = new LockOut();
  let looked = 0;
  for (let guess = 0; guess < 10_000; guess += 1) if (lockOut.begin("192.0.2.1", 0)) looked += 1;
  equal(looked, 5);
});

test("each failure beyond the first few doubles the wait, up to a limit", () => {
  const lockOut = new LockOut(limits);
  const triedAt: number[] = [];
  for (let nowMs = 0; nowMs < 20_000; nowMs += 500) if (lockOut.begin("192.0.2.1", nowMs)) triedAt.push(nowMs);
  deepEqual(triedAt, [0, 500, 1_000, 2_000, 4_000, 8_000, 13_000, 18_000]);
});

test("who knows the password is never locked out, and takes no memory", () => {
  const lockOut = new LockOut(limits);
  for (let agent = 0; agent < 1_000; agent += 1) {
    equal(lockOut.begin("192.0.2.1", 0), true);
    lockOut.takeBack("192.0.2.1");
  }
  equal(lockOut.size, 0);
});

test("a success forgives nobody else at that address", () => {
  const lockOut = new LockOut(limits);
  lockOut.begin("192.0.2.1", 0);
  lockOut.begin("192.0.2.1", 0);
  lockOut.begin("192.0.2.1", 0);
  lockOut.takeBack("192.0.2.1");
  equal(lockOut.begin("192.0.2.1", 0), true);
  equal(lockOut.begin("192.0.2.1", 0), false, "the third failure");
});

test("an hour without a failure forgives, and the table is bounded", () => {
  const lockOut = new LockOut(limits);
  for (let guess = 0; guess < 9; guess += 1) lockOut.begin("192.0.2.1", 0);
  equal(lockOut.begin("192.0.2.1", 60_000), true);
  for (let host = 0; host < 50; host += 1) lockOut.begin(`198.51.100.${host}`, 60_000);
  equal(lockOut.size, 4);
});

test("the addresses of one /64 are one source, and IPv4 in IPv6 is IPv4", () => {
  equal(sourceKey("2001:db8:1:2:3::4"), sourceKey("2001:db8:1:2:ffff::1"));
  equal(sourceKey("2001:db8:1:2::") === sourceKey("2001:db8:1:3::"), false);
  equal(sourceKey("::ffff:192.0.2.1"), sourceKey("192.0.2.1"));
  equal(sourceKey("192.0.2.1") === sourceKey("192.0.2.2"), false);
});
