import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../test/support/seeded-random.ts";
import { eventPayload, readEvent } from "./event-payload.ts";

function said(payload: Buffer, isEscaped: boolean): string {
  const event = readEvent(payload, isEscaped);
  return typeof event === "string" ? event : `${event.queue} ${event.location} <${event.log.toString("latin1")}>`;
}

/** What agents send and what it is, with and without escapes (agent-protocol 4; those of a genuine manager first). */
const payloads: [payload: string, escaped: string, plain?: string][] = [
  ["1:/var/log/auth.log:Nov 23 10:00:00 h sshd[1]: x: y", "1 /var/log/auth.log <Nov 23 10:00:00 h sshd[1]: x: y>"],
  ["1:C|:\\logs\\a.log:hello: w", "1 C:\\logs\\a.log <hello: w>", "1 C| <\\logs\\a.log:hello: w>"],
  ['f:EventChannel:{"a":1}', 'f EventChannel <{"a":1}>'],
  ["1:keepalive:zzz", "event_keepalive"],
  ["1:keepalive--x:zzz", "event_keepalive"],
  ["garbage no colon", "event_bad_queue"],
  // Attack case 23: another agent's origin is a text like any other.
  ["1:[002] (web) 10.0.0.1->/x:z", "1 [002] (web) 10.0.0.1->/x <z>"],
  ["1:C:\\a.log:z", "1 C <\\a.log:z>"],
  ["1:a||b:z", "1 a|b <z>", "1 a||b <z>"],
  ["1:a|b:z", "1 a|b <z>", "1 a|b <z>"],
  ["1:a|::b:c", "1 a: <b:c>", "1 a| <:b:c>"],
  ["1:a|||:b:c", "1 a|:b <c>", "1 a||| <b:c>"],
  ["1:a|", "event_no_location"],
  ["1:a|:", "event_no_location", "1 a| <>"],
  ["1:only", "event_no_location"],
  ["1::log", "1  <log>"],
  ["1:a:", "1 a <>"],
  ["4:a:b", "event_bad_queue"],
  [" :a:b", "event_bad_queue"],
  ["é:a:b", "event_bad_queue"],
  ["1", "event_bad_queue"],
  ["", "event_bad_queue"],
  [`1:${"l".repeat(4_096)}:x`, `1 ${"l".repeat(4_096)} <x>`],
  [`1:${"l".repeat(4_097)}:x`, "event_long_location"],
];

for (const [payload, escaped, plain = escaped] of payloads) {
  test(`${JSON.stringify(payload.slice(0, 60))} is read`, () => {
    equal(said(Buffer.from(payload), true), escaped);
    equal(said(Buffer.from(payload), false), plain);
  });
}

test("a log's bytes are passed on as they are, and a location's are made text", () => {
  const log = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const event = readEvent(Buffer.concat([Buffer.from("1:/a\xff:", "latin1"), log]), true);
  ok(typeof event === "object");
  deepEqual(event.log, log);
  equal(event.location, "/a\ufffd");
});

test("what is written is read again, whatever stands in the location (500 seeds)", () => {
  for (let seed = 1; seed <= 500; seed += 1) {
    const random = seededRandom(seed);
    const location = Array.from({ length: random.below(12) }, () => ":|ab/\\ö"[random.below(7)]).join("");
    const log = Buffer.from(random.bytes(random.below(40)));
    const written = eventPayload({ queue: "1", location, log }, true);
    deepEqual(readEvent(written, true), { queue: "1", location, log }, `seed ${seed}`);
  }
});

test("an agent of before writes its location as it is", () =>
  equal(eventPayload({ queue: "1", location: "a|b", log: Buffer.from("x") }, false).toString(), "1:a|b:x"));

test("any bytes are read or refused, and never throw (20,000 of one seed)", () => {
  const random = seededRandom(3);
  for (let count = 0; count < 20_000; count += 1) {
    const bytes = Buffer.from(random.bytes(random.below(30)));
    if (random.oneIn(2)) bytes.write("1:", 0, "latin1");
    for (const isEscaped of [true, false]) readEvent(bytes, isEscaped);
  }
});
