/** A worker's link: is dialled by the master or dials it, and ships what the spool holds. */
import { unreachable } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import type { CrashPoint } from "../base/crash-point.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { Service } from "../base/service.ts";
import type { LinkLimits } from "./limits.ts";
import type { LinkCounters } from "./metrics.ts";
import type { DialTarget, MasterPin, NodeIdentity, RecordSource } from "./needs.ts";
import type { Network } from "./transport.ts";
import type { WorkerStatus } from "./wire.ts";

export interface LinkWorkerEvents {
  /** A session with the master is live. */
  onMaster(master: { name: string; address: string; term: number; version: string; isNew: boolean }): void;
  /** The master's view of the cluster: opaque JSON. */
  onSnapshot(snapshot: unknown): void;
  /** The last live session ended. */
  onClosed(reason: string): void;
  /** We were refused, or refused a master. The log line has been written by the link. */
  onRefused(refusal: { name: string | undefined; address: string; code: string; message: string }): void;
}

export interface LinkWorkerOptions {
  clock: Clock;
  random: Random;
  log: Log;
  crash: CrashPoint;
  /** `openNetwork` of tls-connection.ts, or the one of a test. */
  network: Network;
  cluster: string;
  name: string;
  version: string;
  host: string;
  isHidden: boolean;
  identity: NodeIdentity;
  masterPin: MasterPin;
  source: RecordSource;
  /** From `<nodes>` and cluster.conf; usually empty: the master dials. */
  targets: () => readonly DialTarget[];
  /** Sent every heartbeat. */
  status: () => WorkerStatus;
  events: LinkWorkerEvents;
  limits?: Partial<LinkLimits>;
}

export class LinkWorker implements Service {
  readonly name = "link";
  readonly counters: LinkCounters;

  constructor(_options: LinkWorkerOptions) {
    this.counters = unreachable("" as never);
  }

  /** Listens at once (rejects with `LinkListenError`), dials where told; on abort closes the session and the port. */
  run(_signal: AbortSignal): Promise<void> {
    return unreachable("" as never);
  }
}
