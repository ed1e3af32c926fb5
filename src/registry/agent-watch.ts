/**
 * Agents that fall silent, and agents that two connections fight over. Fed with what the registry sees, asked once a
 * second; it tells of each silence once, `<agents_disconnection_alert_time>` after it has begun.
 */
import { agentStatus, type AgentRecord } from "../model/agent.ts";
import { afterSilence, isSilent } from "./agent-state.ts";
import type { AgentEvents } from "./needs.ts";
import { TakeOvers } from "./take-over.ts";

export interface WatchOptions {
  readonly events: AgentEvents;
  /** Since when this master hears anybody: a silence before that is none. */
  readonly startedMs: number;
  readonly disconnectionMs: number;
  readonly disconnectionAlertMs: number;
}

/** An enrolment that asks for a living agent is told once a minute and agent. */
const COVETED_EVERY_MS = 60_000;
/** Agents that are remembered as told of; beyond it all are forgotten, and told once more. */
const covetedMax = 10_000;

export class AgentWatch {
  readonly #options: WatchOptions;
  readonly #takeOvers = new TakeOvers();
  /** When the rules are to hear of a silence. */
  readonly #alertsDue = new Map<string, number>();
  readonly #covetedMs = new Map<string, number>();

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** At the start: silences that the rules have not heard of yet. */
  resume(agents: readonly AgentRecord[], nowMs: number): void {
    for (const { id, state, statusCode, stateSinceMs } of agents) {
      const dueMs = stateSinceMs + this.#options.disconnectionAlertMs;
      const isDue = state === "disconnected" && statusCode === agentStatus.silent && dueMs > nowMs;
      if (isDue) this.#alertsDue.set(id, dueMs);
    }
  }

  onTakeOver(before: AgentRecord, after: AgentRecord, nowMs: number): void {
    if (!this.#takeOvers.note(after.id, before.peerAddress, after.peerAddress, nowMs)) return;
    this.#options.events.agentContested(after, [before.peerAddress, after.peerAddress]);
  }

  onCoveted(agent: AgentRecord, source: string, nowMs: number): void {
    if (nowMs - (this.#covetedMs.get(agent.id) ?? Number.NEGATIVE_INFINITY) < COVETED_EVERY_MS) return;
    if (this.#covetedMs.size >= covetedMax) this.#covetedMs.clear();
    this.#covetedMs.set(agent.id, nowMs);
    this.#options.events.agentCoveted(agent, source);
  }

  /** Records of agents that are silent since now, to be put; and raises what is due. */
  onTick(agents: Iterable<AgentRecord>, byId: (id: string) => AgentRecord | undefined, nowMs: number): AgentRecord[] {
    const { startedMs, disconnectionMs, disconnectionAlertMs } = this.#options;
    const silent = new Map<string, AgentRecord>();
    for (const agent of agents) {
      if (!isSilent(agent, startedMs, disconnectionMs, nowMs)) continue;
      silent.set(agent.id, afterSilence(agent, nowMs));
      this.#alertsDue.set(agent.id, nowMs + disconnectionAlertMs);
    }
    for (const [id, dueMs] of this.#alertsDue) {
      const agent = silent.get(id) ?? byId(id);
      // It has come back, or was removed.
      if (agent === undefined || agent.state !== "disconnected") this.#alertsDue.delete(id);
      else if (nowMs >= dueMs) {
        this.#alertsDue.delete(id);
        this.#options.events.agentDisconnected(agent);
      }
    }
    this.#takeOvers.forget(nowMs);
    return [...silent.values()];
  }
}
