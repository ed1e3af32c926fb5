/**
 * The main thread's side of the analysis: one thread over the journal, its figures, and the alerts it raises. A thread
 * that fails on the disk or dies stops the node: what it would repeat after a restart is found from its checkpoint.
 * A thread that does not end when it is told to (a rule's expression may search for hours) is ended, with equal care.
 */
import { Worker } from "node:worker_threads";
import { systemClock, type Timer } from "../base/clock.ts";
import type { ArgusError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import type { LevelsReply } from "../api/contract/reply.ts";
import type { AnalysisProgress, AnalysisSetup, FromAnalysis, RaisedAlert, ToAnalysis } from "./analysis-message.ts";
import { AnalysisFailed } from "./errors.ts";
import { LossTimes } from "./loss-times.ts";

export interface AnalysisOptions {
  setup: AnalysisSetup;
  log: Log;
  /** Tells each durable position of the journal; returns the function that ends it. */
  onDurable(listener: (position: number) => void): () => void;
  onRaised(alert: RaisedAlert): void;
  /** So many alerts, all raised before those that follow, came too fast to be told; they stand in the files. */
  onUntold(count: number): void;
  /** `levels`: the bins that have changed; in the first call, all of them. */
  onProgress(progress: AnalysisProgress, levels: LevelsReply): void;
}

/** The heap of the thread: windows have a cap of their own (`<window_memory>`), rulesets take some 100 MiB at most. */
const heapMiBMax = 2_048;

/** How long the thread may take for its last turn and its checkpoint; a healthy one takes well under a second. */
const stopMsMax = 5_000;

export class Analysis implements Service {
  readonly name = "analysis";
  readonly #options: AnalysisOptions;
  #progress: AnalysisProgress;
  #losses = new LossTimes();
  #hasBegun = false;
  /** By us, because it did not end by itself. */
  #isEnded = false;

  constructor(options: AnalysisOptions) {
    this.#options = options;
    this.#progress = {
      ...{ position: 0, receivedMs: 0, checkpoint: 0, snapshotSha256: "", analysed: 0, lost: 0, undecodable: 0 },
      ...{ alerts: 0, windowEvents: 0, windowDropped: 0, lanes: [] },
    };
  }

  /** Whether the thread has said where it stands: before that, `progress` knows of nothing that is analysed. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  get progress(): AnalysisProgress {
    return this.#progress;
  }

  /** Events declared lost in the day that ends at `nowMs`, as far as the analysis has come. */
  lostInDay(nowMs: number): number {
    return this.#losses.inDay(nowMs);
  }

  /**
   * Resolves when, after `signal` was aborted, the thread has left a checkpoint and ended, or was ended because it did
   * neither in time. No thread runs then in either case.
   */
  async run(signal: AbortSignal): Promise<void> {
    const thread = new Worker(new URL("./analysis-thread.js", import.meta.url), {
      workerData: this.#options.setup,
      resourceLimits: { maxOldGenerationSizeMb: heapMiBMax },
    });
    const say = (message: ToAnalysis): void => thread.postMessage(message);
    const stopListening = this.#options.onDurable((position) => say({ type: "durable", position }));
    let patience: Timer | undefined;
    const stop = (): void => {
      say({ type: "stop" });
      patience = systemClock.after(stopMsMax, () => this.#end(thread));
    };
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    try {
      await this.#follow(thread, signal);
    } finally {
      patience?.cancel();
      stopListening();
      signal.removeEventListener("abort", stop);
    }
  }

  #end(thread: Worker): void {
    this.#isEnded = true;
    this.#options.log.warning(
      `the thread did not stop within ${stopMsMax / 1_000} s and is ended; the next start goes on from its checkpoint`,
    );
    void thread.terminate();
  }

  #follow(thread: Worker, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      let failure: ArgusError | undefined;
      thread.on("message", (message: FromAnalysis) => {
        if (message.type === "failed") failure = new AnalysisFailed(`${message.code}: ${message.message}`);
        else this.#hear(message, thread);
      });
      thread.on("error", (error) => {
        failure ??= new AnalysisFailed(error.message, error);
      });
      thread.on("exit", (code) => {
        if (failure !== undefined) reject(failure);
        else if (signal.aborted && (code === 0 || this.#isEnded)) resolve();
        else reject(new AnalysisFailed(`the thread ended with code ${code}`));
      });
    });
  }

  #hear(message: Exclude<FromAnalysis, { type: "failed" }>, thread: Worker): void {
    if (message.type === "log") return relay(this.#options.log, message.line.level, message.line.message);
    this.#progress = message.progress;
    if (message.losses !== undefined) this.#losses = new LossTimes(message.losses);
    this.#hasBegun = true;
    this.#options.onProgress(message.progress, message.levels);
    const { raised, droppedCount, droppedAfter } = message;
    for (const alert of raised.slice(0, droppedAfter)) this.#options.onRaised(alert);
    if (droppedCount > 0) this.#options.onUntold(droppedCount);
    for (const alert of raised.slice(droppedAfter)) this.#options.onRaised(alert);
    thread.postMessage({ type: "heard" } satisfies ToAnalysis);
  }
}

function relay(log: Log, level: "DEBUG" | "INFO" | "WARNING" | "ERROR", message: string): void {
  if (level === "ERROR") log.error(message);
  else if (level === "WARNING") log.warning(message);
  else if (level === "INFO") log.info(message);
  else log.debug(message);
}
