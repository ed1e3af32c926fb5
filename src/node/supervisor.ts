/**
 * Runs the services of a node: started in the order given, drained in the reverse order, so that what an event passes
 * last is stopped last. A service that says when it is ready is waited for before the next is started.
 *
 *   starting ──all started──▶ running ──signal, or a service that cannot go on──▶ draining ──▶ ended
 *
 * A service that rejects with a retryable error is started again after a jittered back-off; any other error (ours or
 * the world's) stops the node, because a node that half works is one that nobody notices. All services together have
 * one deadline to drain: whoever waits for the node must be able to know how long.
 */
import { Backoff } from "../base/backoff.ts";
import { pause, type Clock } from "../base/clock.ts";
import { ArgusError, describeError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import { untilAborted, type Service } from "../base/service.ts";
import { ServiceFailed } from "./errors.ts";

export interface SupervisorOptions {
  clock: Clock;
  random: Random;
  log: Log;
  /** How long all services together may take to drain; what one of them still holds stays on its own disk. */
  drainMsMax: number;
}

/** How the work of the services has ended. */
export interface Ending {
  /** Why the node stopped; undefined when it was told to. */
  failure: ServiceFailed | undefined;
  /** Services that did not drain in time: they may still write, so the home must not be given to anybody else. */
  undrained: string[];
}

interface Running {
  service: Service;
  stop: AbortController;
  done: Promise<void>;
}

/**
 * Resolves when every service has drained, or was given up: after `signal` was aborted, or after a service could not go
 * on. Never rejects.
 */
export async function supervise(
  services: readonly Service[],
  options: SupervisorOptions,
  signal: AbortSignal,
): Promise<Ending> {
  let report: (failure: ServiceFailed) => void = () => undefined;
  const failed = new Promise<ServiceFailed>((resolve) => {
    report = resolve;
  });
  const over = Promise.race([failed, untilAborted(signal)]);
  const running: Running[] = [];
  for (const service of services) {
    running.push(start(service, options, report));
    if (service.ready === undefined) continue;
    const isOver = await Promise.race([service.ready().then(() => false), over.then(() => true)]);
    if (isOver) break; // What was not started need not be drained.
  }
  const failure = await over;
  return { failure, undrained: await drain(running, options) };
}

/**
 * One service after the other. Each may take half of the time that is left, so that one that hangs does not take away
 * the time of those that store. Resolves with the names of those that still run.
 */
async function drain(running: readonly Running[], { clock, log, drainMsMax }: SupervisorOptions): Promise<string[]> {
  const endMs = clock.monotonicMs() + drainMsMax;
  const undrained: string[] = [];
  for (const { service, stop, done } of running.toReversed()) {
    stop.abort();
    const late = pause(clock, (endMs - clock.monotonicMs()) / 2).then(() => "late" as const);
    if ((await Promise.race([done, late])) !== "late") continue;
    log.error(`${service.name} did not drain in time`);
    undrained.push(service.name);
  }
  return undrained;
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
