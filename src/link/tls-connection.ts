/** The real network of the link. */
import { unreachable } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { NodeRole } from "../model/node.ts";
import type { LinkCounters } from "./metrics.ts";
import type { ClusterKey } from "./psk.ts";
import type { Network } from "./transport.ts";

export interface TlsNetworkOptions {
  clock: Clock;
  log: Log;
  /** Also the local address of outgoing connections, unless it is a wildcard. */
  bindAddress: string;
  port: number;
  name: string;
  role: NodeRole;
  cluster: string;
  /** The first one is used for dialling; all are accepted (two during a rotation). */
  keys: readonly ClusterKey[];
  /** Addresses of cluster.conf or `<nodes>`: each has four places of its own before authentication. */
  knownAddresses: () => readonly string[];
  counters?: LinkCounters;
}

export function openNetwork(_options: TlsNetworkOptions): Network {
  return unreachable("" as never);
}
