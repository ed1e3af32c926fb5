/** The cluster of the document that Argus is built from: its own files, only the addresses changed. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { removeFolder, temporaryFolder, until } from "../support/argus-process.ts";
import { appendLines, sendTcp, sendUdp, writeSeedCluster } from "../support/seed-cluster.ts";

const folder = temporaryFolder("seed");
const cluster = writeSeedCluster(folder, { addresses: ["127.0.0.1", "127.0.0.2", "127.0.0.3"] });
const { master, workers } = cluster;

const failedLogin = (user: string): string =>
  `Nov 25 10:00:00 web sshd[4711]: Failed password for ${user} from 203.0.113.9 port 40000 ssh2`;

before(async () => {
  for (const node of cluster.all) node.start();
  for (const node of cluster.all) await node.untilReady();
  for (const { node } of workers) {
    const name = node === workers[0].node ? "worker-node1" : "worker-node2";
    await until(
      () => `${name} is up\n${master.output}\n${node.output}`,
      async () => (await master.stateOf(name)) === "up",
    );
  }
});

after(async () => {
  for (const node of cluster.all) await node.kill();
  removeFolder(folder);
});

const alertOf = (user: string): Promise<ReturnType<typeof master.alerts>[number]> =>
  until(`an alert about ${user}`, () => master.alerts().find((alert) => alert.full_log.includes(` ${user} `)));

test("makes alerts of lines that are sent to either worker by TCP, UDP and file", async () => {
  for (const [index, { address, file }] of workers.entries()) {
    await sendTcp(address, [failedLogin(`tcp${index}`)]);
    await sendUdp(address, [failedLogin(`udp${index}`)]);
    appendLines(file, [failedLogin(`file${index}`)]);
  }
  for (const [index, { file }] of workers.entries()) {
    const node = `worker-node${index + 1}`;
    for (const way of ["tcp", "udp", "file"]) {
      const alert = await alertOf(`${way}${index}`);
      equal(alert.rule.id, "5760");
      deepEqual(alert.cluster, { name: "argus-cluster", node });
      equal(alert.manager.name, hostname()); // Of the node that took it in, as Wazuh has it.
      equal(alert.location, way === "file" ? file : "127.0.0.1");
    }
  }
});

test("names no master on a worker, and gives it neither cluster.conf nor rules", () => {
  for (const { node } of workers) {
    ok(!node.read("etc/ossec.conf").includes("<nodes>"));
    for (const absent of [
      "etc/shared/cluster.conf",
      "etc/rules",
      "ruleset",
      "queue/rulesets",
      "logs/alerts/alerts.json",
    ]) {
      equal(existsSync(join(node.home, absent)), false, `${node.home}/${absent}`);
    }
  }
});

test("tells the story of the cluster in the master's cluster.log, one line per change of state", () => {
  const lines = master.read("logs/cluster.log").trimEnd().split("\n");
  for (const line of lines)
    match(line, /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d (?:INFO|WARNING|ERROR): \[[^\]]+\] \[[^\]]+\] ./);
  for (const name of ["worker-node1", "worker-node2"]) {
    equal(
      lines.filter((line) => line.includes(`[Worker ${name}] [State]`) && line.includes(`${name} is up`)).length,
      1,
      lines.join("\n"),
    );
  }
  ok(
    lines.some((line) => line.includes("WARNING") && line.includes("well-known sample")),
    "the weak key is reported",
  );
  ok(!lines.some((line) => line.includes("your-cluster-key")), "the key is never printed");
});

test("shows the cluster from each node, and says so when a worker goes and comes back", async () => {
  const [first] = workers;
  const view = async (): Promise<string> =>
    (await first.node.nodes())
      .map(({ name, state }) => `${name} ${state}`)
      .sort()
      .join(", ");
  const all = "master-node up, worker-node1 up, worker-node2 up";
  await until("the worker sees all of them", async () => (await view()) === all);
  await first.node.kill();
  await until("the worker is down", async () => (await master.stateOf("worker-node1")) === "down");
  await until("an alert says so", () =>
    master.alerts().find(({ full_log: log }) => log.includes("'worker-node1' is down")),
  );
  first.node.start();
  await until("the worker is back", async () => (await master.stateOf("worker-node1")) === "up");
  await sendTcp(first.address, [failedLogin("returned")]);
  await alertOf("returned");
});

test("keeps what workers take in while the master is away, and alerts when it is back", async () => {
  await master.kill();
  appendLines(workers[1].file, [failedLogin("meanwhile")]);
  await sendTcp(workers[0].address, [failedLogin("elsewhere")]);
  await until("the worker spools it", async () => ((await workers[1].node.nodes())[0]?.spool?.events ?? 0) > 0);
  master.start();
  await alertOf("meanwhile");
  await alertOf("elsewhere");
});

test("stops cleanly, with an exit code of 0", async () => {
  for (const { node } of workers) equal(await node.stop(), 0, node.output);
  equal(await master.stop(), 0, master.output);
});
