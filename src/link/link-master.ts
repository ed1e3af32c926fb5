/**
 * The master's link: listens, dials the workers of cluster.conf, holds one session per worker, stores what they ship.
 */
import type { Clock } from "../base/clock.ts";
import type { CrashPoint } from "../base/crash-point.ts";
import type { Log } from "../base/log.ts";
import { OccasionalLog } from "../base/occasional-log.ts";
import type { Random } from "../base/random.ts";
import { untilAborted, type Service } from "../base/service.ts";
import { meaningOf } from "./codes.ts";
import { Dialler, type Connection } from "./dialler.ts";
import { newAllowance, type Allowance } from "./bucket.ts";
import { linkLimits, type LinkLimits } from "./limits.ts";
import { MasterEnd, type MasterEndNeeds, type MasterEndOwner } from "./master-end.ts";
import { countReason, type LinkCounters } from "./metrics.ts";
import type { Admission, DialTarget, NodeIdentity, Pins, RecordStore } from "./needs.ts";
import { refuseAsClient } from "./role-clash.ts";
import { everyMs } from "./ticker.ts";
import type { ConnectionRefusal, Network, Transport } from "./transport.ts";
import { PROTOCOL_VERSIONS, type WorkerStatus } from "./wire.ts";
import type { AgentsOfMaster, BlobStore, Delivery } from "./agent-needs.ts";

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
  /** What it has proven to hold, in base64. */
  publicKey: string;
}

/** By pings. */
export interface Measured {
  /** The node's clock less the master's. */
  clockOffsetMs: number;
  /** The smallest of the last; undefined before the first. */
  roundTripMs: number | undefined;
}

/** All are called at once and must not throw; none waits. */
export interface LinkMasterEvents {
  onPeer(peer: Peer): void;
  /** It has proven itself and waits for approval. */
  onWaiting(peer: Omit<Peer, "session">): void;
  /** Any frame was heard; at most once a second per session. */
  onHeartbeat(name: string, session: number): void;
  onStatus(name: string, session: number, status: WorkerStatus, measured: Measured): void;
  /** `count` events of the node have been journalled. */
  onEvents(name: string, count: number): void;
  /** `reason` is a code of docs/protocol/link.md. */
  onClosed(name: string, session: number, reason: string): void;
  /**
   * `name` is a claim where `isProven` is false. The log line has been written by the link, at most one a minute each.
   */
  onRefused(refusal: {
    name: string | undefined;
    address: string;
    code: string;
    message: string;
    isProven: boolean;
  }): void;
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
  /** This master's term. */
  term: number;
  admission: Admission;
  store: RecordStore;
  /** The workers of cluster.conf; asked again at every round, so it may change. */
  targets: () => readonly DialTarget[];
  /** What workers show as the cluster: any JSON up to 256 KiB, sent every heartbeat. */
  snapshot: () => unknown;
  events: LinkMasterEvents;
  /** The registry; without it sessions do not speak of agents. */
  agents?: AgentsOfMaster;
  /** What workers may fetch by its hash; nothing without it. */
  blobs?: BlobStore;
  /** Of the protocol, best first; all that this Argus speaks unless told. */
  versions?: readonly number[];
  limits?: Partial<LinkLimits>;
  /** The network's, so that one table counts both. */
  counters: LinkCounters;
}

/** Sessions that have proven the cluster's key and are not live: a member may be hostile too. */
const joiningMax = 64;

export class LinkMaster implements Service {
  readonly name = "link";
  readonly counters: LinkCounters;
  readonly #options: LinkMasterOptions;
  readonly #limits: LinkLimits;
  readonly #dialler: Dialler;
  readonly #complaints: OccasionalLog;
  readonly #needs: MasterEndNeeds;
  readonly #owner: MasterEndOwner;
  readonly #ends = new Set<MasterEnd>();
  readonly #live = new Map<string, MasterEnd>();
  /** By name. Names are those of pinned nodes, so they are few, and they outlive their sessions. */
  readonly #allowances = new Map<string, Allowance>();
  #lastSession = 0;
  #isStopping = false;
  #fail: (error: unknown) => void = () => undefined;

  constructor(options: LinkMasterOptions) {
    this.#options = options;
    this.counters = options.counters;
    this.#limits = { ...linkLimits, ...options.limits };
    this.#dialler = new Dialler(options.random, this.#limits);
    this.#complaints = new OccasionalLog(options.log.tagged("Master", "Link"), options.clock);
    const versions = options.versions ?? PROTOCOL_VERSIONS;
    this.#needs = { ...options, versions, limits: this.#limits, counters: this.counters };
    this.#owner = {
      onLive: (end) => this.#onLive(end),
      onRefused: (end, code, message) => this.#onRefused(end, code, message),
      onHeard: (end) => options.events.onHeartbeat(end.workerName ?? "", end.session),
      onStatus: (end, status) => this.#onStatus(end, status),
      onEvents: (end, count) => options.events.onEvents(end.workerName ?? "", count),
      allowanceOf: (name) => this.#allowanceOf(name),
      onUnfit: (seq) => this.#onUnfit(seq),
      onClosed: (end, reason) => this.#onClosed(end, reason),
      onFatal: (error) => this.#fail(error),
    };
  }

  /** Listens at once (rejects with `LinkListenError`), dials, serves; on abort closes the sessions and the port. */
  async run(signal: AbortSignal): Promise<void> {
    const { network, clock } = this.#options;
    this.#isStopping = false;
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    const stopped = untilAborted(signal);
    await network.listen({
      onTransport: (transport) => this.#accept(transport),
      onRefused: (refusal) => this.#onStranger(refusal),
    });
    const stops = [everyMs(clock, 250, () => this.#dialDue(signal)), everyMs(clock, 1_000, () => this.#tick())];
    try {
      this.#dialDue(signal);
      await Promise.race([stopped, failed]);
    } finally {
      this.#isStopping = true;
      for (const stop of stops) stop();
      const ends = [...this.#ends];
      for (const end of ends) end.feed({ type: "end", reason: "stopping" });
      await network.close();
      await Promise.all(ends.map((end) => end.settled()));
    }
  }

  /** Ends the session of a node that is no longer wanted; `reason` is a code. */
  disconnect(name: string, reason: string): void {
    this.#live.get(name)?.feed({ type: "end", reason });
  }

  /** Brings a message (a character a byte, up to 60,000) to an agent that the node holds. Never rejects. */
  async deliver(node: string, id: string, message: string): Promise<Delivery> {
    const agents = this.#live.get(node)?.agents;
    return (await agents?.deliver(id, message)) ?? { isDelivered: false, text: "the node is not connected" };
  }

  /** Tells all nodes but `node` that it has heard from these agents: up to 20,000 ids as numbers. */
  forwardHeard(node: string, ids: readonly number[]): void {
    for (const [name, end] of this.#live) if (name !== node) end.agents?.heard(node, ids);
  }

  #tick(): void {
    for (const end of this.#ends) end.tick();
  }

  #allowanceOf(name: string): Allowance {
    const known = this.#allowances.get(name) ?? newAllowance(this.#limits);
    this.#allowances.set(name, known);
    return known;
  }

  #onUnfit(seq: number): void {
    this.#complaints.warning("unfit", `Record ${seq} of the agents' registry cannot be told to the workers.`);
  }

  #connectionTo({ name, address }: DialTarget): Connection {
    let found: Connection = "none";
    for (const end of this.#ends) {
      if (name === undefined ? end.transport.peer.address !== address : end.workerName !== name) continue;
      if (end.isLive) return "live";
      found = "joining";
    }
    return found;
  }

  #dialDue(signal: AbortSignal): void {
    const { clock, targets } = this.#options;
    if (this.#isStopping) return;
    for (const target of this.#dialler.due(targets(), (one) => this.#connectionTo(one), clock.monotonicMs())) {
      void this.#dial(target, signal);
    }
  }

  async #dial(target: DialTarget, signal: AbortSignal): Promise<void> {
    const { clock, network, log, events } = this.#options;
    this.counters.dials += 1;
    const result = await network.dial(target, signal);
    const nowMs = clock.monotonicMs();
    if ("transport" in result) {
      this.#dialler.note(target, "connected", nowMs);
      return this.#accept(result.transport);
    }
    const { code, message } = result.refusal;
    const isNews = this.#dialler.note(target, code, nowMs);
    if (signal.aborted) return;
    if (isNews) log.tagged(`Worker ${target.name ?? target.address}`, "Link").warning(`${message}. It is tried again.`);
    if (code !== "unreachable") events.onRefused({ ...result.refusal, isProven: false });
  }

  #accept(transport: Transport): void {
    if (this.#isStopping) return transport.close();
    const joining = [...this.#ends].filter((end) => !end.isLive).length;
    if (joining >= joiningMax) {
      this.#complaints.warning("joining", `Connection from ${transport.peer.address} closed: too many are joining.`);
      return transport.close();
    }
    if (transport.plays === "worker") return this.#refuseMaster(transport);
    this.#lastSession += 1;
    const end = new MasterEnd(this.#lastSession, transport, this.#needs, this.#owner);
    this.#ends.add(end);
    end.start();
  }

  /** Another master has dialled us: it refuses our hello, and both logs tell. */
  #refuseMaster(transport: Transport): void {
    const { name = "", address } = transport.peer;
    const message = `${name} (${address}) is a master, and so are we`;
    this.#complaints.warning("second_master", `Connection refused: ${message}.`);
    this.#options.events.onRefused({ name, address, code: "second_master", message, isProven: true });
    refuseAsClient(transport, { ...this.#options, limits: this.#limits, counters: this.counters });
  }

  #peerOf(end: MasterEnd): Peer {
    const { name = "", argus: version = "", host = "", isHidden = false, publicKey = "" } = end.hello ?? {};
    const { session, isNew, fingerprint } = end;
    const { address } = end.transport.peer;
    return { name, session, address, version, host, isHidden, isNew, fingerprint, publicKey };
  }

  #onLive(end: MasterEnd): void {
    const peer = this.#peerOf(end);
    const log = this.#options.log.tagged(`Worker ${peer.name}`, "Link");
    if (end.isNew) log.info(`First seen from ${peer.address}; its node key ${peer.fingerprint} is pinned.`);
    this.#live.get(peer.name)?.feed({ type: "end", reason: "replaced" });
    this.#live.set(peer.name, end);
    log.debug(`Session ${end.session} with ${peer.address} is live.`);
    this.#options.events.onPeer(peer);
  }

  #onStatus(end: MasterEnd, status: WorkerStatus): void {
    const name = end.workerName ?? "";
    const { session, clockOffsetMs, roundTripMs } = end;
    this.#options.events.onStatus(name, session, status, { clockOffsetMs, roundTripMs });
  }

  /** It has proven the cluster's key. */
  #onRefused(end: MasterEnd, code: string, message: string): void {
    const { address } = end.transport.peer;
    const name = end.workerName;
    this.#complaints.warning(
      this.#kindOf(code, name),
      `Node ${name ?? ""} at ${address} refused (${code}): ${message}.`,
    );
    if (code === "not_approved") this.#options.events.onWaiting(this.#peerOf(end));
    else this.#options.events.onRefused({ name, address, code, message, isProven: true });
  }

  /** A name is part of the kind only where it is one of ours, so that a hostile member cannot make a line per name. */
  #kindOf(code: string, name = ""): string {
    return this.#options.pins.of(name) === undefined ? code : `${code} ${name}`;
  }

  /** The network has logged it. */
  #onStranger(refusal: ConnectionRefusal): void {
    this.#options.events.onRefused({ ...refusal, isProven: false });
  }

  #onClosed(end: MasterEnd, reason: string): void {
    this.#ends.delete(end);
    const name = end.workerName ?? "";
    countReason(this.counters.closed, reason);
    const wasLive = this.#live.get(name) === end;
    if (wasLive) this.#live.delete(name);
    const isQuiet = this.#isStopping || reason === "replaced" || (!wasLive && reason in this.counters.refused);
    if (!isQuiet) {
      const text = `Session with ${name} (${end.transport.peer.address}) ended: ${meaningOf(reason)}.`;
      const kind = this.#kindOf(`closed ${reason}`, name);
      if (reason === "stopping") this.#complaints.info(kind, text);
      else this.#complaints.warning(kind, text);
    }
    // `stopping` is the worker's own word: where we end all sessions because we stop ourselves, the workers do not.
    const told = this.#isStopping ? "disconnected" : reason;
    if (wasLive || reason === "replaced") this.#options.events.onClosed(name, end.session, told);
  }
}
