/**
 * All nodes of the cluster as the master sees them: what is known of each, which state follows from it, and since when.
 *
 *   expected ──▶ (waiting) ──joined──▶ up ⇄ syncing ⇄ lagging ──silence──▶ down ──joined──▶ up …
 *   refused: an attempt to join failed lately, and no session of that name is alive.
 *
 * Pure: no socket, no clock. The caller feeds inputs with the time of each and takes out the changes, one per change of
 * state, to log them and to raise events. A session is named by a number of the caller's, so that the end of a replaced
 * session does not count as the end of the node. A session that ends is no change by itself: the node is down when it
 * has been silent for the limit, so that a restart which is quick enough is not an alarm. A node that says that it is
 * stopping is down at once, because nothing is to be waited for.
 *
 * Names in `refused` come from strangers: they make no entry beyond `strangersMax`, and never change what is known of a
 * node whose session is alive.
 */
import { isNodeName, type NodeState } from "../model/node.ts";
import {
  absenceOf,
  aliveState,
  describeState,
  isStranger,
  isUnknown,
  newNode,
  snapshotOf,
  waitingOf,
  wasStopped,
  type KnownNode,
  type NodeHello,
  type NodeListing,
  type NodeSnapshot,
  type Now,
  type SpoolStatus,
} from "./known-node.ts";

export interface NodeLimits {
  /** No heartbeat for longer than this: down. */
  readonly silenceMsMax: number;
  /** The oldest waiting event is older than this: lagging. */
  readonly waitMsMax: number;
  /** A known node whose last refused attempt is older than this is again what it was before. */
  readonly refusedMsMax: number;
  /** Names that were refused and are neither listed nor ever accepted are forgotten beyond this many, oldest first. */
  readonly strangersMax: number;
}

const nodeLimits: NodeLimits = {
  silenceMsMax: 12_000, // Three heartbeats of 4 s: one may be lost, and the whole stays under 15 s.
  waitMsMax: 10_000,
  refusedMsMax: 60_000, // Twice the longest back-off of a node that goes on trying.
  strangersMax: 64,
};

export interface NodeChange {
  readonly name: string;
  /** `undefined` when the node is new in the table. */
  readonly from: NodeState | undefined;
  readonly to: NodeState;
  /** Wall clock, ms since 1970: since when the new state holds. For `down`, when the node was last heard. */
  readonly sinceMs: number;
  /** Why, for `down` and `refused`: what the message says behind its colon; empty for other states. */
  readonly reason: string;
  /** `down` because somebody stopped it: no fault. */
  readonly isOrderly: boolean;
  /** A sentence for the log without its full stop: `worker-node1 is down: no heartbeat for 13 s`. */
  readonly message: string;
}

export type NodeInput =
  /** The list of cluster.conf, whole; also after a change of it. */
  | { readonly type: "listed"; readonly nodes: readonly NodeListing[] }
  /** Nodes that this cluster has seen before (they have a pin): absent, they are down and not merely expected. */
  | { readonly type: "seen_before"; readonly names: readonly string[] }
  /** It has proven itself, and its key is not approved yet. */
  | { readonly type: "waiting"; readonly name: string; readonly hello: NodeHello; readonly publicKey: string }
  /** A session is live; it replaces an older one of that name. */
  | { readonly type: "joined"; readonly name: string; readonly session: number; readonly hello: NodeHello }
  | { readonly type: "heartbeat"; readonly name: string; readonly session: number }
  | {
      readonly type: "status";
      readonly name: string;
      readonly session: number;
      readonly spool: SpoolStatus;
      /** What the node takes in. */
      readonly eventsPerSecond: number;
      readonly clockOffsetMs: number | undefined;
      readonly roundTripMs: number | undefined;
      /** A newer generation is published than the node has loaded. */
      readonly isSyncing: boolean;
    }
  /** `count` events of the node were journalled. */
  | { readonly type: "events"; readonly name: string; readonly count: number }
  /**
   * The session ended. With the reason `stopping`, which is the node's own word, it is down at once; otherwise when it
   * does not come back within the silence limit.
   */
  | { readonly type: "closed"; readonly name: string; readonly session: number; readonly reason: string }
  | { readonly type: "refused"; readonly name: string; readonly address: string; readonly reason: string }
  /** Forget the node. */
  | { readonly type: "removed"; readonly name: string }
  /** Once a second. */
  | { readonly type: "tick" };

export class NodeTable {
  readonly #limits: NodeLimits;
  readonly #own: KnownNode;
  readonly #entries = new Map<string, KnownNode>();

  /** `own`: the master itself, which is always `up`. */
  constructor(own: { name: string; hello: NodeHello }, now: Now, limits: NodeLimits = nodeLimits) {
    this.#limits = limits;
    this.#own = newNode(own.name, true);
    this.#own.hello = own.hello;
    this.#own.state = "up";
    this.#own.sinceMs = now.wallMs;
    this.#entries.set(own.name, this.#own);
  }

  /** Takes an input and returns the changes of state that follow from it, in order. Unknown sessions are ignored. */
  take(input: NodeInput, now: Now): NodeChange[] {
    switch (input.type) {
      case "listed":
        return this.#list(input.nodes, now);
      case "seen_before":
        for (const name of input.names) this.#entry(name).heard ??= now;
        return this.#settleAll(now);
      case "waiting":
        return this.#wait(input, now);
      case "joined":
        return this.#join(input, now);
      case "heartbeat":
        return this.#hear(input, now);
      case "status":
        return this.#noteStatus(input, now);
      case "events":
        return this.#count(input, now);
      case "closed":
        return this.#close(input, now);
      case "refused":
        return this.#refuse(input, now);
      case "removed":
        if (input.name !== this.#own.name) this.#entries.delete(input.name);
        return [];
      case "tick":
        for (const entry of this.#entries.values()) entry.rate.sample(entry.journalled, now.monotonicMs);
        return this.#settleAll(now);
    }
  }

  /** All nodes: the master first, then by name. */
  snapshot(now: Now): NodeSnapshot[] {
    const others = [...this.#entries.values()].filter((entry) => !entry.isOwn && entry.state !== undefined);
    others.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    return [this.#own, ...others].map((entry) => snapshotOf(entry, now));
  }

  stateOf(name: string): NodeState | undefined {
    return this.#entries.get(name)?.state;
  }

  #entry(name: string): KnownNode {
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      entry = newNode(name, false);
      this.#entries.set(name, entry);
    }
    return entry;
  }

  #list(nodes: readonly NodeListing[], now: Now): NodeChange[] {
    for (const entry of this.#entries.values()) entry.listing = undefined;
    for (const listing of nodes) this.#entry(listing.name).listing = listing;
    // Who was only ever on the list, and is no longer, is nobody's concern.
    for (const entry of this.#entries.values()) if (isUnknown(entry)) this.#entries.delete(entry.name);
    return this.#settleAll(now);
  }

  #wait({ name, hello, publicKey }: NodeInput & { type: "waiting" }, now: Now): NodeChange[] {
    const entry = this.#entry(name);
    if (entry.isOwn || entry.session !== undefined) return [];
    entry.isWaiting = true;
    entry.waitingKey = publicKey;
    entry.hello = hello;
    entry.refusal = undefined;
    return this.#settle(entry, now);
  }

  #join(input: NodeInput & { type: "joined" }, now: Now): NodeChange[] {
    const entry = this.#entry(input.name);
    if (entry.isOwn) return [];
    entry.session = input.session;
    entry.hello = input.hello;
    entry.heard = now;
    entry.closedFor = undefined;
    entry.isWaiting = false;
    // What the last session said of its spool and generation is not true of this one until it says so.
    entry.isSyncing = false;
    entry.isLagging = false;
    entry.spool = undefined;
    entry.waiting.clear();
    entry.eventsPerSecond = 0;
    entry.joinedMs = now.wallMs;
    entry.roundTripMs = undefined;
    return this.#settle(entry, now);
  }

  #count({ name, count }: NodeInput & { type: "events" }, now: Now): NodeChange[] {
    const entry = this.#entries.get(name);
    if (entry === undefined) return [];
    entry.journalled += count;
    entry.outSinceSpool += count;
    if (!entry.isLagging || waitingOf(entry) > 0) return [];
    // All that it was behind by is here. What has come meanwhile is younger than its status, which is under half of the
    // limit old; should it be more, the next status says so.
    entry.isLagging = false;
    return this.#settle(entry, now);
  }

  #live(input: { name: string; session: number }): KnownNode | undefined {
    const entry = this.#entries.get(input.name);
    return entry?.session === input.session ? entry : undefined;
  }

  #hear(input: NodeInput & { type: "heartbeat" }, now: Now): NodeChange[] {
    const entry = this.#live(input);
    if (entry === undefined) return [];
    entry.heard = now;
    return this.#settle(entry, now);
  }

  #noteStatus(input: NodeInput & { type: "status" }, now: Now): NodeChange[] {
    const entry = this.#live(input);
    if (entry === undefined) return [];
    entry.heard = now;
    entry.spool = input.spool;
    entry.spoolAtMs = now.monotonicMs;
    entry.outSinceSpool = 0;
    entry.waiting.add(input.spool.events, now.monotonicMs);
    entry.eventsPerSecond = input.eventsPerSecond;
    entry.clockOffsetMs = input.clockOffsetMs;
    entry.roundTripMs = input.roundTripMs;
    entry.isSyncing = input.isSyncing;
    // Left only at half the limit: a spool that hovers around it would otherwise write a line every few seconds.
    const waitMsMax = entry.isLagging ? this.#limits.waitMsMax / 2 : this.#limits.waitMsMax;
    entry.isLagging = input.spool.events > 0 && input.spool.oldestMs > waitMsMax;
    return this.#settle(entry, now);
  }

  #close(input: NodeInput & { type: "closed" }, now: Now): NodeChange[] {
    const entry = this.#live(input);
    if (entry === undefined) return [];
    entry.session = undefined;
    entry.closedFor = input.reason;
    if (wasStopped(entry)) entry.heard = now; // Its farewell is a sign of life.
    return this.#settle(entry, now);
  }

  #refuse(input: NodeInput & { type: "refused" }, now: Now): NodeChange[] {
    if (!isNodeName(input.name)) return [];
    if (!this.#entries.has(input.name)) this.#forgetStranger();
    const entry = this.#entry(input.name);
    entry.refusal = { reason: input.reason, at: now, address: input.address };
    return this.#settle(entry, now);
  }

  /** Makes room for one more refused name that nothing else is known of. */
  #forgetStranger(): void {
    const strangers = [...this.#entries.values()].filter(isStranger);
    if (strangers.length < this.#limits.strangersMax) return;
    strangers.sort((a, b) => (a.refusal?.at.monotonicMs ?? 0) - (b.refusal?.at.monotonicMs ?? 0));
    const oldest = strangers[0];
    if (oldest !== undefined) this.#entries.delete(oldest.name);
  }

  #settleAll(now: Now): NodeChange[] {
    return [...this.#entries.values()].flatMap((entry) => this.#settle(entry, now));
  }

  /** Gives the entry the state that follows from what is known, and tells if that is another one. */
  #settle(entry: KnownNode, now: Now): NodeChange[] {
    if (entry.isOwn) return [];
    const to = this.#stateNow(entry, now);
    const from = entry.state;
    if (to === from) return [];
    const heardMs = entry.heard?.wallMs ?? now.wallMs;
    entry.state = to;
    entry.sinceMs = to === "down" ? heardMs : now.wallMs;
    const reason = to === "down" ? absenceOf(entry, now) : to === "refused" ? (entry.refusal?.reason ?? "") : "";
    const message = `${entry.name} ${describeState(entry, to, reason)}`;
    const isOrderly = to === "down" && wasStopped(entry);
    return [{ name: entry.name, from, to, sinceMs: entry.sinceMs, reason, isOrderly, message }];
  }

  #stateNow(entry: KnownNode, now: Now): NodeState {
    const { silenceMsMax, refusedMsMax } = this.#limits;
    const isSilent = entry.heard === undefined || now.monotonicMs - entry.heard.monotonicMs > silenceMsMax;
    if (entry.session !== undefined && !isSilent) return aliveState(entry);
    if (isStranger(entry)) return "refused";
    const { refusal } = entry;
    const isRefused = refusal !== undefined && now.monotonicMs - refusal.at.monotonicMs <= refusedMsMax;
    const isNewer = refusal !== undefined && refusal.at.monotonicMs >= (entry.heard?.monotonicMs ?? 0);
    if (isRefused && isNewer) return "refused";
    if (entry.isWaiting) return "waiting";
    if (entry.heard === undefined) return "expected";
    if (isSilent || wasStopped(entry)) return "down";
    // Its session has just ended, or this master has just started: it has the limit to come back.
    return entry.state === undefined || entry.state === "expected" ? "expected" : aliveState(entry);
  }
}
