import { equal } from "node:assert/strict";
import { test } from "node:test";
import { GRAVE_NEWS_EVERY_MS, NEWS_EVERY_MS, newsBegun, newsOf, type NewsCounts } from "./alert-news.ts";

const begun: NewsCounts = { nowMs: 1_000_000, startedMs: 5, alerts: 40, lost: 2, graveIds: ["1.1"] };

/** What is said so long after the beginning. */
function said(afterMs: number, change: Partial<NewsCounts>): string | undefined {
  return newsOf(newsBegun(begun), { ...begun, nowMs: begun.nowMs + afterMs, ...change })?.words;
}

test("what is there at first is not told, however long it stands there", () => {
  equal(said(10 * NEWS_EVERY_MS, {}), undefined);
});

test("alerts are told as a number, once in a minute", () => {
  equal(said(NEWS_EVERY_MS - 1, { alerts: 98 }), undefined);
  equal(said(NEWS_EVERY_MS, { alerts: 98 }), "58 alerts.");
  equal(said(NEWS_EVERY_MS, { alerts: 41 }), "1 alert.");
});

test("grave alerts and losses are told sooner, and not at every tick", () => {
  const graveIds = ["1.3", "1.2", "1.1"];
  equal(said(GRAVE_NEWS_EVERY_MS - 1, { alerts: 45, graveIds }), undefined);
  equal(said(GRAVE_NEWS_EVERY_MS, { alerts: 45, graveIds }), "5 alerts, 2 of level 12 and above.");
  equal(said(GRAVE_NEWS_EVERY_MS, { lost: 3 }), "1 event was lost.");
  equal(said(GRAVE_NEWS_EVERY_MS, { lost: 1_202, alerts: 41 }), "1,200 events were lost. 1 alert.");
});

test("a grave alert that the count has not come to yet is told with itself", () => {
  equal(said(GRAVE_NEWS_EVERY_MS, { graveIds: ["1.2", "1.1"] }), "1 alert, 1 of level 12 and above.");
});

test("what has been told is not told again", () => {
  const now = { ...begun, nowMs: begun.nowMs + NEWS_EVERY_MS, alerts: 50, lost: 4, graveIds: ["1.2", "1.1"] };
  const first = newsOf(newsBegun(begun), now);
  equal(first?.words, "2 events were lost. 10 alerts, 1 of level 12 and above.");
  equal(first && newsOf(first.told, { ...now, nowMs: now.nowMs + 9 * NEWS_EVERY_MS }), undefined);
});

test("a master that was started anew is counted from its beginning", () => {
  equal(said(NEWS_EVERY_MS, { startedMs: 900, alerts: 3, lost: 0 }), "3 alerts.");
});

test("a clock that was put back holds nothing up", () => {
  equal(said(-3_600_000, { alerts: 41 }), "1 alert.");
});
