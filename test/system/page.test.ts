/** The page in a real browser, before a real cluster of three whose nodes are sent lines, killed and stopped. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { addAgentRoute, removeAgentRoute } from "../../src/api/contract/agent-route.ts";
import { removeFolder, temporaryFolder, until } from "../support/argus-process.ts";
import { TestBrowser, withoutBrowser, type TestPage } from "../support/browser.ts";
import { openLive, PageCluster, sendRaw } from "../support/page-cluster.ts";

const folder = temporaryFolder("page");
const cluster = new PageCluster({
  ...{ folder, network: "127.61.0", port: 25_601 },
  worker: (text, index) => (index === 1 ? text.replace("<hidden>no<", "<hidden>yes<") : text),
});
const { master, workers } = cluster.seed;
const skip = withoutBrowser;
let browser: TestBrowser;
let opened: TestPage;

/** An alert that is told by its description: rows do not show the log until they are opened. */
const markerRules = `<group name="local,">
  <rule id="100900" level="13">
    <if_sid>5760</if_sid>
    <match>marker-</match>
    <description>Seen $(dstuser).</description>
  </rule>
</group>
`;
const marked = (name: string, port = "40000 ssh2"): string =>
  `Nov 25 10:00:00 web sshd[4711]: Failed password for marker-${name} from 203.0.113.9 port ${port}`;

before(async () => {
  if (skip !== false) return;
  master.write("etc/rules/local_rules.xml", markerRules);
  await cluster.start();
  browser = await TestBrowser.launch();
  opened = await openLive(browser, cluster.url, { width: 1_280, theme: "light" });
});

after(async () => {
  if (skip !== false) return;
  await browser?.close();
  await cluster.stop();
  removeFolder(folder);
});

const verdict = (): Promise<string> => opened.page.getByRole("heading", { level: 1 }).innerText();
const nodeText = (name: string): Promise<string> => opened.page.locator(`#node-${name}`).innerText();
const alerts = () => opened.page.getByRole("region", { name: "Last alerts" });
const alertButtons = (name: string) => alerts().getByRole("button", { name: `Seen marker-${name}.` });

test(
  "opens with the verdict and the three nodes, up, with their addresses; a hidden one is marked",
  { skip },
  async () => {
    match(await verdict(), /^All is well\./);
    for (const [name, address] of [
      ["master-node", "127.61.0.1:1516"],
      ["worker-node1", "127.61.0.2:1516"],
      ["worker-node2", "127.61.0.3:1516"],
    ] as const) {
      const text = await nodeText(name);
      match(text, /\bUP\b/);
      ok(text.includes(address), text);
      equal(/hidden/i.test(text), name === "worker-node2", text);
    }
  },
);

test("shows a line that is sent to a worker as an alert within 2 s", { skip }, async (context) => {
  await sendRaw(workers[0], marked("first")); // So that it is not the first connection and batch that is timed.
  await alertButtons("first").waitFor({ timeout: 10_000 });
  const startedMs = performance.now();
  await sendRaw(workers[0], marked("timed"));
  await alertButtons("timed").waitFor({ timeout: 2_000 });
  context.diagnostic(`${Math.round(performance.now() - startedMs)} ms from sending to the row`);
  const row = alerts()
    .getByRole("row")
    .filter({ has: opened.page.getByRole("button", { name: "Seen marker-timed." }) });
  const text = await row.innerText();
  for (const part of ["13", "100900", "127.0.0.1", "worker-node1"]) ok(text.includes(part), `${part}: ${text}`);
});

test("an agent that is registered stands on it within 10 s, and leaves it when it is removed", { skip }, async () => {
  const agents = opened.page.getByRole("region", { name: "Agents" });
  await agents.getByText("No agent yet").waitFor();
  const { id } = await master.api.get(addAgentRoute, { name: "kiosk-02" });
  const row = agents.getByRole("row", { name: /kiosk-02 001/ });
  await row.waitFor({ timeout: 10_000 });
  match(await row.innerText(), /never connected/);
  await opened.page.getByRole("link", { name: "1 agent", exact: true }).waitFor();
  await master.api.get(removeAgentRoute, {}, { id });
  await agents.getByText("No agent yet").waitFor({ timeout: 10_000 });
});

test("counts it in the figures, and draws it on the lane of level 12 and above", { skip }, async () => {
  const figure = opened.page.locator("#figures .fig").filter({ hasText: "Alerts" });
  await until("the figure counts both", async () => /\b2 of level 12 and above/.test(await figure.innerText()));
  const raised = master.alerts();
  equal(raised.filter(({ rule }) => rule.level >= 12).length, 2);
  match(await figure.locator(".v").innerText(), new RegExp(`^${raised.length}$`));
  // A mark is a bar's: 10 s of the quarter of an hour that a young cluster shows.
  const graves = raised.filter(({ rule }) => rule.level >= 12);
  const bars = new Set(graves.map(({ timestamp }) => Math.floor(Date.parse(timestamp) / 10_000)));
  const chart = opened.page.getByRole("region", { name: "Alerts by level" });
  deepEqual(
    [await chart.locator(".lane .f-high").count(), await chart.locator(".lane path").count()],
    [bars.size, bars.size],
  );
});

test(
  "shows markup, control and bidirectional characters of a log line as text, in the row and in the full log",
  { skip },
  async () => {
    const hostile = `x<img src=http://203.0.113.80/a onerror=document.title='run'><b>bold</b>\u202Egnp.exe\u001B[31m\u0007`;
    await sendRaw(workers[1], marked(`evil${hostile.replace(/ /g, "\u00A0")}`, `1 ${hostile}`));
    const button = alerts().getByRole("button", { name: /Seen marker-evil/ });
    await button.waitFor({ timeout: 10_000 });
    const said = await button.innerText();
    ok(said.includes("<b>bold</b>") && said.includes("\\u202e"), said);
    await button.click();
    const log = alerts().locator("pre");
    const text = await log.innerText();
    ok(text.includes("onerror=document.title='run'><b>bold</b>\\u202egnp.exe\\x1b[31m\\x07"), text);
    equal(await opened.page.locator("img, b:text('bold'), script:not([src])").count(), 0);
    ok(!(await opened.page.title()).includes("run"));
    equal(
      /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/.test(
        await opened.page.locator("body").innerText(),
      ),
      false,
    );
    await button.click();
    await opened.page.mouse.move(5, 5); // The list stands still while the mouse is in it.
  },
);

test(
  "says that a killed worker is DOWN and since when, opens its row, and shows it as up when it is back",
  { skip },
  async () => {
    const worker = workers[1].node;
    const killedMs = Date.now();
    await worker.kill();
    await until("the verdict says so", async () => /worker-node2|One node is DOWN/.test(await verdict()), 60_000);
    const tookMs = Date.now() - killedMs;
    ok(tookMs < 15_000, `${tookMs} ms`);
    match(await nodeText("worker-node2"), /\bDOWN\b/);
    const node = (await master.nodes()).find(({ name }) => name === "worker-node2");
    ok(node !== undefined && Math.abs(node.sinceMs - killedMs) < 6_000, "since when it was last heard");
    const since = await opened.page.evaluate((ms) => new Date(ms).toTimeString().slice(0, 8), node.sinceMs);
    const region = opened.page.getByRole("region", { name: "Nodes" });
    ok((await region.innerText()).includes(since), await region.innerText());
    const log = opened.page.getByRole("region", { name: "cluster.log" });
    await log
      .getByText(/worker-node2 is down/)
      .first()
      .waitFor({ timeout: 5_000 });
    worker.start();
    await until("it is up on the page", async () => /\bUP\b/.test(await nodeText("worker-node2")), 60_000);
    await until("all is well again", async () => (await verdict()).startsWith("All is well."), 60_000);
  },
);

test(
  "says that the master is away and since when, and takes up where it was when the master is back",
  { skip },
  async () => {
    const shownBefore = await alertButtons("first").count();
    const stoppedMs = Date.now();
    equal(await master.stop(), 0);
    await until("the verdict says so", async () => /master/i.test(await verdict()), 15_000);
    const banner = opened.page.getByRole("region", { name: "Old figures" });
    const saidMs = await banner.getByRole("time").first().getAttribute("datetime");
    ok(Math.abs(Date.parse(saidMs ?? "") - stoppedMs) < 5_000, `${saidMs}`);
    match(
      await opened.page
        .getByText(/^Stale/)
        .first()
        .innerText(),
      /Stale/,
    );
    await sendRaw(workers[0], marked("meanwhile"));
    master.start();
    await master.untilReady();
    await opened.page.getByText("Live", { exact: true }).first().waitFor({ timeout: 60_000 });
    await alertButtons("meanwhile").waitFor({ timeout: 60_000 });
    for (const name of ["first", "timed", "meanwhile"]) equal(await alertButtons(name).count(), 1, name);
    equal(shownBefore, 1);
    equal(await banner.count(), 0);
  },
);

test("asks nobody but the master for anything, and complains of nothing", { skip }, () => {
  ok(opened.requests.length > 3);
  deepEqual(
    opened.requests.filter((url) => !url.startsWith(`${cluster.url}/`)),
    [],
  );
  deepEqual(opened.complaints, []);
});
