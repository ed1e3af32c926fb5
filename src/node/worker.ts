/**
 * A worker, in data-path order: own intake → spool → link. It decides nothing about an event: it stamps, keeps and
 * ships it. Drained in the reverse order: first the sources, then the link, then what stores.
 */
import type { NodeInfo, StatusReply } from "../api/contract/reply.ts";
import type { ApiNeeds, NodeStatus } from "../api/needs.ts";
import { LinkWorker } from "../link/link-worker.ts";
import { newLinkCounters } from "../link/metrics.ts";
import type { RecordSource } from "../link/needs.ts";
import { deriveClusterKey } from "../link/psk.ts";
import { openNetwork } from "../link/tls-connection.ts";
import type { WorkerStatus } from "../link/wire.ts";
import { WaitingSamples } from "../membership/drain-time.ts";
import type { ClusterOptions } from "../membership/options.ts";
import { Rate } from "../membership/rate.ts";
import { writeEpochPreamble } from "../model/control-record.ts";
import { spoolLimitsOf } from "../spool/options.ts";
import { Spool } from "../spool/spool.ts";
import { must } from "../base/assert.ts";
import { AgentsDesk } from "./agents-desk.ts";
import { AgentsWorker } from "./agents-worker.ts";
import { ClockWatch } from "./clock-watch.ts";
import { openIdentity, openMasterPin } from "./identity-disk.ts";
import { keyWeaknessOf } from "./key-weakness.ts";
import { LossTimes } from "./loss-times.ts";
import { MasterView } from "./master-view.ts";
import { argusVersion } from "./package-disk.ts";
import type { NodeParts, OpenNode } from "./parts.ts";
import { named, openTakeIn, withCountersOf, type TakeIn } from "./take-in.ts";
import { everySecond, untilFailure } from "./ticker.ts";
import { withTrial } from "./trial.ts";

/** The one lane there is; priority events get a second one. */
const LANE = 0;

async function openSpool(parts: NodeParts): Promise<Spool> {
  const { home, settings, disk, clock, random, crash, logs, host } = parts;
  await disk.makeFolder(home.spool, 0o750);
  return Spool.open({
    ...{ disk, clock, random, crash, log: logs.main.tagged("Spool"), folder: home.spool, lane: LANE },
    limits: withTrial(spoolLimitsOf(settings.spool, await disk.space(home.spool)), parts.trial),
    policy: settings.spool.full,
    sync: settings.spool.sync,
    preamble: writeEpochPreamble({ host, hidden: settings.isHidden }),
  });
}

/** The spool as the link sees it. */
function recordSource(spool: Spool): RecordSource {
  return {
    held: () => [spool.held()],
    read: (_lane, epoch, fromSeq, bytesMax) => spool.read(epoch, fromSeq, bytesMax),
    onDurable: (listener) => spool.onDurable(listener),
    acknowledge: (_lane, epoch, last) => spool.acknowledge(epoch, last),
    nowMs: () => spool.nowMs(),
  };
}

export class WorkerNodeStatus implements NodeStatus {
  readonly #parts: NodeParts;
  readonly #spool: Spool;
  readonly #takeIn: TakeIn;
  readonly #view: MasterView;
  readonly #rate: Rate;
  readonly #waiting = new WaitingSamples();
  readonly #losses = new LossTimes();
  readonly #keyWeakness: string;
  link: LinkWorker | undefined;

  constructor(parts: NodeParts, spool: Spool, takeIn: TakeIn, view: MasterView, rate: Rate) {
    this.#parts = parts;
    this.#spool = spool;
    this.#takeIn = takeIn;
    this.#view = view;
    this.#rate = rate;
    this.#keyWeakness = keyWeaknessOf(parts.settings);
  }

  /** To be called once a second. */
  tick(): void {
    const monotonicMs = this.#parts.clock.monotonicMs();
    this.#rate.sample(this.#takeIn.batcher.counters().durable, monotonicMs);
    this.#waiting.add(this.#spool.stats().events, monotonicMs);
    this.#lostInDay();
  }

  /** By the monotonic clock: the spool counts since its start, and no step of the other one is of interest. */
  #lostInDay(): number {
    const nowMs = this.#parts.clock.monotonicMs();
    this.#losses.countTo(this.#spool.stats().lost, nowMs);
    return this.#losses.inDay(nowMs);
  }

  status(): StatusReply {
    const { settings, clock, startedMs } = this.#parts;
    const { events, appended, lost, oldestMs } = this.#spool.stats();
    const perSecond = this.#rate.perSecond();
    const lostInDay = this.#lostInDay();
    return {
      ...{ node: settings.name, role: "worker", cluster: settings.cluster?.name ?? "", version: argusVersion },
      ...{ processId: process.pid, startedMs, nowMs: clock.wallMs() },
      events: {
        isCounted: true,
        ...{ accepted: appended, analysed: 0, behind: events, lost, lostInDay, perSecond, analysedPerSecond: 0 },
        behindMs: events === 0 ? 0 : Math.max(1, Math.round(oldestMs)),
      },
      alerts: 0,
      keyWeakness: this.#keyWeakness,
      ruleset: { refusal: "", quarantined: 0 },
      master: { name: this.#view.name, isConnected: this.#view.isConnected },
    };
  }

  nodes(): NodeInfo[] {
    return [this.#own(), ...this.#view.others(this.#parts.settings.name)];
  }

  #own(): NodeInfo {
    const { settings, clock, startedMs } = this.#parts;
    const { events, bytes, bytesMax, oldestMs, isFull } = this.#spool.stats();
    const { cluster } = settings;
    const drainMs = this.#waiting.drainMs ?? null;
    // What only the master measures is what it said of this node last; without it nobody knows.
    const { link, eventsOutPerSecond = 0, clockOffsetMs = null } = this.#view.ofMaster(settings.name) ?? {};
    return {
      ...{ name: settings.name, role: "worker", state: oldestMs > 10_000 ? "lagging" : "up", sinceMs: startedMs },
      address: cluster === undefined ? "" : `${cluster.bind_addr}:${cluster.port}`,
      ...{ version: argusVersion, isHidden: settings.isHidden },
      ...{ eventsPerSecond: this.#rate.perSecond(), eventsOutPerSecond },
      link: { sinceMs: this.#view.connectedMs ?? null, roundTripMs: link?.roundTripMs ?? null },
      spool: { events, bytes, bytesMax, oldestMs: events === 0 ? null : clock.wallMs() - oldestMs, isFull, drainMs },
      ...{ clockOffsetMs, note: "", lastRefusal: this.#view.lastRefusal },
    };
  }

  journal(): undefined {
    return undefined;
  }

  metrics(): Record<string, number> {
    const memory = process.memoryUsage();
    const cpu = process.cpuUsage();
    return {
      ...this.#takeIn.counters(),
      ...named("spool", this.#spool.stats()),
      ...(this.link === undefined ? {} : named("link", this.link.counters)),
      "process.rssBytes": memory.rss,
      "process.cpuMicros": cpu.user + cpu.system,
      "process.uptimeMs": this.#parts.clock.wallMs() - this.#parts.startedMs,
    };
  }
}

/** Counters that a heartbeat carries for the master's page: few, and the same on every node. */
function statusForMaster(parts: NodeParts, spool: Spool, takeIn: TakeIn, rate: Rate): WorkerStatus {
  const { events, bytes, bytesMax, oldestMs, isFull, appended, lost } = spool.stats();
  const { accepted, truncated } = takeIn.batcher.counters();
  const lines = parts.logs.takeTroubles().map(({ level, tag, message }) => ({
    level: level === "ERROR" ? ("ERROR" as const) : ("WARNING" as const),
    tag: tag.slice(0, 64),
    message: message.slice(0, 1_024),
  }));
  return {
    spool: { events, bytes, bytesMax, oldestMs: Math.max(0, oldestMs), isFull },
    eventsPerSecond: rate.perSecond(),
    counters: { accepted, truncated, appended, lost },
    lines,
  };
}

async function openLink(
  parts: NodeParts,
  cluster: ClusterOptions,
  spool: Spool,
  takeIn: TakeIn,
  view: MasterView,
  rate: Rate,
  agents: AgentsWorker,
): Promise<LinkWorker> {
  const { home, settings, disk, clock, random, crash, logs, host } = parts;
  const log = logs.cluster;
  const key = await deriveClusterKey(cluster.key?.reveal() ?? "", cluster.name);
  const counters = newLinkCounters();
  return new LinkWorker({
    ...{ clock, random, crash, log, counters, cluster: cluster.name, name: settings.name, version: argusVersion, host },
    isHidden: settings.isHidden,
    network: openNetwork({
      ...{ clock, log, bindAddress: cluster.bind_addr, port: cluster.port, name: settings.name, role: "worker" },
      ...{ cluster: cluster.name, keys: [key], counters },
      knownAddresses: () => settings.dialTargets.map((target) => target.address),
    }),
    identity: await openIdentity(home, disk),
    masterPin: await openMasterPin(home, disk),
    source: recordSource(spool),
    targets: () => settings.dialTargets,
    status: () => statusForMaster(parts, spool, takeIn, rate),
    agents: agents.ofLink(),
    events: {
      onMaster: ({ name }) => view.joined(name, clock.wallMs()),
      onSnapshot: (snapshot) => view.take(snapshot),
      onClosed: () => view.lost(clock.wallMs()),
      onRefused({ code, message }) {
        view.lastRefusal = `${code}: ${message}`;
      },
    },
  });
}

/** Opens everything; rejects with the error of the part that cannot be opened, and nothing is open then. */
export async function openWorker(parts: NodeParts): Promise<OpenNode> {
  const spool = await openSpool(parts);
  try {
    return await openAround(spool, parts);
  } catch (error) {
    await spool.close();
    throw error;
  }
}

async function openAround(spool: Spool, parts: NodeParts): Promise<OpenNode> {
  const { settings } = parts;
  const cluster = must(settings.cluster, "a worker without a cluster");
  const queue = {
    append: (batch: Parameters<Spool["append"]>[0]) => spool.append(batch),
    nowMs: () => spool.nowMs(),
  };
  const own = await openTakeIn(parts, queue, spool.marks());
  try {
    const agents = await AgentsWorker.open(parts, own.batcher);
    try {
      return await openLinked(spool, parts, cluster, own, agents);
    } catch (error) {
      await agents.close();
      throw error;
    }
  } catch (error) {
    await own.close();
    throw error;
  }
}

async function openLinked(
  spool: Spool,
  parts: NodeParts,
  cluster: ClusterOptions,
  own: TakeIn,
  agents: AgentsWorker,
): Promise<OpenNode> {
  const { clock, logs } = parts;
  const takeIn = withCountersOf(own, agents);
  const view = new MasterView(clock.wallMs());
  const rate = new Rate();
  const status = new WorkerNodeStatus(parts, spool, takeIn, view, rate);
  const link = await openLink(parts, cluster, spool, takeIn, view, rate, agents);
  status.link = link;
  agents.fetch = (sha256, sink) => link.fetch(sha256, sink);
  const desk = new AgentsDesk({
    ...{ agents: agents.agents, blobs: agents.blobs, nodes: () => status.nodes() },
    change: (change) => agents.change(change),
  });
  return {
    services: [
      untilFailure("spool", spool.failure),
      takeIn.batcher,
      ...agents.services,
      link,
      ...takeIn.sources,
      ...agents.doors,
      new ClockWatch({ clock, log: logs.main, queue: spool }),
      everySecond("rates", clock, () => status.tick()),
    ],
    api: {
      ...{ status, agents: desk, alerts: undefined, figures: undefined, clusterLog: logs.clusterLines },
    } satisfies ApiNeeds,
    async close() {
      await agents.close();
      await spool.close();
    },
  };
}
