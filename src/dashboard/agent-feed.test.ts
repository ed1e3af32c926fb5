import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { signal, type Signal } from "@preact/signals";
import { sampleOverview, sampleStatus } from "../../test/support/api-needs.ts";
import { SimBrowser } from "../../test/support/sim-browser.ts";
import { AgentFeed, EVERY_MS, MANY_EVERY_MS, TYPING_MS } from "./agent-feed.ts";
import { Store } from "./store.ts";

interface World {
  browser: SimBrowser;
  store: Store;
  path: Signal<string>;
  feed: AgentFeed;
}

/** A page whose master answers, an hour ahead of the reader's clock, once its stream is live. */
function open(): World {
  const browser = new SimBrowser(sampleStatus.nowMs - 3_600_000);
  browser.answer = 200;
  for (const path of ["/one", "/two"]) browser.bodies.set(path, sampleOverview({ total: path.length }));
  const store = new Store(() => browser.nowMs());
  const path = signal("/one");
  const feed = new AgentFeed(browser, store, path);
  feed.start();
  return { browser, store, path, feed };
}

async function live(): Promise<World> {
  const world = open();
  world.store.take("status", sampleStatus);
  world.store.connection.value = { name: "live" };
  await settle(world.browser);
  return world;
}

/** Lets so much time go by, and promises that are settled be heard. */
async function settle(browser: SimBrowser, ms = 0): Promise<void> {
  browser.advance(ms);
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}

test("nothing is asked before the page is live, then at once, then every five seconds", async () => {
  const { browser, store, feed } = open();
  await settle(browser, 60_000);
  deepEqual(browser.asked, []);
  store.connection.value = { name: "live" };
  await settle(browser);
  deepEqual(browser.asked, ["/one"]);
  equal(feed.answer.value?.path, "/one");
  await settle(browser, EVERY_MS - 1);
  equal(browser.asked.length, 1);
  await settle(browser, 1);
  equal(browser.asked.length, 2);
});

test("of many agents the master is asked half as often", async () => {
  const { browser, store } = open();
  browser.bodies.set("/one", sampleOverview({ total: 50_000 }));
  store.connection.value = { name: "live" };
  await settle(browser);
  await settle(browser, MANY_EVERY_MS - 1);
  equal(browser.asked.length, 1);
  await settle(browser, 1);
  equal(browser.asked.length, 2);
});

test("an answer is of the moment that it came, by the master's clock", async () => {
  const { feed } = await live();
  equal(feed.answer.value?.atMs, sampleStatus.nowMs);
});

test("while the stream is not live nothing is asked; when it is back, at once", async () => {
  const { browser, store } = await live();
  const stale = { name: "stale", sinceMs: 0, tries: 1, nextTryMs: undefined, reason: "hidden" } as const;
  store.connection.value = stale;
  await settle(browser, 60_000);
  store.connection.value = { ...stale, tries: 2 };
  await settle(browser, 60_000);
  equal(browser.asked.length, 1);
  store.connection.value = { name: "live" };
  await settle(browser);
  equal(browser.asked.length, 2);
});

test("a reader who types is asked for once, when the word is there", async () => {
  const { browser, path, feed } = await live();
  for (const text of ["/t", "/tw", "/two"]) {
    path.value = text;
    await settle(browser, TYPING_MS - 1);
  }
  deepEqual(browser.asked, ["/one"]);
  await settle(browser, 1);
  deepEqual(browser.asked, ["/one", "/two"]);
  equal(feed.answer.value?.path, "/two");
});

test("an answer to what is not looked at any more is passed over", async () => {
  const { browser, path, feed } = await live();
  browser.advance(EVERY_MS);
  path.value = "/two"; // The second request for /one is under way.
  browser.bodies.set("/one", sampleOverview({ total: 99 }));
  await settle(browser);
  equal(feed.answer.value?.reply.total, 4);
  await settle(browser, TYPING_MS);
  deepEqual(browser.asked, ["/one", "/one", "/two"]);
  await settle(browser, EVERY_MS);
  equal(browser.asked.length, 4, "and there is one rhythm, not two");
});

test("without an answer it says why, keeps what it has, and asks again", async () => {
  const { browser, feed } = await live();
  browser.answer = 503;
  browser.bodies.set("/one", { error: { code: "ARGUS_API_BUSY", message: "<b>" } });
  await settle(browser, EVERY_MS);
  equal(feed.fault.value, "The master refused (503, ARGUS_API_BUSY).");
  browser.answer = undefined;
  await settle(browser, EVERY_MS);
  equal(feed.fault.value, "The master did not answer in 5 s.");
  browser.answer = 200;
  await settle(browser, EVERY_MS);
  equal(feed.fault.value, "The master's answer has another form than this page knows.");
  equal(feed.answer.value?.reply.total, 4);
  browser.bodies.set("/one", sampleOverview());
  feed.askNow();
  await settle(browser);
  equal(feed.fault.value, "");
  const { length } = browser.asked;
  await settle(browser, EVERY_MS);
  equal(browser.asked.length, length + 1);
});
