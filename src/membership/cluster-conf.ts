/** Interface first. */
import type { Disk } from "../base/disk.ts";
import type { Problem } from "../config/problem.ts";
import type { NodeListing } from "./node-table.ts";

export interface ClusterConf {
  /** Whether the file is there and lists anybody: then an unlisted node is refused. */
  readonly isPresent: boolean;
  /** All nodes of the file but this one, complete with ports. */
  readonly nodes: readonly NodeListing[];
  readonly problems: readonly Problem[];
}

/** Reads HOME/etc/shared/cluster.conf; absent: an empty list. Only the master calls it. */
export declare function readClusterConf(
  home: string,
  disk: Disk,
  own: { name: string; port: number; bindAddr: string; role: "master" | "worker"; place: string },
): Promise<ClusterConf>;
