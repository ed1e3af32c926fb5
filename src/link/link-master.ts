/** The master's link: listens, dials the workers of cluster.conf, holds one session per worker, stores what they ship. */
import { unreachable } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import type { CrashPoint } from "../base/crash-point.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { Service } from "../base/service.ts";
import type { LinkLimits } from "./limits.ts";
import type { LinkCounters } from "./metrics.ts";
import type { Admission, DialTarget, NodeIdentity, Pins, RecordStore } from "./needs.ts";
import type { Network } from "./transport.ts";
import type { WorkerStatus } from "./wire.ts";

/** A worker whose session is live. */
export interface Peer {
  name: string;
  /** Numbers sessions of this process: the end of a replaced session is not the end of the node. */
  session: number;
  /** Where its connection comes from, or where it was dialled. */
  address: string;
  /** Argus's version there. */
  version: string;
  host: string;
  isHidden: boolean;
  /** Its key was pinned in this session. */
  isNew: boolean;
  fingerprint: string;
}

/** All are called at once and must not throw; none waits. */
export interface LinkMasterEvents {
  onPeer(peer: Peer): void;
  /** It has proven itself and waits for approval. */
  onWaiting(peer: Omit<Peer, "session">): void;
  /** Any frame was heard; at most once a second per session. */
  onHeartbeat(name: string, session: number): void;
  /** `clockOffsetMs`: the node's clock less the master's, as measured. */
  onStatus(name: string, session: number, status: WorkerStatus, clockOffsetMs: number): void;
  /** `count` events of the node have been journalled. */
  onEvents(name: string, count: number): void;
  /** `reason` is a code of docs/protocol/link.md. */
  onClosed(name: string, session: number, reason: string): void;
  /** `name` is a claim where `isProven` is false. The log line has been written by the link, at most one a minute each. */
  onRefused(refusal: { name: string | undefined; address: string; code: string; message: string; isProven: boolean }): void;
}

export interface LinkMasterOptions {
  clock: Clock;
  random: Random;
  log: Log;
  crash: CrashPoint;
  /** `openNetwork` of tls-connection.ts, or the one of a test. */
  network: Network;
  cluster: string;
  name: string;
  /** Argus's version, shown to the workers. */
  version: string;
  identity: NodeIdentity;
  pins: Pins;
  /** This master's term; raised only by `argus cluster promote`. */
  term: number;
  admission: Admission;
  store: RecordStore;
  /** The workers of cluster.conf; asked again at every round, so it may change. */
  targets: () => readonly DialTarget[];
  /** What workers show as the cluster: any JSON up to 256 KiB, sent every heartbeat. */
  snapshot: () => unknown;
  events: LinkMasterEvents;
  limits?: Partial<LinkLimits>;
}

export class LinkMaster implements Service {
  readonly name = "link";
  readonly counters: LinkCounters;

  constructor(_options: LinkMasterOptions) {
    this.counters = unreachable("" as never);
  }

  /** Listens at once (rejects with `LinkListenError`), dials, serves; on abort closes the sessions and the port. */
  run(_signal: AbortSignal): Promise<void> {
    return unreachable("" as never);
  }

  /** Ends the session of a node, for `argus cluster remove` and `replace`. */
  disconnect(_name: string, _reason: string): void {
    return unreachable("" as never);
  }
}
