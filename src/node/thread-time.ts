/**
 * How long a thread of this process has been on a processor, as Linux tells it. A thread learns its own number in the
 * kernel, anybody may then ask for its time; elsewhere, and where /proc is closed, nobody knows.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { systemClock } from "../base/clock.ts";
import type { EngineWatch, EventPlace, WatchedPlace } from "./engine-watch.ts";
import { LOOK_EVERY_MS, PoisonWatch } from "./poison-watch.ts";

/** To be called in the thread itself, before it works. */
export function tellThreadNumber(watch: EngineWatch): void {
  watch.threadNumber = threadNumber() ?? 0;
}

/** Of the thread that calls it. */
export function threadNumber(): number | undefined {
  try {
    const number = /\/task\/(\d+)$/.exec(readlinkSync("/proc/thread-self"))?.[1];
    return number === undefined ? undefined : Number(number);
  } catch {
    return undefined;
  }
}

/** Time on a processor since the thread began; undefined where it is not known, or the thread is no more. */
export function threadCpuMs(number: number): number | undefined {
  if (number === 0) return undefined;
  try {
    const nanoseconds = Number(readFileSync(`/proc/self/task/${number}/schedstat`, "latin1").split(" ", 1)[0]);
    return Number.isFinite(nanoseconds) ? nanoseconds / 1e6 : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Looks at a thread until the returned function is called; `onPoison` is called with each pair over the limit.
 * `acquitted`: see `PoisonWatch`.
 */
export function lookForPoison(
  watch: EngineWatch,
  onPoison: (place: WatchedPlace) => void,
  acquitted?: EventPlace,
): () => void {
  const poison = new PoisonWatch(undefined, acquitted);
  const timer = setInterval(() => {
    const place = watch.look();
    const cpuMs = place === undefined ? undefined : threadCpuMs(watch.threadNumber);
    const found = poison.look(place, systemClock.monotonicMs(), cpuMs);
    if (found !== undefined) onPoison(found);
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
