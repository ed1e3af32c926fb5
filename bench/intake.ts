/**
 * What intake costs per line: CPU of this process, for each way in which lines come, with the senders in a process of
 * their own. Lines go through the sockets, the framing and the batcher into a store that forgets them, so that nothing
 * but intake is measured: compression, disk and link have benches of their own.
 */
import { fork, type ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { appendFileSync, closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { systemClock } from "../src/base/clock.ts";
import { nodeDisk } from "../src/base/disk.ts";
import { LocalTime } from "../src/base/local-time.ts";
import { silentLog } from "../src/base/log.ts";
import { FileCollector } from "../src/collect/file-collector.ts";
import { parseCidrs } from "../src/config/address.ts";
import { Batcher } from "../src/intake/batcher.ts";
import { SyslogListener } from "../src/intake/syslog-listener.ts";
import { mixedLines } from "./mixed-log.ts";

const ways = ["tcp-large-writes", "tcp-line-per-write", "udp", "file"] as const;
type Way = (typeof ways)[number];

export interface IntakeFigures {
  way: Way;
  lines: number;
  /** Lines taken in, in percent: below 100 only where a way may lose them (UDP). */
  takenPercent: number;
  cpuMicrosPerLine: number;
  linesPerSecond: number;
  batches: number;
  /** UDP: granted by the kernel, and dropped by it. */
  kernelDropped: number;
}

/** What the sending process is told. */
interface Task {
  way: Way;
  seed: number;
  count: number;
  port: number;
  path: string;
}

const isTask = (value: unknown): value is Task => typeof value === "object" && value !== null && "way" in value;

/** The lines, with a priority in front where they go over the net. */
function linesFor({ way, seed, count }: Task): Buffer[] {
  const priority = way === "file" ? "" : "<13>";
  return [...mixedLines(seed, count)].map((line) => Buffer.from(`${priority}${line}\n`));
}

async function sendTcp(task: Task): Promise<void> {
  const connectionCount = task.way === "tcp-line-per-write" ? 200 : 1;
  const sockets: Socket[] = [];
  for (let index = 0; index < connectionCount; index += 1) {
    const socket = connect({ host: "127.0.0.1", port: task.port, noDelay: true });
    await once(socket, "connect");
    sockets.push(socket);
  }
  const lines = linesFor(task);
  const pieces = task.way === "tcp-large-writes" ? inBlocks(lines, 65_536) : lines;
  for (const [index, piece] of pieces.entries()) {
    const socket = sockets[index % connectionCount];
    if (socket?.write(piece) === false) await once(socket, "drain");
    // 20,000 lines a second: two hundred every ten milliseconds, one on each connection.
    if (task.way === "tcp-line-per-write" && index % 200 === 199) await setTimeout(10);
  }
  for (const socket of sockets) socket.end();
}

function inBlocks(lines: readonly Buffer[], blockBytes: number): Buffer[] {
  const whole = Buffer.concat(lines);
  const blocks: Buffer[] = [];
  for (let at = 0; at < whole.length; at += blockBytes) blocks.push(whole.subarray(at, at + blockBytes));
  return blocks;
}

async function sendUdp(task: Task): Promise<void> {
  const socket = createSocket("udp4");
  for (const [index, line] of linesFor(task).entries()) {
    socket.send(line, task.port, "127.0.0.1");
    if (index % 200 === 199) await setTimeout(10);
  }
  await setTimeout(200);
  socket.close();
}

/** Appends as a busy program does: some lines at a time. */
async function sendFile(task: Task): Promise<void> {
  const file = openSync(task.path, "a");
  for (const block of inBlocks(linesFor(task), 65_536)) {
    writeSync(file, block);
    await setTimeout(1);
  }
  closeSync(file);
}

async function send(task: Task): Promise<void> {
  if (task.way === "udp") await sendUdp(task);
  else if (task.way === "file") await sendFile(task);
  else await sendTcp(task);
}

/** Starts the sender as a process of its own, so that its CPU is not counted. */
function startSender(task: Task): ChildProcess {
  const child = fork(fileURLToPath(import.meta.url), [], { env: { ...process.env, ARGUS_BENCH_SENDER: "1" } });
  child.send(task);
  return child;
}

async function measure(way: Way, seed: number, count: number, folder: string): Promise<IntakeFigures> {
  const path = join(folder, `${way}.log`);
  appendFileSync(path, "");
  const batcher = new Batcher({
    store: { append: () => Promise.resolve() },
    takeIn: { nowMs: () => systemClock.wallMs() },
    clock: systemClock,
  });
  const shared = { sink: batcher, disk: nodeDisk, clock: systemClock, log: silentLog };
  const remote = { port: 0, protocols: ["tcp", "udp"], allowedIps: parseCidrs("127.0.0.1"), deniedIps: [] } as const;
  const listener = await SyslogListener.open({ ...shared, remote: { ...remote, localIp: "127.0.0.1", ipv6: false } });
  const locations = way === "file" ? [{ location: path, start: "beginning" } as const] : [];
  const files = new FileCollector({ ...shared, locations, marks: new Map(), time: new LocalTime("UTC") });
  const stopping = new AbortController();
  const done = [listener, files, batcher].map((service) => service.run(stopping.signal));
  const port = listener.addresses().find(({ protocol }) => way.startsWith(protocol))?.port ?? 0;

  const ended = once(startSender({ way, seed, count, port, path }), "exit");
  const figures = await takeInFigures(batcher, count, ended);
  await listener.readKernelDrops();
  stopping.abort();
  await Promise.all(done);
  return { way, ...figures, kernelDropped: listener.counters().udpKernelDropped };
}

/**
 * From the first line that is taken in to the last: all `count` of them, or as many as have come when the sender has
 * ended and nothing comes any more.
 */
export async function takeInFigures(
  batcher: Batcher,
  count: number,
  ended: Promise<unknown>,
): Promise<Omit<IntakeFigures, "way" | "kernelDropped">> {
  while (batcher.counters().accepted === 0) await setTimeout(1);
  const [cpu, startedMs] = [process.cpuUsage(), performance.now()];
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  let endedMs = performance.now();
  for (let quietMs = 0; batcher.counters().accepted < count && quietMs < 500;) {
    const before = batcher.counters().accepted;
    await setTimeout(10);
    quietMs = batcher.counters().accepted === before && hasEnded ? quietMs + 10 : 0;
    if (quietMs === 0) endedMs = performance.now();
  }
  const { user, system } = process.cpuUsage(cpu);
  await ended;
  const { accepted, batches } = batcher.counters();
  return {
    ...{ lines: count, takenPercent: (accepted / count) * 100, batches },
    cpuMicrosPerLine: (user + system) / accepted,
    linesPerSecond: Math.round((accepted / (endedMs - startedMs)) * 1_000),
  };
}

/** One figure for each way; `count` lines each. */
export async function intake(seed: number, count: number): Promise<{ figures: IntakeFigures[] }> {
  const folder = mkdtempSync(join(tmpdir(), "argus-bench-"));
  try {
    const figures: IntakeFigures[] = [];
    for (const way of ways) figures.push(await measure(way, seed, count, folder));
    return { figures };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.env["ARGUS_BENCH_SENDER"] === "1") {
  process.once("message", (task) => {
    if (!isTask(task)) throw new Error("the sender was told nothing that it knows");
    void send(task).then(() => process.exit(0));
  });
}
