import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { LevelBoard } from "./level-board.ts";
import { dayBinMs, dayBins, hourBinMs, hourBins } from "./level-counts.ts";

const nowMs = Date.UTC(2026, 10, 25, 12);

/** A message of the analysis: bins of the hour as [seconds before now, alerts of level 5]. */
function told(...bins: [number, number][]): Parameters<LevelBoard["merge"]>[0] {
  const hour = bins.map(([seconds, count]) => ({ atMs: nowMs - seconds * 1_000, counts: { "5": count } }));
  return { hour: { binMs: hourBinMs, bins: hour }, day: { binMs: dayBinMs, bins: [] } };
}

function say(board: LevelBoard, revision: number, laterMs = 0): string[] {
  const { bins } = board.levels(revision, nowMs + laterMs).levels.hour;
  return bins.map(({ atMs, counts }) => `${(atMs - nowMs) / 1_000}: ${counts["5"] ?? 0}`);
}

test("tells all bins to whoever comes anew, and to others what has changed since, whole", () => {
  const board = new LevelBoard();
  board.merge(told([20, 1], [10, 2]));
  const first = board.levels(0, nowMs).revision;
  deepEqual(say(board, 0), ["-20: 1", "-10: 2"]);
  deepEqual(say(board, first), []);
  board.merge(told([10, 3], [0, 1]));
  deepEqual(say(board, first), ["-10: 3", "0: 1"]);
  deepEqual(say(board, 0), ["-20: 1", "-10: 3", "0: 1"]);
});

test("the revision grows with each change, and with nothing else", () => {
  const board = new LevelBoard();
  equal(board.levels(0, nowMs).revision, 0);
  board.merge(told());
  equal(board.levels(0, nowMs).revision, 0);
  board.merge(told([0, 1]));
  board.merge(told([0, 2]));
  equal(board.levels(0, nowMs).revision, 2);
});

test("tells only of the span that ends now: nothing older, and nothing of the future", () => {
  const board = new LevelBoard();
  board.merge(told([3_600, 1], [3_590, 2], [-10, 9]));
  deepEqual(say(board, 0), ["-3590: 2"]);
  deepEqual(say(board, 0, 10_000), ["10: 9"]);
});

test("tells a bin of the future when its time comes, to whoever has read on meanwhile", () => {
  const board = new LevelBoard();
  board.merge(told([0, 1]));
  board.merge(told([-20, 4]));
  const { revision } = board.levels(0, nowMs);
  deepEqual(say(board, revision, 10_000), []);
  deepEqual(say(board, revision, 20_000), ["20: 4"]);
  const told20 = board.levels(revision, nowMs + 20_000).revision;
  ok(told20 > revision, "a reader sees that there is something new");
  deepEqual(say(board, told20, 30_000), [], "once");
  board.merge(told([-20, 5]));
  deepEqual(say(board, told20, 30_000), ["20: 5"]);
});

test("tells what a clock that was set forward had put out of the span when it is set back", () => {
  const board = new LevelBoard();
  board.merge(told([10, 1]));
  const away = board.levels(0, nowMs + 7_200_000);
  deepEqual(away.levels.hour.bins, []);
  deepEqual(say(board, away.revision, 1_000), ["-10: 1"]);
});

test("holds a bounded number of bins, the newest", () => {
  const board = new LevelBoard();
  for (let bin = 0; bin < 5 * hourBins; bin += 1) board.merge(told([-bin * 10, bin]));
  const lastMs = (5 * hourBins - 1) * hourBinMs;
  equal(say(board, 0, lastMs).length, hourBins);
  equal(say(board, 0, 3 * hourBins * hourBinMs - 1).length, 0, "what is older than twice the span is gone");
  const day = Array.from({ length: 3 * dayBins }, (_, bin) => ({ atMs: nowMs + bin * dayBinMs, counts: {} }));
  board.merge({ hour: { binMs: hourBinMs, bins: [] }, day: { binMs: dayBinMs, bins: day } });
  equal(board.levels(0, nowMs + dayBins * dayBinMs).levels.day.bins.length, 1);
});
