/**
 * The whole path at once: a file of mixed lines dealt to two workers, forwarded, journalled, analysed, alerted, by
 * `argus up --feed FILE --once`. Says what an event costs on each side.
 */
import { spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { once } from "node:events";
import { mixedLines } from "./mixed-log.ts";
import { ProcessWatch, type ProcessCost } from "./process-watch.ts";

export interface RelayOptions {
  seed: number;
  lineCount: number;
  workerCount: number;
  /** Where the homes are made; a temporary folder, removed afterwards, when empty. */
  dir: string;
}

interface NodeFigures {
  name: string;
  cpuSeconds: number;
  rssMiBMost: number;
  writtenBytes: number;
}

export interface RelayFigures {
  events: number;
  /** From the start of the command to its end, starts and stops of three processes included. */
  seconds: number;
  /** As the command itself reports it. */
  report: unknown;
  eventsPerSecond: number;
  workerCpuMicrosPerEvent: number;
  masterCpuMicrosPerEvent: number;
  nodes: NodeFigures[];
  /** What lies on the disks of all nodes afterwards, per event: the journal, and everything else of the queues. */
  journalBytesPerEvent: number;
  otherQueueBytesPerEvent: number;
  alertBytesPerEvent: number;
  writtenBytesPerEvent: number;
}

const lookEveryMs = 100;

function bytesBelow(folder: string): number {
  if (!existsSync(folder)) return 0;
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath ?? entry.path, entry.name)).size;
  }
  return bytes;
}

export async function writeLines(path: string, seed: number, count: number): Promise<void> {
  const stream = createWriteStream(path);
  for (const line of mixedLines(seed, count)) {
    if (!stream.write(`${line}\n`)) await once(stream, "drain");
  }
  stream.end();
  await once(stream, "close");
}

/** A restarted node is several processes with one home; their figures add up. */
export function figuresByNode(costs: readonly ProcessCost[]): NodeFigures[] {
  const byName = new Map<string, NodeFigures>();
  for (const { words, cpuSeconds, rssMiBMost, writtenBytes } of costs) {
    const at = words.indexOf("--home");
    if (!words.includes("node") || at < 0) continue;
    const name = basename(words[at + 1] ?? "");
    const sum = byName.get(name) ?? { name, cpuSeconds: 0, rssMiBMost: 0, writtenBytes: 0 };
    sum.cpuSeconds += cpuSeconds;
    sum.writtenBytes += writtenBytes;
    sum.rssMiBMost = Math.max(sum.rssMiBMost, rssMiBMost);
    byName.set(name, sum);
  }
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface CommandEnd {
  code: number | null;
  out: string;
  costs: ProcessCost[];
}

async function runCommand(words: readonly string[]): Promise<CommandEnd> {
  const child = spawn(process.execPath, ["bin/argus.js", ...words], { stdio: ["ignore", "pipe", "inherit"] });
  const watch = new ProcessWatch(child.pid ?? 0);
  const looking = setInterval(() => watch.look(), lookEveryMs);
  let out = "";
  child.stdout.on("data", (piece: Buffer) => (out += piece.toString()));
  try {
    const [code] = (await once(child, "close")) as [number | null];
    return { code, out, costs: watch.costs() };
  } finally {
    clearInterval(looking);
  }
}

/** The last JSON object of what the command printed. */
function reportOf(out: string): unknown {
  const start = out.lastIndexOf("\n{", out.length - 2) + 1;
  try {
    return JSON.parse(out.slice(out.startsWith("{") && start === 0 ? 0 : start)) as unknown;
  } catch {
    throw new Error(`the command printed no JSON object: ${out.slice(-500)}`);
  }
}

function perEvent(value: number, events: number): number {
  return Math.round((value / events) * 100) / 100;
}

/** Rejects when the command fails or loses an event: figures of a broken run are no figures. */
export async function relay(options: RelayOptions): Promise<RelayFigures> {
  const { seed, lineCount, workerCount } = options;
  const own = options.dir === "" ? mkdtempSync(join(tmpdir(), "argus-bench-")) : undefined;
  const dir = own ?? options.dir;
  try {
    const feed = join(dir, "mixed.log");
    const homes = join(dir, "cluster");
    await writeLines(feed, seed, lineCount);
    const startedMs = performance.now();
    const words = ["up", "--dir", homes, "--workers", String(workerCount), "--feed", feed, "--once", "-o", "json"];
    const { code, out, costs } = await runCommand(words);
    const seconds = Math.round(performance.now() - startedMs) / 1_000;
    if (code !== 0) throw new Error(`argus up ended with ${code}: ${out.slice(-500)}`);
    const nodes = figuresByNode(costs);
    const cpu = (isMaster: boolean): number =>
      nodes.filter(({ name }) => name.startsWith("master") === isMaster).reduce((sum, one) => sum + one.cpuSeconds, 0);
    const written = nodes.reduce((sum, one) => sum + one.writtenBytes, 0);
    const sum = (folder: string): number =>
      nodes.reduce((all, { name }) => all + bytesBelow(join(homes, name, folder)), 0);
    return {
      events: lineCount,
      seconds,
      report: reportOf(out),
      eventsPerSecond: Math.round(lineCount / seconds),
      workerCpuMicrosPerEvent: perEvent(cpu(false) * 1e6, lineCount),
      masterCpuMicrosPerEvent: perEvent(cpu(true) * 1e6, lineCount),
      nodes,
      journalBytesPerEvent: perEvent(sum("queue/journal"), lineCount),
      otherQueueBytesPerEvent: perEvent(sum("queue") - sum("queue/journal"), lineCount),
      alertBytesPerEvent: perEvent(sum("logs/alerts"), lineCount),
      writtenBytesPerEvent: perEvent(written, lineCount),
    };
  } finally {
    if (own !== undefined) rmSync(own, { recursive: true, force: true });
  }
}
