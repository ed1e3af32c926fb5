import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { LineSink } from "../../test/support/line-sink.ts";
import { SimClock } from "../../test/support/sim-clock.ts";
import { systemClock } from "../base/clock.ts";
import { nodeDisk } from "../base/disk.ts";
import { logTo } from "../base/log.ts";
import { systemRandom } from "../base/random.ts";
import { untilAborted } from "../base/service.ts";
import { EnrolmentListenError } from "../registry/errors.ts";
import { AgentTable } from "../registry/agent-table.ts";
import { openAgentListener, unasked } from "./agent-doors.ts";
import { homeAt } from "./home.ts";

const address = "127.83.4.1";
const needs = {
  ...{ table: new AgentTable(), sink: new LineSink() },
  reports: { report: () => undefined, heard: () => undefined },
  shared: { sumOf: () => undefined, read: () => Promise.resolve(undefined) },
};

/** Opens the listener at a port that somebody holds. */
async function openAtTaken(isListenerWritten: boolean): Promise<string[]> {
  const holder = createServer();
  const port = await new Promise<number>((resolve) =>
    holder.listen({ host: address, port: 0 }, () => {
      const at = holder.address();
      resolve(typeof at === "object" && at !== null ? at.port : 0);
    }),
  );
  const said: string[] = [];
  const remote = { port, protocols: ["tcp"], localIp: address, ipv6: false } as const;
  const agents = {
    ...{ remotes: [remote], policy: { isStrict: false, versionMax: undefined }, isListenerWritten, auth: undefined },
    ...{ authHost: address, isAuthWritten: false, isEnrolmentOff: false, usesPassword: true, isPurging: false },
    enrolment: {
      ...{ usesSourceIp: false, allowsHigherVersions: true, isForceEnabled: true, isKeyMismatchNeeded: true },
      ...{ disconnectedMsMin: 0, registeredMsMin: 0 },
    },
  };
  const parts = {
    ...{ clock: systemClock, random: systemRandom, disk: nodeDisk, home: homeAt("/nowhere"), settings: { agents } },
    logs: { main: logTo(({ level, message }) => said.push(`${level} ${message}`)) },
  };
  try {
    const listener = await openAgentListener(parts, needs);
    equal(listener, undefined);
    return said;
  } finally {
    await new Promise((resolve) => holder.close(resolve));
  }
}

test("a port that nobody has asked for and that is taken is an ERROR line, and the node goes on", async () => {
  const said = await openAtTaken(false);
  equal(said.length, 1);
  match(said[0] ?? "", /^ERROR cannot listen on .*127\.83\.4\.1:\d+.*no <remote> is written/s);
});

test("a port that is written and taken stops the start", async () => {
  await rejects(openAtTaken(true), { code: "ARGUS_INTAKE_LISTEN" });
});

test("a service that nobody has asked for is told of once, and tried again each minute until it works", async () => {
  const clock = new SimClock();
  const said: string[] = [];
  let tries = 0;
  const service = unasked(
    {
      name: "enrolment",
      async run(signal) {
        tries += 1;
        if (tries < 3) throw new EnrolmentListenError("192.0.2.1:1515", new Error("taken"));
        await untilAborted(signal);
      },
    },
    clock,
    logTo(({ level, message }) => said.push(`${level} ${message}`)),
  );
  const stop = new AbortController();
  const done = service.run(stop.signal);
  for (let minutes = 0; minutes < 3; minutes += 1) {
    for (let turns = 0; turns < 10; turns += 1) await Promise.resolve();
    clock.advance(60_000);
  }
  stop.abort();
  await done;
  equal(tries, 3);
  deepEqual(
    said.map((line) => line.slice(0, 42)),
    ["ERROR cannot listen on 192.0.2.1:1515: tak"],
  );
});
