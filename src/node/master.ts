/**
 * A master, in data-path order: link and own intake → journal → analysis → alerts; and beside it the view of the
 * cluster and the API. Drained in the reverse order: first the sources, then what carries, then what stores, then
 * what reads.
 */
import { CheckpointStore } from "../analysis/checkpoint-disk.ts";
import type { Clock } from "../base/clock.ts";
import { describeError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import { Turns } from "../base/turns.ts";
import { RecentAlerts } from "../alerts/recent.ts";
import type { ApiNeeds } from "../api/needs.ts";
import { watchFolder } from "../collect/watch-disk.ts";
import { deriveClusterKey } from "../link/psk.ts";
import { LinkMaster, type LinkMasterEvents } from "../link/link-master.ts";
import type { LaneRecord, RecordStore, StoreResult } from "../link/needs.ts";
import { openNetwork } from "../link/tls-connection.ts";
import { newLinkCounters } from "../link/metrics.ts";
import { refusalOf, shownAddress, type AdmissionPolicy } from "../membership/admission.ts";
import type { ClusterOptions } from "../membership/options.ts";
import { writeControlRecord, writeEpochPreamble } from "../model/control-record.ts";
import { Journal } from "../spool/journal.ts";
import { journalLimitsOf } from "../spool/options.ts";
import { AgentsDesk } from "./agents-desk.ts";
import { AgentsMaster } from "./agents-master.ts";
import { Analysis } from "./analysis.ts";
import { CLOCK_DIFFERENCE_MS_MAX, ClockWatch } from "./clock-watch.ts";
import { ClusterWatch } from "./cluster-watch.ts";
import { openIdentity, openPins, openTerm } from "./identity-disk.ts";
import { FigureFile } from "./figure-history.ts";
import { JournalKeeper } from "./journal-keeper.ts";
import { PoisonWard, type PoisonTeller } from "./poison-ward.ts";
import { tryEvent } from "./poison-trial.ts";
import { QuarantineDesk } from "./quarantine-desk.ts";
import { QuarantineKeeper } from "./quarantine-disk.ts";
import { JournalLag } from "./journal-lag.ts";
import { LevelBoard } from "./level-board.ts";
import { MasterFigures } from "./master-figures.ts";
import { MasterStatus } from "./master-status.ts";
import { OwnEvents } from "./own-events.ts";
import { argusVersion } from "./package-disk.ts";
import type { NodeParts, OpenNode } from "./parts.ts";
import {
  inForceAt,
  publishRuleset,
  recordedRulesets,
  replaceRuleset,
  type PublishedRuleset,
  type RulesetPublication,
} from "./ruleset-in-force.ts";
import { readRulesetOnThread } from "./ruleset-reading-start.ts";
import { RulesetReload } from "./ruleset-reload.ts";
import { openTakeIn, withCountersOf, type TakeIn } from "./take-in.ts";
import { everySecond, untilFailure } from "./ticker.ts";
import { withTrial } from "./trial.ts";

/** A minute between two looks for journal segments that have become old enough. */
const tidyEverySeconds = 60;
const damagedJournal = "the master's journal was damaged";

async function openJournal(parts: NodeParts): Promise<Journal> {
  const { home, settings, disk, clock, random, crash, logs, host } = parts;
  await disk.makeFolder(home.journal, 0o750);
  const journal = await Journal.open({
    ...{ disk, clock, random, crash, log: logs.main.tagged("Journal"), folder: home.journal, node: settings.name },
    limits: withTrial(journalLimitsOf(settings.journal, await disk.space(home.journal)), parts.trial),
    sync: settings.spool.sync,
    preamble: writeEpochPreamble({ host, hidden: settings.isHidden }),
    holeRecord: (lost) => writeControlRecord({ kind: "hole", ...lost, reason: damagedJournal }),
  });
  const byMs = clock.wallMs() - journal.receivedMs;
  if (byMs < -CLOCK_DIFFERENCE_MS_MAX) await recordClockStep(journal, byMs, logs.main);
  return journal;
}

/** Only a clock that was set back concerns the journal: forward, times of arrival grow by themselves. */
export async function recordClockStep(
  journal: Pick<Journal, "appendClockStep">,
  differenceMs: number,
  log: Log,
): Promise<void> {
  const byMs = Math.round(differenceMs);
  if (byMs >= 0) return;
  log.warning(`the clock was set back by ${-byMs} ms: times of arrival follow it`);
  await journal.appendClockStep(writeControlRecord({ kind: "clock_stepped", byMs }), byMs);
}

function openAnalysis(
  parts: NodeParts,
  journal: Journal,
  recent: RecentAlerts,
  snapshot: string,
  keeper: JournalKeeper,
  board: LevelBoard,
  quarantine: QuarantineKeeper,
  tell: PoisonTeller,
): Analysis {
  const { disk, home } = parts;
  const log = parts.logs.main.tagged("Analysis");
  const ward = new PoisonWard({
    ...{ disk, home, log, keeper: quarantine, tell },
    tryEvent: (suspect, quarantines, signal) => tryEvent(home.folder, suspect, quarantines, signal),
  });
  return new Analysis({
    setup: {
      home: parts.home.folder,
      durable: journal.durablePosition,
      fallbackSnapshot: snapshot,
      checkpointEveryMs: parts.trial.checkpointEveryMs,
      crash: parts.trial.crash,
    },
    log,
    actions: () => quarantine.book.actions(),
    acquitted: () => ward.acquitted,
    onSuspect: (suspect, signal) => ward.treat(suspect, signal),
    onDurable: (listener) => journal.onDurable(listener),
    onRaised: (alert) => recent.add(alert),
    onUntold: (count) => recent.skip(count),
    onProgress({ checkpoint }, levels) {
      keeper.checkpointAt(checkpoint);
      board.merge(levels);
    },
  });
}

/** The journal as the link sees it; what it notes on the way is logged and raised. */
function recordStore(parts: NodeParts, journal: Journal, events: OwnEvents): RecordStore {
  const log = parts.logs.cluster;
  const note = (node: string, record: LaneRecord, result: StoreResult & { note?: string }): void => {
    if (result.code !== "stored") return;
    if (record.kind === "hole") {
      log
        .tagged(`Worker ${node}`, "Hole")
        .error(`${record.count} events are lost (declared by the node) and are passed`);
      events.hole(node, record.count, "declared by the node");
    }
    if (result.note === "rolled_back") {
      log.tagged(`Worker ${node}`, "Epoch").error("the node was rolled back: it continues from less than is held here");
      events.rolledBack(node);
    } else if (result.note === "lane_restarted") {
      log.tagged(`Worker ${node}`, "Epoch").warning("the node begins anew: its spool was lost or replaced");
    }
  };
  return {
    stored: (node) =>
      journal
        .table()
        .filter((state) => state.node === node)
        .flatMap(({ lane, epochs }) => epochs.map(({ epoch, last }) => ({ lane, epoch, last }))),
    async store(node, record, offsetMs) {
      const result = await journal.store(record, { node, receivedMs: parts.clock.wallMs(), offsetMs });
      note(node, record, result);
      return result;
    },
  };
}

function watchCluster(parts: NodeParts, events: OwnEvents): ClusterWatch {
  const { settings, clock, logs } = parts;
  const address = settings.cluster === undefined ? "" : `${settings.cluster.bind_addr}:${settings.cluster.port}`;
  return new ClusterWatch({
    ...{ clock, log: logs.cluster, events, listed: settings.listed.nodes },
    own: {
      name: settings.name,
      hello: { role: "master", version: argusVersion, isHidden: settings.isHidden, address },
    },
  });
}

/** What the link reports, as inputs of the node table. */
function linkEvents(parts: NodeParts, policy: AdmissionPolicy, watch: ClusterWatch): LinkMasterEvents {
  const helloOf = (peer: { name: string; address: string; version: string; isHidden: boolean }) => ({
    role: "worker" as const,
    version: peer.version,
    isHidden: peer.isHidden,
    address: shownAddress(policy, peer.name, peer.address),
  });
  return {
    onPeer: (peer) => watch.take({ type: "joined", name: peer.name, session: peer.session, hello: helloOf(peer) }),
    onWaiting: (peer) =>
      watch.take({ type: "waiting", name: peer.name, hello: helloOf(peer), publicKey: peer.publicKey }),
    onHeartbeat: (name, session) => watch.take({ type: "heartbeat", name, session }),
    onStatus(name, session, { spool, eventsPerSecond, lines }, measured) {
      watch.take({ type: "status", name, session, spool, eventsPerSecond, ...measured, isSyncing: false });
      watch.gaugeSpool(name, spool.bytes, spool.bytesMax);
      for (const { level, tag, message } of lines) {
        const log = parts.logs.cluster.tagged(`Worker ${name}`, tag);
        if (level === "ERROR") log.error(message);
        else log.warning(message);
      }
    },
    onEvents: (name, count) => watch.take({ type: "events", name, count }),
    onClosed: (name, session, reason) => watch.take({ type: "closed", name, session, reason }),
    onRefused({ name, address, code, message }) {
      if (name !== undefined) watch.take({ type: "refused", name, address, reason: `${code}: ${message}` });
    },
  };
}

async function openLink(
  parts: NodeParts,
  cluster: ClusterOptions,
  store: RecordStore,
  watch: ClusterWatch,
  agents: AgentsMaster,
): Promise<LinkMaster> {
  const { home, settings, disk, clock, random, crash, logs } = parts;
  const key = await deriveClusterKey(cluster.key?.reveal() ?? "", cluster.name);
  const pins = await openPins(home, disk);
  const log = logs.cluster;
  const policy: AdmissionPolicy = {
    ownName: settings.name,
    listed: settings.listed.nodes,
    isListBinding: settings.listed.isListBinding,
    usesSourceIp: cluster.use_source_ip,
  };
  watch.take({ type: "seen_before", names: pins.names() });
  const counters = newLinkCounters();
  return new LinkMaster({
    ...{ clock, random, crash, log, counters, pins, store },
    ...{ cluster: cluster.name, name: settings.name, version: argusVersion },
    network: openNetwork({
      ...{ clock, log, bindAddress: cluster.bind_addr, port: cluster.port, name: settings.name, role: "master" },
      ...{ cluster: cluster.name, keys: [key], counters },
      knownAddresses: () => settings.listed.nodes.map((node) => node.address),
    }),
    identity: await openIdentity(home, disk),
    term: await openTerm(home, disk),
    admission: {
      refusalOf(candidate) {
        if (cluster.approve && !candidate.isPinned)
          return { code: "not_approved", message: `${candidate.name} is not approved` };
        return refusalOf(policy, candidate);
      },
    },
    targets: () => settings.dialTargets,
    snapshot: () => watch.nodes(),
    events: linkEvents(parts, policy, watch),
    ...{ agents: agents.ofLink(), blobs: agents.blobStore() },
  });
}

function openReload(
  publication: RulesetPublication,
  published: PublishedRuleset,
  clock: Clock,
  turns: Turns,
  prepare: (sha256: string) => Promise<void>,
): RulesetReload {
  const { disk, home, settings, zone, log } = publication;
  const cluster = settings.cluster === undefined ? undefined : { name: settings.cluster.name };
  return new RulesetReload({
    ...{ clock, disk, log, watchFolder, turns, published, places: [home.ossecConf, home.nodeConf] },
    read: (known, signal) => readRulesetOnThread({ home: home.folder, zone, cluster, known }, signal),
    replace: (snapshot) => replaceRuleset(publication, snapshot, prepare),
  });
}

/** What has been opened so far: an open listener or file would keep the process alive when a later part fails. */
class Opened {
  readonly #closers: (() => Promise<void>)[] = [];

  add<T extends { close(): Promise<void> }>(part: T): T {
    this.#closers.push(() => part.close());
    return part;
  }

  /** In the reverse order; what fails is not told, because the failure that led here is. */
  async closeAll(): Promise<void> {
    for (const close of this.#closers.toReversed()) await close().catch(() => undefined);
  }
}

/** Opens everything; rejects with the error of the part that cannot be opened, and nothing is open then. */
export async function openMaster(parts: NodeParts): Promise<OpenNode> {
  const opened = new Opened();
  try {
    return await openParts(parts, opened);
  } catch (error) {
    await opened.closeAll();
    throw error;
  }
}

async function openParts(parts: NodeParts, opened: Opened): Promise<OpenNode> {
  const { home, settings, disk, clock, crash, logs, time } = parts;
  const journal = opened.add(await openJournal(parts));
  const publication = { disk, home, settings, zone: time.zone, journal, crash, log: logs.main.tagged("Ruleset") };
  const published = await publishRuleset(publication);
  const inForce = inForceAt(await recordedRulesets(disk, home), journal.oldestPosition) ?? published.sha256;
  const recent = new RecentAlerts();
  await recent.refill(disk, `${home.logs}/alerts/alerts.json`);
  const checkpoints = new CheckpointStore(disk, home.checkpoints, crash);
  const rulesetTurns = new Turns();
  const keeper = new JournalKeeper({
    ...{ disk, clock, log: logs.main.tagged("Journal"), home, journal, checkpoints, rulesetTurns },
    keepMs: settings.journal.keep,
  });
  const board = new LevelBoard();
  const isCut = (await checkpoints.heads()).some(({ position }) => position > journal.durablePosition);
  const quarantine = await QuarantineKeeper.open(disk, home, journal);
  // The analysis begins when all is open, and the events of the master are there.
  const tell: PoisonTeller = {
    quarantined: (part, position) => events.quarantined(part, position),
    poisoned: (node, position) => events.poisoned(node, position),
  };
  const analysis = openAnalysis(parts, journal, recent, inForce, keeper, board, quarantine, tell);
  const queue = {
    append: (batch: Parameters<Journal["appendOwn"]>[0]) => journal.appendOwn(batch),
    nowMs: () => journal.nowMs(),
  };
  const own = opened.add(await openTakeIn(parts, queue, journal.marks()));
  const events = new OwnEvents(own.batcher);
  const agents = opened.add(await AgentsMaster.open(parts, own.batcher, events));
  const takeIn = withCountersOf(own, agents);
  const watch = watchCluster(parts, events);
  const { cluster } = settings;
  const store = recordStore(parts, journal, events);
  const link = cluster === undefined ? undefined : await openLink(parts, cluster, store, watch, agents);
  agents.link = link;
  raiseStart(events, journal, isCut ? settings.name : undefined);
  const lag = lagOf(journal, clock);
  const file = new FigureFile(disk, `${home.state}/figures.json`, logs.main.tagged("Figures"));
  const history = await file.read();
  const ruleset = openReload(publication, published, clock, rulesetTurns, (sha256) => analysis.prepare(sha256));
  const status = new MasterStatus({ parts, journal, lag, analysis, takeIn, watch, link, quarantine, ruleset });
  const figures = new MasterFigures({
    ...{ clock, history, file, board },
    status: () => (analysis.hasBegun ? status.status() : undefined),
  });
  const onStep = (byMs: number): Promise<void> => recordClockStep(journal, byMs, logs.main);
  return {
    services: [
      untilFailure("journal", journal.failure),
      analysis,
      takeIn.batcher,
      ...agents.services,
      ...(link === undefined ? [] : [link]),
      ...takeIn.sources,
      ...agents.doors,
      new ClockWatch({ clock, log: logs.main, queue: journal, onStep }),
      ruleset,
      everySecond("cluster watch", clock, secondly(parts, { keeper, quarantine, takeIn, watch, status })),
      figures,
    ],
    api: {
      ...{ status, alerts: recent, figures, clusterLog: logs.clusterLines, ruleset },
      agents: deskOf(agents, status, settings.name),
      quarantine: new QuarantineDesk({ keeper: quarantine, analysis, events, log: logs.main.tagged("Ruleset") }),
    } satisfies ApiNeeds,
    reload: () => void ruleset.reload().catch((error: unknown) => logs.main.error(describeError(error))),
    close: () => agents.close().then(() => journal.close()),
  };
}

function lagOf(journal: Journal, clock: Clock): JournalLag {
  const lag = new JournalLag(journal.durablePosition, clock.monotonicMs());
  journal.onDurable((position) => lag.onDurable(position, clock.monotonicMs()));
  return lag;
}

/** `cut`: the node, where its journal holds less than it had analysed. */
function raiseStart(events: OwnEvents, journal: Journal, cut: string | undefined): void {
  events.managerStarted();
  if (cut !== undefined) events.journalCut(cut);
  for (const { node, count } of journal.damages.flatMap(({ lost }) => lost)) events.hole(node, count, damagedJournal);
}

function deskOf(agents: AgentsMaster, status: MasterStatus, name: string): AgentsDesk {
  return new AgentsDesk({
    ...{ agents: agents.registry.agents, blobs: agents.blobs, nodes: () => status.nodes() },
    change: (change) => agents.change(change, `an operator on node ${name}`),
  });
}

interface LookedAfter {
  keeper: JournalKeeper;
  quarantine: QuarantineKeeper;
  takeIn: TakeIn;
  watch: ClusterWatch;
  status: MasterStatus;
}

function secondly(parts: NodeParts, { keeper, quarantine, takeIn, watch, status }: LookedAfter): () => void {
  let durable = 0;
  let seconds = 0;
  return () => {
    const now = takeIn.batcher.counters().durable;
    watch.take({ type: "events", name: parts.settings.name, count: now - durable });
    durable = now;
    watch.take({ type: "tick" });
    status.tick();
    seconds += 1;
    if (seconds % tidyEverySeconds !== 0) return;
    void keeper.tidy();
    quarantine.tidy().catch((error: unknown) => {
      parts.logs.main.error(`the book of quarantines could not be written: ${describeError(error)}`);
    });
  };
}
