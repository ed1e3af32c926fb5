/**
 * All nodes of the cluster as the master sees them: what is known of each, which state follows from it, and since when.
 *
 *   expected ──connection──▶ (waiting) ──hello──▶ up ⇄ syncing ⇄ lagging ──silence──▶ down ──hello──▶ up …
 *   refused: an attempt to join failed, and no session of that name is alive.
 *
 * Pure: no socket, no clock. The caller feeds inputs with the monotonic time of each and takes out the changes, one per
 * change of state, to log them and to raise events. A session is named by a number of the caller's, so that the end of
 * a replaced session does not count as the end of the node.
 */
import type { NodeRole, NodeState } from "../model/node.ts";

export interface NodeLimits {
  /** No heartbeat for longer than this: down. */
  readonly silenceMsMax: number;
  /** The oldest waiting event is older than this: lagging. */
  readonly waitMsMax: number;
  /** Names that were refused and are neither listed nor ever accepted are forgotten beyond this many, oldest first. */
  readonly strangersMax: number;
}

export const nodeLimits: NodeLimits = { silenceMsMax: 12_000, waitMsMax: 10_000, strangersMax: 64 };

/** What a worker says about its own spool. */
export interface SpoolStatus {
  /** Events that are not yet acknowledged by the master. */
  readonly events: number;
  readonly bytes: number;
  /** Age of the oldest of them; 0 when there is none. */
  readonly oldestMs: number;
  /** At its size limit: senders are slowed down. */
  readonly isFull: boolean;
}

/** What a node's `hello` said, once it has been proven. */
export interface NodeHello {
  readonly role: NodeRole;
  readonly version: string;
  readonly isHidden: boolean;
  /** Where its connection comes from, or the configured address: what is shown. */
  readonly address: string;
}

export interface NodeListing {
  readonly name: string;
  readonly role: NodeRole;
  readonly address: string;
  readonly port: number;
}

export interface NodeChange {
  readonly name: string;
  /** `undefined` when the node is new in the table. */
  readonly from: NodeState | undefined;
  readonly to: NodeState;
  /** Wall clock, ms since 1970: since when the new state holds. For `down`, when the node was last heard. */
  readonly sinceMs: number;
  /** A sentence for the log without its full stop: `worker-node1 became down (no heartbeat since …)`. */
  readonly message: string;
}

/** What the API, the page and `argus cluster nodes` show of a node. */
export interface NodeSnapshot {
  readonly name: string;
  readonly role: NodeRole;
  readonly state: NodeState;
  /** Wall clock, ms since 1970: since when it is in this state. */
  readonly sinceMs: number;
  readonly address: string | undefined;
  readonly version: string | undefined;
  /** Events received from it (on the master: taken in) per second, over the last 10 s. */
  readonly eventsPerSecond: number;
  readonly spool: SpoolStatus | undefined;
  /** The node's wall clock minus the master's. */
  readonly clockOffsetMs: number | undefined;
  readonly isHidden: boolean;
  /** Whether cluster.conf lists it. */
  readonly isListed: boolean;
  /** The last refused attempt under this name. */
  readonly lastRefusal: { readonly reason: string; readonly atMs: number; readonly address: string } | undefined;
}

/** Both clocks at the moment of an input. */
export interface Now {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export type NodeInput =
  /** The list of cluster.conf, whole; also after a change of it. */
  | { readonly type: "listed"; readonly nodes: readonly NodeListing[] }
  /** It has proven itself and waits for `argus cluster approve`. */
  | { readonly type: "waiting"; readonly name: string; readonly hello: NodeHello }
  /** A session is live; it replaces an older one of that name. */
  | { readonly type: "joined"; readonly name: string; readonly session: number; readonly hello: NodeHello }
  | { readonly type: "heartbeat"; readonly name: string; readonly session: number }
  | {
      readonly type: "status";
      readonly name: string;
      readonly session: number;
      readonly spool: SpoolStatus;
      readonly clockOffsetMs: number | undefined;
      /** A newer generation is published than the node has loaded. */
      readonly isSyncing: boolean;
    }
  /** `count` events of the node were journalled. */
  | { readonly type: "events"; readonly name: string; readonly count: number }
  /** The session ended. The node is down when it does not come back within the silence limit. */
  | { readonly type: "closed"; readonly name: string; readonly session: number; readonly reason: string }
  | { readonly type: "refused"; readonly name: string; readonly address: string; readonly reason: string }
  /** Forget the node (`argus cluster remove`). */
  | { readonly type: "removed"; readonly name: string }
  /** Once a second. */
  | { readonly type: "tick" };

export declare class NodeTable {
  /** `own`: the master itself, which is always `up`. */
  constructor(own: { name: string; hello: NodeHello }, now: Now, limits?: NodeLimits);
  /** Takes an input and returns the changes of state that follow from it, in order. Unknown sessions are ignored. */
  take(input: NodeInput, now: Now): NodeChange[];
  /** All nodes: the master first, then by name. */
  snapshot(now: Now): NodeSnapshot[];
  stateOf(name: string): NodeState | undefined;
}
