/**
 * What a worker's listener hears of agents, on its way to the master. Of each agent the newest is kept until the master
 * has it: how it came, and how it went if it went since. What the master is known to know already is not said again, so
 * that keepalives cost nothing beyond the ids that a node tells every ten seconds.
 *
 * At the begin of a session all that was not answered is said again, and whatever this node holds and the registry
 * gives to another: a master that was restored knows less than it did.
 */
import type { Clock, Timer } from "../base/clock.ts";
import type { AgentConnection } from "../intake/agent-session.ts";
import type { AgentsSession } from "../link/agent-needs.ts";
import type { AgentRecord, AgentReport } from "../model/agent.ts";
import { isSameFacts } from "../registry/agent-state.ts";

export interface RelayOptions {
  readonly node: string;
  readonly clock: Clock;
  /** This node's copy of the registry. */
  byId(id: string): AgentRecord | undefined;
  /** The agents that this node holds. */
  connections(): readonly AgentConnection[];
}

interface Heard {
  readonly report: AgentReport;
  /** Monotonic. */
  readonly atMs: number;
}

/** So that those of a wave of reconnects share messages. */
const gatherMs = 20;
const retryMs = 1_000;
/** Said at once; the link cuts it into messages. */
const togetherMax = 4_096;

const isComing = ({ kind }: AgentReport): boolean => kind === "startup" || kind === "keepalive";

/** Whether the registry would not be changed by it. */
export function isKnown(record: AgentRecord, report: AgentReport, node: string): boolean {
  if (report.kind !== "keepalive" || record.node !== node || record.connection !== report.connection) return false;
  const isSame = record.peerAddress === report.peerAddress && record.transport === report.transport;
  const isActive = record.state === "active" && record.groups.length > 0 && report.counter < record.counterFloor;
  const { facts = record.facts } = report;
  return isSame && isActive && isSameFacts(facts, record.facts);
}

export class ReportRelay {
  readonly #options: RelayOptions;
  /** By agent: the newest coming, and the newest going if it is newer. */
  readonly #pending = new Map<string, readonly Heard[]>();
  /** How each agent came that is here, for a master that has forgotten it. */
  readonly #comings = new Map<string, Heard>();
  #session: AgentsSession | undefined;
  #timer: Timer | undefined;
  #isSending = false;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Agents of which something waits for the master. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  take(report: AgentReport): void {
    const heard: Heard = { report, atMs: this.#options.clock.monotonicMs() };
    const { id } = report;
    const before = this.#pending.get(id);
    if (isComing(report)) {
      this.#comings.set(id, heard);
      const record = this.#options.byId(id);
      if (before === undefined && record !== undefined && isKnown(record, report, this.#options.node)) return;
      this.#pending.set(id, [heard]);
    } else {
      this.#comings.delete(id);
      this.#pending.set(id, [...(before ?? []).filter((one) => isComing(one.report)), heard]);
    }
    this.#wake(gatherMs);
  }

  /** It was heard of without a report, so what is said of it again is no older than this. */
  heard(ids: readonly string[]): void {
    const atMs = this.#options.clock.monotonicMs();
    for (const id of ids) {
      const coming = this.#comings.get(id);
      if (coming !== undefined) this.#comings.set(id, { ...coming, atMs });
    }
  }

  onSession(session: AgentsSession | undefined): void {
    this.#session = session;
    if (session === undefined) return;
    this.#recall();
    this.#wake(0);
  }

  stop(): void {
    this.#session = undefined;
    this.#timer?.cancel();
  }

  #recall(): void {
    const { byId, connections, node } = this.#options;
    const here = new Set<string>();
    for (const { id, connection } of connections()) {
      here.add(id);
      const coming = this.#comings.get(id);
      const record = byId(id);
      if (coming?.report.connection !== connection || this.#pending.has(id) || record === undefined) continue;
      if (record.node !== node || record.connection !== connection) this.#pending.set(id, [coming]);
    }
    for (const id of this.#comings.keys()) if (!here.has(id)) this.#comings.delete(id);
  }

  #wake(delayMs: number): void {
    if (this.#timer !== undefined || this.#isSending || this.#session === undefined || this.#pending.size === 0) return;
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = undefined;
      void this.#send();
    });
  }

  /** Never rejects, as the session does not. */
  async #send(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    const nowMs = this.#options.clock.monotonicMs();
    const said = [...this.#pending].slice(0, togetherMax);
    const reports = said.flatMap(([, heard]) =>
      heard.map(({ report, atMs }) => ({ ...report, ageMs: Math.max(0, Math.round(nowMs - atMs)) })),
    );
    this.#isSending = true;
    const isTaken = await session.report(reports);
    this.#isSending = false;
    // What came meanwhile stands in its place, and is said next.
    if (isTaken) for (const [id, heard] of said) if (this.#pending.get(id) === heard) this.#pending.delete(id);
    if (this.#session === session) this.#wake(isTaken ? gatherMs : retryMs);
    else this.#wake(0);
  }
}
