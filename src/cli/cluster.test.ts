import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { sampleNode, sampleStatus } from "../../test/support/api-needs.ts";
import type { NodeInfo } from "../api/contract/reply.ts";
import { eventsText, lacksOf, nodeRow } from "./cluster.ts";

const nowMs = 1_700_000_100_000;
const spool = { events: 1_234, bytes: 5, bytesMax: 9, oldestMs: nowMs - 3_000, isFull: true, drainMs: 62_000 };
/** WAITING, OLDEST, DRAINED, CLOCK and NOTE of a node. */
const tail = (change: Partial<NodeInfo>): string[] =>
  nodeRow(sampleNode({ sinceMs: nowMs, spool, clockOffsetMs: 2.26, ...change }), nowMs)
    .slice(7)
    .map(({ text }) => text);

test("shows what a node holds, and what its clock shows, while it is alive", () =>
  deepEqual(tail({ state: "lagging" }), ["1,234 full", "0:03", "in 1:02", "2 ms", ""]));

test("does not show what a node that is down last said as if it were true now, but says why it is down", () =>
  deepEqual(tail({ state: "down", note: "it was stopped" }), ["–", "–", "–", "–", "it was stopped"]));

test("notes what is hidden and what was refused", () =>
  deepEqual(tail({ isHidden: true, lastRefusal: "wrong_key" }).at(-1), "hidden; wrong_key"));

test("shows no drain time where nothing shrinks, nor where events only pass through", () => {
  equal(tail({ spool: { ...spool, drainMs: null } })[2], "–");
  equal(tail({ spool: { ...spool, oldestMs: nowMs - 1_900 } })[2], "–");
});

test("names what is not well: nodes, a changed ruleset that does not load, and what is in quarantine", () => {
  const lacks = (refusal: string, quarantined: number, ...states: NodeInfo["state"][]): string[] =>
    lacksOf(
      { ...sampleStatus, ruleset: { refusal, quarantined } },
      states.map((state) => sampleNode({ name: state, state })),
    );
  deepEqual(lacks("", 0, "up", "syncing"), []);
  deepEqual(lacks("etc/rules/a.xml:1:1: bad", 1, "down", "up"), [
    "down is down",
    "the changed ruleset does not load",
    "1 rule or decoder is in quarantine",
  ]);
  deepEqual(lacks("", 2, "up"), ["2 rules and decoders are in quarantine"]);
});

test("says of events what is counted, and that nothing is while the analysis starts", () => {
  const { events } = sampleStatus;
  equal(
    eventsText({ ...events, behind: 1_234, behindMs: 62_000 }),
    "1,200 accepted, 1,190 analysed, 1,234 behind (the oldest for 1:02), 0 lost",
  );
  const uncounted = { ...events, isCounted: false, accepted: 0, analysed: 0 };
  equal(eventsText({ ...uncounted, behind: 0, behindMs: 0 }), "not counted yet, the analysis is starting");
  equal(
    eventsText({ ...uncounted, behind: 7, behindMs: 100 }),
    "not counted yet, the analysis is starting; 7 behind in spools",
  );
});
