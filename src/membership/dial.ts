/** Whom a node connects to by itself. */
import type { ClusterConf } from "./cluster-conf.ts";
import type { ClusterOptions } from "./options.ts";

export interface DialTarget {
  /** `undefined` for an address of `<nodes>`: whoever is the master there. */
  readonly name: string | undefined;
  readonly address: string;
  readonly port: number;
}

/**
 * The master dials every worker of cluster.conf. A worker dials the master where `<nodes>` or cluster.conf say where it
 * is, and otherwise waits to be dialled. `<nodes>` on a master names itself, as Wazuh's does, and is ignored.
 */
export function dialTargets(cluster: ClusterOptions, conf: ClusterConf): DialTarget[] {
  const isWanted = cluster.node_type === "master" ? "worker" : "master";
  const listed = conf.nodes.filter((node) => node.role === isWanted);
  const targets: DialTarget[] = listed.map(({ name, address, port }) => ({ name, address, port }));
  if (cluster.node_type === "master") return targets;
  const named = cluster.nodes.node.filter((address) => !listed.some((node) => node.address === address));
  return [...targets, ...[...new Set(named)].map((address) => ({ name: undefined, address, port: cluster.port }))];
}
