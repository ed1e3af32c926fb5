/** What a home says its node is: ossec.conf, ossec.node.conf and cluster.conf read by the tables of all stages. */
import type { Disk } from "../base/disk.ts";
import { readConfigTree, readConfiguration, readSection, sectionsNamed } from "../config/load.ts";
import type { ConfigTree, Configuration, Self } from "../config/load.ts";
import { hasErrors, type Problem } from "../config/problem.ts";
import type { LocatedValues } from "../config/schema.ts";
import { readClusterConf, type ClusterConf } from "../membership/cluster-conf.ts";
import { clusterSection, type ClusterOptions } from "../membership/options.ts";
import type { NodeRole } from "../model/node.ts";
import { sections } from "./sections.ts";

export interface NodeConfig {
  readonly configuration: Configuration;
  /** `undefined`: a single node, its own master (no `<cluster>`, or it is disabled). */
  readonly cluster: ClusterOptions | undefined;
  /** A single node is a master. */
  readonly role: NodeRole;
  /** `undefined` on a single node that nobody named: it goes by its host's name. */
  readonly name: string | undefined;
  /** Lists nobody on a single node. */
  readonly clusterConf: ClusterConf;
  /** Of all three files. */
  readonly problems: readonly Problem[];
  /** Whether the node may start by it: no problem is an error. */
  readonly isUsable: boolean;
}

const noClusterConf: ClusterConf = { isListBinding: false, nodes: [], problems: [] };

/** Who the node is has to be known before it is known which sections are meant for it. */
function clusterOf(tree: ConfigTree): LocatedValues<typeof clusterSection.options> {
  // Its problems are reported when it is read with all the others.
  return readSection(clusterSection, sectionsNamed(tree.shared, clusterSection.name), () => undefined);
}

/** Reads the home's configuration. Never rejects because of what is in the files: see `problems`. */
export async function loadNodeConfig(home: string, disk: Disk): Promise<NodeConfig> {
  const tree = await readConfigTree(home, disk);
  const { values, place } = clusterOf(tree);
  const cluster = place === undefined || values.disabled ? undefined : values;
  const self: Self = { name: values.node_name, role: cluster?.node_type ?? "master" };
  const configuration = readConfiguration(tree, sections, self);
  const clusterConf =
    cluster === undefined
      ? noClusterConf
      : await readClusterConf(home, disk, {
          name: cluster.node_name ?? "",
          role: self.role,
          port: cluster.port,
          bindAddr: cluster.bind_addr,
          usesSourceIp: cluster.use_source_ip,
          place,
        });
  const problems = [...configuration.problems, ...clusterConf.problems];
  return {
    ...{ configuration, cluster, role: self.role, name: self.name, clusterConf, problems },
    isUsable: !hasErrors(problems),
  };
}
