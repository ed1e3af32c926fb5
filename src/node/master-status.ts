/** What a master says of itself: the figures behind `/status`, `/nodes`, `/journal` and `/metrics`. */
import type { JournalReply, MetricsReply, NodeInfo, StatusReply } from "../api/contract/reply.ts";
import type { NodeStatus } from "../api/needs.ts";
import type { LinkMaster } from "../link/link-master.ts";
import type { Journal } from "../spool/journal.ts";
import type { AnalysedUpTo } from "./analysed-lanes.ts";
import type { Analysis } from "./analysis.ts";
import type { ClusterWatch } from "./cluster-watch.ts";
import type { JournalLag } from "./journal-lag.ts";
import { Rate, tenths } from "../membership/rate.ts";
import { backlogOf } from "./backlog.ts";
import { keyWeaknessOf } from "./key-weakness.ts";
import { argusVersion } from "./package-disk.ts";
import type { NodeParts } from "./parts.ts";
import type { QuarantineKeeper } from "./quarantine-disk.ts";
import type { RulesetReload } from "./ruleset-reload.ts";
import { named, type TakeIn } from "./take-in.ts";

export interface MasterStatusOptions {
  parts: NodeParts;
  journal: Journal;
  lag: JournalLag;
  analysis: Analysis;
  takeIn: TakeIn;
  watch: ClusterWatch;
  link: LinkMaster | undefined;
  quarantine: Pick<QuarantineKeeper, "book">;
  ruleset: Pick<RulesetReload, "status">;
}

/** The status is told every second, to every page, and a line of a problem may hold a whole expression. */
const refusalLengthMax = 300;

export class MasterStatus implements NodeStatus {
  readonly #options: MasterStatusOptions;
  readonly #analysedRate = new Rate();
  readonly #keyWeakness: string;

  constructor(options: MasterStatusOptions) {
    this.#options = options;
    this.#keyWeakness = keyWeaknessOf(options.parts.settings);
  }

  /** To be called once a second. */
  tick(): void {
    const { analysis, parts } = this.#options;
    // The first count is what the checkpoint knew: nothing of it was analysed in these seconds.
    if (analysis.hasBegun) this.#analysedRate.sample(analysis.progress.analysed, parts.clock.monotonicMs());
  }

  status(nodes: readonly NodeInfo[] = this.nodes()): StatusReply {
    const { parts, analysis, journal } = this.#options;
    const { progress, hasBegun } = analysis;
    const nowMs = parts.clock.wallMs();
    // Before the analysis has said how far it had come all of the journal would count as not analysed.
    const inJournal = hasBegun ? eventsBehind(journal, progress.lanes) : 0;
    return {
      node: parts.settings.name,
      role: "master",
      cluster: parts.settings.cluster?.name ?? "",
      version: argusVersion,
      processId: process.pid,
      startedMs: parts.startedMs,
      nowMs,
      events: {
        isCounted: hasBegun,
        accepted: progress.analysed + progress.undecodable + inJournal,
        analysed: progress.analysed,
        ...backlogOf({ behind: inJournal, behindMs: this.#journalAgeMs(nowMs) }, nodes, nowMs),
        ...{ lost: progress.lost, lostInDay: analysis.lostInDay(nowMs) },
        perSecond: tenths(nodes.reduce((sum, node) => sum + node.eventsOutPerSecond, 0)),
        analysedPerSecond: this.#analysedRate.perSecond(),
      },
      alerts: progress.alerts,
      keyWeakness: this.#keyWeakness,
      ruleset: { refusal: this.#refusal(), quarantined: progress.quarantined.length },
      master: { name: parts.settings.name, isConnected: true },
    };
  }

  #refusal(): string {
    const { refused } = this.#options.ruleset.status();
    const text = refused?.problems[0] ?? "";
    return text.length > refusalLengthMax ? `${text.slice(0, refusalLengthMax)}…` : text;
  }

  #journalAgeMs(wallMs: number): number {
    const { lag, analysis, parts } = this.#options;
    const { position, receivedMs } = analysis.progress;
    return lag.ageMs(position, receivedMs, { wallMs, monotonicMs: parts.clock.monotonicMs() });
  }

  nodes(): NodeInfo[] {
    return this.#options.watch.nodes();
  }

  journal(): JournalReply {
    const { journal, analysis } = this.#options;
    const { bytes, bytesMax } = journal.stats();
    const upTo = analysis.progress.lanes;
    return {
      durable: journal.durablePosition,
      analysed: analysis.progress.position,
      checkpoint: analysis.progress.checkpoint,
      oldest: journal.oldestPosition,
      bytes,
      bytesMax,
      lanes: journal.table().flatMap(({ node, lane, epochs }) => {
        const current = epochs.at(-1);
        if (current === undefined) return [];
        const analysed = upTo.find((one) => one.node === node && one.lane === lane)?.analysed ?? 0;
        return [{ node, lane, epoch: current.epoch.number, last: current.last, analysed }];
      }),
    };
  }

  metrics(): MetricsReply {
    const { parts, analysis, takeIn, link, journal, quarantine } = this.#options;
    const memory = process.memoryUsage();
    const cpu = process.cpuUsage();
    return {
      ...takeIn.counters(),
      ...named("analysis", analysis.progress),
      "analysis.quarantinedCount": analysis.progress.quarantined.length,
      "analysis.poisonCount": quarantine.book.poisonCount,
      ...(link === undefined ? {} : named("link", link.counters)),
      ...named("journal", journal.stats()),
      "process.rssBytes": memory.rss,
      "process.cpuMicros": cpu.user + cpu.system,
      "process.uptimeMs": parts.clock.wallMs() - parts.startedMs,
    };
  }
}

/**
 * Events that are in the journal and not yet answered. Epochs count by their order, not by their numbers: a worker
 * whose spool was lost begins again at 1.
 */
export function eventsBehind(journal: Pick<Journal, "table">, analysed: readonly AnalysedUpTo[]): number {
  let behind = 0;
  for (const { node, lane, epochs } of journal.table()) {
    const upTo = analysed.find((one) => one.node === node && one.lane === lane);
    // An epoch that is not listed any more is older than all that are; so is none at all.
    const reached = epochs.findIndex(({ epoch }) => epoch.number === upTo?.epoch && epoch.bits === upTo.bits);
    for (const [index, { last }] of epochs.entries()) {
      if (index > reached) behind += last;
      else if (index === reached) behind += Math.max(0, last - (upTo?.last ?? 0));
    }
  }
  return behind;
}
