/** Calls a function once a second while the node runs. */
import { pause, type Clock } from "../base/clock.ts";
import { untilAborted, type Service } from "../base/service.ts";

export function everySecond(name: string, clock: Clock, act: () => void): Service {
  return {
    name,
    async run(signal) {
      while (!signal.aborted) {
        act();
        await pause(clock, 1_000, signal);
      }
    },
  };
}

/** A part that fails by itself: its error stops the node. */
export function untilFailure(name: string, failure: Promise<Error>): Service {
  return {
    name,
    async run(signal) {
      const error = await Promise.race([failure, untilAborted(signal)]);
      if (error !== undefined) throw error;
    },
  };
}
