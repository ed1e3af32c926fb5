/**
 * What a new user does, on each Node that is supported: a fresh clone of what is committed, then both commands of the
 * README. `npm run test:fresh` runs `npm ci && npx argus up` until the first alert and `npm ci && npm test`; with
 * `-- --up-only` the first alone; with `-- --node 22` on that Node alone.
 *
 * Prints how many seconds passed until the page serves the first alert, from `argus up` and from `npm ci`, and fails
 * where it was more than a minute or two. Packages come from npm's cache where they are in it, so on a machine that has
 * never seen them the network's share comes on top.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";

const majors = ["20", "22", "24"] as const;
const limits = { clone: 60_000, node: 300_000, install: 300_000, stop: 45_000, test: 1_800_000 };
/** What a new user may expect: an alert on the page within a minute of `argus up`, and of two from `npm ci` on. */
const promises = { alert: 60_000, installAndAlert: 120_000 };
const alertsFile = join(".argus", "master-node", "logs", "alerts", "alerts.json");

class StepFailed extends Error {}

interface Place {
  folder: string;
  environment: NodeJS.ProcessEnv;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function start(place: Place, command: string, words: readonly string[], isLoud: boolean): ChildProcess {
  return spawn(command, words, {
    cwd: place.folder,
    env: place.environment,
    detached: true, // A group of its own, so that what it started ends with it.
    stdio: ["ignore", isLoud ? "inherit" : "pipe", isLoud ? "inherit" : "pipe"],
  });
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // It has ended.
  }
}

/** The end of a process: its exit code and what it printed, when that was kept. */
function ended(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  const pieces: Buffer[] = [];
  child.stdout?.on("data", (piece: Buffer) => pieces.push(piece));
  child.stderr?.on("data", (piece: Buffer) => pieces.push(piece));
  return new Promise((resolve) => {
    child.on("error", (error) => pieces.push(Buffer.from(error.message)));
    child.on("close", (code) => resolve({ code, output: Buffer.concat(pieces).toString("utf8") }));
  });
}

async function run(
  place: Place,
  msMax: number,
  command: string,
  words: readonly string[],
  isLoud = false,
): Promise<void> {
  const child = start(place, command, words, isLoud);
  const limit = setTimeout(() => signalGroup(child, "SIGKILL"), msMax);
  const { code, output } = await ended(child);
  clearTimeout(limit);
  if (code === 0) return;
  const why = code === null ? `did not end within ${msMax / 1_000} s` : `ended with ${code}`;
  throw new StepFailed(`${command} ${words.join(" ")} ${why}\n${output.slice(-4_000)}`);
}

/** An environment in which `node` is the newest release of that line, installed under `folder`. */
async function environmentOf(major: string, folder: string): Promise<NodeJS.ProcessEnv> {
  // What npm told this script about its own run would be taken for settings of the runs below; the proxy and registry
  // of the machine's own npm configuration stay in force.
  const inherited = Object.entries(process.env).filter(([name]) => !/^(?:npm_|NODE_ENV$|ARGUS_|INIT_CWD$)/.test(name));
  const environment: NodeJS.ProcessEnv = Object.fromEntries(inherited);
  const place = { folder: join(folder, `node-${major}`), environment };
  mkdirSync(place.folder);
  writeFileSync(join(place.folder, "package.json"), "{}\n");
  await run(place, limits.node, "npm", ["install", "--no-audit", "--no-fund", `node@${major}`]);
  const bin = join(place.folder, "node_modules", "node", "bin");
  if (!existsSync(join(bin, "node"))) throw new StepFailed(`npm installed no node@${major}`);
  return { ...environment, PATH: `${bin}:${process.env["PATH"] ?? ""}` };
}

/** Whether the page whose address the command has printed serves an alert that stands in the master's file as well. */
async function servesAlert(place: Place, output: string): Promise<boolean> {
  if ((statSync(join(place.folder, alertsFile), { throwIfNoEntry: false })?.size ?? 0) === 0) return false;
  const page = /^page: (http:\S+)$/m.exec(output)?.[1];
  if (page === undefined) return false;
  try {
    const markup = await fetch(page);
    const { alerts } = (await (await fetch(`${page}/api/alerts/last?count=1`)).json()) as { alerts: unknown[] };
    return markup.ok && alerts.length === 1;
  } catch {
    return false;
  }
}

/** `npx argus up` until the page serves the first alert, then Ctrl-C; resolves with when it did. */
async function upToFirstAlert(place: Place): Promise<number> {
  const child = start(place, "npx", ["argus", "up"], false);
  const state = { hasEnded: false, isStuck: false };
  const end = ended(child).finally(() => (state.hasEnded = true));
  let printed = "";
  child.stdout?.on("data", (piece: Buffer) => (printed += piece.toString("utf8")));
  const lateMs = performance.now() + promises.alert;
  let isTooLate = true;
  while (isTooLate && !state.hasEnded && performance.now() < lateMs) {
    isTooLate = !(await servesAlert(place, printed));
    await pause(50);
  }
  const alertMs = performance.now();
  signalGroup(child, isTooLate ? "SIGKILL" : "SIGINT");
  const limit = setTimeout(() => {
    state.isStuck = true;
    signalGroup(child, "SIGKILL");
  }, limits.stop);
  const { output } = await end; // npx ends with 130, or by the signal, whatever the command's own code was.
  clearTimeout(limit);
  const said = `\n${output.slice(-4_000)}`;
  if (isTooLate) throw new StepFailed(`argus up showed no alert within ${promises.alert / 1_000} s${said}`);
  if (state.isStuck) throw new StepFailed(`argus up did not end within ${limits.stop / 1_000} s of Ctrl-C${said}`);
  return alertMs;
}

async function clone(folder: string, name: string, environment: NodeJS.ProcessEnv): Promise<Place> {
  const here = { folder: process.cwd(), environment };
  await run(here, limits.clone, "git", ["clone", "--quiet", "--no-hardlinks", process.cwd(), join(folder, name)]);
  return { folder: join(folder, name), environment };
}

async function tryMajor(major: string, folder: string, isUpOnly: boolean): Promise<void> {
  const environment = await environmentOf(major, folder);
  const up = await clone(folder, `up-${major}`, environment);
  const startedMs = performance.now();
  await run(up, limits.install, "npm", ["ci", "--no-audit", "--no-fund"]);
  const installedMs = performance.now();
  const alertMs = await upToFirstAlert(up);
  const seconds = (fromMs: number, toMs: number): string => `${((toMs - fromMs) / 1_000).toFixed(1)} s`;
  const whole = `${seconds(startedMs, alertMs)} from npm ci`;
  say(`Node ${major}: the first alert on the page ${seconds(installedMs, alertMs)} from argus up, ${whole}`);
  if (alertMs - startedMs > promises.installAndAlert)
    throw new StepFailed(`${whole} to the first alert is over ${promises.installAndAlert / 1_000} s`);
  rmSync(up.folder, { recursive: true, force: true });
  if (isUpOnly) return;
  const tested = await clone(folder, `test-${major}`, environment);
  const testedMs = performance.now();
  await run(tested, limits.install, "npm", ["ci", "--no-audit", "--no-fund"]);
  await run(tested, limits.test, "npm", ["test"], true);
  say(`Node ${major}: npm ci && npm test in ${seconds(testedMs, performance.now())}`);
  rmSync(tested.folder, { recursive: true, force: true });
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { "up-only": { type: "boolean", default: false }, node: { type: "string", multiple: true } },
  });
  const folder = mkdtempSync(join(tmpdir(), "argus-fresh-"));
  let failed = 0;
  const wanted = values.node ?? [...majors];
  try {
    for (const major of wanted) {
      try {
        await tryMajor(major, folder, values["up-only"]);
      } catch (error) {
        if (!(error instanceof StepFailed)) throw error;
        failed += 1;
        say(`Node ${major}: FAILED: ${error.message}`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  say(`${wanted.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
