import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Connection, StaleReason } from "./store.ts";
import { shownMsOf, toldConnectionOf } from "./told-connection.ts";

const heardMs = 1_795_000_000_000;
const stale = (reason: StaleReason): Connection => ({
  ...{ name: "stale", sinceMs: heardMs, tries: 1, nextTryMs: undefined, reason },
});
const live: Connection = { name: "live" };

function toldAfter(ms: number, connection: Connection, isKnown = true): Connection["name"] {
  return toldConnectionOf({ connection, isKnown, nowMs: heardMs + ms }).name;
}

test("a stream that has ended is told of once the master has been away for 10 s", () => {
  for (const reason of ["no_answer", "hidden"] as const) {
    deepEqual([toldAfter(9_999, stale(reason)), toldAfter(10_000, stale(reason))], ["live", "stale"], reason);
  }
});

test("silence has lasted for 10 s already, and that there are too many pages is an answer", () => {
  equal(toldAfter(0, stale("silent")), "stale");
  equal(toldAfter(0, stale("too_many_streams")), "stale");
});

test("where nothing was ever heard there is nothing to wait for", () => {
  equal(toldAfter(0, stale("no_answer"), false), "stale");
  equal(toldAfter(0, { name: "connecting", sinceMs: heardMs }, false), "connecting");
});

test("what is told of a stale page is what is known of it", () => {
  const connection = stale("no_answer");
  equal(toldConnectionOf({ connection, isKnown: true, nowMs: heardMs + 60_000 }), connection);
  equal(toldConnectionOf({ connection: live, isKnown: true, nowMs: heardMs }), live);
});

test("what is shown is of now while the page is live, and else of when the master was heard", () => {
  const nowMs = heardMs + 3_000;
  equal(shownMsOf({ connection: live, isKnown: true, nowMs }), nowMs);
  equal(shownMsOf({ connection: stale("no_answer"), isKnown: true, nowMs }), heardMs);
  equal(shownMsOf({ connection: stale("no_answer"), isKnown: false, nowMs }), nowMs);
});

test("what is shown is never of a moment to come", () => {
  equal(shownMsOf({ connection: stale("no_answer"), isKnown: true, nowMs: heardMs - 400 }), heardMs - 400);
});
