/** The first stretch of the data path, the same on every node: listeners and followed files into one batcher. */
import type { Service } from "../base/service.ts";
import { FileCollector } from "../collect/file-collector.ts";
import { Batcher } from "../intake/batcher.ts";
import type { AppendBatch, TakeInClock } from "../intake/needs.ts";
import { SyslogListener } from "../intake/syslog-listener.ts";
import type { NodeParts } from "./parts.ts";

export interface TakeIn {
  batcher: Batcher;
  /** Drained before the batcher: what has come in is then made durable. */
  sources: Service[];
  /** By name, for `/metrics`. */
  counters(): Record<string, number>;
  /** Gives the addresses back when the node does not come to run; sources that have run have closed themselves. */
  close(): Promise<void>;
}

/** What of a node's parts counts here. */
export type TakeInParts = Pick<NodeParts, "disk" | "clock" | "time"> & {
  logs: Pick<NodeParts["logs"], "main">;
  settings: Pick<NodeParts["settings"], "syslogRemotes" | "pendingEventsMax" | "followed">;
};

/** Rejects with `IntakeListenError` when a listener's address cannot be had; none is held then. */
export async function openTakeIn(
  parts: TakeInParts,
  store: AppendBatch & TakeInClock,
  marks: ReadonlyMap<string, Uint8Array>,
): Promise<TakeIn> {
  const { settings, disk, clock, logs } = parts;
  const log = logs.main;
  const limits = { pendingEventsMax: settings.pendingEventsMax };
  const batcher = new Batcher({ store, takeIn: store, clock, limits });
  const listeners = await openListeners(parts, batcher);
  for (const { protocol, address, port } of listeners.flatMap((listener) => listener.addresses())) {
    log.info(`syslog over ${protocol} on ${address}:${port}`);
  }
  const files = new FileCollector({
    ...{ locations: settings.followed, sink: batcher, marks, disk, clock, time: parts.time, log: log.tagged("Files") },
    notice: (text) => void batcher.accept(noticeSource, Buffer.from(text, "utf8"), false),
  });
  return {
    batcher,
    sources: [...listeners, files],
    counters: () => ({
      ...named("batcher", batcher.counters()),
      ...named("files", files.counters()),
      ...Object.assign({}, ...listeners.map((listener, index) => named(`syslog${index + 1}`, listener.counters()))),
    }),
    close: () => closeAll(listeners),
  };
}

/** The same, and what agents bring as well. */
export function withCountersOf(takeIn: TakeIn, agents: Pick<TakeIn, "counters">): TakeIn {
  return { ...takeIn, counters: () => ({ ...takeIn.counters(), ...agents.counters() }) };
}

async function openListeners({ settings, clock, disk, logs }: TakeInParts, sink: Batcher): Promise<SyslogListener[]> {
  const listeners: SyslogListener[] = [];
  try {
    for (const remote of settings.syslogRemotes) {
      listeners.push(await SyslogListener.open({ remote, sink, clock, disk, log: logs.main.tagged("Syslog") }));
    }
  } catch (error) {
    // An open socket keeps the process alive: senders would connect and nobody would read.
    await closeAll(listeners);
    throw error;
  }
  return listeners;
}

async function closeAll(listeners: readonly SyslogListener[]): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close()));
}

/** OSSEC's log collector speaks of itself so. */
const noticeSource = { queue: "1", agentId: "000", agentName: "", agentIp: "", location: "argus-files" };

export function named(prefix: string, counters: object): Record<string, number> {
  const flat: Record<string, number> = {};
  for (const [name, value] of Object.entries(counters)) {
    if (typeof value === "number") flat[`${prefix}.${name}`] = value;
    else if (typeof value === "object" && value !== null) Object.assign(flat, named(`${prefix}.${name}`, value));
  }
  return flat;
}
