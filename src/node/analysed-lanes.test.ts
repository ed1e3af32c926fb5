import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { ByteWriter } from "../base/bytes.ts";
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
  Object.assign(lanes, { analysed: 9, undecodable: 1, alerts: 4 });
  lanes.lose(2, 5_000);
  const { lanes: again, engine } = AnalysedLanes.split(lanes.join(Buffer.from("state")));
  equal(Buffer.from(engine).toString(), "state");
  deepEqual(again.upTo(), [{ node: "w", lane: 0, epoch: 3, bits: epoch.bits, last: 7, analysed: 9 }]);
  deepEqual(again.lane("w", 0), lane);
  deepEqual([again.analysed, again.lost, again.undecodable, again.alerts], [9, 2, 1, 4]);
  deepEqual(again.losses.all(), [{ atMs: 5_000, count: 2 }]);
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

test("alerts by level are saved with the lanes; a body of before they were counted has none", () => {
  const lanes = lanesWithOne();
  for (const level of [5, 5, 12]) lanes.countAlert(1_000_000, level);
  equal(lanes.alerts, 3);
  const body = lanes.join(Buffer.from("state"));
  const { levels } = AnalysedLanes.split(body).lanes;
  deepEqual(levels.save(), lanes.levels.save());
  deepEqual(levels.save().hour.bins, [{ atMs: 1_000_000, counts: { "5": 2, "12": 1 } }]);

  const length = body.readUInt32BE(0);
  const saved = JSON.parse(body.subarray(4, 4 + length).toString()) as Record<string, unknown>;
  delete saved["levels"];
  const head = Buffer.from(JSON.stringify(saved));
  const older = new ByteWriter(head.length + 20).bytes32(head).raw(Buffer.from("state")).view();
  const again = AnalysedLanes.split(older);
  deepEqual(again.lanes.levels.save().hour.bins, []);
  deepEqual([again.lanes.alerts, Buffer.from(again.engine).toString()], [3, "state"]);
});

test("alerts go on being counted by level after the master's clock was set back", () => {
  const lanes = lanesWithOne();
  lanes.countAlert(90_000_000, 5);
  lanes.clockStepped(-80_000_000);
  lanes.countAlert(10_000_000, 7);
  deepEqual(
    lanes.levels.save().hour.bins.map(({ atMs }) => atMs),
    [10_000_000, 90_000_000],
  );
});

test("of a checkpoint that says nothing of when events were lost, none is of today", () => {
  const lanes = lanesWithOne();
  lanes.lose(1_000, 5_000);
  const body = lanes.join(Buffer.from("state"));
  const length = body.readUInt32BE(0);
  const old = JSON.parse(body.subarray(4, 4 + length).toString()) as { losses?: unknown };
  delete old.losses;
  const head = Buffer.from(JSON.stringify(old));
  const { lanes: again } = AnalysedLanes.split(new ByteWriter(1_000).bytes32(head).raw(Buffer.alloc(0)).view());
  deepEqual([again.lost, again.losses.inDay(5_000)], [1_000, 0]);
  again.lose(3, 6_000);
  deepEqual([again.lost, again.losses.inDay(7_000)], [1_003, 3]);
});
