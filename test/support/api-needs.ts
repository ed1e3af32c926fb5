/** A node as the API sees it, for tests of the API and of what shows it. */
import type { NodeInfo, StatusReply } from "../../src/api/contract/reply.ts";
import type { AlertFeed, ApiNeeds, FeedEntry } from "../../src/api/needs.ts";

export const sampleStatus: StatusReply = {
  node: "master-node",
  role: "master",
  cluster: "argus",
  version: "0.1.0",
  processId: 4_711,
  startedMs: 1_795_000_000_000,
  nowMs: 1_795_000_060_000,
  events: { accepted: 1_200, analysed: 1_190, behind: 10, lost: 0, perSecond: 20 },
  alerts: 7,
  master: { name: "master-node", isConnected: true },
};

export function sampleNode(change: Partial<NodeInfo> = {}): NodeInfo {
  return {
    name: "worker-node1",
    role: "worker",
    state: "up",
    sinceMs: 1_795_000_001_000,
    address: "127.0.0.2:1516",
    version: "0.1.0",
    isHidden: false,
    eventsPerSecond: 12.5,
    spool: { events: 3, bytes: 900, bytesMax: 20_000_000, oldestMs: 1_795_000_059_900, isFull: false },
    clockOffsetMs: 2,
    note: "",
    lastRefusal: "",
    ...change,
  };
}

/** The line of an alert with what the contract wants of one. */
export function sampleAlert(id: string, level: number): FeedEntry {
  const rule = { level, description: "d", id: "5716" };
  const json = JSON.stringify({ timestamp: "2026-11-25T01:02:03.004+0000", rule, id, location: "/var/log/auth.log" });
  return { id, level, json };
}

/** A feed that holds everything it was given. */
export class ListedFeed implements AlertFeed {
  readonly entries: FeedEntry[] = [];
  readonly #listeners = new Set<(entry: FeedEntry) => void>();

  get listenerCount(): number {
    return this.#listeners.size;
  }

  raise(entry: FeedEntry): void {
    this.entries.push(entry);
    for (const listener of this.#listeners) listener(entry);
  }

  last(count: number, level: number): readonly FeedEntry[] {
    return this.entries.filter((entry) => entry.level >= level).slice(-count);
  }

  after(id: string): { entries: readonly FeedEntry[]; isWhole: boolean } {
    const at = this.entries.findIndex((entry) => entry.id === id);
    return { entries: this.entries.slice(at + 1), isWhole: at >= 0 };
  }

  subscribe(listener: (entry: FeedEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

export function sampleNeeds(feed: AlertFeed | undefined): ApiNeeds {
  return {
    status: {
      status: () => sampleStatus,
      nodes: () => [sampleNode({ name: "master-node", role: "master", spool: null }), sampleNode()],
      journal: () =>
        feed === undefined
          ? undefined
          : { durable: 900, analysed: 800, checkpoint: 700, oldest: 0, bytes: 900, bytesMax: 1_000_000, lanes: [] },
      metrics: () => ({ "intake.udp.dropped": 3 }),
    },
    alerts: feed,
  };
}
