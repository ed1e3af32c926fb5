/** Who must not get in, what each is told, and that the others do not notice. */
import { equal, ok } from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { metricsRoute } from "../../src/api/contract/route.ts";
import { removeFolder, temporaryFolder, TestNode, until } from "../support/argus-process.ts";
import { sendTcp, writeSeedCluster } from "../support/seed-cluster.ts";

const folder = temporaryFolder("intruders");
const cluster = writeSeedCluster(folder, { addresses: ["127.41.0.1", "127.41.0.2", "127.41.0.3"] });
const { master, masterAddress, workers } = cluster;
const guests: TestNode[] = [];

before(async () => {
  for (const node of cluster.all) node.start();
  for (const name of ["worker-node1", "worker-node2"]) {
    await until(
      () => `${name} is up\n${master.output}`,
      async () => (await master.stateOf(name)) === "up",
    );
  }
});

after(async () => {
  for (const node of [...cluster.all, ...guests]) await node.kill();
  removeFolder(folder);
});

/** A worker of another home that dials the master. */
function guest(name: string, address: string, change: (text: string) => string): TestNode {
  const node = new TestNode(join(folder, `guest-${name}-${guests.length}`));
  const text = `<cluster><name>argus-cluster</name><node_name>${name}</node_name><node_type>worker</node_type>
<key>your-cluster-key</key><port>1516</port><bind_addr>${address}</bind_addr>
<nodes><node>${masterAddress}</node></nodes></cluster>`;
  node.write("etc/ossec.conf", change(text));
  guests.push(node);
  node.start();
  return node;
}

const masterLog = (): string => master.read("logs/cluster.log");
const same = (text: string): string => text;

test("refuses a wrong key, and says so in cluster.log", async () => {
  const node = guest("worker-node9", "127.41.0.9", (text) => text.replace("your-cluster-key", "another-key"));
  await until("the master's line", () => /wrong_key/.test(masterLog()));
  await until("the worker's line", () => node.read("logs/cluster.log").includes("another <key>"));
  ok(!masterLog().includes("another-key"));
});

test("refuses another cluster's name, and tells it apart from a wrong key", async () => {
  guest("worker-node8", "127.41.0.8", (text) => text.replace("argus-cluster", "other-cluster"));
  await until("the master's line", () => /wrong_cluster/.test(masterLog()));
});

test("refuses a node that cluster.conf does not list, and tells it why", async () => {
  const node = guest("worker-node7", "127.41.0.7", same);
  await until("the master's line", () => /unlisted/.test(masterLog()));
  await until("the worker's line", () => /unlisted/.test(node.read("logs/cluster.log")));
});

test("refuses a second node that claims a name, whoever holds the key, and keeps the first", async () => {
  const node = guest("worker-node1", "127.41.0.6", same);
  await until("the master's line", () => /name_claimed/.test(masterLog()));
  await until("the worker's line", () => /name_claimed/.test(node.read("logs/cluster.log")));
  equal(await master.stateOf("worker-node1"), "up");
});

test("refuses a node under the master's own name", async () => {
  guest("master-node", "127.41.0.5", same);
  await until("the master's line", () => /own_name/.test(masterLog()));
});

test("counts refusals in its metrics, before and after the proof of the key", async () => {
  const metrics = await master.api.get(metricsRoute);
  for (const reason of ["refusedEarly.wrong_key", "refusedEarly.wrong_cluster", "refused.unlisted"]) {
    ok((metrics[`link.${reason}`] ?? 0) > 0, `${reason} in ${JSON.stringify(metrics)}`);
  }
});

function stranger(bytes: Buffer): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: masterAddress, port: 1_516 }, () => {
      socket.write(bytes);
      resolve(socket);
    });
    socket.on("error", reject);
    socket.resume();
  });
}

test("closes garbage within the five seconds that anybody has", async () => {
  for (const bytes of [
    Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    Buffer.alloc(5_000, 0x16),
    Buffer.from([0x16, 3, 1, 0xff, 0xff]),
  ]) {
    const socket = await stranger(bytes);
    const startedMs = performance.now();
    await new Promise((resolve) => socket.once("close", resolve));
    ok(performance.now() - startedMs < 6_500);
  }
});

/** Opens silent connections from many addresses, some hundred a second, until told to stop; keeps at most 2,000. */
async function flood(isOver: () => boolean): Promise<number> {
  const sockets: Socket[] = [];
  let opened = 0;
  while (!isOver()) {
    for (let count = 0; count < 50; count += 1, opened += 1) {
      const localAddress = `127.42.${opened % 250}.${1 + (Math.floor(opened / 250) % 250)}`;
      const socket = connect({ host: masterAddress, port: 1_516, localAddress });
      socket.on("error", () => undefined);
      sockets.push(socket);
    }
    for (const old of sockets.splice(0, Math.max(0, sockets.length - 2_000))) old.destroy();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  for (const socket of sockets) socket.destroy();
  return opened;
}

async function restartMs({ node }: (typeof workers)[0]): Promise<number> {
  await node.kill();
  node.start();
  const startedMs = performance.now();
  await until("the worker sees its master again", async () =>
    (await node.nodes()).some(({ role, state }) => role === "master" && state === "up"),
  );
  return performance.now() - startedMs;
}

test("bears strangers who say nothing: bounded memory, others unaffected, a restarted worker back in under 5 s", async () => {
  const beforeMib = master.memoryMib();
  let isOver = false;
  const flooding = flood(() => isOver);
  try {
    // The machine that tests run on may be busy with others: one of three restarts shows what Argus needs.
    const tookMs: number[] = [];
    while (tookMs.length < 3 && !tookMs.some((ms) => ms < 5_000)) tookMs.push(await restartMs(workers[0]));
    ok(Math.min(...tookMs) < 5_000, `${tookMs.join(", ")} ms`);
    await sendTcp(workers[1].address, [
      "Nov 25 10:00:00 web sshd[1]: Failed password for bystander from 203.0.113.9 port 4 ssh2",
    ]);
    await until("an alert meanwhile", () => master.alerts().some(({ full_log: log }) => log.includes("bystander")));
  } finally {
    isOver = true;
    ok((await flooding) >= 300, "the flood was one");
  }
  const growth = master.memoryMib() - beforeMib;
  ok(growth < 40, `the master grew by ${growth} MiB`);
});
