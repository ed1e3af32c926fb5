/**
 * What everybody must be able to read and reach: axe, no sideways scroll, nothing cut off, the keyboard, the theme, the
 * address. In both themes and at every width, in the states that a person meets: all well, an alert open, a worker
 * down, the master away.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { removeFolder, temporaryFolder, until } from "../support/argus-process.ts";
import { TestBrowser, withoutBrowser, type Look, type TestPage } from "../support/browser.ts";
import { openLive, PageCluster } from "../support/page-cluster.ts";
import { sendTcp } from "../support/seed-cluster.ts";

const folder = temporaryFolder("page-look");
const cluster = new PageCluster({ folder, network: "127.62.0", port: 25_602 });
const { workers, master } = cluster.seed;
const skip = withoutBrowser;
let browser: TestBrowser;

const looks: readonly Look[] = [
  { width: 1_280, theme: "light" },
  { width: 1_280, theme: "dark" },
  { width: 390, theme: "light" },
  { width: 390, theme: "dark" },
  { width: 320, theme: "light" }, // What 1280 is at 400 %: WCAG 1.4.10.
];
const pages: TestPage[] = [];

before(async () => {
  if (skip !== false) return;
  await cluster.start();
  const lines = Array.from(
    { length: 12 },
    (_, index) =>
      `Nov 25 10:00:${10 + index} web sshd[4711]: Failed password for user${index} from 203.0.113.9 port 4000${index} ssh2`,
  );
  await sendTcp(workers[0].address, lines);
  browser = await TestBrowser.launch();
  for (const look of looks) pages.push(await openLive(browser, cluster.url, look));
  await until("an alert stands on every page", async () => (await counts(".at tbody tr")).every((count) => count > 5));
});

after(async () => {
  if (skip !== false) return;
  await browser?.close();
  await cluster.stop();
  removeFolder(folder);
});

const counts = (selector: string): Promise<number[]> =>
  Promise.all(pages.map(({ page }) => page.locator(selector).count()));

/** What is wrong with how the pages stand now, in words. */
async function faults(): Promise<string[]> {
  const found: string[] = [];
  for (const [index, opened] of pages.entries()) {
    const look = looks[index];
    const where = `${look?.width} ${look?.theme}`;
    for (const { id, targets } of await opened.violations()) found.push(`${where}: ${id}: ${targets.join("; ")}`);
    const pixels = await opened.sideways();
    if (pixels > 0) found.push(`${where}: ${pixels} pixels wider than its window`);
    for (const name of await opened.cutOff()) found.push(`${where}: cut off: ${name}`);
  }
  return found;
}

test("a page on which all is well has no fault, in either theme and at any width", { skip }, async () => {
  deepEqual(await faults(), []);
});

test("neither has one with an alert open", { skip }, async () => {
  for (const { page } of pages) await page.locator(".at button[aria-expanded]").first().click();
  deepEqual(await faults(), []);
  for (const { page } of pages) await page.locator(".at button[aria-expanded=true]").click();
});

test("a chart can be read as a table, by keyboard alone", { skip }, async () => {
  const page = pages[0]?.page;
  ok(page !== undefined);
  const button = page.getByRole("button", { name: "Show as table" });
  await button.focus();
  await page.keyboard.press("Enter");
  const chart = page.getByRole("region", { name: "Alerts by level" });
  ok((await chart.getByRole("table").getByRole("row").count()) > 1);
  await page.keyboard.press("Enter");
  equal(await chart.getByRole("table").count(), 0);
});

test("an alert opens and closes by keyboard, and the skip link leads to the content", { skip }, async () => {
  const page = pages[1]?.page;
  ok(page !== undefined);
  const button = page.locator(".at button[aria-expanded]").first();
  await button.focus();
  await page.keyboard.press("Enter");
  equal(await button.getAttribute("aria-expanded"), "true");
  ok((await page.locator(".at pre").count()) > 0);
  await page.keyboard.press("Enter");
  equal(await button.getAttribute("aria-expanded"), "false");
  await page.reload();
  await page.keyboard.press("Tab");
  equal(await page.evaluate("document.activeElement.textContent"), "Skip to content");
});

test("the theme that a reader chooses holds, over a reload as well, from the first paint on", { skip }, async () => {
  const opened = await openLive(browser, cluster.url, { width: 1_280, theme: "light" });
  const { page } = opened;
  const background = (): Promise<string> => page.evaluate("getComputedStyle(document.body).backgroundColor");
  const light = await background();
  await page.getByRole("combobox", { name: "Theme" }).selectOption("dark");
  const dark = await background();
  ok(dark !== light);
  await page.reload();
  equal(await background(), dark);
  await page.getByRole("combobox", { name: "Theme" }).selectOption("system");
  equal(await background(), light);
  deepEqual(opened.complaints, []);
  await opened.close();
});

test("the address is the state: range, level and the log's filters are there after a reload", { skip }, async () => {
  const opened = await openLive(browser, cluster.url, { width: 1_280, theme: "light" });
  const { page } = opened;
  await page.getByRole("button", { name: "24 h" }).click();
  await page.getByRole("button", { name: "12+" }).click();
  await page.getByRole("searchbox", { name: "Find in cluster.log" }).fill("is up");
  await until(
    "the address says so",
    () => /range=24h/.test(page.url()) && /level=12/.test(page.url()) && /log\.q=/.test(page.url()),
  );
  const before = page.url();
  await page.reload();
  await page.getByText("Live", { exact: true }).first().waitFor();
  equal(page.url(), before);
  equal(await page.getByRole("button", { name: "24 h" }).getAttribute("aria-pressed"), "true");
  await page.getByText(/No alert of level 12 or above/).waitFor();
  await opened.close();
});

test("with a worker down the pages have no fault", { skip }, async () => {
  await workers[1].node.kill();
  await cluster.untilState("worker-node2", "down");
  await until("every page says so", async () =>
    (await counts("#node-worker-node2.is-down")).every((count) => count === 1),
  );
  deepEqual(await faults(), []);
});

test("with the master away the pages have no fault", { skip }, async () => {
  await master.kill();
  await until("every page says so", async () => (await counts(".banner")).every((count) => count === 1));
  deepEqual(await faults(), []);
});

test("no page has asked another origin for anything, or complained", { skip }, () => {
  for (const opened of pages) {
    deepEqual(
      opened.requests.filter((url) => !url.startsWith(`${cluster.url}/`)),
      [],
    );
    deepEqual(opened.complaints, []);
  }
});
