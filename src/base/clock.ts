/** Time and timers as a value that is passed in, so that a test can own them. */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since 1970; may step. Only for what people and alerts see. */
  wallMs(): number;
  /** Milliseconds that never go back. For durations and deadlines. */
  monotonicMs(): number;
  /** Calls `act` once after `delayMs`. A pending timer does not keep the process alive by itself. */
  after(delayMs: number, act: () => void): Timer;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, act) {
    const handle = setTimeout(act, delayMs);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMs`, or at once when `signal` is aborted. Never rejects. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const timer = clock.after(delayMs, done);
    function done(): void {
      timer.cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done, { once: true });
  });
}
