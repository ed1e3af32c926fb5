/** A worker's link: is dialled by the master or dials it, and ships what the spool holds. */
import type { Clock } from "../base/clock.ts";
import type { CrashPoint } from "../base/crash-point.ts";
import type { Log } from "../base/log.ts";
import { OccasionalLog } from "../base/occasional-log.ts";
import type { Random } from "../base/random.ts";
import { untilAborted, type Service } from "../base/service.ts";
import { meaningOf } from "./codes.ts";
import { Dialler } from "./dialler.ts";
import { fingerprintOf } from "./hello.ts";
import { linkLimits, type LinkLimits } from "./limits.ts";
import { countReason, type LinkCounters } from "./metrics.ts";
import type { DialTarget, MasterPin, NodeIdentity, RecordSource } from "./needs.ts";
import { refuseAsServer } from "./role-clash.ts";
import { everyMs } from "./ticker.ts";
import type { Network, Transport } from "./transport.ts";
import type { AgentsOfWorker, BlobSink, FetchResult } from "./agent-needs.ts";
import { PROTOCOL_VERSIONS, type WorkerStatus } from "./wire.ts";
import { WorkerAgents } from "./worker-agents-end.ts";
import { WorkerEnd, type WorkerEndNeeds, type WorkerEndOwner } from "./worker-end.ts";

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
  /** The copy of the registry and the listener of agents; without them this node serves no agents. */
  agents?: AgentsOfWorker;
  /** Of the protocol, best first; all that this Argus speaks unless told. */
  versions?: readonly number[];
  limits?: Partial<LinkLimits>;
  /** The network's, so that one table counts both. */
  counters: LinkCounters;
}

/** Connections to whoever is, or says that he is, the master. */
const endsMax = 16;

export class LinkWorker implements Service {
  readonly name = "link";
  readonly counters: LinkCounters;
  readonly #options: LinkWorkerOptions;
  readonly #limits: LinkLimits;
  readonly #dialler: Dialler;
  readonly #log: Log;
  readonly #complaints: OccasionalLog;
  readonly #needs: WorkerEndNeeds;
  readonly #owner: WorkerEndOwner;
  readonly #agents: WorkerAgents;
  readonly #ends = new Set<WorkerEnd>();
  #reads: Promise<void> = Promise.resolve();
  #isStopping = false;
  #fail: (error: unknown) => void = () => undefined;

  constructor(options: LinkWorkerOptions) {
    this.#options = options;
    this.counters = options.counters;
    this.#limits = { ...linkLimits, ...options.limits };
    this.#dialler = new Dialler(options.random, this.#limits);
    this.#log = options.log.tagged("Worker", "Link");
    this.#complaints = new OccasionalLog(this.#log, options.clock);
    this.#agents = new WorkerAgents({ ...options, limits: this.#limits }, (error) => this.#fail(error));
    this.#needs = {
      ...options,
      ...{ role: "worker", versions: options.versions ?? PROTOCOL_VERSIONS, agents: this.#agents },
      ...{ limits: this.#limits, counters: this.counters },
    };
    this.#owner = {
      onLive: (end) => this.#onLive(end),
      onSnapshot: (snapshot) => options.events.onSnapshot(snapshot),
      onRefused: (end, code, message, isTold) => this.#onRefused(end, code, message, isTold),
      onClosed: (end, reason) => this.#onClosed(end, reason),
      onFatal: (error) => this.#fail(error),
      inTurn: (read) => {
        this.#reads = this.#reads.then(read);
      },
    };
  }

  /** Listens at once (rejects with `LinkListenError`), dials where told; on abort closes the session and the port. */
  async run(signal: AbortSignal): Promise<void> {
    const { network, clock } = this.#options;
    this.#isStopping = false;
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    const stopped = untilAborted(signal);
    await network.listen({
      onTransport: (transport) => this.#accept(transport),
      onRefused: (refusal) => this.#options.events.onRefused(refusal),
    });
    const stops = [everyMs(clock, 250, () => this.#dialDue(signal)), everyMs(clock, 1_000, () => this.#tick())];
    try {
      this.#dialDue(signal);
      await Promise.race([stopped, failed]);
    } finally {
      this.#isStopping = true;
      for (const stop of stops) stop();
      for (const end of [...this.#ends]) end.feed({ type: "end", reason: "stopping" });
      await network.close();
      await this.#reads;
      await this.#agents.stop();
    }
  }

  /**
   * Fetches a blob of the master's, as soon as there is a session in which that can be done and the ones asked for
   * before are here; goes on where it was after a break. Rejects with what the sink rejects with.
   */
  fetch(sha256: string, sink: BlobSink): Promise<FetchResult> {
    return this.#agents.blobs.fetch(sha256, sink);
  }

  #tick(): void {
    for (const end of this.#ends) end.tick();
  }

  #dialDue(signal: AbortSignal): void {
    if (this.#isStopping) return;
    const nowMs = this.#options.clock.monotonicMs();
    // There is one master, so any session with it is enough.
    const isLive = [...this.#ends].some((end) => end.isLive);
    const connection = isLive ? "live" : this.#ends.size > 0 ? "joining" : "none";
    for (const target of this.#dialler.due(this.#options.targets(), () => connection, nowMs)) {
      void this.#dial(target, signal);
    }
  }

  async #dial(target: DialTarget, signal: AbortSignal): Promise<void> {
    const { clock, network, events } = this.#options;
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
    if (isNews) this.#log.warning(`${message}. It is tried again.`);
    if (code !== "unreachable") events.onRefused(result.refusal);
  }

  #accept(transport: Transport): void {
    if (this.#isStopping || this.#ends.size >= endsMax) return transport.close();
    if (transport.plays === "master") return this.#refuseWorker(transport);
    const end = new WorkerEnd(transport, this.#needs, this.#owner);
    this.#ends.add(end);
    end.start();
  }

  /** Another worker takes us for a master. */
  #refuseWorker(transport: Transport): void {
    const { name = "", address } = transport.peer;
    const message = `${name} (${address}) takes us for a master: its <nodes> must name the master`;
    this.#complaints.warning("not_master", `Connection refused: ${message}.`);
    this.#options.events.onRefused({ name, address, code: "not_master", message });
    refuseAsServer(transport, { ...this.#options, limits: this.#limits, counters: this.counters });
  }

  #onLive(end: WorkerEnd): void {
    const { name = "", term = 0, argus: version = "", publicKey = "" } = end.welcome ?? {};
    const { address } = end.transport.peer;
    if (end.isNew) {
      const fingerprint = fingerprintOf(Buffer.from(publicKey, "base64"));
      this.#log.info(`The master is ${name} at ${address}, term ${term}; its node key ${fingerprint} is pinned.`);
    }
    this.#log.info(`Connected to the master ${name} at ${address}.`);
    this.#options.events.onMaster({ name, address, term, version, isNew: end.isNew });
  }

  #onRefused(end: WorkerEnd, code: string, message: string, isTold: boolean): void {
    const { address, name } = end.transport.peer;
    const text = isTold
      ? `The master at ${address} refuses us (${code}): ${meaningOf(code)}`
      : `A master was refused (${code}): ${message}`;
    this.#complaints.warning(code, `${text}.`);
    this.#options.events.onRefused({ name, address, code, message: text });
  }

  #onClosed(end: WorkerEnd, reason: string): void {
    this.#ends.delete(end);
    countReason(this.counters.closed, reason);
    if (end.welcome === undefined || this.#isStopping) return;
    const text = `The session with the master ended: ${meaningOf(reason)}.`;
    if (reason === "stopping") this.#complaints.info(`closed ${reason}`, text);
    else if (reason !== "replaced") this.#complaints.warning(`closed ${reason}`, text);
    if (![...this.#ends].some(({ isLive }) => isLive)) this.#options.events.onClosed(reason);
  }
}
