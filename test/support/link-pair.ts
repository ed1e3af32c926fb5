/** A master and a worker in one process that speak of agents over a connection in memory. */
import { isDeepStrictEqual } from "node:util";
import { noCrash } from "../../src/base/crash-point.ts";
import { newAllowance, type Allowance } from "../../src/link/bucket.ts";
import { linkLimits, type LinkLimits } from "../../src/link/limits.ts";
import { MasterEnd } from "../../src/link/master-end.ts";
import { newLinkCounters } from "../../src/link/metrics.ts";
import { WorkerAgents } from "../../src/link/worker-agents-end.ts";
import { WorkerEnd } from "../../src/link/worker-end.ts";
import { MemoryBlobs, MemoryCopy, MemoryRegistry } from "./link-agents.ts";
import { MemoryJournal, MemoryMasterPin, MemoryPins, MemorySpool, newIdentity, quietStatus } from "./link-nodes.ts";
import { SimClock } from "./sim-clock.ts";
import { seeded, SimConnection } from "./sim-net.ts";

export interface AgentsPairOptions {
  seed?: number;
  limits?: Partial<LinkLimits>;
  versions?: { master?: readonly number[]; worker?: readonly number[] };
  /** `false`: a master without a registry. */
  isServed?: boolean;
  /** `false`: a worker without a copy, so that a test may speak in its place. */
  isCopied?: boolean;
}

const nothing = (): void => undefined;

/** A registry and a copy of it that outlive their connections. */
export class AgentsPair {
  readonly clock = new SimClock();
  readonly registry = new MemoryRegistry();
  readonly blobs = new MemoryBlobs();
  readonly copy = new MemoryCopy();
  readonly spool = new MemorySpool();
  readonly journal = new MemoryJournal();
  readonly events: string[] = [];
  readonly agents: WorkerAgents;
  readonly #options: AgentsPairOptions;
  readonly #limits: LinkLimits;
  readonly #allowance: Allowance;
  readonly #fraction: () => number;
  readonly #pins = new MemoryPins();
  readonly #masterPin = new MemoryMasterPin();
  readonly #identities = { master: newIdentity(), worker: newIdentity() };
  #connections = 0;
  #reads: Promise<void> = Promise.resolve();

  constructor(options: AgentsPairOptions = {}) {
    this.#options = options;
    this.#limits = { ...linkLimits, ...options.limits };
    this.#allowance = newAllowance(this.#limits);
    this.#fraction = seeded(options.seed ?? 1);
    this.spool.clockMs = this.clock.wallMs();
    this.spool.beginEpoch();
    const needs = {
      ...{ clock: this.clock, limits: this.#limits },
      ...(options.isCopied === false ? {} : { agents: this.copy }),
    };
    this.agents = new WorkerAgents(needs, (error) => this.events.push(`fatal ${String(error)}`));
  }

  connect(): { connection: SimConnection; master: MasterEnd; worker: WorkerEnd } {
    this.#connections += 1;
    const connection = new SimConnection("master", "worker-node1", this.#fraction, this.#connections);
    const { clock } = this;
    const common = { clock, crash: noCrash, limits: this.#limits, cluster: "argus", version: "0.1.0" };
    const served = this.#options.isServed === false ? {} : { agents: this.registry, blobs: this.blobs };
    const master = new MasterEnd(
      this.#connections,
      connection.master,
      {
        ...{ ...common, ...served, versions: this.#options.versions?.master ?? [2, 1] },
        ...{ name: "master", term: 1, identity: this.#identities.master, pins: this.#pins },
        ...{ admission: { refusalOf: () => undefined }, store: this.journal, snapshot: () => [] },
        counters: newLinkCounters(),
      },
      {
        ...{ onLive: nothing, onHeard: nothing, onStatus: nothing, onEvents: nothing },
        allowanceOf: () => this.#allowance,
        onUnfit: (seq) => this.events.push(`unfit ${seq}`),
        onRefused: (_end, code) => this.events.push(`refused ${code}`),
        onClosed: (_end, reason) => this.events.push(`closed ${reason}`),
        onFatal: (error) => this.events.push(`fatal ${String(error)}`),
      },
    );
    const worker = new WorkerEnd(
      connection.worker,
      {
        ...{ ...common, name: "worker-node1", role: "worker", host: "w1", isHidden: false },
        versions: this.#options.versions?.worker ?? [2, 1],
        ...{ identity: this.#identities.worker, masterPin: this.#masterPin, source: this.spool },
        ...{ status: () => quietStatus, counters: newLinkCounters(), agents: this.agents },
      },
      {
        ...{ onLive: nothing, onSnapshot: nothing },
        onRefused: (_end, code) => this.events.push(`worker refused ${code}`),
        onClosed: (_end, reason) => this.events.push(`worker closed ${reason}`),
        onFatal: (error) => this.events.push(`fatal ${String(error)}`),
        inTurn: (read) => {
          this.#reads = this.#reads.then(read);
        },
      },
    );
    master.start();
    worker.start();
    return { connection, master, worker };
  }

  /** Whether the copy has what the registry has. */
  isLevel(): boolean {
    if (this.copy.position.seq !== this.registry.position().seq) return false;
    return isDeepStrictEqual([...this.copy.records], [...this.registry.records]);
  }
}
