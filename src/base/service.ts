/** A long-lived part of a node. The supervisor starts services in order and drains them in the reverse order. */
export interface Service {
  readonly name: string;
  /**
   * Where a service has it: resolves once `run` has made it usable; the next service is started only then. It stays
   * pending, and never rejects, when `run` fails.
   */
  ready?(): Promise<void>;
  /**
   * Works until `signal` is aborted, then finishes what it holds and resolves. Rejecting means that it failed by
   * itself: the supervisor logs it and restarts it after a back-off, or stops the node when the error is an assertion.
   */
  run(signal: AbortSignal): Promise<void>;
}

/** Resolves once `signal` is aborted, at once where it already is. */
export function untilAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
