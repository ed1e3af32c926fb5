import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { sampleStatus } from "../../test/support/api-needs.ts";
import { SimBrowser } from "../../test/support/sim-browser.ts";
import { PageConnector } from "./connector.ts";
import { pagePartsOf, type PageParts } from "./page-context.tsx";
import { Store } from "./store.ts";

function open(search = ""): { browser: SimBrowser; parts: PageParts } {
  const browser = new SimBrowser(sampleStatus.nowMs);
  browser.params = new URLSearchParams(search);
  const store = new Store(() => browser.nowMs());
  return { browser, parts: pagePartsOf(browser, store, new PageConnector(browser, store)) };
}

test("what the reader chooses stands in the address", () => {
  const { browser, parts } = open("range=24h");
  parts.choose({ level: 12 });
  equal(browser.params.toString(), "range=24h&level=12");
  deepEqual([parts.chosen.value.range, parts.chosen.value.level], ["24h", 12]);
});

test("where the reader goes back to is what is chosen", () => {
  const { browser, parts } = open();
  parts.choose({ range: "15m", logQuery: "link" });
  browser.goTo("?range=24h");
  deepEqual([parts.chosen.value.range, parts.chosen.value.logQuery], ["24h", ""]);
  equal(browser.params.toString(), "range=24h", "and is not written again");
});

test("how wide the window is, is known at once and when it changes", () => {
  const { browser, parts } = open();
  equal(parts.isNarrow.value, false);
  browser.resize(true);
  equal(parts.isNarrow.value, true);
});

test("while the master does not answer no age goes on, and after 10 s the page is stale", () => {
  const { browser, parts } = open();
  parts.connector.start();
  browser.stream.say("status", { ...sampleStatus, nowMs: browser.nowMs() });
  equal(parts.isStale.value, false);
  browser.stream.fail();
  const heardMs = sampleStatus.nowMs;
  browser.advance(9_000);
  deepEqual([parts.isStale.value, parts.shownMs.value], [false, heardMs]);
  browser.advance(1_000);
  deepEqual([parts.isStale.value, parts.shownMs.value], [true, heardMs]);
  browser.stream.say("status", { ...sampleStatus, nowMs: browser.nowMs() });
  deepEqual([parts.isStale.value, parts.shownMs.value], [false, browser.nowMs()]);
});
