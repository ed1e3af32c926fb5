/** What is shown of a worker that was killed when nothing waited there, and is back. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { after, before, test } from "node:test";
import { statusRoute } from "../../src/api/contract/route.ts";
import type { NodeInfo, StatusReply } from "../../src/api/contract/reply.ts";
import { removeFolder, temporaryFolder, until } from "../support/argus-process.ts";
import { sendTcp, writeSeedCluster } from "../support/seed-cluster.ts";

const folder = temporaryFolder("worker-back");
const cluster = writeSeedCluster(folder, { addresses: ["127.74.0.1", "127.74.0.2", "127.74.0.3"] });
const { master, workers } = cluster;
const worker = workers[0];
const name = "worker-node1";
const lineCount = 5_000;
/** A bound on hanging, not a promise. */
const msMax = 60_000;

before(async () => {
  for (const node of [master, worker.node]) node.start();
  await until(
    () => `${name} is up\n${master.output}`,
    async () => (await master.stateOf(name)) === "up",
    msMax,
  );
});

after(async () => {
  for (const node of cluster.all) await node.kill();
  removeFolder(folder);
});

interface Look {
  node: NodeInfo | undefined;
  events: StatusReply["events"];
}

async function look(): Promise<Look> {
  const node = (await master.nodes()).find((one) => one.name === name);
  return { node, events: (await master.api.get(statusRoute)).events };
}

test("a worker that was killed when all was analysed comes back with nothing behind", async () => {
  const lines = Array.from({ length: lineCount }, (_, index) => `Nov 25 10:00:00 web app[7]: request ${index} is done`);
  await sendTcp(worker.address, lines);
  await until(
    "all is analysed",
    async () => {
      const { node, events } = await look();
      return events.analysed >= lineCount && events.behind === 0 && node?.spool?.events === 0;
    },
    msMax,
  );
  // By now its segment is old enough to be lagging, if its age were that of what waits.
  await pause(12_000);
  const before = (await look()).node?.link.sinceMs;
  await worker.node.kill();
  worker.node.start();
  const looks: Look[] = [];
  const untilSpoken = async (): Promise<boolean> => {
    const now = await look();
    const since = now.node?.link.sinceMs ?? null;
    if (since === null || since === before) return false;
    looks.push(now);
    return Date.now() - since > 5_000;
  };
  await until(() => `it is back, and has spoken twice\n${worker.node.output}`, untilSpoken, msMax);
  ok(looks.length > 5, `${looks.length} looks`);
  deepEqual([...new Set(looks.map(({ node }) => node?.state))], ["up"]);
  for (const { node, events } of looks) {
    // The node's own word that it has started is an event too, and may be on its way.
    ok((node?.spool?.events ?? 0) < 10, `${node?.spool?.events} events wait there`);
    ok(events.behind < 10 && events.behindMs < 5_000, `${events.behind} events are ${events.behindMs} ms behind`);
    equal(events.behindMs > 0, events.behind > 0);
  }
});
