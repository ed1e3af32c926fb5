/** Agents and blobs over real sockets: docs/protocol/link.md 3.3, 6.2 and 6.3. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { pause, systemClock } from "../base/clock.ts";
import { noCrash } from "../base/crash-point.ts";
import { logTo } from "../base/log.ts";
import { systemRandom } from "../base/random.ts";
import { noFacts } from "../model/agent.ts";
import { agentReport, MemoryBlobs, MemoryCopy, MemoryRegistry, MemorySink } from "../../test/support/link-agents.ts";
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
import { deriveClusterKey } from "./psk.ts";
import { openNetwork, type TlsNetwork } from "./tls-connection.ts";

const key = await deriveClusterKey("a key that is only good for tests", "argus");
const address = "127.0.77.1";

function networkOf(name: string, role: "master" | "worker", counters = newLinkCounters()): TlsNetwork {
  return openNetwork({
    ...{ clock: systemClock, log: logTo(() => undefined), bindAddress: address, port: 0, cluster: "argus" },
    ...{ knownAddresses: () => [address], keys: [key], name, role, counters },
  });
}

async function until(isTrue: () => boolean, mostMs = 20_000): Promise<void> {
  const endMs = Date.now() + mostMs;
  while (!isTrue()) {
    if (Date.now() > endMs) throw new Error("waited in vain");
    await pause(systemClock, 5);
  }
}

interface Master {
  link: LinkMaster;
  port: number;
  registry: MemoryRegistry;
  blobs: MemoryBlobs;
  journal: MemoryJournal;
  events: string[];
  stop: () => Promise<void>;
}

async function startMaster(options: Partial<LinkMasterOptions> = {}): Promise<Master> {
  const counters = newLinkCounters();
  const network = networkOf("master", "master", counters);
  const [registry, blobs, journal] = [new MemoryRegistry(), new MemoryBlobs(), new MemoryJournal()];
  const events: string[] = [];
  const link = new LinkMaster({
    ...{ clock: systemClock, random: systemRandom, crash: noCrash, cluster: "argus", name: "master", version: "0.1.0" },
    ...{ identity: newIdentity(), pins: new MemoryPins(), term: 1, admission: { refusalOf: () => undefined } },
    ...{ store: journal, targets: () => [], snapshot: () => [], log: logTo(() => undefined) },
    ...{ network, counters, agents: registry, blobs },
    events: {
      ...{
        onWaiting: () => undefined,
        onHeartbeat: () => undefined,
        onStatus: (name) => events.push(`status ${name}`),
      },
      ...{ onPeer: ({ name }) => events.push(`peer ${name}`), onEvents: () => undefined },
      onClosed: (name, _session, reason) => events.push(`closed ${name} ${reason}`),
      onRefused: ({ code }) => events.push(`refused ${code}`),
    },
    ...options,
  });
  const stop = new AbortController();
  const done = link.run(stop.signal);
  await until(() => network.port > 0);
  const end = async (): Promise<void> => {
    stop.abort();
    await done;
  };
  return { link, port: network.port, registry, blobs, journal, events, stop: end };
}

interface Worker {
  link: LinkWorker;
  copy: MemoryCopy;
  spool: MemorySpool;
  events: string[];
  stop: () => Promise<void>;
}

async function startWorker(name: string, port: number, options: Partial<LinkWorkerOptions> = {}): Promise<Worker> {
  const counters = newLinkCounters();
  const network = networkOf(name, "worker", counters);
  const [copy, spool] = [new MemoryCopy(), new MemorySpool()];
  const events: string[] = [];
  spool.beginEpoch();
  spool.clockMs = Date.now();
  const link = new LinkWorker({
    ...{ clock: systemClock, random: systemRandom, crash: noCrash, cluster: "argus", name, version: "0.1.0" },
    ...{ host: `${name}.example`, isHidden: false, identity: newIdentity(), masterPin: new MemoryMasterPin() },
    ...{ source: spool, targets: () => [{ name: undefined, address, port }], status: () => quietStatus },
    ...{ log: logTo(() => undefined), network, counters, agents: copy },
    events: {
      onMaster: () => events.push("live"),
      onSnapshot: () => undefined,
      onClosed: (reason) => events.push(`closed ${reason}`),
      onRefused: ({ code }) => events.push(`refused ${code}`),
    },
    ...options,
  });
  const stop = new AbortController();
  const done = link.run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await done;
  };
  await until(() => events.includes("live"));
  return { link, copy, spool, events, stop: end };
}

test("a change on the master is in the worker's copy within a tenth of a second", async () => {
  const master = await startMaster();
  const worker = await startWorker("worker-node1", master.port);
  await until(() => worker.copy.session !== undefined);
  const times: number[] = [];
  for (let number = 1; number <= 20; number += 1) {
    const { seq } = master.registry.put(number);
    const startedMs = performance.now();
    // Turns of the event loop, because a timer would be most of what is measured.
    while (worker.copy.position.seq < seq) await new Promise((resolve) => setImmediate(resolve));
    times.push(performance.now() - startedMs);
    await pause(systemClock, 2);
  }
  times.sort((a, b) => a - b);
  ok((times[10] ?? 0) < 100, `half of the changes took ${times[10]} ms or more`);
  await worker.stop();
  await master.stop();
});

test("agents are enrolled, reported, heard and spoken to across two workers", async () => {
  const master = await startMaster();
  const [one, two] = [await startWorker("worker-node1", master.port), await startWorker("worker-node2", master.port)];
  await until(() => one.copy.session !== undefined && two.copy.session !== undefined);
  const enrolled = await one.copy.session?.enrol({ name: "web1", source: "10.0.0.1" });
  deepEqual(enrolled, { isEnrolled: true, id: "001", name: "web1", address: "any", key: "0".repeat(64) });
  ok(one.copy.records.has("001"));
  await until(() => two.copy.records.has("001"));
  equal(await two.copy.session?.report([agentReport(1, { facts: { ...noFacts, host: "w" } })]), true);
  equal(master.registry.reports[0]?.node, "worker-node2");
  two.copy.session?.heard([1]);
  await until(() => master.registry.blocks.length === 1);
  master.link.forwardHeard("worker-node2", [1]);
  await until(() => one.copy.blocks.length === 1);
  deepEqual([one.copy.blocks, two.copy.blocks], [[{ node: "worker-node2", ids: [1] }], []]);
  deepEqual(await master.link.deliver("worker-node2", "001", "#!-force_reconnect"), {
    isDelivered: true,
    text: "001: #!-force_reconnect",
  });
  equal((await master.link.deliver("worker-node3", "001", "#!-force_reconnect")).isDelivered, false);
  await one.stop();
  await two.stop();
  await master.stop();
});

/** A wire between worker and master that can be cut. */
async function cuttable(
  port: number,
): Promise<{ port: number; bytes: () => number; cut: () => void; end: () => void }> {
  const sockets = new Set<Socket>();
  let bytes = 0;
  const server = createServer((socket) => {
    const to = connect({ host: address, port });
    for (const end of [socket, to]) {
      sockets.add(end);
      end.on("error", () => undefined);
      end.on("close", () => {
        socket.destroy();
        to.destroy();
        sockets.delete(end);
      });
    }
    to.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    socket.pipe(to);
    to.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const own = server.address();
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    ...{ port: typeof own === "object" && own !== null ? own.port : 0, bytes: () => bytes, cut },
    end: () => {
      cut();
      server.close();
    },
  };
}

test("a blob of 20 MB comes whole while events flow, and goes on where a cut has left it", async () => {
  const master = await startMaster();
  const wire = await cuttable(master.port);
  const worker = await startWorker("worker-node1", wire.port);
  const bytes = Buffer.alloc(20_000_000);
  for (let offset = 0; offset < bytes.length; offset += 4) bytes.writeUInt32BE(offset, offset);
  const sink = new MemorySink();
  const fetched = worker.link.fetch(master.blobs.put(bytes), sink);
  await until(() => sink.offset() > 2_000_000);
  for (let index = 0; index < 50; index += 1) worker.spool.append(10, Buffer.alloc(20_000, index));
  wire.cut();
  const had = sink.offset();
  ok(had < bytes.length, "the wire was cut in the middle");
  await until(() => worker.events.includes("closed disconnected"));
  const firstRead = master.blobs.reads.length;
  equal(await fetched, "whole");
  ok(sink.bytes.equals(bytes));
  const again = master.blobs.reads[firstRead] ?? 0;
  ok(again > 0 && again <= sink.offset(), `began again at ${again}`);
  equal(new Set(master.blobs.reads).size > 300, true);
  await until(() => master.journal.records.length === 51);
  await worker.stop();
  wire.end();
  await master.stop();
});

test("a worker whose disk stops taking records and blobs goes on with its events and heartbeats", async () => {
  const limits = { heartbeatMs: 300, silenceMsMax: 1_500 };
  const master = await startMaster({ limits });
  const facts = { ...noFacts, uname: "x".repeat(1_000) };
  const worker = await startWorker("worker-node1", master.port, { limits });
  await until(() => worker.copy.session !== undefined);
  worker.copy.delay = () => new Promise(() => undefined);
  const sink = new MemorySink();
  sink.delay = () => new Promise(() => undefined);
  void worker.link.fetch(master.blobs.put(Buffer.alloc(10_000_000)), sink);
  for (let number = 1; number <= 8_000; number += 1) master.registry.put(number, { facts });
  await pause(systemClock, 4_000);
  worker.spool.append(3);
  await until(() => master.journal.records.length === 2);
  deepEqual(
    master.events.filter((event) => event.startsWith("closed")),
    [],
  );
  ok(master.registry.pages.length < 20, `${master.registry.pages.length} pages were made`);
  ok(master.blobs.reads.length < 60, `${master.blobs.reads.length} pieces were read`);
  // What is being applied never ends: the worker cannot wait for it.
  void worker.stop();
  await master.stop();
});

test("a worker that opens the streams of agents before it is welcome loses its connection, in version 1 ever", async () => {
  for (const versions of [[2, 1], [1]]) {
    const master = await startMaster({ versions });
    const network = networkOf("worker-node1", "worker");
    const result = await network.dial({ name: undefined, address, port: master.port }, new AbortController().signal);
    ok("transport" in result);
    const { transport } = result;
    const startedMs = Date.now();
    const reason = await new Promise<string>((resolve) => {
      transport.start({ onBytes: () => undefined, onDrained: () => undefined, onClosed: resolve });
      transport.openAgentStreams();
    });
    // Not for its silence, which would take ten seconds.
    ok(Date.now() - startedMs < 5_000, reason);
    ok(master.events.length === 0);
    await master.stop();
  }
});

for (const [name, versions] of [
  ["a worker of version 1", { worker: [1] }],
  ["a master of version 1", { master: [1] }],
] as const) {
  test(`${name} is joined as ever, ships its events, and hears nothing of agents`, async () => {
    const master = await startMaster("master" in versions ? { versions: versions.master } : {});
    const own = "worker" in versions ? { versions: versions.worker } : {};
    const worker = await startWorker("worker-node1", master.port, own);
    worker.spool.append(3);
    await until(() => master.journal.records.length === 2);
    master.registry.put(1);
    await until(() => master.events.includes("status worker-node1"));
    deepEqual([worker.copy.events, worker.copy.records.size], [[], 0]);
    equal((await master.link.deliver("worker-node1", "001", "a")).isDelivered, false);
    await worker.stop();
    await master.stop();
  });
}
