/**
 * Runs compiled tests: `node dist/scripts/run-tests.js SUITE… [--only TEXT]`, from the root of the repository.
 *
 * The suite of a test is the end of its file's name: `.disk.test`, `.net.test`, and what lies in test/system and
 * test/repo; everything else is `unit`. All unit tests run in one process, for a process per file costs a hundred times
 * what they do; the others get a process each, two at a time.
 *
 * The last line is `N passed, N failed`, with `, N skipped` where a test was skipped. A file that dies, hangs or holds
 * no test counts as one failure, so nothing is passed over in silence.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describeError } from "../src/base/error.ts";
import type { TestLine } from "./test-events.ts";

const suiteNames = ["repo", "unit", "disk", "net", "system"] as const;
export type SuiteName = (typeof suiteNames)[number];

interface Job {
  suite: SuiteName;
  title: string;
  paths: string[];
  msMax: number;
}

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Limits are for what hangs, so they are far above what a slow machine needs. */
const msMax: Record<SuiteName, number> = {
  repo: 120_000,
  unit: 300_000,
  disk: 180_000,
  net: 180_000,
  system: 1_200_000,
};
const jobCountMax = 2;
const compiledRoot = fileURLToPath(new URL("..", import.meta.url));
const running = new Set<number>();

export function suiteOf(path: string): SuiteName {
  if (path.startsWith("test/repo/")) return "repo";
  if (path.startsWith("test/system/")) return "system";
  return path.endsWith(".disk.test.js") ? "disk" : path.endsWith(".net.test.js") ? "net" : "unit";
}

/** All compiled test files, relative to the compiled root, with `/`. */
function testPaths(): string[] {
  const found: string[] = [];
  for (const folder of ["bench", "scripts", "src", "test"]) {
    const path = join(compiledRoot, folder);
    if (!existsSync(path)) continue;
    for (const name of readdirSync(path, { recursive: true, encoding: "utf8" })) {
      if (name.endsWith(".test.js")) found.push(`${folder}/${name.split(sep).join("/")}`);
    }
  }
  return found.sort();
}

export function planJobs(paths: readonly string[], suites: readonly SuiteName[], only: string): Job[] {
  return suites.flatMap((suite): Job[] => {
    const own = paths.filter((path) => suiteOf(path) === suite && path.includes(only));
    if (suite !== "unit") return own.map((path) => ({ suite, title: path, paths: [path], msMax: msMax[suite] }));
    return own.length === 0 ? [] : [{ suite, title: `${own.length} unit test files`, paths: own, msMax: msMax.unit }];
  });
}

/** Ends a test process and whatever it started; it leads its own process group. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

interface Ended {
  how: string | undefined;
  output: string;
}

/** Runs one process; `how` says what was wrong with its end, if anything was. */
function runProcess(job: Job, eventsPath: string): Promise<Ended> {
  const reporter = pathToFileURL(join(compiledRoot, "scripts", "test-events.js")).href;
  const runner = join(compiledRoot, "scripts", "import-tests.js");
  const paths = job.paths.map((path) => join(compiledRoot, path));
  const options = ["--enable-source-maps", `--test-reporter=${reporter}`, `--test-reporter-destination=${eventsPath}`];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...options, runner, ...paths], {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const { pid } = child;
    if (pid !== undefined) running.add(pid);
    let isLate = false;
    const pieces: Buffer[] = [];
    const limit = setTimeout(() => {
      isLate = true;
      if (pid !== undefined) killGroup(pid);
    }, job.msMax);
    child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
    child.stderr.on("data", (piece: Buffer) => pieces.push(piece));
    child.on("error", (error) => pieces.push(Buffer.from(describeError(error))));
    child.on("close", (code, signal) => {
      clearTimeout(limit);
      if (pid !== undefined) {
        running.delete(pid);
        killGroup(pid); // What a failed test left running would disturb the next.
      }
      const how = isLate
        ? `still running after ${job.msMax / 1_000} s`
        : (signal ?? (code === 0 ? undefined : `exit ${code}`));
      resolve({ how: how ?? undefined, output: Buffer.concat(pieces).toString("utf8") });
    });
  });
}

function readLines(path: string): TestLine[] {
  if (!existsSync(path)) return [];
  const whole = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return whole.map((line) => JSON.parse(line) as TestLine);
}

/** What a job's events and its process's end come to. `words` is what a person should see. */
export function judge(lines: readonly TestLine[], ended: Ended): { counts: Counts; words: string[] } {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  const words: string[] = [];
  const open = new Set<string>();
  for (const { outcome, name, detail } of lines) {
    if (outcome === "started") open.add(name);
    else if (outcome === "part failed") words.push(`FAILED in part: ${name}`, indent(detail));
    else {
      open.delete(name);
      counts[outcome] += 1;
      if (outcome === "failed") words.push(`FAILED: ${name}`, indent(detail));
      if (outcome === "skipped") words.push(`SKIPPED: ${name}${detail === "" ? "" : ` (${detail})`}`);
    }
  }
  const isEmpty = counts.passed + counts.failed + counts.skipped === 0;
  if (counts.failed === 0 && (ended.how !== undefined || isEmpty || open.size > 0)) {
    counts.failed += 1;
    words.push(`FAILED: ${ended.how ?? (isEmpty ? "there is no test in it" : "it ended before its tests did")}`);
    if (open.size > 0) words.push(`  while running: ${[...open].join("; ")}`);
  }
  if (counts.failed > 0 && ended.output !== "") words.push(indent(ended.output.slice(-20_000)));
  return { counts, words };
}

function indent(text: string): string {
  return text.trimEnd().replace(/^/gm, "    ");
}

async function runJob(job: Job, folder: string, index: number): Promise<Counts> {
  const startedMs = performance.now();
  const eventsPath = join(folder, `${index}.jsonl`);
  const ended = await runProcess(job, eventsPath);
  const { counts, words } = judge(readLines(eventsPath), ended);
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  const mark = counts.failed > 0 ? "not ok" : "ok";
  print(`${mark} ${job.title}: ${describeCounts(counts)} (${seconds} s)`);
  for (const word of words) print(`  ${word}`);
  return counts;
}

export function describeCounts({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function runAll(jobs: readonly Job[]): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), "argus-tests-"));
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const queue = jobs.map((job, index) => ({ job, index }));
  async function work(): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const counts = await runJob(next.job, folder, next.index);
      total.passed += counts.passed;
      total.failed += counts.failed;
      total.skipped += counts.skipped;
    }
  }
  try {
    await Promise.all(Array.from({ length: jobCountMax }, () => work()));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return total;
}

function isSuiteName(word: string): word is SuiteName {
  return (suiteNames as readonly string[]).includes(word);
}

async function main(words: readonly string[]): Promise<number> {
  const at = words.indexOf("--only");
  const only = at < 0 ? "" : (words[at + 1] ?? "");
  const named = at < 0 ? words : words.slice(0, at);
  const suites = named.filter(isSuiteName);
  if (suites.length === 0 || suites.length < named.length) {
    print(`usage: node ${relative(process.cwd(), process.argv[1] ?? "")} ${suiteNames.join("|")} … [--only TEXT]`);
    return 2;
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      for (const pid of running) killGroup(pid);
      process.exit(130);
    });
  }
  const counts = await runAll(planJobs(testPaths(), suites, only));
  print(describeCounts(counts));
  return counts.failed > 0 || counts.passed === 0 ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.exitCode = await main(process.argv.slice(2));
