/**
 * A master, in data-path order: link and own intake → journal → analysis → alerts; and beside it the view of the
 * cluster and the API. Drained in the reverse order: first the sources, then what carries, then what stores, then
 * what reads.
 */
import { RecentAlerts } from "../alerts/recent.ts";
import type { ApiNeeds } from "../api/needs.ts";
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
import { Analysis } from "./analysis.ts";
import { ClockWatch } from "./clock-watch.ts";
import { ClusterWatch } from "./cluster-watch.ts";
import { openIdentity, openPins, openTerm } from "./identity-disk.ts";
import { MasterStatus } from "./master-status.ts";
import { OwnEvents } from "./own-events.ts";
import { argusVersion } from "./package-disk.ts";
import type { NodeParts, OpenNode } from "./parts.ts";
import { lastRecordedSnapshot, publishRuleset } from "./ruleset-in-force.ts";
import { openTakeIn, type TakeIn } from "./take-in.ts";
import { everySecond, untilFailure } from "./ticker.ts";
import { withTrial } from "./trial.ts";

/** A minute between two looks for journal segments that are behind the checkpoint and old enough. */
const removeEverySeconds = 60;

async function openJournal(parts: NodeParts): Promise<Journal> {
  const { home, settings, disk, clock, random, crash, logs, host } = parts;
  await disk.makeFolder(home.journal, 0o750);
  const journal = await Journal.open({
    ...{ disk, clock, random, crash, log: logs.main.tagged("Journal"), folder: home.journal, node: settings.name },
    limits: withTrial(journalLimitsOf(settings.journal, await disk.space(home.journal)), parts.trial),
    sync: settings.spool.sync,
    preamble: writeEpochPreamble({ host, hidden: settings.isHidden }),
  });
  for (const damage of journal.damages) {
    for (const { node, lane, epoch, first, count } of damage.lost) {
      const reason = "the master's journal was damaged";
      await journal.appendControl(writeControlRecord({ kind: "hole", node, lane, epoch, first, count, reason }));
    }
  }
  return journal;
}

function openAnalysis(
  parts: NodeParts,
  journal: Journal,
  recent: RecentAlerts,
  snapshot: string | undefined,
): Analysis {
  return new Analysis({
    setup: {
      home: parts.home.folder,
      durable: journal.durablePosition,
      fallbackSnapshot: snapshot,
      checkpointEveryMs: parts.trial.checkpointEveryMs,
      crash: parts.trial.crash,
    },
    log: parts.logs.main.tagged("Analysis"),
    onDurable: (listener) => journal.onDurable(listener),
    onRaised: (alert) => recent.add(alert),
    onUntold: (count) => recent.skip(count),
    onProgress: () => undefined,
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
    onWaiting: (peer) => watch.take({ type: "waiting", name: peer.name, hello: helloOf(peer) }),
    onHeartbeat: (name, session) => watch.take({ type: "heartbeat", name, session }),
    onStatus(name, session, status, clockOffsetMs) {
      watch.take({ type: "status", name, session, spool: status.spool, clockOffsetMs, isSyncing: false });
      watch.gaugeSpool(name, status.spool.bytes, status.spool.bytesMax);
      for (const { level, tag, message } of status.lines) {
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
  });
}

/** Opens everything; rejects with the error of the part that cannot be opened. */
export async function openMaster(parts: NodeParts): Promise<OpenNode> {
  const { home, settings, disk, clock, crash, logs, time } = parts;
  const journal = await openJournal(parts);
  const publication = { disk, home, settings, zone: time.zone, journal, crash, log: logs.main.tagged("Ruleset") };
  const fallback = await lastRecordedSnapshot(disk, home);
  const snapshot = await publishRuleset(publication);
  const recent = new RecentAlerts();
  await recent.refill(disk, `${home.logs}/alerts/alerts.json`);
  const analysis = openAnalysis(parts, journal, recent, fallback ?? snapshot);
  const queue = {
    append: (batch: Parameters<Journal["appendOwn"]>[0]) => journal.appendOwn(batch),
    nowMs: () => journal.nowMs(),
  };
  const takeIn = await openTakeIn(parts, queue, journal.marks());
  const events = new OwnEvents(takeIn.batcher);
  const watch = watchCluster(parts, events);
  const { cluster } = settings;
  const link =
    cluster === undefined ? undefined : await openLink(parts, cluster, recordStore(parts, journal, events), watch);
  events.managerStarted();
  const status = new MasterStatus({ parts, journal, analysis, takeIn, watch, link });
  return {
    services: [
      untilFailure("journal", journal.failure),
      analysis,
      takeIn.batcher,
      ...(link === undefined ? [] : [link]),
      ...takeIn.sources,
      new ClockWatch({ clock, log: logs.main, queue: journal }),
      everySecond("cluster watch", clock, secondly(parts, journal, analysis, takeIn, watch)),
    ],
    api: { status, alerts: recent } satisfies ApiNeeds,
    close: () => journal.close(),
  };
}

function secondly(
  parts: NodeParts,
  journal: Journal,
  analysis: Analysis,
  takeIn: TakeIn,
  watch: ClusterWatch,
): () => void {
  let durable = 0;
  let seconds = 0;
  return () => {
    const now = takeIn.batcher.counters().durable;
    watch.take({ type: "events", name: parts.settings.name, count: now - durable });
    durable = now;
    watch.take({ type: "tick" });
    seconds += 1;
    if (seconds % removeEverySeconds !== 0) return;
    const { checkpoint } = analysis.progress;
    journal.removeBehind(checkpoint, parts.clock.wallMs(), parts.settings.journal.keep).catch((error: unknown) => {
      parts.logs.main.tagged("Journal").error(`old segments could not be removed: ${String(error)}`);
    });
  };
}
