import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { systemClock, type Clock } from "../base/clock.ts";
import { ArgusError } from "../base/error.ts";
import { silentLog } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import { ServiceFailed } from "./errors.ts";
import { supervise, type Ending } from "./supervisor.ts";
import { SimClock } from "../../test/support/sim-clock.ts";

/** The system's timers do not keep a process alive; a test with nothing else to wait for must. */
const clock: Clock = {
  ...systemClock,
  after(delayMs, act) {
    const handle = setTimeout(act, Math.min(delayMs, 5));
    return { cancel: () => clearTimeout(handle) };
  },
};
const random = { bytes: () => new Uint8Array(), fraction: () => 0 };
const options = { clock, random, log: silentLog, drainMsMax: 200 };

function untilStopped(name: string, story: string[]): Service {
  return {
    name,
    async run(signal) {
      story.push(`${name} starts`);
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      story.push(`${name} drains`);
    },
  };
}

test("starts in order and drains in the reverse order", async () => {
  const story: string[] = [];
  const stop = new AbortController();
  const done = supervise([untilStopped("journal", story), untilStopped("intake", story)], options, stop.signal);
  stop.abort();
  deepEqual(await done, { failure: undefined, undrained: [] });
  deepEqual(story, ["journal starts", "intake starts", "intake drains", "journal drains"]);
});

test("stops the node when a service fails for good, after draining the others", async () => {
  const story: string[] = [];
  const broken: Service = { name: "link", run: () => Promise.reject(new ArgusError("ARGUS_X", "no such address")) };
  const { failure } = await supervise([untilStopped("journal", story), broken], options, new AbortController().signal);
  ok(failure instanceof ServiceFailed && failure.cause instanceof ArgusError);
  deepEqual(story, ["journal starts", "journal drains"]);
});

test("starts a service again after an error that may pass", async () => {
  let starts = 0;
  const stop = new AbortController();
  const flaky: Service = {
    name: "listener",
    run(signal) {
      starts += 1;
      if (starts < 2) return Promise.reject(new ArgusError("ARGUS_X", "port taken", { retry: true }));
      stop.abort();
      return signal.aborted ? Promise.resolve() : untilStopped("listener", []).run(signal);
    },
  };
  await supervise([flaky], options, stop.signal);
  equal(starts, 2);
});

test("does not wait for ever for a service that does not drain, and names it", async () => {
  const story: string[] = [];
  const stop = new AbortController();
  const stuck: Service = { name: "stuck", run: () => new Promise(() => undefined) };
  const done = supervise([untilStopped("journal", story), stuck], { ...options, drainMsMax: 5 }, stop.signal);
  stop.abort();
  deepEqual(await done, { failure: undefined, undrained: ["stuck"] });
  deepEqual(story, ["journal starts", "journal drains"]);
});

test("gives all services together one deadline, and each its share of it", async () => {
  const sim = new SimClock();
  const stop = new AbortController();
  const stuck = [1, 2, 3, 4].map((number): Service => ({ name: `${number}`, run: () => new Promise(() => undefined) }));
  let ending: Ending | undefined;
  void supervise(stuck, { ...options, clock: sim, drainMsMax: 20_000 }, stop.signal).then((end) => (ending = end));
  stop.abort();
  for (let waitedMs = 0; waitedMs < 20_000; waitedMs += 250) {
    await new Promise((resolve) => setImmediate(resolve));
    equal(ending, undefined, `not before ${waitedMs} ms`);
    if (waitedMs >= 18_500) break;
    sim.advance(250);
  }
  sim.advance(1_500);
  await new Promise((resolve) => setImmediate(resolve));
  deepEqual(ending, { failure: undefined, undrained: ["4", "3", "2", "1"] });
});

test("starts a service only when the one before it is ready", async () => {
  const story: string[] = [];
  const stop = new AbortController();
  let becomeReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => (becomeReady = resolve));
  const first: Service = { ...untilStopped("api", story), ready: () => ready };
  const done = supervise([first, untilStopped("intake", story)], options, stop.signal);
  await new Promise((resolve) => setImmediate(resolve));
  deepEqual(story, ["api starts"]);
  becomeReady();
  await new Promise((resolve) => setImmediate(resolve));
  deepEqual(story, ["api starts", "intake starts"]);
  stop.abort();
  await done;
});

test("starts nothing more when it is told to stop while it waits for one", async () => {
  const story: string[] = [];
  const stop = new AbortController();
  const first: Service = { ...untilStopped("api", story), ready: () => new Promise(() => undefined) };
  const done = supervise([first, untilStopped("intake", story)], options, stop.signal);
  stop.abort();
  deepEqual(await done, { failure: undefined, undrained: [] });
  deepEqual(story, ["api starts", "api drains"]);
});
