/**
 * The main thread's side of the analysis: one thread over the journal, its figures, and the alerts it raises. A thread
 * that fails on the disk stops the node: what it would repeat after a restart is found from its checkpoint. A
 * thread that dies of an event, or is ended because it has worked on one for too long, makes that event a suspect; when
 * something is decided about it (poison-ward.ts), the next thread goes on from the checkpoint. A thread that does not
 * end when it is told to is ended, with equal care.
 */
import { Worker } from "node:worker_threads";
import { systemClock, type Timer } from "../base/clock.ts";
import type { ArgusError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import type { LevelsReply } from "../api/contract/reply.ts";
import type {
  AnalysisProgress,
  AnalysisSetup,
  FromAnalysis,
  RaisedAlert,
  ThreadSetup,
  ToAnalysis,
} from "./analysis-message.ts";
import { EngineWatch, type EventPlace, type WatchedPlace } from "./engine-watch.ts";
import { AnalysisFailed } from "./errors.ts";
import { LossTimes } from "./loss-times.ts";
import type { Suspect } from "./poison-ward.ts";
import type { PoisonAction } from "./quarantine-book.ts";
import { lookForPoison } from "./thread-time.ts";

export interface AnalysisOptions {
  setup: AnalysisSetup;
  log: Log;
  /** What a thread that begins now has to know of hostile events. */
  actions(): readonly PoisonAction[];
  /** The event up to which only what would never end is a suspect, as a thread begins. */
  acquitted(): EventPlace | undefined;
  /** No thread runs until it resolves. */
  onSuspect(suspect: Suspect, signal: AbortSignal): Promise<void>;
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

/** A thread that is far behind, or hangs in an event, compiles at the record what it has not prepared by then. */
const prepareMsMax = 30_000;

/**
 * How long the thread may take for its last turn and its checkpoint: a healthy one takes well under a second, and one
 * that remembers much thrice as long as for its last one. The supervisor gives no service more than 10 s.
 */
const stopMsUsual = 5_000;
const stopMsMax = 8_000;
const stopFactor = 3;

export class Analysis implements Service {
  readonly name = "analysis";
  readonly #options: AnalysisOptions;
  #progress: AnalysisProgress;
  #losses = new LossTimes();
  #hasBegun = false;
  /** While a thread runs. */
  #say: ((message: ToAnalysis) => void) | undefined;
  /** One snapshot is prepared at a time; `undefined`: none is any more. */
  #endPreparing: (sha256?: string) => void = () => undefined;
  /** By us, because it did not end by itself. */
  #isEnded = false;
  readonly #watch = new EngineWatch();
  #durable: number;

  constructor(options: AnalysisOptions) {
    this.#options = options;
    this.#durable = options.setup.durable;
    this.#progress = {
      ...{ position: 0, receivedMs: 0, checkpoint: 0, snapshotSha256: "", analysed: 0, lost: 0, undecodable: 0 },
      ...{ repeated: 0, alerts: 0, windowEvents: 0, windowDropped: 0, checkpointMs: 0, quarantined: [], lanes: [] },
    };
  }

  /** Whether the thread has said where it stands: before that, `progress` knows of nothing that is analysed. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Resolves when the thread has compiled the stored snapshot, or nobody should wait for it any more. */
  prepare(sha256: string): Promise<void> {
    const say = this.#say;
    if (say === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = systemClock.after(prepareMsMax, () => this.#endPreparing());
      this.#endPreparing = (prepared) => {
        if (prepared !== undefined && prepared !== sha256) return;
        timer.cancel();
        resolve();
      };
      say({ type: "prepare", sha256 });
    });
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
    const stopListening = this.#options.onDurable((position) => {
      this.#durable = Math.max(this.#durable, position);
    });
    try {
      for (;;) {
        const suspect = await this.#runThread(signal);
        if (suspect === undefined || signal.aborted) return;
        await this.#options.onSuspect(suspect, signal);
        if (signal.aborted) return;
      }
    } finally {
      stopListening();
    }
  }

  /** Resolves when the thread has ended: undefined where it was told to, or what it was at when it could not go on. */
  async #runThread(signal: AbortSignal): Promise<Suspect | undefined> {
    const { setup, actions } = this.#options;
    this.#watch.clear();
    const threadSetup: ThreadSetup = {
      ...setup,
      ...{ durable: this.#durable, actions: actions(), watch: this.#watch.shared },
    };
    const thread = new Worker(new URL("./analysis-thread.js", import.meta.url), {
      workerData: threadSetup,
      resourceLimits: { maxOldGenerationSizeMb: heapMiBMax },
    });
    const say = (message: ToAnalysis): void => thread.postMessage(message);
    this.#say = say;
    const stopListening = this.#options.onDurable((position) => say({ type: "durable", position }));
    let patience: Timer | undefined;
    const stop = (): void => {
      say({ type: "stop" });
      const stopMs = Math.min(stopMsMax, Math.max(stopMsUsual, stopFactor * this.#progress.checkpointMs));
      patience = systemClock.after(stopMs, () => this.#end(thread, stopMs));
    };
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    try {
      return await this.#follow(thread, signal);
    } finally {
      patience?.cancel();
      this.#say = undefined;
      this.#endPreparing();
      stopListening();
      signal.removeEventListener("abort", stop);
    }
  }

  #end(thread: Worker, stopMs: number): void {
    this.#isEnded = true;
    this.#options.log.warning(
      `the thread did not stop within ${Math.round(stopMs / 1_000)} s and is ended; the next start goes on from its checkpoint`,
    );
    void thread.terminate();
  }

  #follow(thread: Worker, signal: AbortSignal): Promise<Suspect | undefined> {
    return new Promise((resolve, reject) => {
      let failure: ArgusError | undefined;
      let suspect: Suspect | undefined;
      const fail = (error: ArgusError): void => {
        failure ??= error;
        const place = this.#watch.look();
        // Disks fail between events: what dies at one dies of a rule, a decoder or a bug of ours.
        if (place !== undefined) suspect ??= { place, how: "crash", message: error.message };
      };
      const onPoison = (place: WatchedPlace): void => {
        suspect ??= { place, how: "time", message: "it took too long" };
        void thread.terminate();
      };
      const stopLooking = lookForPoison(this.#watch, onPoison, this.#options.acquitted());
      thread.on("message", (message: FromAnalysis) => {
        if (message.type === "failed") fail(new AnalysisFailed(`${message.code}: ${message.message}`));
        else this.#hear(message, thread);
      });
      thread.on("error", (error) => fail(new AnalysisFailed(error.message, error)));
      thread.on("exit", (code) => {
        stopLooking();
        if (suspect !== undefined) resolve(suspect);
        else if (failure !== undefined) reject(failure);
        else if (signal.aborted && (code === 0 || this.#isEnded)) resolve(undefined);
        else reject(new AnalysisFailed(`the thread ended with code ${code}`));
      });
    });
  }

  #hear(message: Exclude<FromAnalysis, { type: "failed" }>, thread: Worker): void {
    if (message.type === "prepared") return this.#endPreparing(message.sha256);
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
