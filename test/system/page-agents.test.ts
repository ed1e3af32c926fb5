/**
 * The agents on the page: worst first, of any number, found by state, node, group and text, by keyboard too; what they
 * call themselves is text; nothing moves under whoever reads. Before a stage, with one agent of each kind and with
 * fifty thousand.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { noFacts, agentStatus, type AgentRecord } from "../../src/model/agent.ts";
import { sampleNode } from "../support/api-needs.ts";
import { until } from "../support/argus-process.ts";
import { withoutBrowser, type Look, type TestPage } from "../support/browser.ts";
import { agentRecord } from "../support/link-agents.ts";
import { StagedPage } from "../support/staged-page.ts";

const skip = withoutBrowser;
const staged = new StagedPage(25_771, { width: 1_280, height: 1_600, theme: "light" });
const { stage } = staged;
const startMs = Date.now();
/** A name that is markup, and one that turns what follows it round. */
const markup = `<img src=x onerror="document.title='hacked'">`;
const turned = "db\u202e10-bew";

const facts = { ...noFacts, version: "Wazuh v4.14.7" };

/** One of each kind, by the number of its id. */
function oneOfEach(): AgentRecord[] {
  const seen = (ago: number) => ({ facts, lastSeenMs: Date.now() - ago, peerAddress: "192.0.2.10" });
  const at = (node: string) => ({ state: "active" as const, node, ...seen(4_000) });
  return [
    agentRecord(1, 1, { ...at("worker-node1"), name: "web-01", groups: ["web", "linux"] }),
    agentRecord(2, 1, { ...at("worker-node2"), name: "web-02", groups: ["web"] }),
    agentRecord(3, 1, { ...at("worker-node1"), name: markup, groups: ["<b>x</b>"] }),
    agentRecord(4, 1, { name: turned, registeredMs: startMs }),
    agentRecord(5, 1, {
      state: "pending",
      stateSinceMs: startMs,
      node: "worker-node1",
      name: "web-09",
      ...seen(9_000),
    }),
    agentRecord(6, 1, { state: "disconnected", stateSinceMs: startMs - 60_000, name: "app-04", ...seen(22 * 60_000) }),
    agentRecord(7, 1, {
      ...{ state: "disconnected", stateSinceMs: startMs, statusCode: agentStatus.shutdown, name: "app-05" },
      ...seen(130_000),
    }),
  ];
}

before(() => {
  stage.nodes = [
    ...stage.nodes,
    sampleNode({ name: "worker-node2", state: "down", sinceMs: startMs - 300_000, address: "127.0.0.3:1516" }),
  ];
});

beforeEach(async () => {
  if (skip !== false) return;
  stage.agents = oneOfEach();
  stage.isWithoutAgents = false;
  await page().goto(stage.url);
  await untilNames(worstFirst);
  await lookAway();
});

const page = () => staged.opened.page;
const panel = () => page().getByRole("region", { name: "Agents" });
const names = (): Promise<string[]> => panel().locator("tbody tr td:first-child").allInnerTexts();
const button = (name: string | RegExp) => panel().getByRole("button", { name });

/** The rows are of now: the text of each in a line. */
const rows = async (): Promise<string[]> =>
  (await panel().locator("tbody tr").allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim());

async function untilNames(expected: readonly string[]): Promise<void> {
  let found: string[] = [];
  await until(
    () => `${found.join(", ")} is ${expected.join(", ")}`,
    async () => {
      found = await names();
      return JSON.stringify(found) === JSON.stringify(expected);
    },
  );
}

const worstFirst = [
  ...["app-05 007", "app-04 006", "web-09 005", "db\\u202e10-bew 004", "web-02 002", "web-01 001", `${markup} 003`],
];

/** Neither the mouse nor the focus is in the list. */
async function lookAway(): Promise<void> {
  await page().mouse.move(640, 5);
  await page().evaluate("document.activeElement.blur()");
}

test(
  "each agent stands in a row with its state, node, version, groups and when it was seen, worst first",
  { skip },
  async () => {
    await untilNames(worstFirst);
    const [shutDown, silent, pending, never, unheard, active] = await rows();
    match(shutDown ?? "", /^app-05 007 disconnected was shut down – 2 min Wazuh v4\.14\.7 default 192\.0\.2\.10$/);
    match(silent ?? "", /^app-04 006 disconnected – 22 min /);
    match(pending ?? "", /^web-09 005 pending worker-node1 \d+ s /);
    match(never ?? "", /004 never connected – never – default any$/);
    match(unheard ?? "", /^web-02 002 active node DOWN since \d\d:\d\d:\d\d worker-node2 \d+ s Wazuh v4\.14\.7 web /);
    match(active ?? "", /^web-01 001 active worker-node1 \d+ s Wazuh v4\.14\.7 web, linux 192\.0\.2\.10$/);
    equal(await panel().locator("tbody tr .st.up").count(), 2, "who is on a node that is down is not said to be well");
  },
);

test("what agents call themselves is text", { skip }, async () => {
  equal(await panel().locator("img, td b b, i").count(), 0);
  equal(await panel().locator(".esc").first().innerText(), "\\u202e");
  ok(!(await page().title()).includes("hacked"));
  deepEqual(staged.opened.complaints, []);
});

test("each state is a button with its number, and says again what is not heard of", { skip }, async () => {
  const choices = await panel().getByRole("group", { name: "Agents by state" }).getByRole("button").allInnerTexts();
  deepEqual(
    choices.map((text) => text.replace(/\s+/g, " ").trim()),
    ["all 7", "disconnected 2", "pending 1", "never connected 1", "active 3"],
  );
  await panel().getByText("1 of the active is at a node that is DOWN: nobody has heard of it since.").waitFor();
});

test("states, text, node and group choose, by keyboard, and stand in the address", { skip }, async () => {
  await button(/^active/).focus();
  await page().keyboard.press("Enter");
  await untilNames(["web-02 002", "web-01 001", `${markup} 003`]);
  equal(await button(/^active/).getAttribute("aria-pressed"), "true");
  await panel().getByRole("searchbox").focus();
  await page().keyboard.type("WEB-0");
  await untilNames(["web-02 002", "web-01 001"]);
  await panel().getByRole("combobox", { name: "Node of the agents" }).selectOption("worker-node2");
  await untilNames(["web-02 002"]);
  deepEqual(Object.fromEntries(new URL(page().url()).searchParams), {
    ...{ "agent.state": "active", "agent.node": "worker-node2", "agent.q": "WEB-0" },
  });
  await page().reload();
  await untilNames(["web-02 002"]);
  await panel().getByRole("searchbox").fill("nobody");
  await panel().getByText("No agent matches these filters").waitFor();
  await button("Clear filters").click();
  await untilNames(worstFirst);
  await panel().getByRole("combobox", { name: "Group of the agents" }).selectOption("default");
  await untilNames(["app-05 007", "app-04 006", "web-09 005", "db\\u202e10-bew 004"]);
  await panel().getByRole("combobox", { name: "Group of the agents" }).selectOption("");
  await untilNames(worstFirst);
  equal(new URL(page().url()).search, "");
});

test("those who hear the page are told what a choice has found", { skip }, async () => {
  const said = page().locator("#agents > [role=status]");
  await button(/^disconnected/).click();
  await until("it is said", async () => (await said.innerText()) === "2 agents.");
  await button(/^disconnected/).click();
});

test("who falls silent is first within seconds; but no row moves under a reader", { skip }, async () => {
  const fallen = stage.agents.map((agent) =>
    agent.id === "001" ? { ...agent, state: "disconnected" as const, stateSinceMs: Date.now() + 1_000 } : agent,
  );
  await panel().locator("tbody tr").nth(3).hover();
  stage.agents = fallen;
  const bar = button(/changed since\. Show it as it is now/);
  await bar.waitFor({ timeout: 15_000 });
  deepEqual(await names(), worstFirst);
  match((await rows())[5] ?? "", /^web-01 001 active/);
  match(await button(/^disconnected/).innerText(), /3/, "numbers are of now");
  await bar.click();
  equal((await names())[0], "web-01 001");
  await lookAway();
  stage.agents = oneOfEach();
  await until("it moves again", async () => (await names())[0] === "app-05 007", 15_000);
});

test("where they cannot be looked up it says so, and since when what is shown is", { skip }, async () => {
  stage.isWithoutAgents = true;
  await panel()
    .getByText(/As of \d\d:\d\d:\d\d\. The master refused \(500, ARGUS_API_FAILED\)/)
    .waitFor({ timeout: 15_000 });
  deepEqual(await names(), worstFirst);
  const other = await staged.open({ width: 1_280, theme: "dark" });
  await other.page.getByText("The agents are not known").waitFor();
  stage.isWithoutAgents = false;
  await other.page.getByRole("region", { name: "Agents" }).getByRole("button", { name: "Try again" }).click();
  await other.page.getByText("app-05").waitFor();
  await other.close();
  await panel()
    .getByText(/As of .* The master refused/)
    .waitFor({ state: "detached", timeout: 15_000 });
});

const looks: readonly Look[] = [
  ...[1_280, 960, 390].flatMap((width) => (["light", "dark"] as const).map((theme) => ({ width, theme }))),
  { width: 320, theme: "light" },
];

/** What is wrong with the page in each look, in words. */
async function faults(name: string, seen: readonly Look[] = looks): Promise<string[]> {
  const found: string[] = [];
  for (const look of seen) {
    const opened = await staged.open(look);
    const where = `${look.width} ${look.theme}`;
    await opened.page.locator("#agents tbody tr").first().waitFor();
    await opened.page.locator("#agents").scrollIntoViewIfNeeded();
    for (const { id, targets } of await opened.violations()) found.push(`${where}: ${id}: ${targets.join("; ")}`);
    const pixels = await opened.sideways();
    if (pixels > 0) found.push(`${where}: ${pixels} pixels wider than its window`);
    for (const part of await opened.cutOff()) found.push(`${where}: cut off: ${part}`);
    await picture(opened, `${name}-${look.width}-${look.theme}`);
    await opened.close();
  }
  return found;
}

/** For whoever wants to look: `ARGUS_PICTURES` names a folder. */
async function picture({ page: shown }: TestPage, name: string): Promise<void> {
  const folder = process.env["ARGUS_PICTURES"];
  if (folder !== undefined) await shown.locator("#agents").screenshot({ path: `${folder}/${name}.png` });
}

test("nothing is wrong with it in either theme and at any width", { skip }, async () => {
  deepEqual(await faults("few"), []);
});

test("of fifty thousand a screen is shown, every one is reached, and little is sent", { skip }, async (context) => {
  const one = agentRecord(1, 1, { facts, lastSeenMs: startMs, peerAddress: "192.0.2.1" });
  stage.agents = Array.from({ length: 50_000 }, (_, index): AgentRecord => {
    const id = String(index + 1).padStart(5, "0");
    const state = index < 30 ? "disconnected" : "active";
    return { ...one, id, name: `host-${index + 1}-${"x".repeat(100)}`, state, node: `worker-node${1 + (index % 2)}` };
  });
  const opened = await staged.open({ width: 1_280, theme: "light" });
  const list = opened.page.getByRole("region", { name: "Agents" });
  const foot = list.locator(".foot").first();
  await foot.getByText("1 to 20 of 50,000 agents.").waitFor();
  const next = list.getByRole("button", { name: "Next" });
  const answer = opened.page.waitForResponse(/agents\/overview.*from=20/);
  await next.focus();
  await opened.page.keyboard.press("Enter");
  await foot.getByText("21 to 40 of 50,000 agents.").waitFor();
  equal(await opened.page.evaluate("document.activeElement.innerText"), "Next", "the focus stays");
  const bytes = (await (await answer).body()).length;
  context.diagnostic(`${bytes} bytes`);
  ok(bytes < 12_000, `${bytes} bytes`);
  equal(await list.locator("tbody tr").count(), 20);
  equal(await list.getByRole("table").getAttribute("aria-rowcount"), "50001");
  equal(await list.locator("tbody tr").first().getAttribute("aria-rowindex"), "22");
  await opened.page.goto(`${stage.url}/?agent.from=9999999`);
  await foot.getByText("49,981 to 50,000 of 50,000 agents.").waitFor();
  equal(await list.getByRole("button", { name: "Next" }).getAttribute("aria-disabled"), "true");
  await list.getByRole("searchbox").fill("host-4711-");
  await foot.getByText("1 agent.").waitFor();
  await opened.close();
  deepEqual(await faults("many", looks.slice(-2)), []);
});

test("without an agent it is a line that says how one comes", { skip }, async () => {
  stage.agents = [];
  const opened = await staged.open({ width: 390, theme: "dark" });
  await opened.page.getByText("No agent yet").waitFor();
  equal(await opened.page.getByRole("searchbox", { name: /Find agents/ }).count(), 0);
  stage.agents = oneOfEach().slice(0, 1);
  await opened.page.getByRole("link", { name: "1 agent" }).waitFor({ timeout: 15_000 });
  await opened.close();
});

after(() => {
  if (skip !== false) return;
  deepEqual(staged.opened.complaints, []);
  deepEqual(
    staged.opened.requests.filter((url) => !url.startsWith(`${stage.url}/`)),
    [],
  );
});
