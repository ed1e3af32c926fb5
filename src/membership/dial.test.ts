import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { configFrom } from "../../test/support/config-text.ts";
import type { ClusterConf } from "./cluster-conf.ts";
import { dialTargets } from "./dial.ts";
import { clusterSection } from "./options.ts";

const conf: ClusterConf = {
  isListBinding: true,
  nodes: [
    { name: "w1", role: "worker", address: "10.0.0.1", port: 1_516 },
    { name: "w2", role: "worker", address: "10.0.0.2", port: 1_600 },
    { name: "m", role: "master", address: "10.0.0.9", port: 1_700 },
  ],
  problems: [],
};
const nobody: ClusterConf = { isListBinding: false, nodes: [], problems: [] };

function targets(type: "master" | "worker", list: ClusterConf, nodes: string[] = []): string[] {
  const written = nodes.map((address) => `<node>${address}</node>`).join("");
  const text = `<cluster><node_type>${type}</node_type><port>1520</port><nodes>${written}</nodes></cluster>`;
  const cluster = configFrom([clusterSection], { shared: text }).one(clusterSection).values;
  return dialTargets(cluster, list).map(({ name = "?", address, port }) => `${name} ${address} ${port}`);
}

test("a master dials each worker of its list, at the port listed", () =>
  deepEqual(targets("master", conf), ["w1 10.0.0.1 1516", "w2 10.0.0.2 1600"]));

test("a master dials nobody for its own <nodes>", () => deepEqual(targets("master", nobody, ["10.0.0.9"]), []));

test("a worker dials the addresses of <nodes> at the cluster's port, each once", () =>
  deepEqual(targets("worker", nobody, ["10.0.0.9", "10.0.0.8", "10.0.0.9"]), ["? 10.0.0.9 1520", "? 10.0.0.8 1520"]));

test("a worker dials the master that cluster.conf lists, and never another worker", () =>
  deepEqual(targets("worker", conf), ["m 10.0.0.9 1700"]));

test("a worker that is told of its master twice dials it once", () =>
  deepEqual(targets("worker", conf, ["10.0.0.9"]), ["m 10.0.0.9 1700"]));

test("a worker that is told of no master waits to be dialled", () => deepEqual(targets("worker", nobody), []));
