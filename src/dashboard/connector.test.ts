import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { sampleNode, sampleStatus } from "../../test/support/api-needs.ts";
import { SimBrowser } from "../../test/support/sim-browser.ts";
import { delayMs, GLIMPSE_MS, HIDDEN_MS_MAX, PageConnector, SILENCE_MS_MAX } from "./connector.ts";
import { Store, type Connection } from "./store.ts";

const startMs = 1_795_000_000_000;
const aheadMs = 3 * 3_600_000;

interface World {
  browser: SimBrowser;
  store: Store;
  connector: PageConnector;
  /** Says a status on the stream that is open, with the master's time. */
  hear(id?: string): void;
  /** The connection, its times as ms since the start by the master's clock. */
  connection(): unknown;
}

/** A page whose master's clock is three hours ahead of the reader's. */
function openPage({ isHidden = false } = {}): World {
  const browser = new SimBrowser(startMs);
  browser.isTabHidden = isHidden;
  const store = new Store(() => browser.nowMs());
  const connector = new PageConnector(browser, store);
  connector.start();
  const hear = (id = ""): void =>
    browser.stream.say("status", { ...sampleStatus, nowMs: startMs + aheadMs + browser.elapsedMs }, id);
  const relative = (ms: number | undefined): number | undefined => ms && ms - startMs - aheadMs;
  const connection = (): unknown => {
    const now: Connection = store.connection.value;
    if (now.name !== "stale") return now.name;
    return { ...now, sinceMs: relative(now.sinceMs), nextTryMs: relative(now.nextTryMs) };
  };
  return { browser, store, connector, hear, connection };
}

/** Lets promises that are settled be heard. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}

const stale = (change: Partial<Connection & { name: "stale" }>): unknown => ({
  ...{ name: "stale", sinceMs: 0, tries: 1, nextTryMs: undefined, reason: "no_answer" },
  ...change,
});

test("opens the stream from its beginning, and is live with the first message", () => {
  const { browser, connection, hear } = openPage();
  deepEqual(
    browser.streams.map(({ path }) => path),
    ["/api/stream"],
  );
  equal(connection(), "connecting");
  hear();
  equal(connection(), "live");
});

test("takes what the stream says into the store", () => {
  const { store, hear, browser } = openPage();
  hear();
  equal(store.status.value?.node, "master-node");
  browser.stream.say("alerts", "{ half of a mess");
  browser.stream.say("alerts", { alerts: [{ alert: { id: "1.1" } }], omitted: 0, isReset: true });
  equal(store.alerts.value.length, 1);
});

test("goes on after the last id that it was given", () => {
  const { browser, hear } = openPage();
  hear("5.1~a.9");
  hear("5.2~a&9 %");
  hear("");
  browser.stream.fail();
  browser.advance(1_000);
  equal(browser.stream.path, `/api/stream?after=${encodeURIComponent("5.2~a&9 %")}`);
});

test("tells at once that the stream failed, since when, and when it tries again", () => {
  const { browser, connection, hear } = openPage();
  browser.advance(4_000);
  hear();
  browser.advance(500);
  browser.stream.fail();
  deepEqual(connection(), stale({ sinceMs: 4_000, nextTryMs: 5_500 }));
  browser.advance(1_000);
  deepEqual(connection(), stale({ sinceMs: 4_000, nextTryMs: undefined }));
  equal(browser.streams.length, 2);
  hear();
  equal(connection(), "live");
});

test("waits 1 s, 2 s, 4 s, 8 s, then 10 s, and begins anew after a message", () => {
  const { browser, hear } = openPage();
  hear();
  const waits: number[] = [];
  const failAndWait = (): void => {
    browser.stream.fail();
    const before = browser.elapsedMs;
    const count = browser.streams.length;
    while (browser.streams.length === count) browser.advance(100);
    waits.push(browser.elapsedMs - before);
  };
  for (let round = 0; round < 6; round += 1) failAndWait();
  hear();
  failAndWait();
  deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 1_000]);
});

test("chance makes a wait up to a quarter shorter, never longer", () => {
  equal(delayMs(1, 0), 1_000);
  equal(delayMs(1, 0.999_999) >= 750, true);
  equal(delayMs(1, 0.5), 875);
  equal(delayMs(40, 0), 10_000);
});

test("counts its tries since the master was last heard", () => {
  const { browser, connection, hear } = openPage();
  hear();
  browser.stream.fail();
  browser.advance(1_000);
  browser.stream.fail();
  browser.advance(2_000);
  browser.stream.fail();
  deepEqual(connection(), stale({ tries: 3, nextTryMs: 7_000 }));
});

test("ten seconds of silence are stale, and the stream is opened anew", () => {
  const { browser, connection, hear } = openPage();
  hear("1.1~x");
  browser.advance(SILENCE_MS_MAX - 1);
  equal(connection(), "live");
  browser.advance(1);
  deepEqual(connection(), stale({ reason: "silent", nextTryMs: SILENCE_MS_MAX + 1_000 }));
  equal(browser.openCount, 0);
  browser.advance(1_000);
  equal(browser.stream.path, "/api/stream?after=1.1~x");
  browser.advance(SILENCE_MS_MAX);
  deepEqual(connection(), stale({ reason: "silent", tries: 2, nextTryMs: 23_000 }));
});

test("any message breaks the silence", () => {
  const { browser, connection, hear } = openPage();
  hear();
  for (let round = 0; round < 4; round += 1) {
    browser.advance(9_000);
    browser.stream.say("log", "not even JSON");
  }
  equal(connection(), "live");
  equal(browser.streams.length, 1);
});

test("a master that never answers makes the page stale since it was opened", () => {
  const { browser, connection } = openPage();
  browser.stream.fail();
  // Nothing is known of the master's clock, so the times are by the reader's.
  deepEqual(connection(), stale({ sinceMs: -aheadMs, nextTryMs: 1_000 - aheadMs }));
});

test("a stream that is silent from the first is not waited for without end", () => {
  const { browser, connection } = openPage();
  browser.advance(SILENCE_MS_MAX);
  deepEqual(connection(), stale({ reason: "silent", sinceMs: -aheadMs, nextTryMs: 11_000 - aheadMs }));
});

test("a master that answers, but gives no stream, has too many of them", async () => {
  const { browser, connection, hear } = openPage();
  browser.answer = 200;
  browser.stream.fail();
  await settle();
  deepEqual(browser.asked, ["/api/status"]);
  deepEqual(connection(), stale({ reason: "too_many_streams", sinceMs: -aheadMs, nextTryMs: 1_000 - aheadMs }));
  browser.advance(1_000);
  hear();
  equal(connection(), "live");
});

test("does not ask why a stream ended that had been given", async () => {
  const { browser, connection, hear } = openPage();
  browser.answer = 200;
  hear();
  browser.stream.fail();
  await settle();
  deepEqual(browser.asked, []);
  deepEqual(connection(), stale({ nextTryMs: 1_000 }));
});

test("no answer, and an answer that is none, are no sign of too many streams", async () => {
  for (const answer of [undefined, 503, 404, 421]) {
    const { browser, connection, hear } = openPage();
    hear();
    browser.stream.fail();
    browser.advance(1_000);
    browser.answer = answer;
    browser.stream.fail();
    await settle();
    deepEqual(connection(), stale({ tries: 2, nextTryMs: 3_000 }), String(answer));
  }
});

test("an answer that comes when the stream is tried again changes nothing", async () => {
  const { browser, connection, hear } = openPage();
  browser.answer = 200;
  browser.stream.fail();
  browser.advance(1_000);
  hear();
  await settle();
  equal(connection(), "live");
});

test("what an old stream still delivers is not heard", () => {
  const { browser, connection, store } = openPage();
  const [old] = browser.streams;
  old?.fail();
  browser.advance(1_000);
  old?.say("status", sampleStatus, "9.9~z");
  old?.fail();
  equal(store.status.value, undefined);
  deepEqual(connection(), stale({ sinceMs: -aheadMs }));
  browser.stream.fail();
  browser.advance(2_000);
  equal(browser.stream.path, "/api/stream");
});

test("tries at once when it is told to, and not while there is a stream", () => {
  const { browser, connector, hear } = openPage();
  connector.tryNow();
  equal(browser.streams.length, 1);
  hear();
  browser.stream.fail();
  connector.tryNow();
  equal(browser.streams.length, 2);
  connector.tryNow();
  browser.advance(5_000);
  equal(browser.streams.length, 2, "the try that was due is not made as well");
});

test("a tab that nobody sees gives its stream back, and opens one when it is seen", () => {
  const { browser, connection, hear } = openPage();
  hear("3.1~x");
  browser.show(false);
  browser.advance(HIDDEN_MS_MAX - 1);
  hear();
  equal(connection(), "live");
  browser.advance(1);
  const sinceMs = HIDDEN_MS_MAX - 1;
  deepEqual(connection(), stale({ sinceMs, tries: 0, reason: "hidden" }));
  equal(browser.openCount, 0);
  browser.advance(3_600_000);
  equal(browser.streams.length, 1);
  browser.show(true);
  equal(browser.openCount, 1);
  equal(browser.stream.path, "/api/stream?after=3.1~x");
  deepEqual(connection(), stale({ sinceMs, tries: 0, reason: "hidden" }));
  hear();
  equal(connection(), "live");
});

test("a tab that nobody sees still hears how the nodes are, and when there is no answer", async () => {
  const { browser, store, connection, hear } = openPage();
  hear();
  browser.show(false);
  browser.advance(HIDDEN_MS_MAX);
  browser.answer = 200;
  browser.bodies.set("/api/nodes", { nodes: [sampleNode({ state: "down" })] });
  browser.bodies.set("/api/status", { ...sampleStatus, nowMs: startMs + aheadMs + HIDDEN_MS_MAX + GLIMPSE_MS });
  browser.advance(GLIMPSE_MS);
  await settle();
  equal(store.nodes.value[0]?.state, "down");
  const sinceMs = HIDDEN_MS_MAX + GLIMPSE_MS;
  deepEqual(connection(), stale({ sinceMs, tries: 0, reason: "hidden" }));
  browser.answer = undefined;
  browser.advance(GLIMPSE_MS);
  await settle();
  deepEqual(connection(), stale({ sinceMs, tries: 0, reason: "no_answer" }));
  browser.show(true);
  browser.answer = 200;
  browser.advance(GLIMPSE_MS);
  await settle();
  equal(browser.asked.length, 4);
});

test("a tab that is seen again at once keeps its stream", () => {
  const { browser, connection, hear } = openPage();
  browser.show(false);
  browser.advance(HIDDEN_MS_MAX - 1);
  browser.show(true);
  hear();
  for (let round = 0; round < 10; round += 1) {
    browser.advance(9_000);
    hear();
  }
  equal(connection(), "live");
  equal(browser.streams.length, 1);
});

test("a hidden tab that waits to try again stops, and tries as soon as it is seen", () => {
  const { browser, connection, hear } = openPage();
  hear();
  browser.show(false);
  browser.stream.fail();
  browser.advance(1_000);
  browser.stream.fail();
  browser.advance(HIDDEN_MS_MAX);
  deepEqual(connection(), stale({ tries: 0, reason: "hidden" }));
  const opened = browser.streams.length;
  browser.advance(60_000);
  equal(browser.streams.length, opened);
  browser.show(true);
  equal(browser.streams.length, opened + 1);
});

test("a tab that is seen does not wait for the next try", () => {
  const { browser, hear } = openPage();
  hear();
  browser.show(false);
  browser.stream.fail();
  browser.advance(1_000);
  browser.stream.fail();
  browser.show(true);
  equal(browser.streams.length, 3);
});

test("a page that is opened in the background opens no stream until it is seen", () => {
  const { browser, connection, hear } = openPage({ isHidden: true });
  browser.advance(60_000);
  equal(browser.streams.length, 0);
  equal(connection(), "connecting");
  browser.show(true);
  hear();
  equal(connection(), "live");
});

test("time goes on every second, live or not", () => {
  const { browser, store, hear } = openPage();
  hear();
  browser.advance(3_000);
  equal(store.nowMs.value, startMs + aheadMs + 3_000);
  browser.stream.fail();
  browser.advance(30_000);
  equal(store.nowMs.value, startMs + aheadMs + 33_000);
});
