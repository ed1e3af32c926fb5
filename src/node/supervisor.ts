/**
 * Runs the services of a node: started in the order given, drained in the reverse order, so that what an event passes
 * last is stopped last.
 *
 *   starting ──all started──▶ running ──signal, or a service that cannot go on──▶ draining ──▶ stopped
 *
 * A service that rejects with a retryable error is started again after a jittered back-off; any other error (ours or
 * the world's) stops the node, because a node that half works is one that nobody notices.
 */
import { Backoff } from "../base/backoff.ts";
import { pause, type Clock } from "../base/clock.ts";
import { ArgusError, describeError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { Service } from "../base/service.ts";
import { ServiceFailed } from "./errors.ts";

export interface SupervisorOptions {
  clock: Clock;
  random: Random;
  log: Log;
  /** How long one service may take to drain before the next is told; what it holds stays on its own disk. */
  drainMsMax: number;
}

interface Running {
  service: Service;
  stop: AbortController;
  done: Promise<void>;
}

/**
 * Resolves when `signal` was aborted and every service has drained; rejects with `ServiceFailed` when one could not go
 * on (the others are drained all the same).
 */
export async function supervise(
  services: readonly Service[],
  options: SupervisorOptions,
  signal: AbortSignal,
): Promise<void> {
  let report: (failure: ServiceFailed) => void = () => undefined;
  const failure = new Promise<ServiceFailed>((resolve) => {
    report = resolve;
  });
  const running = services.map((service) => start(service, options, report));
  const stopped = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const failed = await Promise.race([failure, stopped]);
  for (const { service, stop, done } of running.toReversed()) {
    stop.abort();
    const patience = pause(options.clock, options.drainMsMax).then(() => "late");
    if ((await Promise.race([done, patience])) === "late") options.log.warning(`${service.name} did not drain in time`);
  }
  if (failed !== undefined) throw failed;
}

function start(service: Service, options: SupervisorOptions, report: (failure: ServiceFailed) => void): Running {
  const stop = new AbortController();
  return { service, stop, done: keepRunning(service, options, stop.signal, report) };
}

async function keepRunning(
  service: Service,
  { clock, random, log }: SupervisorOptions,
  signal: AbortSignal,
  report: (failure: ServiceFailed) => void,
): Promise<void> {
  const backoff = new Backoff({ firstMs: 200, mostMs: 10_000 }, random);
  while (!signal.aborted) {
    const startedMs = clock.monotonicMs();
    try {
      await service.run(signal);
      if (!signal.aborted) report(new ServiceFailed(service.name, new Error("it ended by itself")));
      return;
    } catch (error) {
      if (!(error instanceof ArgusError) || !error.retry) return report(new ServiceFailed(service.name, error));
      if (clock.monotonicMs() - startedMs > 60_000) backoff.reset(); // A minute of good work is a new beginning.
      const delayMs = backoff.nextDelayMs();
      log.error(`${service.name} failed and is started again in ${Math.round(delayMs)} ms: ${describeError(error)}`);
      await pause(clock, delayMs, signal);
    }
  }
}
