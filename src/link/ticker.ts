/** Calls a function again and again on a `Clock`, until told to stop. */
import type { Clock, Timer } from "../base/clock.ts";

/** Returns the function that ends it. A call that comes late is not made up for. */
export function everyMs(clock: Clock, periodMs: number, act: () => void): () => void {
  let timer: Timer;
  let isOver = false;
  function again(): void {
    act();
    if (!isOver) timer = clock.after(periodMs, again);
  }
  timer = clock.after(periodMs, again);
  return () => {
    isOver = true;
    timer.cancel();
  };
}
