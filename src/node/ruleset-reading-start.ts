/**
 * Reads and compiles the ruleset of a home on a thread of its own, as whole as a start would, so that neither the
 * taking in of events nor their analysis waits for it. What does not come back in time, or takes too much memory, is
 * refused.
 */
import { Worker } from "node:worker_threads";
import { systemClock } from "../base/clock.ts";
import { describeError } from "../base/error.ts";
import { failed, type RulesetReading, type RulesetReadingSetup } from "./ruleset-reading.ts";

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
