import { equal, rejects } from "node:assert/strict";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { test } from "node:test";
import { systemClock } from "../base/clock.ts";
import { nodeDisk } from "../base/disk.ts";
import { LocalTime } from "../base/local-time.ts";
import { silentLog } from "../base/log.ts";
import type { SyslogRemote } from "../intake/syslog-listener.ts";
import { openTakeIn, type TakeInParts } from "./take-in.ts";

const address = "127.83.0.1";
const port = 10_583;
const store = { append: () => Promise.resolve(), nowMs: () => 0 };

function partsWith(...protocols: ("tcp" | "udp")[]): TakeInParts {
  const remote = { port, allowedIps: [], deniedIps: [], localIp: address, ipv6: false };
  const syslogRemotes = protocols.map((protocol): SyslogRemote => ({ ...remote, protocols: [protocol] }));
  return {
    ...{ disk: nodeDisk, clock: systemClock, time: new LocalTime("UTC"), logs: { main: silentLog } },
    settings: { syslogRemotes, pendingEventsMax: 1_000, followed: [] },
  };
}

function isListening(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

test("gives back the listeners that are open when a later one cannot be had", async () => {
  const holder = createSocket("udp4");
  await new Promise<void>((resolve) => holder.bind(port, address, resolve));
  try {
    await rejects(openTakeIn(partsWith("tcp", "udp"), store, new Map()), { code: "ARGUS_INTAKE_LISTEN" });
    equal(await isListening(), false);
  } finally {
    await new Promise<void>((resolve) => holder.close(() => resolve()));
  }
});

test("gives all addresses back when it is closed before it has run", async () => {
  const takeIn = await openTakeIn(partsWith("tcp", "udp"), store, new Map());
  equal(await isListening(), true);
  await takeIn.close();
  equal(await isListening(), false);
});
