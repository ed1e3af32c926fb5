import { equal } from "node:assert/strict";
import { test } from "node:test";
import { FeedEnd, type FeedLook } from "./feed-end.ts";

/** Looks every 250 ms at what `at` gives; returns when the run was over, and its last progress, or gives up. */
function run(lines: number, at: (ms: number) => FeedLook | undefined): { overMs: number; progressMs: number } {
  const end = new FeedEnd(lines);
  for (let ms = 0; ms < 1_000_000; ms += 250) {
    if (end.isOver(at(ms), ms)) return { overMs: ms, progressMs: end.lastProgressMs };
  }
  throw new Error("the run did not end");
}

const look = (analysed: number, isEmpty = true): FeedLook => ({ analysed, isEmpty });

test("ends when all lines are answered and nothing waits any more, and counts the time until the last answer", () => {
  const { overMs, progressMs } = run(100, (ms) => look(Math.min(100, ms / 100), ms >= 10_500));
  equal(progressMs, 10_000);
  equal(overMs, 12_000);
});
test("does not end by the count alone: stray events count too, while lines of the feed still wait", () => {
  const { overMs } = run(100, (ms) => (ms < 60_000 ? look(120, false) : look(150, ms > 61_000)));
  equal(overMs, 62_750);
});
test("does not end in a moment of emptiness between two batches", () => {
  const { overMs } = run(100, (ms) => look(100 + Math.floor(Math.min(ms, 20_000) / 1_000)));
  equal(overMs, 21_500);
});
test("ends soon when the data path is empty and some lines never come: they are lost, and the account says so", () => {
  equal(run(100, (ms) => look(ms < 5_000 ? 50 : 99)).overMs, 20_000);
});
test("waits two minutes for a node that is away, and longer while anything goes on", () => {
  equal(run(100, () => look(99, false)).overMs, 120_000);
  equal(run(100, () => undefined).overMs, 120_000);
  equal(run(100, (ms) => look(Math.floor(Math.min(ms, 90_000) / 30_000), false)).overMs, 210_000);
});
test("is not confused by a master that goes on from less after a restart", () => {
  const { overMs } = run(100, (ms) => {
    if (ms < 10_000) return look(80, false);
    if (ms < 12_000) return undefined;
    return look(Math.min(100, 60 + (ms - 12_000) / 100), ms > 17_000);
  });
  equal(overMs, 18_750);
});
