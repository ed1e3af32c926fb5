/**
 * A node as the table knows it, and what is said of it: in a line of the log, and in a snapshot. Which state follows
 * from what is known is the table's business.
 */
import type { NodeRole, NodeState } from "../model/node.ts";
import { WaitingSamples } from "./drain-time.ts";
import { Rate, tenths } from "./rate.ts";

/** What a worker says about its own spool. */
export interface SpoolStatus {
  /** Events that are not yet acknowledged by the master. */
  readonly events: number;
  readonly bytes: number;
  /** Age of the oldest of them; 0 when there is none, and meaningless then. */
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

/** One node. `session` is the live one's number; `heard` is the last sign of life of any session. */
export interface KnownNode {
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
  /** Events of it that were journalled since. */
  outSinceSpool: number;
  readonly waiting: WaitingSamples;
  /** What it last said that it takes in. */
  eventsPerSecond: number;
  /** Since when `session` lives; meaningless without one. */
  joinedMs: number;
  roundTripMs: number | undefined;
  clockOffsetMs: number | undefined;
  refusal: { readonly reason: string; readonly at: Now; readonly address: string } | undefined;
  /** Events of it that were journalled since this master has started, and how many those are per second. */
  journalled: number;
  readonly rate: Rate;
  state: NodeState | undefined;
  sinceMs: number;
}

export function newNode(name: string, isOwn: boolean): KnownNode {
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
      outSinceSpool: 0,
      waiting: new WaitingSamples(),
      eventsPerSecond: 0,
      joinedMs: 0,
      roundTripMs: undefined,
      clockOffsetMs: undefined,
    },
    ...{ refusal: undefined, journalled: 0, rate: new Rate(), state: undefined, sinceMs: 0 },
  };
}

/** It said so itself, and no session has come since. */
export function wasStopped(entry: KnownNode): boolean {
  return entry.closedFor === "stopping";
}

export function absenceOf(entry: KnownNode, now: Now): string {
  if (wasStopped(entry)) return "it was stopped";
  const silentSeconds = Math.round((now.monotonicMs - (entry.heard?.monotonicMs ?? 0)) / 1_000);
  const ended = entry.closedFor === undefined ? "" : ` (its connection ended: ${entry.closedFor})`;
  return `no heartbeat for ${silentSeconds} s${ended}`;
}

/** The same without figures that go stale while somebody reads them. */
function noteOf({ state, closedFor }: KnownNode): string {
  if (state === "waiting") return "its key is not approved: cluster.log says how";
  if (state !== "down") return "";
  if (closedFor === "stopping") return "it was stopped";
  // Silence is both the reason of the end and what no heartbeat means.
  return closedFor === undefined || closedFor === "silent" ? "no heartbeat" : `its connection ended: ${closedFor}`;
}

export function describeState(entry: KnownNode, state: NodeState, reason: string): string {
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

export function aliveState(entry: KnownNode): NodeState {
  return entry.isLagging ? "lagging" : entry.isSyncing ? "syncing" : "up";
}

/** Nothing is known of it but that it was refused. */
export function isStranger(entry: KnownNode): boolean {
  const { isOwn, listing, heard, isWaiting, refusal } = entry;
  return !isOwn && listing === undefined && heard === undefined && !isWaiting && refusal !== undefined;
}

/** Nothing at all is known of it. */
export function isUnknown(entry: KnownNode): boolean {
  const { isOwn, listing, heard, isWaiting, refusal } = entry;
  return !isOwn && listing === undefined && heard === undefined && !isWaiting && refusal === undefined;
}

/** A status that is no older stands as it was said: between two of them the spool of a healthy node moves on. */
const statusMsMax = 5_000; // A heartbeat, and a second of grace.

/** Of the events that waited when its last status was made, those that have not been journalled since. */
export function waitingOf({ spool, outSinceSpool }: KnownNode): number {
  return Math.max(0, (spool?.events ?? 0) - outSinceSpool);
}

/**
 * Its spool as it must be by now: what has been journalled does not wait any more, and of a node that does not say so
 * itself, what waits grows older. Events and age are both 0, or neither is: who is behind is behind with something.
 */
function spoolOf(entry: KnownNode, now: Now): SpoolSnapshot | undefined {
  const { spool, spoolAtMs, waiting, state } = entry;
  if (spool === undefined) return undefined;
  const events = waitingOf(entry);
  if (events === 0) return { ...spool, events, oldestMs: 0, drainMs: undefined };
  const saidMs = now.monotonicMs - spoolAtMs;
  const isStale = saidMs > statusMsMax;
  const oldestMs = Math.max(1, Math.round(isStale ? spool.oldestMs + saidMs : spool.oldestMs));
  return { ...spool, events, oldestMs, drainMs: isStale || state === "down" ? undefined : waiting.drainMs };
}

export function snapshotOf(entry: KnownNode, now: Now): NodeSnapshot {
  const { name, listing, hello, state = "expected", sinceMs, refusal, session } = entry;
  const outPerSecond = entry.rate.perSecond();
  const inPerSecond = entry.isOwn ? outPerSecond : tenths(entry.eventsPerSecond);
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
