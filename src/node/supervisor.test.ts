import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { systemClock, type Clock } from "../base/clock.ts";
import { ArgusError } from "../base/error.ts";
import { silentLog } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import { ServiceFailed } from "./errors.ts";
import { supervise } from "./supervisor.ts";

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
  await done;
  deepEqual(story, ["journal starts", "intake starts", "intake drains", "journal drains"]);
});

test("stops the node when a service fails for good, after draining the others", async () => {
  const story: string[] = [];
  const broken: Service = { name: "link", run: () => Promise.reject(new ArgusError("ARGUS_X", "no such address")) };
  const work = supervise([untilStopped("journal", story), broken], options, new AbortController().signal);
  await rejects(work, (error) => error instanceof ServiceFailed && error.cause instanceof ArgusError);
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

test("does not wait for ever for a service that does not drain", async () => {
  const stop = new AbortController();
  const stuck: Service = { name: "stuck", run: () => new Promise(() => undefined) };
  const done = supervise([stuck], { ...options, drainMsMax: 5 }, stop.signal);
  stop.abort();
  await done;
});
