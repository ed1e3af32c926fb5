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
import { WaitingSamples } from "./drain-time.ts";
import { Rate } from "./rate.ts";
import { isNodeName, type NodeRole, type NodeState } from "../model/node.ts";

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

export const nodeLimits: NodeLimits = {
  silenceMsMax: 12_000, // Three heartbeats of 4 s: one may be lost, and the whole stays under 15 s.
  waitMsMax: 10_000,
  refusedMsMax: 60_000, // Twice the longest back-off of a node that goes on trying.
  strangersMax: 64,
};

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

export interface SpoolSnapshot extends SpoolStatus {
  /** In how long it is empty at the rate of the last statuses; `undefined` when it is empty or does not shrink. */
  readonly drainMs: number | undefined;
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
  /** Why, for `down` and `refused`: what the message says behind its colon; empty for other states. */
  readonly reason: string;
  /** `down` because somebody stopped it: no fault. */
  readonly isOrderly: boolean;
  /** A sentence for the log without its full stop: `worker-node1 is down: no heartbeat for 13 s`. */
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
  /** Where it listens, as cluster.conf has it; `undefined` where that is not known. */
  readonly port: number | undefined;
  readonly version: string | undefined;
  /** Why it is down, or what it waits for, in words; empty in other states. */
  readonly note: string;
  /** Events that it takes in per second, as it last said; 0 while it is down. */
  readonly eventsPerSecond: number;
  /** Events of it that were journalled per second, over the last 10 s. */
  readonly eventsOutPerSecond: number;
  readonly link: {
    /** Wall clock: since when its session lives; `undefined` without one. */
    readonly sinceMs: number | undefined;
    /** The shortest of the last round trips; `undefined` without a session. */
    readonly roundTripMs: number | undefined;
  };
  /** What it last said: of a node that is down, nobody knows what it holds by now. */
  readonly spool: SpoolSnapshot | undefined;
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

/** One node. `session` is the live one's number; `heard` is the last sign of life of any session. */
interface Entry {
  readonly name: string;
  readonly isOwn: boolean;
  listing: NodeListing | undefined;
  hello: NodeHello | undefined;
  session: number | undefined;
  heard: Now | undefined;
  /** Why the last session ended; `undefined` while one lives. */
  closedFor: string | undefined;
  isWaiting: boolean;
  /** The key that it has proven and that is not approved, in base64; empty before that. */
  waitingKey: string;
  isSyncing: boolean;
  isLagging: boolean;
  /** What it last said, and when. */
  spool: SpoolStatus | undefined;
  spoolAtMs: number;
  readonly waiting: WaitingSamples;
  /** What it last said that it takes in. */
  eventsPerSecond: number;
  /** Since when `session` lives; meaningless without one. */
  joinedMs: number;
  roundTripMs: number | undefined;
  clockOffsetMs: number | undefined;
  refusal: { readonly reason: string; readonly at: Now; readonly address: string } | undefined;
  readonly rate: Rate;
  state: NodeState | undefined;
  sinceMs: number;
}

function newEntry(name: string, isOwn: boolean): Entry {
  return {
    ...{
      name,
      isOwn,
      listing: undefined,
      hello: undefined,
      session: undefined,
      heard: undefined,
      closedFor: undefined,
    },
    ...{
      isWaiting: false,
      waitingKey: "",
      isSyncing: false,
      isLagging: false,
      spool: undefined,
      spoolAtMs: 0,
      waiting: new WaitingSamples(),
      eventsPerSecond: 0,
      joinedMs: 0,
      roundTripMs: undefined,
      clockOffsetMs: undefined,
    },
    ...{ refusal: undefined, rate: new Rate(), state: undefined, sinceMs: 0 },
  };
}

export class NodeTable {
  readonly #limits: NodeLimits;
  readonly #own: Entry;
  readonly #entries = new Map<string, Entry>();

  /** `own`: the master itself, which is always `up`. */
  constructor(own: { name: string; hello: NodeHello }, now: Now, limits: NodeLimits = nodeLimits) {
    this.#limits = limits;
    this.#own = newEntry(own.name, true);
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
        this.#entries.get(input.name)?.rate.add(input.count, now.monotonicMs);
        return [];
      case "closed":
        return this.#close(input, now);
      case "refused":
        return this.#refuse(input, now);
      case "removed":
        if (input.name !== this.#own.name) this.#entries.delete(input.name);
        return [];
      case "tick":
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

  #entry(name: string): Entry {
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      entry = newEntry(name, false);
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

  #live(input: { name: string; session: number }): Entry | undefined {
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
  #settle(entry: Entry, now: Now): NodeChange[] {
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

  #stateNow(entry: Entry, now: Now): NodeState {
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

/** It said so itself, and no session has come since. */
function wasStopped(entry: Entry): boolean {
  return entry.closedFor === "stopping";
}

function absenceOf(entry: Entry, now: Now): string {
  if (wasStopped(entry)) return "it was stopped";
  const silentSeconds = Math.round((now.monotonicMs - (entry.heard?.monotonicMs ?? 0)) / 1_000);
  const ended = entry.closedFor === undefined ? "" : ` (its connection ended: ${entry.closedFor})`;
  return `no heartbeat for ${silentSeconds} s${ended}`;
}

/** The same without figures that go stale while somebody reads them. */
function noteOf({ state, closedFor }: Entry): string {
  if (state === "waiting") return "its key is not approved: cluster.log says how";
  if (state !== "down") return "";
  if (closedFor === "stopping") return "it was stopped";
  return closedFor === undefined ? "no heartbeat" : `its connection ended: ${closedFor}`;
}

function describeState(entry: Entry, state: NodeState, reason: string): string {
  switch (state) {
    case "expected":
      return "is expected: cluster.conf lists it";
    case "waiting":
      return (
        "is waiting for approval. To give it, stop this master, add this line to its etc/nodes.keys and start it: " +
        `worker ${entry.name} ${entry.waitingKey}`
      );
    case "up":
      return `is up (${entry.hello?.role ?? "worker"}, ${entry.hello?.address ?? "?"}, ${entry.hello?.version ?? "?"})`;
    case "syncing":
      return "is syncing: it has not loaded the newest generation yet";
    case "lagging": {
      const { events = 0, oldestMs = 0 } = entry.spool ?? {};
      return `is lagging: ${events} events wait there, the oldest for ${Math.round(oldestMs / 1_000)} s`;
    }
    case "down":
      return `is down: ${reason}`;
    case "refused":
      return `is refused: ${reason} (from ${entry.refusal?.address ?? "?"})`;
  }
}

function aliveState(entry: Entry): NodeState {
  return entry.isLagging ? "lagging" : entry.isSyncing ? "syncing" : "up";
}

/** Nothing is known of it but that it was refused. */
function isStranger(entry: Entry): boolean {
  const { isOwn, listing, heard, isWaiting, refusal } = entry;
  return !isOwn && listing === undefined && heard === undefined && !isWaiting && refusal !== undefined;
}

/** Nothing at all is known of it. */
function isUnknown(entry: Entry): boolean {
  const { isOwn, listing, heard, isWaiting, refusal } = entry;
  return !isOwn && listing === undefined && heard === undefined && !isWaiting && refusal === undefined;
}

/** A status that is no older stands as it was said: between two of them the spool of a healthy node moves on. */
const statusMsMax = 5_000; // A heartbeat, and a second of grace.

/** Its spool as it must be by now: of a node that does not say so itself any more, what waits grows older. */
function spoolOf({ spool, spoolAtMs, waiting, state }: Entry, now: Now): SpoolSnapshot | undefined {
  if (spool === undefined) return undefined;
  const saidMs = now.monotonicMs - spoolAtMs;
  const isStale = saidMs > statusMsMax;
  const oldestMs = isStale && spool.events > 0 ? spool.oldestMs + saidMs : spool.oldestMs;
  return { ...spool, oldestMs, drainMs: isStale || state === "down" ? undefined : waiting.drainMs };
}

function snapshotOf(entry: Entry, now: Now): NodeSnapshot {
  const { name, listing, hello, state = "expected", sinceMs, refusal, session } = entry;
  const outPerSecond = entry.rate.perSecond(now.monotonicMs);
  const inPerSecond = entry.isOwn ? outPerSecond : entry.eventsPerSecond;
  return {
    ...{ name, state, sinceMs },
    role: hello?.role ?? listing?.role ?? "worker",
    address: hello?.address ?? listing?.address,
    port: listing?.port,
    version: hello?.version,
    note: noteOf(entry),
    eventsPerSecond: state === "down" ? 0 : inPerSecond,
    eventsOutPerSecond: outPerSecond,
    link: {
      sinceMs: session === undefined ? undefined : entry.joinedMs,
      roundTripMs: session === undefined ? undefined : entry.roundTripMs,
    },
    spool: spoolOf(entry, now),
    clockOffsetMs: entry.clockOffsetMs,
    isHidden: hello?.isHidden ?? false,
    isListed: listing !== undefined,
    lastRefusal:
      refusal === undefined ? undefined : { reason: refusal.reason, atMs: refusal.at.wallMs, address: refusal.address },
  };
}
