/**
 * What strangers on the cluster's port cost: a master's gate in a process of its own, and connections that prove
 * nothing, one after another from many addresses, as many as are asked for. link.md section 11 promises that those it
 * holds stay under 5 MiB however many there are. Two kinds of them, each against a new gate:
 *
 *   mixed     half say nothing, half send a ClientHello less its last ten bytes: they are held by the raw socket
 *   replayed  a whole ClientHello that was overheard: the most that a place can cost, a TLS handshake half done
 *
 * The same flood comes twice, because the first one also lets the runtime take what it takes once, for code and for
 * garbage (a fast flood fills its space for new objects, some 30 MiB at most); the second is measured. RSS in MiB:
 * `first` before both, `before` the second, its `peak`, and `after` it. `heldKiB` is what is alive while the gate is
 * full, after a collection: the heap, and the memory outside it as far as the runtime knows of it.
 *
 *   npm run -s bench -- strangers [--strangers N]
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { systemClock } from "../src/base/clock.ts";
import { silentLog } from "../src/base/log.ts";
import { gateLimits } from "../src/link/gate.ts";
import { newLinkCounters } from "../src/link/metrics.ts";
import type { ClusterKey } from "../src/link/psk.ts";
import { openNetwork, type TlsNetwork } from "../src/link/tls-connection.ts";

const kinds = ["mixed", "replayed"] as const;
type Kind = (typeof kinds)[number];

/** What the gate's process answers when it is asked. */
interface Look {
  port: number;
  held: number;
  heldMost: number;
  accepted: number;
  refused: Record<string, number>;
  rssBytes: number;
  rssBytesMost: number;
  /** After a collection: heap and memory outside it. */
  aliveBytes: number;
}

export interface StrangersFigures {
  kind: Kind;
  strangers: number;
  /** From the first of them until all are let go. */
  seconds: number;
  /** Places taken at most, and when the last stranger had come. */
  heldMost: number;
  heldLast: number;
  heldKiB: number;
  heldAfter: number;
  rssMiB: { first: number; before: number; peak: number; after: number };
  refused: Record<string, number>;
}

/** Not derived: scrypt's 64 MiB would be part of what is measured. */
const key: ClusterKey = { psk: Buffer.alloc(32, 7), keyId: "0badcafe" };

function network(role: "master" | "worker"): TlsNetwork {
  return openNetwork({
    ...{ clock: systemClock, log: silentLog, bindAddress: "127.0.0.1", port: 0, name: `${role}-node`, role },
    ...{ cluster: "argus", keys: [key], counters: newLinkCounters(), knownAddresses: () => [] },
  });
}

// ── the gate's process ─────────────────────────────────────────────────────────────────────────────────────────────

async function runGate(): Promise<void> {
  const gate = network("master");
  await gate.listen({ onTransport: (transport) => transport.close(), onRefused: () => undefined });
  let [rssBytesMost, heldMost] = [0, 0];
  setInterval(() => {
    rssBytesMost = Math.max(rssBytesMost, process.memoryUsage.rss());
    heldMost = Math.max(heldMost, gate.heldCount);
  }, 2);
  process.on("message", () => {
    const rssBytes = process.memoryUsage.rss();
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    const look: Look = {
      ...{ port: gate.port, held: gate.heldCount, heldMost, rssBytes, rssBytesMost, aliveBytes: heapUsed + external },
      ...{ accepted: gate.counters.accepted, refused: gate.counters.refusedEarly },
    };
    process.send?.(look);
  });
  process.once("disconnect", () => process.exit(0));
  process.send?.("listening");
}

const isLook = (value: unknown): value is Look => typeof value === "object" && value !== null && "aliveBytes" in value;

async function lookAt(gate: ChildProcess): Promise<Look> {
  const answer = once(gate, "message");
  gate.send("look");
  const [look] = (await answer) as unknown[];
  if (!isLook(look)) throw new Error("the gate said nothing that is known");
  return look;
}

// ── the strangers ──────────────────────────────────────────────────────────────────────────────────────────────────

/** What a worker of the cluster says first; it is let go as soon as it has said it. */
async function overhearHello(): Promise<Buffer> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no address");
  const heard = new Promise<Buffer>((resolve) => {
    server.once("connection", (socket) => {
      socket.on("error", () => undefined);
      socket.once("data", (hello: Buffer) => {
        resolve(hello);
        socket.destroy();
        server.close();
      });
    });
  });
  const target = { name: undefined, address: "127.0.0.1", port: address.port };
  const [hello] = await Promise.all([heard, network("worker").dial(target, new AbortController().signal)]);
  return hello;
}

/** One connection, from another address than the 62,499 before it; resolves when it stands or was refused. */
async function strange(index: number, port: number, hello: Buffer | undefined): Promise<Socket> {
  const localAddress = `127.60.${Math.floor(index / 250) % 250}.${1 + (index % 250)}`;
  const socket = connect({ host: "127.0.0.1", port, localAddress });
  await new Promise<void>((resolve) => {
    socket.once("connect", resolve);
    socket.once("error", () => resolve());
    socket.once("close", () => resolve());
  });
  socket.on("error", () => undefined);
  socket.resume(); // Else nobody notices that the gate has closed it.
  if (hello !== undefined) socket.write(hello);
  return socket;
}

async function measure(kind: Kind, count: number, hello: Buffer): Promise<StrangersFigures> {
  const gate = fork(fileURLToPath(import.meta.url), [], {
    env: { ...process.env, ARGUS_BENCH_GATE: "1" },
    execArgv: ["--expose-gc", ...process.execArgv],
  });
  try {
    await once(gate, "message");
    const first = await lookAt(gate);
    const unfinished = hello.subarray(0, hello.length - 10);
    const send = (index: number): Buffer | undefined =>
      kind === "replayed" ? hello : index % 2 === 0 ? unfinished : undefined;
    await flood(gate, first.port, count, send);
    const before = await lookAt(gate);
    const startedMs = performance.now();
    const { full } = await flood(gate, first.port, count, send);
    const after = await lookAt(gate);
    const mib = (bytes: number): number => Math.round((bytes / 1_048_576) * 10) / 10;
    return {
      ...{ kind, strangers: count, seconds: Math.round(performance.now() - startedMs) / 1_000 },
      ...{ heldMost: after.heldMost, heldLast: full.held, heldAfter: after.held, refused: after.refused },
      heldKiB: Math.round((full.aliveBytes - before.aliveBytes) / 1_024),
      rssMiB: {
        ...{ first: mib(first.rssBytes), before: mib(before.rssBytes) },
        ...{ peak: mib(after.rssBytesMost), after: mib(after.rssBytes) },
      },
    };
  } finally {
    gate.disconnect();
  }
}

/** Opens `count` connections in turn, looks when all stand, and waits until the gate has let all of them go. */
async function flood(
  gate: ChildProcess,
  port: number,
  count: number,
  send: (index: number) => Buffer | undefined,
): Promise<{ full: Look }> {
  const sockets: Socket[] = [];
  for (let index = 0; index < count; index += 1) sockets.push(await strange(index, port, send(index)));
  const full = await lookAt(gate);
  await setTimeout(gateLimits.authenticationMsMax + 500);
  for (const socket of sockets) socket.destroy();
  await setTimeout(200);
  return { full };
}

/** One figure for each kind; `count` strangers each. */
export async function strangersFigures(count: number): Promise<{ figures: StrangersFigures[] }> {
  const hello = await overhearHello();
  const figures: StrangersFigures[] = [];
  for (const kind of kinds) figures.push(await measure(kind, count, hello));
  return { figures };
}

if (process.env["ARGUS_BENCH_GATE"] === "1") await runGate();
