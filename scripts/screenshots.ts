/**
 * Pictures of the page, to be looked at: `npm run screenshots [-- --to DIR]`. Runs a real cluster (`argus up` with its
 * demo) in a folder of its own and brings it into states that a person may meet; each is taken at 1280 and 390 pixels,
 * light and dark. The pictures go to `screenshots/`, which git ignores; docs/images/page.png is one of them, copied by
 * hand.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Locator } from "playwright-core";
import { ApiClient } from "../src/api/client-connection.ts";
import { alertsRoute, nodesRoute, statusRoute } from "../src/api/contract/route.ts";
import { commandFile } from "../src/node/package-disk.ts";
import { TestBrowser, withoutBrowser, type Look, type TestPage } from "../test/support/browser.ts";

const looks: readonly Look[] = [
  { width: 1_280, theme: "light" },
  { width: 1_280, theme: "dark" },
  { width: 390, theme: "light", height: 844 },
  { width: 390, theme: "dark", height: 844 },
];

interface Plan {
  page: string;
  nodes: { name: string; home: string }[];
}

/** Waits until `look` gives true; says what did not come about otherwise. */
async function until(what: string, msMax: number, look: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + msMax;
  while (!(await look().catch(() => false))) {
    if (performance.now() > endMs) throw new Error(`not within ${msMax / 1_000} s: ${what}`);
    await pause(250);
  }
}

/** `argus up`, and where everything is. */
async function startCluster(dir: string): Promise<{ plan: Plan; stop(): Promise<void> }> {
  const words = [commandFile, "up", "--dir", dir, "--network", "127.63.0", "-o", "json"];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let text = "";
  const plan = await new Promise<Plan>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
      if (text.includes("\n")) resolve(JSON.parse(text.slice(0, text.indexOf("\n"))) as Plan);
    });
    child.once("close", (code) => reject(new Error(`argus up ended with ${code}`)));
  });
  return {
    plan,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { to: { type: "string", default: "screenshots" } } });
  if (withoutBrowser !== false) {
    process.stderr.write(`${withoutBrowser}\n`);
    return 1;
  }
  mkdirSync(values.to, { recursive: true });
  const dir = mkdtempSync(join(tmpdir(), "argus-screenshots-"));
  const browser = await TestBrowser.launch();
  const cluster = await startCluster(dir);
  try {
    await takeAll(browser, cluster, values.to);
  } finally {
    await cluster.stop();
    await browser.close();
    rmSync(dir, { recursive: true, force: true });
  }
  return 0;
}

async function takeAll(
  browser: TestBrowser,
  { plan, stop }: Awaited<ReturnType<typeof startCluster>>,
  folder: string,
): Promise<void> {
  const home = (name: string): ApiClient => new ApiClient(plan.nodes.find((node) => node.name === name)?.home ?? "");
  const master = home("master-node");
  await until("the page is served", 60_000, async () => (await fetch(plan.page)).ok);
  const pages = await Promise.all(looks.map((look) => browser.open(plan.page, look)));
  const take = async (name: string): Promise<void> => {
    for (const [index, { width, theme }] of looks.entries()) {
      const path = join(folder, `${name}-${width}-${theme}.png`);
      await pages[index]?.page.evaluate("scrollTo(0, 0)"); // The bar that stays is drawn where the window stands.
      await pages[index]?.page.screenshot({ path, fullPage: true });
      process.stdout.write(`${path}\n`);
    }
  };
  const stateOf = async (name: string): Promise<string | undefined> =>
    (await master.get(nodesRoute)).nodes.find((node) => node.name === name)?.state;

  // The demo's attacker has got in by then.
  const isOver = async (): Promise<boolean> => (await master.get(alertsRoute, { level: 12 })).alerts.length > 0;
  await until("an alert of level 12", 90_000, isOver);
  await pause(12_000);
  await take("well");
  const rowOf = ({ page }: TestPage): Locator =>
    page.getByRole("button", { name: /and then one that succeeded/ }).first();
  for (const page of pages) await rowOf(page).click();
  await take("alert-open");
  for (const page of pages) await rowOf(page).click();

  const { processId } = await home("worker-node2").get(statusRoute);
  process.kill(processId, "SIGSTOP"); // It keeps its connection and says nothing: the hardest kind of dead.
  try {
    await until("worker-node2 is down", 30_000, async () => (await stateOf("worker-node2")) === "down");
    await pause(2_000);
    await take("worker-down");
  } finally {
    process.kill(processId, "SIGCONT");
  }
  await stop();
  await pause(13_000);
  await take("master-away");
}

process.exitCode = await main();
