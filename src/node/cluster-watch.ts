/**
 * The master's view of its cluster: feeds what the link reports into the node table, and turns each change of state
 * into one line of cluster.log and, where an operator must know, one event.
 */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { NodeInfo } from "../api/contract/reply.ts";
import { isNodeName } from "../model/node.ts";
import type { NodeHello, NodeListing } from "../membership/known-node.ts";
import { NodeTable, type NodeChange, type NodeInput } from "../membership/node-table.ts";
import type { OwnEvents } from "./own-events.ts";
import { SpoolGauge } from "./spool-gauge.ts";

export interface ClusterWatchOptions {
  clock: Clock;
  /** cluster.log. */
  log: Log;
  own: { name: string; hello: NodeHello };
  listed: readonly NodeListing[];
  events: OwnEvents;
}

export class ClusterWatch {
  readonly #options: ClusterWatchOptions;
  readonly #table: NodeTable;
  readonly #gauge = new SpoolGauge();
  /** The limit of each spool, as its node last said. */
  readonly #spoolBytesMax = new Map<string, number>();

  constructor(options: ClusterWatchOptions) {
    this.#options = options;
    this.#table = new NodeTable(options.own, this.#now());
    this.take({ type: "listed", nodes: options.listed });
  }

  #now(): { monotonicMs: number; wallMs: number } {
    return { monotonicMs: this.#options.clock.monotonicMs(), wallMs: this.#options.clock.wallMs() };
  }

  take(input: NodeInput): void {
    for (const change of this.#table.take(input, this.#now())) this.#tell(change);
  }

  /** What a worker says of its spool; `bytesMax` is the share of its disk that it may take. */
  gaugeSpool(name: string, bytes: number, bytesMax: number): void {
    this.#spoolBytesMax.set(name, bytesMax);
    const percent = this.#gauge.take(name, bytes, bytesMax);
    if (percent === undefined) return;
    this.#options.log.tagged(`Worker ${name}`, "Spool").warning(`the spool is ${percent} % full`);
    this.#options.events.spoolFilling(name, percent);
  }

  #tell({ name, from, to, message, reason, isOrderly }: NodeChange): void {
    const log = this.#options.log.tagged(isNodeName(name) ? `Worker ${name}` : "Master", "State");
    if (isOrderly) log.info(message);
    else if (to === "down" || to === "refused") log.error(message);
    else if (to === "lagging") log.warning(message);
    else log.info(message);
    const { events } = this.#options;
    const wasAbsent =
      from === undefined || from === "expected" || from === "down" || from === "refused" || from === "waiting";
    if (to === "up" && wasAbsent) events.nodeUp(name, this.#addressOf(name));
    else if (to === "down") events.nodeDown(name, reason);
    else if (to === "refused") events.nodeRefused(name, reason);
  }

  #addressOf(name: string): string {
    return this.#table.snapshot(this.#now()).find((node) => node.name === name)?.address ?? "";
  }

  /** The master first, then by name. */
  nodes(): NodeInfo[] {
    const nowMs = this.#options.clock.wallMs();
    return this.#table.snapshot(this.#now()).map((node) => ({
      name: node.name,
      role: node.role,
      state: node.state,
      sinceMs: node.sinceMs,
      address: endpointOf(node),
      version: node.version ?? "",
      isHidden: node.isHidden,
      eventsPerSecond: node.eventsPerSecond,
      eventsOutPerSecond: node.eventsOutPerSecond,
      link: { sinceMs: node.link.sinceMs ?? null, roundTripMs: tenths(node.link.roundTripMs) },
      spool:
        node.spool === undefined
          ? null
          : {
              events: node.spool.events,
              bytes: node.spool.bytes,
              bytesMax: this.#spoolBytesMax.get(node.name) ?? 0,
              oldestMs: node.spool.oldestMs === 0 ? null : nowMs - node.spool.oldestMs,
              isFull: node.spool.isFull,
              drainMs: node.spool.drainMs ?? null,
            },
      clockOffsetMs: tenths(node.clockOffsetMs),
      note: node.note,
      lastRefusal: node.lastRefusal?.reason ?? "",
    }));
  }
}

/** More digits of a measured time are noise. */
function tenths(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round(ms * 10) / 10;
}

/** The master's own address has its port already; a worker's port is known where cluster.conf lists it. */
function endpointOf({ address = "", port }: { address: string | undefined; port: number | undefined }): string {
  if (address === "" || port === undefined) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
