/**
 * What an agent's message costs from the socket to the batcher: CPU of this process, for each transport and cipher,
 * with the agents in a process of their own, whose messages are sealed before the clock starts. The store forgets what
 * it is given, as in the bench `intake`.
 */
import { fork } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { systemClock } from "../src/base/clock.ts";
import { nodeDisk } from "../src/base/disk.ts";
import { silentLog } from "../src/base/log.ts";
import { systemRandom } from "../src/base/random.ts";
import { AgentListener } from "../src/intake/agent-listener.ts";
import { Batcher } from "../src/intake/batcher.ts";
import type { AgentIdentity, AgentTable } from "../src/intake/needs.ts";
import { agentIdOf, noFacts } from "../src/model/agent.ts";
import { AgentCipher } from "../src/wire/agent-cipher.ts";
import { type Dialect, sealMessage } from "../src/wire/secure-message.ts";
import { frameOf } from "../src/wire/tcp-frames.ts";
import { type IntakeFigures, takeInFigures } from "./intake.ts";
import { mixedLines } from "./mixed-log.ts";

interface Way {
  transport: "tcp" | "udp";
  dialect: Dialect;
}

const ways: Way[] = [
  { transport: "tcp", dialect: "aes" },
  { transport: "udp", dialect: "aes" },
  { transport: "tcp", dialect: "blowfish" },
  { transport: "udp", dialect: "blowfish" },
];

/** What the sending process is told. */
interface Task extends Way {
  seed: number;
  count: number;
  bytes: number;
  port: number;
}

export type AgentIntakeFigures = Omit<IntakeFigures, "way"> & Way;

const agentCount = 20;
const identityOf = (number: number): AgentIdentity => ({
  ...{ id: agentIdOf(number), name: `agent${number}`, address: "any", key: String(number).repeat(32).slice(0, 64) },
  ...{ counterFloor: 0, connection: "", facts: noFacts },
});
const agents = Array.from({ length: agentCount }, (_, index) => identityOf(index + 1));

const isTask = (value: unknown): value is Task => typeof value === "object" && value !== null && "dialect" in value;

/** Messages of the agents in turn, each of an event of about so many bytes. */
function messagesFor({ seed, count, bytes, dialect }: Task): Buffer[] {
  const ciphers = agents.map((agent) => new AgentCipher(agent));
  const messages: Buffer[] = [];
  for (const line of mixedLines(seed, count)) {
    const turn = messages.length;
    const cipher = ciphers[turn % agentCount];
    if (cipher === undefined) break;
    const payload = Buffer.from(`1:/var/log/syslog:${line.padEnd(bytes, " and so on").slice(0, bytes)}`);
    const counter = { global: 1 + Math.floor(turn / agentCount / 9_000), local: Math.floor(turn / agentCount) % 9_000 };
    const sealing = { dialect, counter, random: turn % 65_536, id: cipher.key.id };
    messages.push(sealMessage(cipher, payload, sealing));
  }
  return messages;
}

/** 20,000 a second: two hundred every ten milliseconds. */
const burst = 200;
const burstMs = 10;

async function sendTcp(messages: readonly Buffer[], port: number): Promise<void> {
  const sockets: Socket[] = [];
  for (let index = 0; index < agentCount; index += 1) {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    await once(socket, "connect");
    sockets.push(socket);
  }
  for (const [index, message] of messages.entries()) {
    const socket = sockets[index % agentCount];
    if (socket?.write(frameOf(message)) === false) await once(socket, "drain");
    if (index % burst === burst - 1) await setTimeout(burstMs);
  }
  for (const socket of sockets) socket.end();
}

async function sendUdp(messages: readonly Buffer[], port: number): Promise<void> {
  const socket = createSocket("udp4");
  for (const [index, message] of messages.entries()) {
    socket.send(message, port, "127.0.0.1");
    if (index % burst === burst - 1) await setTimeout(burstMs);
  }
  await setTimeout(200);
  socket.close();
}

function startSender(task: Task): Promise<unknown> {
  const child = fork(fileURLToPath(import.meta.url), [], { env: { ...process.env, ARGUS_BENCH_AGENTS: "1" } });
  child.send(task);
  return once(child, "exit");
}

async function measure(task: Omit<Task, "port">): Promise<AgentIntakeFigures> {
  const { transport, dialect } = task;
  const batcher = new Batcher({
    store: { append: () => Promise.resolve() },
    takeIn: { nowMs: () => systemClock.wallMs() },
    clock: systemClock,
  });
  const byId = new Map(agents.map((agent) => [agent.id, agent]));
  const table: AgentTable = {
    byId: (id) => byId.get(id),
    byAddress: () => undefined,
    onChanged: () => () => undefined,
  };
  const listener = await AgentListener.open({
    ...{ table, sink: batcher, clock: systemClock, random: systemRandom, disk: nodeDisk, log: silentLog },
    remotes: [{ port: 0, protocols: ["tcp", "udp"], localIp: "127.0.0.1", ipv6: false }],
    policy: { isStrict: false, versionMax: undefined },
    reports: { report: () => undefined, heard: () => undefined },
    shared: { sumOf: () => undefined, read: () => Promise.resolve(undefined) },
  });
  const stopping = new AbortController();
  const done = [listener, batcher].map((service) => service.run(stopping.signal));
  const port = listener.addresses().find(({ protocol }) => protocol === transport)?.port ?? 0;
  const figures = await takeInFigures(batcher, task.count, startSender({ ...task, port }));
  await listener.readKernelDrops();
  stopping.abort();
  await Promise.all(done);
  return { transport, dialect, ...figures, kernelDropped: listener.counters().udpKernelDropped };
}

/** One figure for each way; `count` events of `bytes` bytes each. */
export async function agentIntake(
  seed: number,
  count: number,
  bytes: number,
): Promise<{ eventBytes: number; figures: AgentIntakeFigures[] }> {
  const figures: AgentIntakeFigures[] = [];
  for (const way of ways) figures.push(await measure({ ...way, seed, count, bytes }));
  return { eventBytes: bytes, figures };
}

if (process.env["ARGUS_BENCH_AGENTS"] === "1") {
  process.once("message", (task) => {
    if (!isTask(task)) throw new Error("the sender was told nothing that it knows");
    const send = task.transport === "udp" ? sendUdp : sendTcp;
    void send(messagesFor(task), task.port).then(() => process.exit(0));
  });
}
