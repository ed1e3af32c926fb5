/** Nothing moves under whoever reads the page: the lists of alerts and of cluster.log, while much is going on. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { until } from "../support/argus-process.ts";
import { withoutBrowser } from "../support/browser.ts";
import { StagedPage } from "../support/staged-page.ts";

const skip = withoutBrowser;
const staged = new StagedPage(25_604, { width: 1_280, height: 1_600, theme: "light" });
const { stage } = staged;
let flood: NodeJS.Timeout | undefined;

before(async () => {
  if (skip !== false) return;
  for (let index = 0; index < 30; index += 1) stage.raise(5);
  flood = setInterval(() => stage.raise(5), 50);
});

after(async () => {
  if (skip !== false) return;
  clearInterval(flood);
});

const alerts = () => staged.opened.page.getByRole("region", { name: "Last alerts" });
const buttons = () => alerts().locator("tbody button.say");
const newest = (): Promise<string> => buttons().first().innerText();
const bar = () => alerts().getByRole("button", { name: /new alert/ });

/** Closes what is open, takes the pointer and the focus away, and waits until the list moves again. */
async function lookAway(): Promise<void> {
  for (const button of await alerts().locator("tr.is-open button.say").all()) await button.click();
  await staged.opened.page.evaluate("document.activeElement.blur()");
  await staged.opened.page.mouse.move(640, 5);
  const before = await newest();
  await until("the list moves", async () => (await newest()) !== before);
}

beforeEach(async () => {
  if (skip === false) await lookAway();
});

test("each of twelve clicks opens the alert that was read, at 20 alerts a second", { skip }, async () => {
  const { mouse } = staged.opened.page;
  for (let turn = 0; turn < 12; turn += 1) {
    const button = buttons().nth(turn);
    await button.scrollIntoViewIfNeeded();
    const box = await button.boundingBox();
    ok(box !== null);
    const [x, y] = [box.x + 20, box.y + box.height / 2];
    await mouse.move(x, y);
    const read = await staged.opened.page.evaluate<string>(
      `document.elementFromPoint(${x}, ${y}).closest("tr").innerText`,
    );
    await pause(400); // As long as a quick reader takes to press.
    await mouse.click(x, y);
    const open = alerts().locator("tr.is-open button.say");
    equal(await open.count(), 1);
    ok(read.includes(await open.innerText()), `${read} was read`);
    await open.click();
    await lookAway();
  }
});

test("the focus stays on its row, and the row where it is, until the focus goes", { skip }, async () => {
  await buttons().nth(4).focus();
  const focused = (): Promise<string> => staged.opened.page.evaluate("document.activeElement.innerText");
  const name = await focused();
  await pause(2_500); // Fifty alerts: more than there are rows.
  equal(await focused(), name);
  equal(await buttons().nth(4).innerText(), name);
});

test("what came meanwhile is counted in a place that was kept for it: no row moves", { skip }, async () => {
  const place = async (): Promise<number> => (await buttons().nth(2).boundingBox())?.y ?? -1;
  const away = await place();
  await buttons().nth(2).hover();
  const before = await place();
  await bar().waitFor();
  equal(await place(), before);
  equal(before, away);
  match(await bar().innerText(), /^\d+ new alerts/);
  doesNotSayNewest(await alerts().innerText());
  await bar().click();
  equal(await bar().count(), 0);
  ok(await staged.opened.page.evaluate("document.activeElement !== document.body"), "the focus is still in the list");
});

function doesNotSayNewest(text: string): void {
  ok(!/The newest \d/.test(text), text);
}

test("says that more alerts are new than it holds, not that they are as many as it holds", { skip }, async () => {
  await buttons().first().hover();
  for (let index = 0; index < 300; index += 1) {
    stage.raise(12);
    if (index % 10 === 0) await pause(50);
  }
  await until("the bar says so", async () => (await bar().innerText()).startsWith("200 or more new alerts"), 60_000);
});

test("the page has complained of nothing", { skip }, () => {
  deepEqual(staged.opened.complaints, []);
});
