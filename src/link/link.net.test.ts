import { deepEqual, equal, ok } from "node:assert/strict";
import { connect as connectTcp, type Socket } from "node:net";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { systemClock, pause } from "../base/clock.ts";
import { noCrash } from "../base/crash-point.ts";
import { logTo, type LogLine } from "../base/log.ts";
import { systemRandom } from "../base/random.ts";
import {
  MemoryJournal,
  MemoryMasterPin,
  MemoryPins,
  MemorySpool,
  newIdentity,
  quietStatus,
} from "../../test/support/link-nodes.ts";
import { LinkMaster, type LinkMasterOptions } from "./link-master.ts";
import { LinkWorker, type LinkWorkerOptions } from "./link-worker.ts";
import { newLinkCounters } from "./metrics.ts";
import type { DialTarget } from "./needs.ts";
import { deriveClusterKey } from "./psk.ts";
import { openNetwork, type TlsNetwork, type TlsNetworkOptions } from "./tls-connection.ts";

const key = await deriveClusterKey("a key that is only good for tests", "argus");
const otherKey = await deriveClusterKey("another key", "argus");
const otherCluster = await deriveClusterKey("a key that is only good for tests", "sugra");

interface Running {
  network: TlsNetwork;
  lines: LogLine[];
  stop: () => Promise<void>;
}

interface Worker extends Running {
  link: LinkWorker;
  spool: MemorySpool;
  events: string[];
}

interface Master extends Running {
  link: LinkMaster;
  journal: MemoryJournal;
  events: string[];
}

function networkOf(
  options: Partial<TlsNetworkOptions> & Pick<TlsNetworkOptions, "name" | "role">,
  lines: LogLine[],
  counters = newLinkCounters(),
): TlsNetwork {
  const log = logTo((line) => lines.push(line));
  const keys = options.keys ?? [key];
  return openNetwork({
    ...{ clock: systemClock, log, bindAddress: "127.0.0.1", port: 0, cluster: "argus", knownAddresses: () => [] },
    ...options,
    keys,
    counters,
  });
}

/** Starts a link and waits until it listens. */
async function running(link: LinkMaster | LinkWorker, network: TlsNetwork): Promise<() => Promise<void>> {
  const stop = new AbortController();
  const done = link.run(stop.signal);
  await until(() => network.port > 0);
  return async () => {
    stop.abort();
    await done;
  };
}

async function until(isTrue: () => boolean, mostMs = 5_000): Promise<void> {
  const endMs = Date.now() + mostMs;
  while (!isTrue()) {
    if (Date.now() > endMs) throw new Error("waited in vain");
    await pause(systemClock, 10);
  }
}

async function startWorker(
  name: string,
  network: Partial<TlsNetworkOptions> = {},
  options: Partial<LinkWorkerOptions> = {},
): Promise<Worker> {
  const lines: LogLine[] = [];
  const events: string[] = [];
  const spool = new MemorySpool();
  if (options.source === undefined) spool.beginEpoch();
  const counters = newLinkCounters();
  const own = networkOf({ name, role: "worker", ...network }, lines, counters);
  const link = new LinkWorker({
    ...{ clock: systemClock, random: systemRandom, crash: noCrash, cluster: network.cluster ?? "argus", name },
    ...{ version: "0.1.0", host: `${name}.example`, isHidden: false, identity: newIdentity() },
    ...{ masterPin: new MemoryMasterPin(), source: spool, targets: () => [], status: () => quietStatus },
    log: logTo((line) => lines.push(line)),
    network: own,
    counters,
    events: {
      onMaster: (master) => events.push(`master ${master.name}`),
      onSnapshot: (snapshot) => events.push(`snapshot ${JSON.stringify(snapshot)}`),
      onClosed: (reason) => events.push(`closed ${reason}`),
      onRefused: ({ code }) => events.push(`refused ${code}`),
    },
    ...options,
  });
  spool.clockMs = Date.now();
  return { link, network: own, lines, events, spool, stop: await running(link, own) };
}

async function startMaster(
  targets: readonly DialTarget[],
  network: Partial<TlsNetworkOptions> = {},
  options: Partial<LinkMasterOptions> = {},
): Promise<Master> {
  const lines: LogLine[] = [];
  const events: string[] = [];
  const journal = new MemoryJournal();
  const name = network.name ?? "master";
  const counters = newLinkCounters();
  const own = networkOf({ role: "master", ...network, name }, lines, counters);
  const link = new LinkMaster({
    ...{ clock: systemClock, random: systemRandom, crash: noCrash, cluster: network.cluster ?? "argus", name },
    ...{ version: "0.1.0", identity: newIdentity(), pins: new MemoryPins(), term: 1 },
    admission: { refusalOf: () => undefined },
    store: journal,
    targets: () => targets,
    snapshot: () => ({ nodes: ["master"] }),
    log: logTo((line) => lines.push(line)),
    network: own,
    counters,
    events: {
      onPeer: (peer) => events.push(`peer ${peer.name}`),
      onWaiting: (peer) => events.push(`waiting ${peer.name} ${peer.publicKey}`),
      onHeartbeat: () => undefined,
      onStatus: (node) => events.push(`status ${node}`),
      onEvents: () => undefined,
      onClosed: (node, _session, reason) => events.push(`closed ${node} ${reason}`),
      onRefused: ({ name: node, code, isProven }) => events.push(`refused ${node} ${code}${isProven ? " proven" : ""}`),
    },
    ...options,
  });
  return { link, network: own, lines, events, journal, stop: await running(link, own) };
}

const at = (worker: { network: TlsNetwork }, name: string | undefined): DialTarget => ({
  name,
  address: "127.0.0.1",
  port: worker.network.port,
});

test("a master that dials its worker receives what the worker's spool holds", async () => {
  const worker = await startWorker("worker-node1");
  const master = await startMaster([at(worker, "worker-node1")]);
  worker.spool.append(3);
  worker.spool.append(2);
  await until(() => master.journal.records.length === 3);
  deepEqual(master.journal.story("worker-node1"), ["epoch 1", "1: 1+3", "1: 4+2"]);
  await until(() => worker.spool.held()[0]?.epochs[0]?.first === 6);
  await until(() => worker.events.includes('snapshot {"nodes":["master"]}'));
  await until(() => master.events.includes("status worker-node1"));
  await master.stop();
  await worker.stop();
});

test("a worker that dials the master it does not know by name joins", async () => {
  const master = await startMaster([]);
  const worker = await startWorker("worker-node1", {}, { targets: () => [at(master, undefined)] });
  worker.spool.append(1);
  await until(() => master.journal.records.length === 2);
  deepEqual(worker.events[0], "master master");
  await worker.stop();
  await until(() => master.events.includes("closed worker-node1 stopping"));
  await master.stop();
});

test("the orderly stop of a node is no warning in the log of the other", async () => {
  const ended = ({ lines }: Running): string[] =>
    lines.filter(({ message }) => /ended/.test(message)).map(({ level, message }) => `${level} ${message}`);
  const worker = await startWorker("worker-node1");
  const first = await startMaster([at(worker, "worker-node1")]);
  await until(() => worker.events.includes("master master"));
  await first.stop();
  await until(() => worker.events.includes("closed stopping"));
  deepEqual(ended(worker), ["INFO The session with the master ended: it is stopping."]);
  const other = await startWorker("worker-node2");
  const second = await startMaster([at(other, "worker-node2")]);
  await until(() => second.events.includes("peer worker-node2"));
  await other.stop();
  await until(() => second.events.includes("closed worker-node2 stopping"));
  deepEqual(ended(second), ["INFO Session with worker-node2 (127.0.0.1) ended: it is stopping."]);
  await second.stop();
  await worker.stop();
});

test("both may dial at once, and one session is left", async () => {
  const targets: DialTarget[] = [];
  const master = await startMaster(targets);
  const worker = await startWorker("worker-node1", {}, { targets: () => [at(master, undefined)] });
  targets.push(at(worker, "worker-node1"));
  worker.spool.append(1);
  await until(() => master.journal.records.length === 2);
  await pause(systemClock, 600); // Longer than the first step of both diallers.
  const dials = master.link.counters.dials + worker.link.counters.dials;
  await pause(systemClock, 600);
  equal(master.link.counters.dials + worker.link.counters.dials, dials);
  deepEqual(master.journal.story("worker-node1"), ["epoch 1", "1: 1+1"]);
  await worker.stop();
  await master.stop();
});

const refusals: readonly {
  what: string;
  code: string;
  worker?: Partial<TlsNetworkOptions>;
  hello?: Partial<LinkWorkerOptions>;
  master?: Partial<LinkMasterOptions>;
  isTold: boolean;
}[] = [
  { what: "another key", code: "wrong_key", worker: { keys: [otherKey] }, isTold: false },
  {
    what: "another cluster name",
    code: "wrong_cluster",
    worker: { keys: [otherCluster], cluster: "sugra" },
    isTold: false,
  },
  { what: "the master's own name", code: "own_name", worker: { name: "master" }, isTold: false },
  {
    what: "a name that is not its TLS identity's",
    code: "name_mismatch",
    hello: { name: "worker-node2" },
    isTold: true,
  },
  {
    what: "no place in the list",
    code: "unlisted",
    master: { admission: { refusalOf: () => ({ code: "unlisted", message: "it is not listed" }) } },
    isTold: true,
  },
  {
    what: "another address than the listed one",
    code: "wrong_address",
    master: {
      admission: {
        refusalOf: ({ sourceAddress }) =>
          sourceAddress === "127.0.0.9" ? undefined : { code: "wrong_address", message: `it is at ${sourceAddress}` },
      },
    },
    isTold: true,
  },
  {
    what: "a name that is pinned to another node key",
    code: "name_claimed",
    master: { pins: Object.assign(new MemoryPins(), { keys: new Map([["worker-node1", Buffer.alloc(32, 7)]]) }) },
    isTold: true,
  },
  {
    what: "a signature over another cluster",
    code: "wrong_cluster",
    hello: { cluster: "sugra" },
    isTold: true,
  },
];

for (const { what, code, worker: network = {}, hello = {}, master: options = {}, isTold } of refusals) {
  test(`a worker with ${what} is refused, and both logs say ${code}`, async () => {
    const master = await startMaster([], {}, options);
    const worker = await startWorker("worker-node1", network, { targets: () => [at(master, undefined)], ...hello });
    const told = isTold || code !== "own_name" ? code : "wrong_node"; // The alert does not tell these two apart.
    await until(() => worker.events.includes(`refused ${told}`));
    await until(() => master.events.some((event) => event.includes(code)));
    const line = master.lines.find(({ message }) => message.includes(code));
    ok(line !== undefined && line.message.includes("127.0.0.1"), JSON.stringify(master.lines));
    ok(worker.lines.length > 0);
    deepEqual(master.journal.records, []);
    await worker.stop();
    await master.stop();
  });
}

test("a worker that is not approved waits, and the master is told the key that it has proven", async () => {
  const admission = { refusalOf: () => ({ code: "not_approved", message: "it is not approved" }) };
  const master = await startMaster([], {}, { admission });
  const identity = newIdentity();
  const worker = await startWorker("worker-node1", {}, { identity, targets: () => [at(master, undefined)] });
  await until(() => worker.events.includes("refused not_approved"));
  await until(() => master.events.includes(`waiting worker-node1 ${identity.publicKey.toString("base64")}`));
  await worker.stop();
  await master.stop();
});

test("a master that dials a worker of another key, cluster or name logs which it is", async () => {
  const others: [string, Partial<TlsNetworkOptions>, string][] = [
    ["wrong_key", { keys: [otherKey] }, "<key>"],
    ["wrong_cluster", { keys: [otherCluster], cluster: "sugra" }, "<name>"],
    ["wrong_node", { name: "worker-node7" }, "is not worker-node1"],
  ];
  for (const [code, network, words] of others) {
    const worker = await startWorker("worker-node1", network);
    const master = await startMaster([at(worker, "worker-node1")]);
    await until(() => master.events.includes(`refused worker-node1 ${code}`));
    ok(
      master.lines.some(({ message }) => message.includes(words)),
      JSON.stringify(master.lines),
    );
    await master.stop();
    await worker.stop();
  }
});

test("two masters and two workers tell each other that they are", async () => {
  const first = await startMaster([], { name: "master" });
  const second = await startMaster(
    [at(first, "master")],
    { name: "master2" },
    {
      admission: {
        refusalOf: ({ role }) => (role === "master" ? { code: "second_master", message: "one is enough" } : undefined),
      },
    },
  );
  await until(() => first.events.includes("refused master2 second_master proven"));
  await until(() => second.events.includes("refused master second_master proven"));
  await second.stop();
  await first.stop();
  const worker = await startWorker("worker-node1");
  const lost = await startWorker("worker-node2", {}, { targets: () => [at(worker, "worker-node1")] });
  await until(() => worker.events.includes("refused not_master"));
  await until(() => lost.events.includes("refused not_master"));
  await lost.stop();
  await worker.stop();
});

test("a worker refuses a master of another key, and both logs say so", async () => {
  const masterPin = new MemoryMasterPin();
  masterPin.master = { name: "master", publicKey: Buffer.alloc(32, 9), term: 1 };
  const master = await startMaster([]);
  const worker = await startWorker("worker-node1", {}, { masterPin, targets: () => [at(master, undefined)] });
  worker.spool.append(5);
  await until(() => worker.events.includes("refused other_master_key"));
  await until(() =>
    master.lines.some(({ message }) => message.includes("the line of the other has to go from etc/nodes.keys")),
  );
  deepEqual(master.journal.records, []);
  await worker.stop();
  await master.stop();
});

test("a restarted worker with the same key replaces its old session, and goes on where it was", async () => {
  const master = await startMaster([]);
  const identity = newIdentity();
  const spool = new MemorySpool();
  spool.beginEpoch();
  spool.append(1);
  const options = { identity, source: spool, targets: () => [at(master, undefined)] };
  const first = await startWorker("worker-node1", {}, options);
  await until(() => master.journal.records.length === 2);
  const second = await startWorker("worker-node1", {}, options);
  await until(() => master.events.includes("closed worker-node1 replaced"));
  spool.append(1);
  await until(() => master.journal.records.length === 3);
  equal(master.events.filter((event) => event === "peer worker-node1").length >= 2, true);
  await first.stop();
  await second.stop();
  await master.stop();
});

test("a restarted master is dialled again within five seconds and resumes without a repeat", async () => {
  const pins = new MemoryPins();
  const identity = newIdentity();
  const first = await startMaster([], {}, { pins, identity });
  const { port } = first.network;
  const target = { name: undefined, address: "127.0.0.1", port };
  const worker = await startWorker("worker-node1", {}, { targets: () => [target] });
  worker.spool.append(1);
  await until(() => first.journal.records.length === 2);
  await first.stop();
  worker.spool.append(2);
  const startedMs = Date.now();
  const second = await startMaster([], { port }, { pins, identity, store: first.journal });
  await until(() => first.journal.records.length === 3);
  ok(Date.now() - startedMs < 5_000);
  deepEqual(first.journal.story("worker-node1"), ["epoch 1", "1: 1+1", "1: 2+2"]);
  await second.stop();
  await worker.stop();
});

/** Connects, sends, and resolves with what came back and how long the connection lasted. */
function stranger(port: number, send: (socket: Socket) => void): Promise<{ answer: Buffer; lastedMs: number }> {
  return new Promise((resolve) => {
    const startedMs = Date.now();
    const chunks: Buffer[] = [];
    const socket = connectTcp({ host: "127.0.0.1", port }, () => send(socket));
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve({ answer: Buffer.concat(chunks), lastedMs: Date.now() - startedMs }));
  });
}

test("garbage, HTTP, SSLv2 and a greeting without end are closed without a byte", async () => {
  const master = await startMaster([], { limits: { authenticationMsMax: 1_000 } });
  const { port } = master.network;
  const long = Buffer.alloc(5_000, 1);
  long.set([22, 3, 1, 0x20, 0, 1], 0);
  const inputs: [string, Buffer][] = [
    ["not_tls", Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n")],
    ["not_tls", Buffer.from([0x80, 0x2e, 1, 3, 1, 0, 0x15])],
    ["not_tls", Buffer.alloc(3_000, 0xff)],
    ["too_long", long],
    ["too_slow", Buffer.from([22, 3, 1])],
  ];
  for (const [reason, bytes] of inputs) {
    const before = master.network.counters.refusedEarly[reason] ?? 0;
    const { answer, lastedMs } = await stranger(port, (socket) => socket.write(bytes));
    equal(answer.length, 0, reason);
    ok(lastedMs < 3_000, `${reason} after ${lastedMs} ms`);
    equal(master.network.counters.refusedEarly[reason], before + 1);
  }
  await master.stop();
});

test("TLS 1.2, and TLS 1.3 without a pre-shared key, do not get as far as a TLS object", async () => {
  const master = await startMaster([]);
  const { port } = master.network;
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    const options = { host: "127.0.0.1", port, maxVersion, ALPNProtocols: ["argus/1"], rejectUnauthorized: false };
    const error = await new Promise<Error>((resolve) => connectTls(options).on("error", resolve));
    ok(error.message.length > 0);
  }
  equal(master.network.counters.refusedEarly["no_psk"], 2);
  await master.stop();
});

/** A proxy that keeps what the client sends first. */
async function recordHello(port: number): Promise<Buffer> {
  const { createServer } = await import("node:net");
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.once("data", (hello: Buffer) => {
        resolve(hello);
        socket.destroy();
        server.close();
      });
      socket.on("error", () => undefined);
    });
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const own = typeof address === "object" && address !== null ? address.port : port;
      const network = networkOf({ name: "worker-node1", role: "worker" }, []);
      void network.dial({ name: undefined, address: "127.0.0.1", port: own }, new AbortController().signal);
    });
  });
}

test("a replayed ClientHello gets no further, and is let go in time", async () => {
  const master = await startMaster([], { limits: { authenticationMsMax: 800 } });
  const hello = await recordHello(master.network.port);
  const { lastedMs } = await stranger(master.network.port, (socket) => socket.write(hello));
  ok(lastedMs < 3_000);
  deepEqual(
    master.events.filter((event) => event.startsWith("peer")),
    [],
  );
  equal(master.network.heldCount, 0);
  await master.stop();
});

test("of 200 silent strangers four are held at most, a worker joins meanwhile, and all are let go", async () => {
  const master = await startMaster([], { limits: { authenticationMsMax: 1_500 } });
  const strangers = Array.from({ length: 200 }, () => stranger(master.network.port, () => undefined));
  await until(() => master.network.counters.accepted >= 200);
  ok(master.network.heldCount <= 4, String(master.network.heldCount));
  const worker = await startWorker("worker-node1", {}, { targets: () => [at(master, undefined)] });
  worker.spool.append(1);
  await until(() => master.journal.records.length === 2, 2_000);
  await Promise.all(strangers);
  equal(master.network.heldCount, 0);
  ok(master.lines.length <= 4, `${master.lines.length} lines`); // One a minute and reason.
  await worker.stop();
  await master.stop();
});

test("a journal that does not answer stops the worker before anybody's memory grows", async () => {
  const journal = new MemoryJournal();
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  journal.delay = () => released;
  const limits = { inFlightBytesMax: 8_388_608, storingBytesMax: 524_288, readBytesMax: 262_144 };
  const master = await startMaster([], {}, { store: journal, limits });
  const worker = await startWorker("worker-node1", {}, { targets: () => [at(master, undefined)], limits });
  for (let index = 0; index < 120; index += 1) worker.spool.append(10, Buffer.alloc(65_536, index));
  await until(() => master.link.counters.records > 0);
  await pause(systemClock, 500);
  // What the master holds: its limit, one HTTP/2 window, and what was on the way when the limit was reached.
  ok(master.link.counters.bytes <= 524_288 + 524_288 + 131_072, String(master.link.counters.bytes));
  ok(worker.link.counters.bytes <= 8_388_608 + 262_144);
  release();
  await until(() => journal.records.length === 121, 8_000);
  deepEqual(journal.story("worker-node1").slice(0, 3), ["epoch 1", "1: 1+10", "1: 11+10"]);
  await worker.stop();
  await master.stop();
});
