/**
 * Who the agents are: the one authority, on the master.
 *
 *   decided in memory ──▶ client.keys (if a key changed) ──▶ agents.db, synced ──▶ told: replicas, listeners, answers
 *
 * Every change raises one number, `seq`, and a record carries the `seq` of its last change; so a replica that holds
 * (epoch, seq) is brought up by the records above it, in order, without a log of changes. Nothing is told before it is
 * durable, so a registry that was killed is never behind its replicas. All changes are decided by one loop, one after
 * another; those that wait are written together. States are decided as they are reported, and durable within a fraction
 * of a second. When the disk fails, what was decided is taken back and whoever asked is told so; states wait for it.
 */
import type { Clock, Timer } from "../base/clock.ts";
import { describeError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import { untilAborted, type Service } from "../base/service.ts";
import { agentIdOf, type AgentChange, type AgentChangeAnswer } from "../model/agent.ts";
import type { AgentReport, EnrolmentAnswer, EnrolmentRequest, MergedRecord } from "../model/agent.ts";
import { afterReport } from "./agent-state.ts";
import { AgentWatch } from "./agent-watch.ts";
import { Decisions, type Decided, type DecisionOptions } from "./decisions.ts";
import { DurableTable, type Lack, type TableLimits } from "./durable-table.ts";
import { KeysKeeper } from "./keys-keeper.ts";
import type {
  AdoptedAgents,
  AgentEvents,
  Agents,
  Enrolment,
  GroupFolders,
  Held,
  KeysFile,
  RegistryStore,
} from "./needs.ts";

export interface RegistryOptions extends DecisionOptions {
  readonly store: RegistryStore;
  readonly keys: KeysFile;
  readonly groups: GroupFolders;
  readonly events: AgentEvents;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** `<agents_disconnection_time>` and `<agents_disconnection_alert_time>`. */
  readonly disconnectionMs: number;
  readonly disconnectionAlertMs: number;
  /** Asked when the registry is new: what else than client.keys knows of the agents there. */
  readonly adopt?: () => Promise<AdoptedAgents>;
  readonly tableLimits?: TableLimits;
  /** Hints that client.keys may have been changed; it is looked at every 10 s anyway. */
  readonly watchKeys?: (onHint: () => void) => { close(): void } | undefined;
}

/** A decision that waits for its turn. */
interface Waiting {
  /** Groups that it names: one that is not known may be new. */
  readonly groups: readonly string[];
  decide(decisions: Decisions): void;
  /** It is durable, or it failed. Called once. */
  finish(isStored: boolean): void;
}

/** More than an hour of enrolments at the rate that the port lets through is no burst any more. */
const waitingMax = 4_096;
/** Decided and written together; a batch is one file, one transaction. */
const togetherMax = 512;
/** How long a state may wait for the disk, so that those of a wave of reconnects share a transaction. */
const stateDelayMs = 100;
/** After a failure of the disk. */
const retryDelayMs = 1_000;
const tickMs = 1_000;
const keysPollMs = 10_000;
const seenEveryMs = 60_000;
/** What is older than this was a break of a link, and says nothing of now. */
const ageMsMax = 3_600_000;

export class Registry implements Service, Enrolment {
  readonly name = "registry";
  readonly #options: RegistryOptions;
  readonly #table: DurableTable;
  readonly #keeper: KeysKeeper;
  readonly #watch: AgentWatch;
  readonly #heardListeners = new Set<(node: string, ids: readonly number[]) => void>();
  #waiting: Waiting[] = [];
  #isLookDue = false;
  #isWorking = false;
  #isStopped = false;
  #delay: Timer | undefined;

  private constructor(options: RegistryOptions) {
    const { clock, events, random, store, disconnectionMs, disconnectionAlertMs, tableLimits } = options;
    this.#options = options;
    this.#table = new DurableTable(store, random, tableLimits);
    this.#keeper = new KeysKeeper({ ...options, table: this.#table });
    const startedMs = clock.wallMs();
    this.#watch = new AgentWatch({ disconnectionMs, disconnectionAlertMs, events, startedMs });
    this.#watch.resume(this.#table.table.list(), startedMs);
  }

  /**
   * Reads what there is, and makes the database agree with client.keys. Rejects with `RegistryStoreFailed` or
   * `ClientKeysFailed`.
   */
  static async open(options: RegistryOptions): Promise<Registry> {
    const registry = new Registry(options);
    await options.groups.refresh();
    await registry.#keeper.start(registry.#table.isNew ? await options.adopt?.() : undefined);
    await registry.#table.flush();
    return registry;
  }

  get agents(): Agents {
    return this.#table.table;
  }

  /** What is durable, and may be told. */
  get held(): Held {
    return this.#table.held;
  }

  /** What a replica lacks, at most `countMax` records; within a reset, `sinceInReset` goes on from `to`. */
  since(held: Held, countMax: number): Lack {
    return this.#table.since(held, countMax);
  }

  sinceInReset(seq: number, countMax: number): Lack {
    return this.#table.sinceInReset(seq, countMax);
  }

  /** Calls back when more is durable. Returns what ends it. */
  onStored(listener: (seq: number) => void): () => void {
    return this.#table.onStored(listener);
  }

  /** Calls back with the numbers of agents that a node has heard from. Returns what ends it. */
  onHeard(listener: (node: string, ids: readonly number[]) => void): () => void {
    this.#heardListeners.add(listener);
    return () => void this.#heardListeners.delete(listener);
  }

  /** Reports of agents that are not known are passed over. */
  report(node: string, reports: readonly AgentReport[]): void {
    const nowMs = this.#options.clock.wallMs();
    for (const report of reports) {
      const record = this.#table.table.byId(report.id);
      if (record === undefined) continue;
      const atMs = nowMs - Math.min(Math.max(0, report.ageMs), ageMsMax);
      const { record: next, isTakeOver } = afterReport(record, report, node, atMs);
      if (isTakeOver) this.#watch.onTakeOver(record, next, nowMs);
      if (next !== record) this.#table.put(next);
      else if (record.node === node && record.connection === report.connection) this.#table.see(report.id, atMs);
    }
    this.#wakeForStates();
  }

  /** Agents that a node has heard from lately, by number. Only of those that it holds does it know. */
  heard(node: string, ids: readonly number[]): void {
    const nowMs = this.#options.clock.wallMs();
    for (const number of ids) {
      const id = agentIdOf(number);
      if (this.#table.table.byId(id)?.node === node) this.#table.see(id, nowMs);
    }
    for (const listener of this.#heardListeners) listener(node, ids);
  }

  /** What agents of these groups are to have as merged.mg; undefined: there are no such groups any longer. */
  setMerged(groups: string, file: Pick<MergedRecord, "md5" | "sha256" | "bytes"> | undefined): void {
    const found = this.#table.table.get(`merged ${groups}`);
    const known = found?.kind === "merged" && !found.isRemoved ? found : undefined;
    if (known?.sha256 === file?.sha256) return;
    const { md5, sha256, bytes } = file ?? { md5: "", sha256: "", bytes: 0 };
    this.#table.put({ kind: "merged", seq: 0, groups, isRemoved: file === undefined, md5, sha256, bytes });
    this.#wakeForStates();
  }

  enrol(request: EnrolmentRequest): Promise<EnrolmentAnswer> {
    const reason = `Internal manager error adding agent: ${request.name.slice(0, 128)}`;
    const groups = (request.groups ?? "").split(",", 256);
    return this.#decide(groups, { isEnrolled: false, reason }, request.source, (decisions) => decisions.enrol(request));
  }

  /** `by`: who asked for it, as the log names him. */
  async change(change: AgentChange, by: string): Promise<AgentChangeAnswer> {
    if (change.kind === "create-group" || change.kind === "remove-group") return this.#changeGroup(change, by);
    const failed = { isDone: false, text: "it could not be stored; ossec.log says why" } as const;
    const groups = change.kind === "remove" ? [] : change.groups;
    return this.#decide<AgentChangeAnswer>(groups, failed, by, (decisions) => decisions.change(change));
  }

  /** client.keys may have been changed by somebody. */
  lookAtKeys(): void {
    this.#isLookDue = true;
    this.#wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let [ticks, timer] = [0, clock.after(tickMs, tick.bind(this))];
    function tick(this: Registry): void {
      ticks += 1;
      timer = clock.after(tickMs, tick.bind(this));
      this.#onTick();
      if (ticks % (keysPollMs / tickMs) === 0) this.lookAtKeys();
      if (ticks % (seenEveryMs / tickMs) === 0) this.#writeSeen();
    }
    const watch = this.#options.watchKeys?.(() => this.lookAtKeys());
    await untilAborted(signal);
    timer.cancel();
    watch?.close();
    await this.stop();
  }

  /** Makes durable what is not yet; whatever is asked afterwards fails. */
  async stop(): Promise<void> {
    await this.settle();
    this.#isStopped = true;
    this.#delay?.cancel();
    this.#writeSeen();
  }

  /** Resolves when all that was told and asked so far is durable, or has failed. */
  settle(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ groups: [], decide: () => undefined, finish: () => resolve() });
      this.#wake();
    });
  }

  async #changeGroup(
    { kind, group }: { kind: "create-group" | "remove-group"; group: string },
    by: string,
  ): Promise<AgentChangeAnswer> {
    const { groups, log } = this.#options;
    try {
      if (kind === "create-group") await groups.create(group);
      else await groups.remove(group);
    } catch (error) {
      return { isDone: false, text: describeError(error) };
    }
    if (kind === "remove-group") this.#leaveGroup(group);
    await this.settle();
    const text = `Group ${group} was ${kind === "create-group" ? "created" : "removed"}.`;
    log.info(`${text} By ${by}.`);
    return { isDone: true, id: "", text };
  }

  /** Nobody may stay in a group that is gone. */
  #leaveGroup(group: string): void {
    for (const agent of this.#table.table.list()) {
      if (!agent.groups.includes(group)) continue;
      const left = agent.groups.filter((one) => one !== group);
      this.#table.put({ ...agent, groups: left.length === 0 ? ["default"] : left });
    }
  }

  #decide<T>(
    groups: readonly string[],
    failed: T,
    source: string,
    decide: (decisions: Decisions) => Decided<T>,
  ): Promise<T> {
    if (this.#isStopped || this.#waiting.length >= waitingMax) return Promise.resolve(failed);
    return new Promise((resolve) => {
      let decided: Decided<T> | undefined;
      this.#waiting.push({
        groups,
        decide: (decisions) => void (decided = decide(decisions)),
        finish: (isStored) => {
          if (!isStored || decided === undefined) return resolve(failed);
          this.#tell(decided, source);
          resolve(decided.answer);
        },
      });
      this.#wake();
    });
  }

  #tell(decided: Decided<unknown>, source: string): void {
    const { log, events, clock } = this.#options;
    if (decided.log !== undefined) log.info(decided.log);
    for (const agent of decided.removed) events.agentRemoved(agent);
    if (decided.coveted !== undefined) this.#watch.onCoveted(decided.coveted, source, clock.wallMs());
  }

  #onTick(): void {
    const { table } = this.#table;
    const nowMs = this.#options.clock.wallMs();
    const silent = this.#watch.onTick(table.agents(), (id) => table.byId(id), nowMs);
    for (const record of silent) this.#table.put(record);
    this.#wakeForStates();
  }

  #writeSeen(): void {
    try {
      this.#table.writeSeen();
    } catch (error) {
      this.#options.log.warning(`When agents were last seen was not stored: ${describeError(error)}.`);
    }
  }

  #wakeForStates(delayMs = stateDelayMs): void {
    if (!this.#table.isDirty || this.#delay !== undefined || this.#isWorking || this.#isStopped) return;
    this.#delay = this.#options.clock.after(delayMs, () => this.#wake());
  }

  #wake(): void {
    this.#delay?.cancel();
    this.#delay = undefined;
    if (this.#isWorking || this.#isStopped) return;
    this.#isWorking = true;
    void this.#work().then((isWell) => {
      this.#isWorking = false;
      if (this.#waiting.length > 0 || this.#isLookDue) this.#wake();
      else this.#wakeForStates(isWell ? stateDelayMs : retryDelayMs);
    });
  }

  /** One round of the loop: whether the disk took it. Never rejects. */
  async #work(): Promise<boolean> {
    const { groups, log, random, clock } = this.#options;
    const batch = this.#waiting.splice(0, togetherMax);
    const isLookDue = this.#isLookDue || batch.length > 0;
    this.#isLookDue = false;
    try {
      const isNews = batch.some((one) => one.groups.some((group) => group !== "" && !groups.has(group)));
      if (isNews) await groups.refresh();
      if (isLookDue) await this.#keeper.look();
      const decisions = new Decisions(this.#options, this.#table, random, (group) => groups.has(group), clock.wallMs());
      for (const one of batch) one.decide(decisions);
      await this.#keeper.write(decisions.touched);
      await this.#table.flush();
    } catch (error) {
      log.error(`The agents' registry could not be stored: ${describeError(error)}.`);
      this.#table.takeBack(clock.wallMs());
      this.#keeper.fail();
      for (const one of batch) one.finish(false);
      return false;
    }
    for (const one of batch) one.finish(true);
    return true;
  }
}
