/** The verdict and the node table for nodes that are told to the page as a test wants them: many, hostile, away. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { NodeInfo } from "../../src/api/contract/reply.ts";
import { sampleNode } from "../support/api-needs.ts";
import { until } from "../support/argus-process.ts";
import { withoutBrowser, type TestPage } from "../support/browser.ts";
import { StagedPage } from "../support/staged-page.ts";

const skip = withoutBrowser;
const staged = new StagedPage(25_742, { width: 1_280, height: 1_200, theme: "light" });
const [master = sampleNode()] = staged.stage.nodes;

const longName = (letter: string): string => letter.repeat(64);
const rowsOf = ({ page }: TestPage): Promise<string[]> =>
  page.evaluate("[...document.querySelectorAll('table.nodes tr[id^=node-]')].map((row) => row.id.slice(5))");

/** Tells the page of other nodes, and waits until the table has as many rows, or as many as are said to be shown. */
async function tell(nodes: NodeInfo[], shownCount = nodes.length + 1): Promise<void> {
  staged.stage.nodes = [master, ...nodes];
  await until("the table has its rows", async () => (await rowsOf(staged.opened)).length === shownCount);
}

function away(name: string, state: "down" | "refused" | "expected" | "waiting", note = ""): NodeInfo {
  const link = { sinceMs: null, roundTripMs: null };
  return sampleNode({ name, state, note, lastRefusal: note, link, sinceMs: Date.now() - 90_000 });
}

test("names of 64 characters and reasons without a gap scroll no page sideways, at any width", { skip }, async () => {
  const reason = `its-connection-ended:${"x".repeat(300)}`;
  await tell([
    away(longName("d"), "down", reason),
    away(longName("e"), "expected", reason),
    away(longName("r"), "refused", reason),
    away(longName("w"), "waiting", reason),
    { ...sampleNode({ name: longName("l"), state: "lagging" }), address: `${"a".repeat(60)}:1516` },
  ]);
  for (const width of [320, 390, 720, 1_000, 1_280]) {
    const narrow = await staged.open({ width, theme: "light" });
    await narrow.page.locator(`#node-${longName("e")}`).waitFor();
    deepEqual([width, await narrow.sideways(), await narrow.cutOff()], [width, 0, []]);
    await narrow.close();
  }
});

test("a ruleset that does not load and rules in quarantine stand among what needs somebody", { skip }, async () => {
  const { stage, opened } = staged;
  const refusal = `etc/rules/<b>local</b>.xml:3:5: error: ${"x".repeat(260)}`;
  const before = stage.status;
  await tell([]);
  stage.status = { ...before, ruleset: { refusal, quarantined: 2 } };
  const needs = opened.page.getByRole("list", { name: "What needs you" }).getByRole("listitem");
  await until("both are told", async () => (await needs.count()) === 2);
  const texts = (await needs.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " "));
  deepEqual(texts, [
    `OLD RULES The changed ruleset does not load: ${refusal}. The one of before answers.`,
    "QUARANTINE 2 rules and decoders are out of work since a hostile event. argus ruleset quarantine lists them.",
  ]);
  for (const width of [320, 1_280]) {
    const own = await staged.open({ width, theme: "light" });
    deepEqual([width, await own.sideways(), await own.cutOff()], [width, 0, []]);
    await own.close();
  }
  stage.status = before;
  await until("it is over", async () => (await needs.count()) === 0);
});

test(
  "of 20 that are DOWN the worst five are told of, and the others on demand, with their rows",
  { skip },
  async () => {
    const { page } = staged.opened;
    const names = Array.from({ length: 20 }, (_, index) => `worker-node${index + 1}`);
    const well = Array.from({ length: 4 }, (_, index) => sampleNode({ name: `well-${index}` }));
    await tell([...well, ...names.map((name) => away(name, "down"))], 1 + 5 + well.length);
    const needs = page.getByRole("list", { name: "What needs you" }).getByRole("listitem");
    equal(await needs.count(), 6);
    equal(await page.locator("table.nodes tr.open").count(), 5);
    deepEqual((await rowsOf(staged.opened)).slice(0, 7), ["master-node", ...names.slice(0, 5), "well-0"]);
    const fold = page.getByRole("button", { name: "15 more are DOWN" });
    equal(await fold.count(), 2);
    await fold.first().click();
    equal(await needs.count(), 21);
    equal(await page.locator("table.nodes tr.open").count(), 20);
    await needs.nth(19).getByRole("link").click();
    ok(await page.locator("#node-worker-node20").isVisible());
    await page.getByRole("button", { name: "Show the worst alone" }).first().click();
    equal(await needs.count(), 6);
  },
);

test("of a node that is DOWN no clock is shown: nobody knows what time it has", { skip }, async () => {
  await tell([sampleNode({ name: "linked", clockOffsetMs: 40 }), away("gone", "down")]);
  const clockOf = (name: string): Promise<string> =>
    staged.opened.page.locator(`#node-${name} > td`).nth(7).innerText();
  deepEqual([await clockOf("linked"), await clockOf("gone")], ["+0.04 s", "–"]);
});

/** The texts of the table that tell an age, while the page is told nothing. */
const agesOf = (): Promise<string> => staged.opened.page.getByRole("region", { name: "Nodes" }).innerText();
const statuses = (): Promise<string> =>
  staged.opened.page.evaluate(
    "[...document.querySelectorAll('[role=status]')].map((part) => part.textContent).join(' ')",
  );
const banner = () => staged.opened.page.getByRole("region", { name: "Old figures" });

test("a stream that ends and comes back within 10 s is no news", { skip }, async () => {
  const nowMs = Date.now();
  const waiting = { events: 9, bytes: 900, bytesMax: 9_000, oldestMs: nowMs - 30_000, isFull: false, drainMs: null };
  await tell([
    sampleNode({ name: "linked", link: { sinceMs: nowMs - 20_000, roundTripMs: 1 } }),
    sampleNode({ name: "late", state: "lagging", spool: waiting }),
    { ...away("gone", "down"), sinceMs: nowMs - 30_000 },
  ]);
  await staged.stage.stop();
  await staged.opened.page.getByText("Connecting", { exact: true }).waitFor();
  await pause(3_000);
  equal(await banner().count(), 0);
  equal(await statuses().then((said) => /Stale|Live again/.test(said)), false);
  await staged.restart();
  await staged.opened.page.getByText("Live", { exact: true }).first().waitFor({ timeout: 10_000 });
});

test(
  "once the master is away for 10 s the page says so, no age goes on, and no state keeps its colour",
  { skip },
  async () => {
    await staged.stage.stop();
    const stoppedMs = Date.now();
    await staged.opened.page.getByText("Connecting", { exact: true }).waitFor();
    const atFirst = await agesOf();
    await banner().waitFor({ timeout: 15_000 });
    ok(Date.now() - stoppedMs >= 8_500, `after ${Date.now() - stoppedMs} ms`);
    await until("it is said to those who hear the page", async () =>
      /Stale: what is shown is of \d\d:\d\d:\d\d\./.test(await statuses()),
    );
    const said = await agesOf();
    for (const word of ["up 2", "for 3", "DOWN", "LAGGING"]) ok(said.includes(word), `${word}: ${said}`);
    const withoutMoment = (text: string): string => text.replace(/\s*As of [\d:]+/, "");
    equal(withoutMoment(said), withoutMoment(atFirst));
    await pause(2_500);
    equal(await agesOf(), said);
    const colours =
      "new Set([...document.querySelectorAll('table.nodes .g')].map((one) => getComputedStyle(one).color))";
    equal(await staged.opened.page.evaluate(`(${colours}).size`), 1);
    await staged.restart();
    await until(
      "it is said that the page is live again",
      async () => (await statuses()).includes("Live again."),
      15_000,
    );
    equal(await banner().count(), 0);
    match(await agesOf(), /up \d\d s/);
  },
);

test("the back button leads back to what the address says", { skip }, async () => {
  const { page } = staged.opened;
  const isPressed = (): Promise<string | null> =>
    page.getByRole("button", { name: "24 h", exact: true }).getAttribute("aria-pressed");
  await page.getByRole("button", { name: "24 h", exact: true }).click();
  await page.evaluate("location.hash = 'nodes'");
  await page.getByRole("button", { name: "1 h", exact: true }).click();
  equal(await isPressed(), "false");
  await page.goBack();
  await until("the range is that of before", async () => (await isPressed()) === "true");
  match(page.url(), /range=24h(?:#|$)/);
});

test("a browser that complains of nothing has shown all of it", { skip }, () => {
  deepEqual(staged.opened.complaints, []);
});
