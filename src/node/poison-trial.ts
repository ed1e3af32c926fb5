/**
 * Whether an event alone holds up or kills an engine: asked of a fresh thread, before anything is decided for good. A
 * thread can be slow for other reasons than the event that it is at, such as a collection of its whole heap.
 */
import { Worker } from "node:worker_threads";
import { describeError } from "../base/error.ts";
import type { WatchedPart } from "../analysis/watched-part.ts";
import { EngineWatch, type WatchedPlace } from "./engine-watch.ts";
import type { FromTrial, PoisonEvent, TrialSetup } from "./poison-thread.ts";
import type { QuarantineRecord } from "./quarantine-book.ts";
import { lookForPoison } from "./thread-time.ts";

export type Verdict =
  /** The event was answered in time. */
  | { kind: "innocent"; event: PoisonEvent; part: WatchedPart | undefined }
  /** It was not; `place` says what the engine was at, `part` what that is if it is what was suspected. */
  | { kind: "guilty"; event: PoisonEvent; part: WatchedPart | undefined; place: WatchedPlace; how: string }
  /** The event or the ruleset could not be had. */
  | { kind: "failed"; message: string };

/** As the analysis thread's. */
const heapMiBMax = 2_048;

/** Resolves when no thread runs any more; `failed` when `signal` was aborted. `quarantines`: in force at the event. */
export function tryEvent(
  home: string,
  suspect: WatchedPlace,
  quarantines: readonly QuarantineRecord[],
  signal: AbortSignal,
): Promise<Verdict> {
  const watch = new EngineWatch();
  watch.clear();
  const setup: TrialSetup = { home, suspect, quarantines, watch: watch.shared };
  const thread = new Worker(new URL("./poison-thread.js", import.meta.url), {
    workerData: setup,
    resourceLimits: { maxOldGenerationSizeMb: heapMiBMax },
  });
  return judge(thread, watch, signal);
}

function judge(thread: Worker, watch: EngineWatch, signal: AbortSignal): Promise<Verdict> {
  return new Promise((resolve) => {
    let ready: Extract<FromTrial, { type: "ready" }> | undefined;
    let verdict: Verdict = { kind: "failed", message: "the trial ended without a word" };
    /** Where the engine still is when its thread can do no more. */
    const died = (how: string): void => {
      const place = watch.look();
      if (ready === undefined || place === undefined) verdict = { kind: "failed", message: how };
      else verdict = { kind: "guilty", event: ready.event, part: ready.part, place, how };
    };
    const end = (): void => void thread.terminate();
    const stopLooking = lookForPoison(watch, () => {
      died("it took too long");
      end();
    });
    thread.on("message", (message: FromTrial) => {
      if (message.type === "ready") ready = message;
      else if (message.type === "failed") died(message.message);
      else if (ready !== undefined) verdict = { kind: "innocent", event: ready.event, part: ready.part };
    });
    thread.on("error", (error) => died(describeError(error)));
    thread.on("exit", () => {
      stopLooking();
      signal.removeEventListener("abort", end);
      resolve(verdict);
    });
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
  });
}
