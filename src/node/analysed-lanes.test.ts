import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { AnalysedLanes } from "./analysed-lanes.ts";

const epoch = { number: 3, bits: "0123456789abcdef" };
const preamble = { host: "web-1", hidden: true };

function lanesWithOne(): AnalysedLanes {
  const lanes = new AnalysedLanes();
  lanes.beginEpoch("w", 0, epoch, preamble);
  return lanes;
}

test("what is joined in front of the engine's state is split off again, figures and all", () => {
  const lanes = lanesWithOne();
  const lane = lanes.lane("w", 0);
  lane.lastSeq = 7;
  lane.analysed = 9;
  lane.eventTime(1_000, 0, 2_000);
  Object.assign(lanes, { analysed: 9, lost: 2, undecodable: 1, alerts: 4 });
  const { lanes: again, engine } = AnalysedLanes.split(lanes.join(Buffer.from("state")));
  equal(Buffer.from(engine).toString(), "state");
  deepEqual(again.upTo(), [{ node: "w", lane: 0, epoch: 3, bits: epoch.bits, last: 7, analysed: 9 }]);
  deepEqual(again.lane("w", 0), lane);
  deepEqual([again.analysed, again.lost, again.undecodable, again.alerts], [9, 2, 1, 4]);
});

test("an event's time is corrected, and neither after its arrival nor before the last of its epoch", () => {
  const lane = lanesWithOne().lane("w", 0);
  equal(lane.eventTime(10_000, 1_999, 50_000), 10_000, "an offset under two seconds says nothing");
  equal(lane.eventTime(10_000, 3_000, 50_000), 13_000);
  equal(lane.eventTime(9_000, 0, 50_000), 13_000);
  equal(lane.eventTime(99_000, 0, 50_000), 50_000);
});

test("a new epoch begins its times anew, and goes on counting", () => {
  const lanes = lanesWithOne();
  lanes.lane("w", 0).analysed = 5;
  lanes.lane("w", 0).eventTime(10_000, 0, 50_000);
  lanes.beginEpoch("w", 0, { number: 4, bits: "b" }, undefined);
  const lane = lanes.lane("w", 0);
  equal(lane.eventTime(2_000, 0, 50_000), 2_000);
  deepEqual([lane.host, lane.isHidden, lane.analysed, lane.lastSeq], ["w", false, 5, 0]);
});

test("after the master's clock was set back the times before do not hold up what comes", () => {
  const lanes = lanesWithOne();
  lanes.lane("w", 0).eventTime(3_600_000, 0, 3_600_000);
  lanes.clockStepped(-3_500_000);
  equal(lanes.lane("w", 0).eventTime(150_000, 0, 160_000), 150_000);
});

test("the table at the head of a segment says where an analysis that begins there stands", () => {
  const lanes = new AnalysedLanes();
  const known = { predecessor: undefined, preamble: Buffer.from(JSON.stringify(preamble)) };
  lanes.adopt([{ node: "w", lane: 0, epochs: [{ epoch, last: 12 }], ...known }]);
  deepEqual(lanes.upTo(), [{ node: "w", lane: 0, epoch: 3, bits: epoch.bits, last: 12, analysed: 0 }]);
  deepEqual([lanes.lane("w", 0).host, lanes.lane("w", 0).isHidden], ["web-1", true]);
});
