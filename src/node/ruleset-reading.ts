/**
 * Reads and compiles the ruleset of a home on a thread of its own, as whole as a start would, so that neither the
 * taking in of events nor their analysis waits for it. What does not come back in time, or takes too much memory, is
 * refused.
 */
import { Worker } from "node:worker_threads";
import { systemClock } from "../base/clock.ts";
import { describeError } from "../base/error.ts";
import type { Snapshot } from "../analysis/snapshot.ts";
import { problemInFile, type Problem } from "../config/problem.ts";

/** What the thread is started with. */
export interface RulesetReadingSetup {
  home: string;
  zone: string;
  /** Undefined on a single node. It is the running node's: a new name needs a restart. */
  cluster: { name: string } | undefined;
  /** The snapshot in force, which need not be compiled; empty where its warnings are not known. */
  known: string;
}

/** What stands in the home's files now. */
export interface RulesetReading {
  /** Undefined where the files could not be read, or are not usable. */
  snapshot: Snapshot | undefined;
  /** A ruleset with an error must not be put in force. */
  problems: readonly Problem[];
  /** The files and folders that it depends on; empty where they are not known. */
  places: readonly string[];
}

/** Wazuh's ruleset takes a second and 150 MiB. */
const readMsMax = 120_000;
const heapMiBMax = 1_024;

/** Never rejects: whatever goes wrong is an error of the reading. */
export function readRulesetOnThread(setup: RulesetReadingSetup, signal: AbortSignal): Promise<RulesetReading> {
  return new Promise((resolve) => {
    const thread = new Worker(new URL("./ruleset-reading-thread.js", import.meta.url), {
      workerData: setup,
      resourceLimits: { maxOldGenerationSizeMb: heapMiBMax },
    });
    const end = (): void => void thread.terminate();
    let reading = failed("the thread that read it has ended");
    const limit = systemClock.after(readMsMax, () => {
      reading = failed(`it was not compiled within ${readMsMax / 1_000} s`);
      end();
    });
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
    thread.on("message", (message: RulesetReading) => {
      reading = message;
    });
    thread.on("error", (error) => {
      reading = failed(describeError(error));
    });
    thread.on("exit", () => {
      limit.cancel();
      signal.removeEventListener("abort", end);
      resolve(reading);
    });
  });
}

export function failed(why: string): RulesetReading {
  const problem = problemInFile("", "error", `the ruleset cannot be read: ${why}`);
  return { snapshot: undefined, problems: [problem], places: [] };
}
