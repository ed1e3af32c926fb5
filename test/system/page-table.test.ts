/**
 * What the page draws of a real cluster is what the master says and what was sent: every cell of the node table, the
 * figures, the marks and bars of the chart; and what was raised while the stream was cut is there once.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { figuresRoute, statusRoute } from "../../src/api/contract/route.ts";
import type { NodeInfo } from "../../src/api/contract/reply.ts";
import { removeFolder, temporaryFolder, until } from "../support/argus-process.ts";
import { TestBrowser, withoutBrowser, type TestPage } from "../support/browser.ts";
import { openLive, PageCluster } from "../support/page-cluster.ts";
import { sendTcp } from "../support/seed-cluster.ts";
import { Tunnel } from "../support/tunnel.ts";

const folder = temporaryFolder("page-table");
const cluster = new PageCluster({ folder, network: "127.73.0", port: 25_741 });
/** The page is read through a tunnel, as from another machine, so that its stream can be cut. */
const tunnelPort = 25_743;
const url = `http://127.0.0.1:${tunnelPort}`;
const { master, workers } = cluster.seed;
const skip = withoutBrowser;
let browser: TestBrowser;
let opened: TestPage;
let tunnel: Tunnel;

const markerRules = `<group name="local,">
  <rule id="100900" level="13">
    <if_sid>5760</if_sid><match>marker-</match>
    <description>Seen $(dstuser).</description>
  </rule>
  <rule id="100901" level="15">
    <if_sid>5760</if_sid><match>grave-</match>
    <description>Seen $(dstuser).</description>
  </rule>
</group>
`;
let sentCount = 0;
let killedMs = 0;

/** One line for each user, from an address of its own, so that no composite rule adds alerts that were not sent. */
async function send(users: readonly string[]): Promise<void> {
  const lines = users.map((user) => {
    sentCount += 1;
    return `Nov 25 10:00:00 web sshd[4711]: Failed password for ${user} from 203.0.113.${sentCount} port 40000 ssh2`;
  });
  await sendTcp(workers[0].address, lines);
}

/** `count` users whose names begin so. */
const users = (begin: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${begin}${index + 1}x`);

const page = () => opened.page;

before(async () => {
  if (skip !== false) return;
  master.write("etc/rules/local_rules.xml", markerRules);
  await cluster.start();
  browser = await TestBrowser.launch();
  tunnel = await Tunnel.open(tunnelPort, 25_741);
  opened = await openLive(browser, url, { width: 1_280, height: 1_400, theme: "light" });
  await workers[1].node.kill();
  killedMs = Date.now();
  await send([...users("user", 17), ...users("marker-a", 2), ...users("grave-a", 1)]);
  await pause(11_000); // The next bars of the chart.
  await send([...users("user-b", 9), ...users("marker-b", 3)]);
  await cluster.untilState("worker-node2", "down");
  await until("the last alert stands on the page", () => page().getByText("Seen marker-b3x.").first().isVisible());
});

after(async () => {
  if (skip !== false) return;
  await browser?.close();
  await tunnel?.close();
  await cluster.stop();
  removeFolder(folder);
});

function ageOf(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min${seconds % 60 === 0 ? "" : ` ${seconds % 60} s`}`;
}

const oneDecimal = (value: number): string => (value >= 9.95 ? String(Math.round(value)) : String(+value.toFixed(1)));
const small = (value: number): string => (value > 0 && value < 0.05 ? "<0.1" : oneDecimal(value));

function clockOf(ms: number | null): string {
  const seconds = (ms ?? Number.NaN) / 1_000;
  return `${seconds <= -0.005 ? "−" : "+"}${Math.abs(seconds).toFixed(2)} s`;
}

/** What the cells of a row say, by what the API says of the node; ages are those of `nowMs`. */
function cellsOf(node: NodeInfo, nowMs: number): string[] {
  const { role, state, link, spool } = node;
  const address = `${node.address}${role === "master" ? ", master" : ""}`;
  const head = [state.toUpperCase(), `${node.name} ${address}`];
  if (role === "master") return [...head, "listening", small(node.eventsPerSecond), "–", "reference", node.version];
  const waiting = spool === null ? "–" : spool.events === 0 ? "empty" : String(spool.events);
  if (state === "down") {
    return [...head, `broken for ${ageOf(nowMs - node.sinceMs)}`, "–", `${waiting} when last seen`, "–", node.version];
  }
  const up = `${small(link.roundTripMs ?? Number.NaN)} ms up ${ageOf(nowMs - (link.sinceMs ?? Number.NaN))}`;
  return [...head, up, small(node.eventsPerSecond), waiting, clockOf(node.clockOffsetMs), node.version];
}

interface Row {
  name: string;
  cells: string[];
}

/** The rows as they are drawn, without the line of the topology and without what stands on cards only. */
const rows = (): Promise<Row[]> =>
  page().evaluate(`[...document.querySelectorAll("table.nodes tr[id^=node-]")].map((row) => ({
    name: row.id.slice(5),
    cells: [...row.querySelectorAll("td:not(.wire, .card-only)")]
      .map((cell) => cell.innerText.replace(/\\s+/g, " ").trim()),
  }))`);

test("every column of every row is what the API says of the node at that moment", { skip }, async () => {
  let difference = "";
  await until(
    () => `a moment at which all is the same: ${difference}`,
    async () => {
      const [nodes, drawn, { nowMs }] = await Promise.all([master.nodes(), rows(), master.api.get(statusRoute)]);
      equal(drawn.length, 3);
      const said = (atMs: number): string =>
        JSON.stringify(
          drawn.map(({ name }) => {
            const node = nodes.find((one) => one.name === name);
            return node === undefined ? [] : cellsOf(node, atMs);
          }),
        );
      const shown = JSON.stringify(drawn.map(({ cells }) => cells));
      difference = `${shown} for ${said(nowMs)}`;
      return [0, 500, 1_000].some((ms) => said(nowMs - ms) === shown);
    },
    30_000,
  );
  const down = (await rows()).find(({ name }) => name === "worker-node2");
  const seconds = Number(/broken for (\d+) s/.exec(down?.cells[2] ?? "")?.[1]);
  ok(Math.abs(seconds - (Date.now() - killedMs) / 1_000) < 6, `${down?.cells[2]}, killed at ${killedMs}`);
});

test("the master, from which the lines hang, comes first; below it the nodes, worst first", { skip }, async () => {
  deepEqual(
    (await rows()).map(({ name, cells }) => `${name} ${cells[0]}`),
    ["master-node UP", "worker-node2 DOWN", "worker-node1 UP"],
  );
});

/** The figures by their names: the large value, and what stands below it. */
async function figures(): Promise<Record<string, { value: string; note: string }>> {
  const parts = await page().evaluate<[string, string, string][]>(
    `[...document.querySelectorAll("#figures .fig")].map((one) => [".k > span", ".v", ".n"].map(
      (part) => one.querySelector(part).innerText.replace(/\\s+/g, " ").trim()))`,
  );
  return Object.fromEntries(parts.map(([name, value, note]) => [name, { value, note }]));
}

const bandOf = (level: number): string =>
  level >= 15 ? "critical" : level >= 12 ? "high" : level >= 7 ? "medium" : level >= 4 ? "low" : "quiet";

test("each of the five figures is what was sent and what the API says", { skip }, async () => {
  await until("the rates have come to rest", async () => {
    const { events } = await master.api.get(statusRoute);
    const { "Events in": taken, Analysed: done } = await figures();
    const isAtRest = events.perSecond === 0 && events.analysedPerSecond === 0;
    return isAtRest && [taken, done].every((figure) => figure?.value.replace(" ", "") === "0/s");
  });
  const shown = await figures();
  const { events } = await master.api.get(statusRoute);
  await until("the sample of every ten seconds has it too", async () => {
    const { samples } = await master.api.get(figuresRoute);
    return samples.at(-1)?.accepted === events.accepted;
  });
  const alerts = master.alerts();
  equal(alerts.filter(({ rule }) => rule.id === "5760" || rule.id.startsWith("1009")).length, sentCount);
  // Besides what was sent, the master journals what it says of its nodes itself.
  ok(events.accepted >= sentCount && events.accepted < sentCount + 10, `${events.accepted} of ${sentCount}`);
  deepEqual(
    Object.entries(shown).map(([name, { value }]) => [name, value.replace(" ", "")]),
    [
      ["Events in", "0/s"],
      ["Analysed", "0/s"],
      ["Behind", "0s"],
      ["Lost", "0"],
      ["Alerts", String(alerts.length)],
    ],
  );
  match(shown["Events in"]?.note ?? "", new RegExp(`\\b${events.accepted} so far`));
  match(shown["Lost"]?.note ?? "", new RegExp(`\\b${events.accepted} so far`));
  const grave = alerts.filter(({ rule }) => rule.level >= 12).length;
  equal(grave, 6, "of those that were sent");
  match(shown["Alerts"]?.note ?? "", new RegExp(`\\b${grave} of level 12 and above`));
});

/** What is drawn: the classes of the marks in the lane, and of each bar its class and how many alerts it stands for. */
interface Drawn {
  marks: string[];
  bars: [band: string, alerts: number][];
}

const drawnChart = (): Promise<Drawn> =>
  page().evaluate(`(() => {
    const chart = document.querySelector("section.levels");
    const top = Number(chart.querySelector(".y span").innerText.replace(",", ""));
    const svg = chart.querySelector(".plot svg");
    const perAlert = svg.viewBox.baseVal.height / top;
    const bandOf = (part) => part.getAttribute("class").replace("f-", "");
    return {
      marks: [...chart.querySelectorAll(".lane path")].map(bandOf).sort(),
      bars: [...svg.querySelectorAll("rect:not(.f-gap, .f-cursor)")]
        .map((bar) => [bandOf(bar), Math.round(Number(bar.getAttribute("height")) / perAlert * 100) / 100]).sort(),
    };
  })()`);

/** The same by alerts.json: alerts of a band within the same 10 s are one bar, and if it is grave one mark. */
function expectedChart(): Drawn {
  const groups = new Map<string, number>();
  for (const { timestamp, rule } of master.alerts()) {
    const ms = Date.parse(timestamp.replace(/\+(\d\d)(\d\d)$/, "+$1:$2"));
    const key = `${Math.floor(ms / 10_000)} ${bandOf(rule.level)}`;
    groups.set(key, (groups.get(key) ?? 0) + 1);
  }
  const bars = [...groups].map(([key, alerts]): [string, number] => [key.split(" ")[1] ?? "", alerts]);
  const sorted = bars.toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
  return { marks: sorted.map(([band]) => band).filter((band) => /high|critical/.test(band)), bars: sorted };
}

test("the lane's marks and the bars of the chart are the alerts of alerts.json, drawn", { skip }, async () => {
  await page().getByRole("button", { name: "15 min", exact: true }).click();
  const expected = expectedChart();
  ok(expected.marks.length >= 3, "there is one of level 15 and two times some of level 13");
  deepEqual(await drawnChart(), expected);
});

test("what is raised while the stream is cut is there once when it is back, resumed by its id", { skip }, async () => {
  const list = page().getByRole("region", { name: "Last alerts" });
  const before = list.getByRole("button", { name: "Seen marker-b3x." });
  const count = await before.count();
  const streamsOf = (): string[] => opened.requests.filter((asked) => asked.includes("/api/stream"));
  const openedBefore = streamsOf().length;
  tunnel.cut();
  await page().getByText("Connecting", { exact: true }).waitFor({ timeout: 15_000 });
  const away = users("marker-c", 5);
  await send(away);
  await until("they are in alerts.json", () => master.alerts().some(({ full_log }) => full_log.includes("marker-c5x")));
  equal(await page().getByRole("button", { name: "Seen marker-c5x." }).count(), 0, "it is cut");
  tunnel.mend();
  for (const user of away) {
    const button = list.getByRole("button", { name: `Seen ${user}.` });
    await button.waitFor({ timeout: 60_000 });
    equal(await button.count(), 1, user);
  }
  equal(await before.count(), count);
  const later = streamsOf().slice(openedBefore);
  ok(later.length > 0 && later.every((asked) => /[?&]after=[^&]+/.test(asked)), later.join(" "));
  await send(["marker-d1x"]);
  await page().getByRole("button", { name: "Seen marker-d1x." }).first().waitFor();
  const expected = expectedChart();
  await until("the chart has them too, once", async () => {
    deepEqual(await drawnChart(), expected);
    return true;
  });
});

test("asks for nothing but the master's own, and complains of nothing", { skip }, () => {
  deepEqual(
    opened.requests.filter((asked) => !asked.startsWith(`${url}/`)),
    [],
  );
  deepEqual(opened.complaints, []);
});
