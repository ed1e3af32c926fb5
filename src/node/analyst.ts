/**
 * From the journal to the alert files: where the spool's reader, the engine and the alert files meet. The analysis
 * thread runs one over the live journal, `argus journal check --replay` another over a journal at rest, and both give
 * the same bytes, because nothing but the journal and the ruleset snapshots it names goes in.
 *
 *   JournalReader ──record──▶ times, lanes ──EngineEvent──▶ Engine ──Answer──▶ AlertFiles
 *                                                 checkpoint: position, snapshot, lengths | lanes, counts, engine state
 *
 * Commit order: alert files written and synced, then the checkpoint, then the baseline's transaction, which holds its
 * position and makes it count; it is never beyond what the files hold.
 */
import { must } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import type { CrashPoint } from "../base/crash-point.ts";
import type { Disk } from "../base/disk.ts";
import { LocalTime } from "../base/local-time.ts";
import type { Log } from "../base/log.ts";
import { AlertFiles, type AlertOutput, type WrittenAlert } from "../alerts/alert-files.ts";
import type { BaselineStore } from "../analysis/baseline.ts";
import type { CheckpointStore, LoadedCheckpoint } from "../analysis/checkpoint-disk.ts";
import { Engine } from "../analysis/engine.ts";
import { compileRuleset, type CompiledRuleset, type RulesetOptions } from "../analysis/ruleset.ts";
import type { Snapshot } from "../analysis/snapshot.ts";
import { loadSnapshot } from "../analysis/snapshot-disk.ts";
import { readControlRecord, readEpochPreamble, type ControlRecord } from "../model/control-record.ts";
import type { EngineEvent } from "../model/alert.ts";
import { readEventBatch, type Event } from "../model/event.ts";
import { JournalReader, type JournalEntry } from "../spool/journal-reader.ts";
import { AnalysedBaseline } from "./analysed-baseline.ts";
import { AnalysedLanes, type AnalysedLane } from "./analysed-lanes.ts";
import type { EngineWatch } from "./engine-watch.ts";
import { JournalContradiction } from "./errors.ts";
import type { RulesetPreparation } from "./ruleset-preparation.ts";
import type { PoisonAction, QuarantineRecord } from "./quarantine-book.ts";

export interface AnalystOptions {
  disk: Disk;
  clock: Clock;
  log: Log;
  crash: CrashPoint;
  journalFolder: string;
  rulesetsFolder: string;
  /** `HOME/logs`, or a folder of its own for a fresh analysis. */
  logsFolder: string;
  /** Undefined: a fresh analysis from the oldest record, which leaves no checkpoint. */
  checkpoints: CheckpointStore | undefined;
  /** Of the same analysis; undefined: what modules of agents said is in memory alone. Closed by the caller. */
  baselineStore: BaselineStore | undefined;
  /** What hostile events have made necessary (quarantine-book.ts), in the order of the events. */
  actions: readonly PoisonAction[];
  /** Where the supervisor reads what is being answered; undefined: nobody looks. */
  watch: EngineWatch | undefined;
  /** Where the journal ends, as far as it is durable; a checkpoint beyond is none of this journal. */
  end: number;
  /** The snapshot in force at the journal's oldest record, for an analysis that begins there; not needed at 0. */
  fallbackSnapshot: string | undefined;
  /** Where a ruleset may be compiled already. */
  preparation?: RulesetPreparation;
}

/** What is asked of the alert files before `advance` gives the thread back to its messages. */
const writeBytes = 256 * 1_024;
/** Records answered in one call of `advance`, so that a durable position or a stop is heard within some 100 ms. */
const recordsPerTurn = 8;

type BatchEntry = JournalEntry & { kind: "batch" };
type ControlEntry = JournalEntry & { kind: "control" };

export class Analyst {
  readonly #options: AnalystOptions;
  readonly #reader: JournalReader;
  readonly #lanes: AnalysedLanes;
  readonly #baseline: AnalysedBaseline;
  /** Up to here everything is in the outputs already; windows are rebuilt with writing off. */
  readonly #writeFrom: number;
  /** Those that no event has come to yet. */
  readonly #actions: PoisonAction[];
  #engine: Engine | undefined;
  #alerts: AlertFiles | undefined;
  #lengths: Uint8Array | undefined;
  #snapshotSha256 = "";
  #checkpointPosition: number;
  #receivedMs = 0;

  private constructor(options: AnalystOptions, reader: JournalReader, lanes: AnalysedLanes, writeFrom: number) {
    this.#options = options;
    this.#reader = reader;
    this.#lanes = lanes;
    this.#baseline = new AnalysedBaseline(options.baselineStore, reader.position, options.end, options.log);
    this.#writeFrom = writeFrom;
    this.#actions = [...options.actions];
    this.#checkpointPosition = writeFrom;
  }

  /** Loads the newest checkpoint and stands at its position. */
  static async open(options: AnalystOptions): Promise<Analyst> {
    const checkpoint = await loadCheckpoint(options);
    const state = checkpoint?.state;
    const canResume = checkpoint !== undefined && state !== undefined;
    const from = canResume ? checkpoint.head.position : "oldest";
    const reader = await JournalReader.open({ disk: options.disk, folder: options.journalFolder, from });
    const saved = state === undefined ? undefined : AnalysedLanes.split(state);
    const lanes = saved?.lanes ?? new AnalysedLanes();
    const analyst = new Analyst(options, reader, lanes, checkpoint?.head.position ?? reader.position);
    analyst.#lengths = checkpoint?.head.lengths;
    if (saved === undefined) lanes.adopt((await reader.oldestHead()).lanes);
    const sha256 = canResume ? checkpoint.head.snapshotSha256 : fallbackOf(options, reader, checkpoint);
    if (sha256 !== undefined) await analyst.#useSnapshot(sha256, saved?.engine);
    analyst.#beginActions(reader.position, canResume);
    return analyst;
  }

  /** Everything before it is answered. */
  get position(): number {
    return this.#reader.position;
  }

  /** When the last record that was answered here had been received; 0 before the first since the start. */
  get receivedMs(): number {
    return this.#receivedMs;
  }

  get checkpointPosition(): number {
    return this.#checkpointPosition;
  }

  get snapshotSha256(): string {
    return this.#snapshotSha256;
  }

  get counts(): AnalysedLanes {
    return this.#lanes;
  }

  get engine(): Engine | undefined {
    return this.#engine;
  }

  /**
   * Answers some records before `limit`; returns whether there may be more. What was answered may wait in memory for
   * `flush`. Rejects with the disk's errors, and with `JournalContradiction` where the journal cannot be ours.
   */
  async advance(limit: number): Promise<boolean> {
    for (let left = recordsPerTurn; left > 0; left -= 1) {
      const entry = await this.#reader.next(limit);
      if (entry === undefined) return false;
      this.#baseline.advanceTo(entry.position);
      await this.#take(entry);
      if ((this.#alerts?.pendingBytes ?? 0) >= writeBytes || this.#baseline.isFull) break;
    }
    // Nobody comes back to a position of a fresh analysis.
    if (this.#options.checkpoints === undefined && this.#baseline.isFull) this.#baseline.commit(this.position);
    return true;
  }

  /** Whether a checkpoint should not wait for its time: what it would write grows too large. */
  get isCheckpointUrgent(): boolean {
    return this.#baseline.isFull;
  }

  /** Writes what waits; returns the alerts that stand in the files only now. */
  async flush(): Promise<WrittenAlert[]> {
    return (await this.#alerts?.write()) ?? [];
  }

  /** A checkpoint of the current position, if there is anything new to keep. To be called after `flush`. */
  async checkpoint(): Promise<void> {
    const { checkpoints } = this.#options;
    const alerts = this.#alerts;
    if (checkpoints === undefined || alerts === undefined || this.#engine === undefined) return;
    if (this.position === this.#checkpointPosition) return;
    // While windows are rebuilt the one that is there says more: it has the outputs' lengths, and stands further on.
    if (this.position < this.#writeFrom || !this.#baseline.canCommit(this.position)) return;
    // A checkpoint counts by the commit that follows it, and takes the place of an older one that counts.
    if (!this.#baseline.begin()) return;
    await alerts.sync();
    const head = { position: this.position, snapshotSha256: this.#snapshotSha256, lengths: alerts.lengths() };
    await checkpoints.save(head, this.#lanes.join(this.#engine.saveState()));
    this.#baseline.commit(head.position);
    this.#options.crash("baseline.committed");
    this.#checkpointPosition = head.position;
    alerts.checkpointed();
  }

  async close(): Promise<void> {
    await this.#reader.close();
    await this.#alerts?.close();
  }

  async #take(entry: JournalEntry): Promise<void> {
    if (entry.kind !== "damaged") this.#receivedMs = entry.receivedMs;
    switch (entry.kind) {
      case "batch":
        return this.#answerBatch(entry);
      case "epoch":
        return this.#lanes.beginEpoch(entry.node, entry.lane, entry.epoch, readEpochPreamble(entry.preamble));
      case "hole":
        this.#lanes.lose(entry.count, entry.receivedMs);
        this.#lanes.lane(entry.node, entry.lane).lastSeq = entry.first + entry.count - 1;
        return;
      case "control":
        return this.#obey(readControlRecord(entry.bytes), entry);
      case "damaged":
        this.#options.log.error(
          `journal: the bytes from ${entry.position} to ${entry.nextPosition} cannot be read and are passed over`,
        );
    }
  }

  async #obey(record: ControlRecord | undefined, { position, receivedMs }: ControlEntry): Promise<void> {
    switch (record?.kind) {
      case undefined: // Of a later version: it says nothing that this one could act on.
        this.#options.log.warning(`journal: an unknown control record at ${position} is passed over`);
        return;
      case "ruleset":
        if (record.sha256 !== this.#snapshotSha256) await this.#useSnapshot(record.sha256, undefined);
        return;
      case "hole":
        this.#lanes.lose(record.count, receivedMs);
        return;
      case "agent_removed":
        return this.#engine?.agentRemoved(record.agentId);
      case "quarantine":
      case "poison": // They act at the event that they name, which was before.
        return;
      case "release":
        return this.#engine?.release(record.id);
      case "clock_stepped":
        this.#lanes.clockStepped(record.byMs);
        return this.#engine?.clockStepped(record.byMs);
    }
  }

  /** What acts before the first event that is answered here is in the state that was loaded; without one it is not. */
  #beginActions(position: number, hasState: boolean): void {
    while ((this.#actions[0]?.position ?? position) < position) {
      const action = this.#actions.shift();
      if (!hasState && action?.kind === "quarantine") this.#quarantine(action);
    }
  }

  #quarantine({ part, id, fingerprint }: QuarantineRecord): void {
    this.#engine?.quarantine({ kind: part, id, fingerprint });
  }

  /** Does what is to be done before the event is answered; returns whether it must not be answered. */
  #actBefore(position: number, event: number): boolean {
    let isPoison = false;
    for (let next = this.#actions[0]; next !== undefined; next = this.#actions[0]) {
      if (next.position > position || (next.position === position && next.event > event)) break;
      this.#actions.shift();
      if (next.kind === "quarantine") this.#quarantine(next);
      else isPoison ||= next.position === position && next.event === event;
    }
    return isPoison;
  }

  #answerBatch(entry: BatchEntry): void {
    const engine = this.#engine;
    if (engine === undefined) {
      throw new JournalContradiction(`the journal holds events at ${entry.position} before any ruleset record`);
    }
    const lane = this.#lanes.lane(entry.node, entry.lane);
    lane.lastSeq = entry.first + entry.count - 1;
    const payload = entry.payload();
    const events = payload === undefined ? undefined : readEventBatch(payload);
    if (events === undefined || events.length !== entry.count) {
      this.#lanes.undecodable += entry.count;
      this.#options.log.error(
        `journal: ${entry.count} events of node ${entry.node} at ${entry.position} cannot be decoded and are passed over`,
      );
      return;
    }
    this.#answerEvents(engine, entry, lane, events);
    this.#lanes.analysed += events.length;
    lane.analysed += events.length;
  }

  #answerEvents(engine: Engine, entry: BatchEntry, lane: AnalysedLane, events: readonly Event[]): void {
    const alerts = entry.position >= this.#writeFrom ? must(this.#alerts) : undefined;
    const { watch } = this.#options;
    if (watch !== undefined) watch.position = entry.position;
    // Nearly all batches have none, and their events need not be counted.
    const hasActions = (this.#actions[0]?.position ?? Number.POSITIVE_INFINITY) <= entry.position;
    const { logall, logall_json } = engine.ruleset.options.outputs;
    const hasArchives = logall || logall_json;
    alerts?.advance(entry.receivedMs);
    let index = -1;
    for (const event of events) {
      index += 1;
      const eventMs = lane.eventTime(event.takenInMs, entry.offsetMs, entry.receivedMs);
      const { source } = event;
      if (watch !== undefined) watch.event = index;
      if (event.origin !== undefined && !engine.isNew(source.agentId, event.origin)) {
        this.#lanes.repeated += 1;
        continue;
      }
      const taken: EngineEvent = {
        queue: source.queue,
        agentId: source.agentId,
        agentName: source.agentName,
        agentIp: source.agentIp,
        location: source.location,
        log: event.log.toString("latin1"),
        isTruncated: event.isTruncated,
        eventMs,
        receivedMs: entry.receivedMs,
        node: entry.node,
        host: lane.host,
        isHidden: lane.isHidden,
      };
      const isPoison = hasActions && this.#actBefore(entry.position, index);
      const answer = isPoison ? engine.passOver(taken) : hasArchives ? engine.answer(taken) : engine.alertOf(taken);
      if (answer === undefined) continue;
      if (answer.isAlert) this.#lanes.countAlert(eventMs, answer.rule?.level ?? 0);
      alerts?.add(answer);
    }
  }

  /** Rejects with `SnapshotError`. */
  loadSnapshot(sha256: string): Promise<Snapshot> {
    return loadSnapshot(this.#options.disk, this.#options.rulesetsFolder, sha256);
  }

  async #compile(sha256: string): Promise<CompiledRuleset> {
    const { source } = await this.loadSnapshot(sha256);
    return compileRuleset(source, (problem) => this.#options.log.debug(`ruleset: ${problem.message}`));
  }

  async #useSnapshot(sha256: string, state: Uint8Array | undefined): Promise<void> {
    const compiled = this.#options.preparation?.take(sha256) ?? (await this.#compile(sha256));
    if (this.#engine === undefined) this.#engine = new Engine(compiled, state, this.#baseline.baseline);
    else this.#engine.replaceRuleset(compiled);
    const { watch } = this.#options;
    if (watch !== undefined) {
      this.#engine.watch = watch.words;
      watch.snapshotSha256 = sha256;
    }
    this.#snapshotSha256 = sha256;
    await this.#useOutputs(compiled);
  }

  async #useOutputs({ options }: CompiledRuleset): Promise<void> {
    const output = alertOutputOf(options);
    if (this.#alerts !== undefined) return this.#alerts.setOutput(output);
    const { disk, log, crash, logsFolder } = this.#options;
    const time = new LocalTime(options.zone);
    this.#alerts = await AlertFiles.open({ disk, folder: logsFolder, time, output, log, crash }, this.#lengths);
  }
}

/** What the alert files need to know, from the options of the snapshot. */
function alertOutputOf(options: RulesetOptions): AlertOutput {
  const { jsonout_output, alerts_log, logall, logall_json } = options.outputs;
  const cluster = options.clusterName === "" ? undefined : options.clusterName;
  return { jsonout_output, alerts_log, logall, logall_json, cluster };
}

/** The rules of then: a journal that is whole names them itself, before its first event. */
function fallbackOf(
  { fallbackSnapshot }: AnalystOptions,
  { position }: JournalReader,
  checkpoint: LoadedCheckpoint | undefined,
): string | undefined {
  return position === 0 ? undefined : (fallbackSnapshot ?? checkpoint?.head.snapshotSha256);
}

async function loadCheckpoint(options: AnalystOptions): Promise<LoadedCheckpoint | undefined> {
  const { checkpoints, baselineStore, log, end } = options;
  if (checkpoints === undefined) return undefined;
  const committed = baselineStore?.position;
  if (committed !== undefined) await checkpoints.removeBeyond(committed);
  const { checkpoint, problems } = await checkpoints.load();
  for (const problem of problems) log.warning(`checkpoint: ${problem}`);
  if (checkpoint !== undefined && checkpoint.head.position > end) {
    log.error(
      `checkpoint: it stands at position ${checkpoint.head.position}, and the journal ends at ${end}: the journal was ` +
        `lost, cut or replaced. All of it is analysed from its oldest record on; alerts may stand twice`,
    );
    // The next one may stand at a lower position, and must not be taken for the older.
    await checkpoints.clear();
    return undefined;
  }
  if (checkpoint !== undefined && checkpoint.state === undefined) {
    log.warning(
      `checkpoint: ${checkpoint.problem ?? "its body cannot be read"}; ` +
        `windows are rebuilt from the oldest kept journal up to position ${checkpoint.head.position}`,
    );
  }
  return checkpoint;
}
