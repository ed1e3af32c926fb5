/** The seed's cluster with one thing changed at a time: who dials, which port, which address counts, who is hidden. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { removeFolder, temporaryFolder, until } from "../support/argus-process.ts";
import { sendTcp, writeSeedCluster, type SeedChanges, type SeedCluster } from "../support/seed-cluster.ts";

const line = "Nov 25 10:00:00 web sshd[4711]: Failed password for root from 203.0.113.9 port 40000 ssh2";

async function withCluster(changes: SeedChanges, work: (cluster: SeedCluster) => Promise<void>): Promise<void> {
  const folder = temporaryFolder("variant");
  const cluster = writeSeedCluster(folder, changes);
  try {
    for (const node of cluster.all) node.start();
    for (const node of cluster.all) await node.untilReady();
    await work(cluster);
  } finally {
    for (const node of cluster.all) await node.kill();
    removeFolder(folder);
  }
}

async function untilUp({ master }: SeedCluster): Promise<void> {
  for (const name of ["worker-node1", "worker-node2"]) {
    await until(
      () => `${name} is up\n${master.output}`,
      async () => (await master.stateOf(name)) === "up",
    );
  }
}

async function firstAlert(cluster: SeedCluster): Promise<ReturnType<typeof cluster.master.alerts>[number]> {
  await sendTcp(cluster.workers[0].address, [line]);
  return until("an alert", () => cluster.master.alerts().find(({ rule }) => rule.id === "5760"));
}

test("lets a worker dial a master that it names, without any cluster.conf", () =>
  withCluster(
    {
      addresses: ["127.21.0.1", "127.21.0.2", "127.21.0.3"],
      worker: (text) => text.replace("</cluster>", "<nodes><node>127.21.0.1</node></nodes></cluster>"),
      clusterConf: undefined,
    },
    async (cluster) => {
      await untilUp(cluster);
      await firstAlert(cluster);
    },
  ));

test("works on another port, everywhere", () =>
  withCluster(
    {
      addresses: ["127.22.0.1", "127.22.0.2", "127.22.0.3"],
      master: (text) => text.replace("1516", "11600"),
      worker: (text) => text.replace("1516", "11600"),
    },
    async (cluster) => {
      await untilUp(cluster);
      const { master } = cluster;
      const addresses = (await master.nodes()).map(({ address }) => address);
      ok(addresses[0]?.endsWith(":11600"), addresses.join(" "));
      await firstAlert(cluster);
    },
  ));

test("dials a worker at the <port> that cluster.conf gives it", () =>
  withCluster(
    {
      addresses: ["127.23.0.1", "127.23.0.2", "127.23.0.3"],
      worker: (text, index) => (index === 0 ? text.replace("1516", "11601") : text),
      clusterConf: (text) => text.replace("</address>", "</address><port>11601</port>"),
    },
    async (cluster) => {
      await untilUp(cluster);
      await firstAlert(cluster);
    },
  ));

test("with use_source_ip yes, takes a node only from the address that cluster.conf names", () =>
  withCluster(
    {
      addresses: ["127.24.0.1", "127.24.0.2", "127.24.0.3"],
      master: (text) => text.replace("<use_source_ip>no", "<use_source_ip>yes"),
      // The second worker dials from an address that is not the one in the list, and is not where the master dials.
      worker: (text, index) =>
        index === 0
          ? text
          : text
              .replace("127.24.0.3", "127.24.0.4")
              .replace("</cluster>", "<nodes><node>127.24.0.1</node></nodes></cluster>"),
    },
    async ({ master, workers }) => {
      await until("the first is up", async () => (await master.stateOf("worker-node1")) === "up");
      await until("the second is refused", async () => (await master.stateOf("worker-node2")) === "refused");
      const refused = (await master.nodes()).find(({ name }) => name === "worker-node2");
      ok(refused?.lastRefusal.includes("127.24.0.4"), JSON.stringify(refused));
      ok(master.read("logs/cluster.log").includes("wrong_address"), master.read("logs/cluster.log"));
      await until("the worker was told", () => workers[1].node.read("logs/cluster.log").includes("wrong_address"));
    },
  ));

test("with use_source_ip no, takes a proven node from any address and shows the configured one", () =>
  withCluster(
    {
      addresses: ["127.25.0.1", "127.25.0.2", "127.25.0.3"],
      worker: (text, index) =>
        index === 0
          ? text
          : text
              .replace("127.25.0.3", "127.25.0.4")
              .replace("</cluster>", "<nodes><node>127.25.0.1</node></nodes></cluster>"),
    },
    async (cluster) => {
      await untilUp(cluster);
      const second = (await cluster.master.nodes()).find(({ name }) => name === "worker-node2");
      ok(second?.address.startsWith("127.25.0.3"), JSON.stringify(second));
    },
  ));

test("leaves the cluster block out of the alerts of events that a hidden node took in", () =>
  withCluster(
    {
      addresses: ["127.26.0.1", "127.26.0.2", "127.26.0.3"],
      worker: (text, index) => (index === 0 ? text.replace("<hidden>no", "<hidden>yes") : text),
    },
    async (cluster) => {
      await untilUp(cluster);
      const { master, workers } = cluster;
      const hidden = await firstAlert(cluster);
      equal(hidden.cluster, undefined);
      await sendTcp(workers[1].address, [line.replace("root", "seen")]);
      const seen = await until("the other alert", () =>
        master.alerts().find(({ full_log: log }) => log.includes(" seen ")),
      );
      deepEqual(seen.cluster, { name: "argus-cluster", node: "worker-node2" });
      deepEqual(
        (await master.nodes()).map(({ name, isHidden }) => `${name} ${isHidden}`),
        ["master-node false", "worker-node1 true", "worker-node2 false"],
      );
    },
  ));

test("with approve, lets a new worker in once the line of cluster.log is in nodes.keys, and tells of a stop at once", () =>
  withCluster(
    {
      addresses: ["127.27.0.1", "127.27.0.2", "127.27.0.3"],
      master: (text) => text.replace("</cluster>", "<approve>yes</approve></cluster>"),
    },
    async (cluster) => {
      const { master, workers } = cluster;
      const approval = /^.*add this line to its etc\/nodes\.keys and start it: (worker worker-node1 \S+)$/m;
      const added = await until("worker-node1 waits", () => approval.exec(master.read("logs/cluster.log"))?.[1]);
      await until("so does the other", async () => (await master.stateOf("worker-node2")) === "waiting");
      equal(await master.stop(), 0);
      master.write("etc/nodes.keys", `${added}\n`);
      master.start();
      await until("it is up", async () => (await master.stateOf("worker-node1")) === "up");
      await until("and the other waits on", async () => (await master.stateOf("worker-node2")) === "waiting");
      await firstAlert(cluster);

      equal(await workers[0].node.stop(), 0);
      const stopped = await until("it is down", async () =>
        (await master.nodes()).find(({ name, state }) => name === "worker-node1" && state === "down"),
      );
      equal(stopped.note, "it was stopped");
      ok(master.read("logs/cluster.log").includes("worker-node1 is down: it was stopped"));
      await until("an alert of it", () => master.alerts().find(({ rule }) => rule.id === "8509"));
    },
  ));
