/**
 * HOME/etc/shared/cluster.conf: the nodes of the cluster, as the master expects them.
 *
 *   <cluster>
 *     <node> <name>worker-node1</name> <address>192.168.1.101</address> <port>1516</port> <type>worker</type> </node>
 *   </cluster>
 *
 * The file is the master's to check. A worker needs none, and takes from one only where its master is; whatever else is
 * wrong in it is no reason for a worker not to start.
 */
import { join } from "node:path";
import type { Disk } from "../base/disk.ts";
import { parseAddress } from "../config/address.ts";
import { readElements, readSection } from "../config/load.ts";
import { problemAt, sortProblems, type Problem } from "../config/problem.ts";
import { blocks, section, type LocatedValues } from "../config/schema.ts";
import type { NodeRole } from "../model/node.ts";
import type { Place } from "../syntax/xml.ts";
import type { NodeListing } from "./known-node.ts";
import { clusterNodeOptions } from "./options.ts";

const clusterConfPath = (home: string): string => join(home, "etc", "shared", "cluster.conf");

/** The table of cluster.conf, which is not a section of ossec.conf although it has the name of one. */
export const nodeListSection = section("cluster", {
  help: "etc/shared/cluster.conf: the nodes of the cluster. Once it lists anybody, a node that is not listed is refused.",
  options: {
    node: blocks({ help: "One node. Repeat it for each.", options: clusterNodeOptions }),
  },
});

export interface ClusterConf {
  /** Whether the file is there and lists anybody, the node itself included: an unlisted node is then refused. */
  readonly isListBinding: boolean;
  /** All nodes of the file but this one, complete with ports. */
  readonly nodes: readonly NodeListing[];
  readonly problems: readonly Problem[];
}

/** What ossec.conf says of this node, and where. */
export interface OwnNode {
  readonly name: string;
  readonly role: NodeRole;
  readonly port: number;
  readonly bindAddr: string;
  readonly usesSourceIp: boolean;
  /** Of `<cluster>` in ossec.conf. */
  readonly place: Place | undefined;
}

type Written = LocatedValues<typeof clusterNodeOptions>;

/** Reads the file; absent or empty, it lists nobody. Never rejects because of what is in it. */
export async function readClusterConf(home: string, disk: Disk, own: OwnNode): Promise<ClusterConf> {
  const problems: Problem[] = [];
  const report = (problem: Problem): void => {
    problems.push(own.role === "master" ? problem : { ...problem, severity: "warning" });
  };
  const roots = (await readElements(clusterConfPath(home), disk, "ossec_config", report)) ?? [];
  const clusters = roots.filter((root) => root.name.toLowerCase() === "cluster");
  for (const root of roots) {
    if (!clusters.includes(root)) {
      report(problemAt(root.place, "warning", `<${root.name}> means nothing in cluster.conf; it holds <cluster> only`));
    }
  }
  const { values } = readSection(nodeListSection, clusters, report);
  const list = new ListReader(own, report);
  const nodes = values.node.flatMap((written) => list.take(written));
  return { isListBinding: values.node.length > 0, nodes, problems: sortProblems(problems) };
}

class ListReader {
  readonly #own: OwnNode;
  readonly #report: (problem: Problem) => void;
  readonly #names = new Map<string, Place | undefined>();
  readonly #addresses = new Map<string, Place | undefined>();

  constructor(own: OwnNode, report: (problem: Problem) => void) {
    this.#own = own;
    this.#report = report;
  }

  /** The listing that an element makes: none when it is wrong, and none of this node itself. */
  take(written: Written): NodeListing[] {
    const { name, address, port = this.#own.port, type } = written.values;
    const missing = [...(name === undefined ? ["name"] : []), ...(address === undefined ? ["address"] : [])];
    // An option that is there and unusable has been reported by itself.
    for (const option of missing) if (!written.places.has(option)) this.#error(written, `<node> has no <${option}>`);
    // Looked at each by itself, so that a file with several faults shows them all.
    const isFirstName = name === undefined || this.#isFirst(written, this.#names, name, "name", name);
    const isFirstAddress = address === undefined || this.#isFirstAddress(written, address, port);
    if (name === undefined || address === undefined || !isFirstName || !isFirstAddress) return [];
    if (name === this.#own.name) {
      this.#compareOwn(written);
      return [];
    }
    if (type === "master" && this.#own.role === "master") {
      this.#error(written, `${name} is listed as a master, and this node is the master of the cluster`);
      return [];
    }
    if (this.#own.usesSourceIp && this.#own.role === "master" && parseAddress(address) === undefined) {
      this.#error(written, `<address> must be an IPv4 or IPv6 address, because <use_source_ip> is yes`);
      return [];
    }
    return [{ name, role: type, address: parseAddress(address)?.text ?? address, port }];
  }

  #error(written: Written, message: string): void {
    if (written.place !== undefined) this.#report(problemAt(written.place, "error", message));
  }

  #isFirstAddress(written: Written, address: string, port: number): boolean {
    const endpoint = `${parseAddress(address)?.text ?? address.toLowerCase()} ${port}`;
    return this.#isFirst(written, this.#addresses, endpoint, "address", `${address}, port ${port}`);
  }

  #isFirst(
    written: Written,
    seen: Map<string, Place | undefined>,
    key: string,
    option: "name" | "address",
    shown: string,
  ): boolean {
    if (!seen.has(key)) {
      seen.set(key, written.places.get(option));
      return true;
    }
    const place = written.places.get(option) ?? written.place;
    const line = seen.get(key)?.line ?? 0;
    const message = `two nodes have the ${option} ${shown}; the other one is in line ${line}`;
    if (place !== undefined) this.#report(problemAt(place, "error", message));
    return false;
  }

  /** ossec.conf wins for the node itself; who wrote two different things is told where. */
  #compareOwn(written: Written): void {
    const { address = "", port, type } = written.values;
    const { name, bindAddr, role, place: ownPlace } = this.#own;
    const isBoundToAll = bindAddr === "0.0.0.0" || bindAddr === "::";
    const differences = [
      ...(!isBoundToAll && (parseAddress(address)?.text ?? address) !== bindAddr ? (["address"] as const) : []),
      ...(port !== undefined && port !== this.#own.port ? (["port"] as const) : []),
      ...(written.places.has("type") && type !== role ? (["type"] as const) : []),
    ];
    const ossecConf = ownPlace === undefined ? "ossec.conf" : `${ownPlace.file}:${ownPlace.line}`;
    for (const option of differences) {
      const place = written.places.get(option);
      const message = `<${option}> of ${name}, this very node, differs from ${ossecConf}, and that one counts`;
      if (place !== undefined) this.#report(problemAt(place, "warning", message));
    }
  }
}
