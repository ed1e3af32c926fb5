/**
 * The analysis thread: reads the journal from disk up to the durable position that the main thread tells it, answers,
 * writes alert files and checkpoints. With the main thread it shares no memory but the few words of `EngineWatch`; what
 * it holds is lost with it and is found again from the last checkpoint.
 */
import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { must } from "../base/assert.ts";
import { systemClock } from "../base/clock.ts";
import { armedCrash, noCrash } from "../base/crash-point.ts";
import { nodeDisk } from "../base/disk.ts";
import { ArgusError, describeError } from "../base/error.ts";
import { logTo } from "../base/log.ts";
import { CheckpointStore } from "../analysis/checkpoint-disk.ts";
import type { AnalysisProgress, AnalysisSetup, FromAnalysis, ThreadSetup, ToAnalysis } from "./analysis-message.ts";
import { Analyst } from "./analyst.ts";
import { EngineWatch } from "./engine-watch.ts";
import { homeAt } from "./home.ts";
import { RaisedQueue } from "./raised-queue.ts";
import { RulesetPreparation } from "./ruleset-preparation.ts";
import { StateDatabase } from "./state-database.ts";
import { tellThreadNumber } from "./thread-time.ts";

/** A checkpoint that took longer than this is taken only after twenty times as long. */
const checkpointSlowMs = 500;
const checkpointSlowFactor = 20;
/** Between two turns of events, of some 100 ms at most, a ruleset is prepared for so long. */
const prepareMs = 50;

class AnalysisThread {
  readonly #port: MessagePort;
  readonly #analyst: Analyst;
  readonly #preparation: RulesetPreparation;
  readonly #checkpointEveryMs: number;
  readonly #raised = new RaisedQueue();
  #limit: number;
  #isStopping = false;
  #wake: () => void = () => undefined;
  #checkpointDueMs: number;
  #checkpointMs: number;

  constructor(
    port: MessagePort,
    analyst: Analyst,
    preparation: RulesetPreparation,
    { durable, checkpointEveryMs }: AnalysisSetup,
    openedInMs: number,
  ) {
    this.#checkpointMs = openedInMs;
    this.#port = port;
    this.#analyst = analyst;
    this.#preparation = preparation;
    this.#limit = durable;
    this.#checkpointEveryMs = checkpointEveryMs;
    this.#checkpointDueMs = systemClock.monotonicMs() + checkpointEveryMs;
    port.on("message", (message: ToAnalysis) => {
      if (message.type === "heard") {
        if (!this.#raised.answered()) return;
      } else if (message.type === "stop") this.#isStopping = true;
      else if (message.type === "prepare") void this.#prepare(message.sha256);
      else this.#limit = Math.max(this.#limit, message.position);
      this.#wake();
    });
  }

  /** Until told to stop; what is not answered by then is found from the checkpoint at the next start. */
  async run(): Promise<void> {
    for (;;) {
      const hasMore = await this.#analyst.advance(this.#limit);
      this.#raised.add(await this.#analyst.flush());
      this.#tell();
      const isDue = systemClock.monotonicMs() >= this.#checkpointDueMs;
      if (isDue || this.#analyst.isCheckpointUrgent) await this.#checkpoint();
      if (this.#isStopping) break;
      const prepared = this.#preparation.work(prepareMs);
      if (prepared !== undefined) this.#say({ type: "prepared", sha256: prepared });
      if (hasMore || this.#preparation.isUnfinished) await turn();
      else await this.#sleep();
    }
    await this.#analyst.checkpoint();
    this.#raised.answered(); // Nothing comes after it, so nobody need be waited for.
    this.#tell();
    await this.#analyst.close();
  }

  /** What cannot be loaded now is loaded at its record, or is the error there. */
  async #prepare(sha256: string): Promise<void> {
    const snapshot = await this.#analyst.loadSnapshot(sha256).catch(() => undefined);
    if (snapshot === undefined) return this.#say({ type: "prepared", sha256 });
    this.#preparation.begin(snapshot);
    this.#wake();
  }

  async #checkpoint(): Promise<void> {
    const startedMs = systemClock.monotonicMs();
    await this.#analyst.checkpoint();
    const tookMs = systemClock.monotonicMs() - startedMs;
    this.#checkpointMs = tookMs;
    const pauseMs = tookMs > checkpointSlowMs ? tookMs * checkpointSlowFactor : this.#checkpointEveryMs;
    this.#checkpointDueMs = systemClock.monotonicMs() + pauseMs;
    this.#tell();
  }

  /** Until a message, or until a checkpoint is due. */
  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      const handle = setTimeout(done, Math.max(1, this.#checkpointDueMs - systemClock.monotonicMs()));
      function done(): void {
        clearTimeout(handle);
        resolve();
      }
      this.#wake = done;
    });
  }

  #tell(): void {
    const told = this.#raised.next();
    if (told === undefined) return; // The turn after the answer tells it.
    const { counts, engine } = this.#analyst;
    const metrics = engine?.metrics;
    const progress: AnalysisProgress = {
      position: this.#analyst.position,
      receivedMs: this.#analyst.receivedMs,
      checkpoint: this.#analyst.checkpointPosition,
      snapshotSha256: this.#analyst.snapshotSha256,
      analysed: counts.analysed,
      lost: counts.lost,
      undecodable: counts.undecodable,
      repeated: counts.repeated,
      alerts: counts.alerts,
      windowEvents: metrics?.windowEvents ?? 0,
      windowDropped: metrics?.windowDropped ?? 0,
      checkpointMs: this.#checkpointMs,
      quarantined: engine?.quarantined ?? [],
      lanes: counts.upTo(),
    };
    const overTime = { levels: counts.levels.takeChanges(), losses: counts.losses.takeChanges() };
    this.#say({ type: "progress", progress, ...overTime, ...told });
  }

  #say(message: FromAnalysis): void {
    this.#port.postMessage(message);
  }
}

/** Lets messages in between two turns of work. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function main(port: MessagePort, setup: ThreadSetup): Promise<void> {
  const watch = new EngineWatch(setup.watch);
  tellThreadNumber(watch);
  const home = homeAt(setup.home);
  const crash = setup.crash === "" ? noCrash : armedCrash(setup.crash, () => process.kill(process.pid, "SIGKILL"));
  const log = logTo((line) => port.postMessage({ type: "log", line } satisfies FromAnalysis), "Analysis");
  const baselineStore = StateDatabase.open(home.stateDatabase);
  const preparation = new RulesetPreparation(systemClock);
  const startedMs = systemClock.monotonicMs();
  const analyst = await Analyst.open({
    disk: nodeDisk,
    clock: systemClock,
    log,
    crash,
    journalFolder: home.journal,
    rulesetsFolder: home.rulesets,
    logsFolder: home.logs,
    checkpoints: new CheckpointStore(nodeDisk, home.checkpoints, crash),
    baselineStore,
    ...{ actions: setup.actions, watch },
    end: setup.durable,
    fallbackSnapshot: setup.fallbackSnapshot,
    preparation,
  });
  const openedInMs = systemClock.monotonicMs() - startedMs;
  await new AnalysisThread(port, analyst, preparation, setup, openedInMs).run();
  baselineStore.close();
}

const port = must(parentPort, "the analysis thread was not started as a thread");
main(port, workerData as ThreadSetup)
  .catch((error: unknown) => {
    const code = error instanceof ArgusError ? error.code : "a bug of Argus";
    const stack = error instanceof Error && !(error instanceof ArgusError) ? ` ${error.stack ?? ""}` : "";
    port.postMessage({ type: "failed", code, message: `${describeError(error)}${stack}` } satisfies FromAnalysis);
  })
  .finally(() => port.close());
