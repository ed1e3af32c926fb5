/** A node as the API sees it, for tests of the API and of what shows it. */
import type {
  ClusterLogLine,
  FigureSample,
  FiguresReply,
  LevelBin,
  LevelsReply,
  NodeInfo,
  StatusReply,
} from "../../src/api/contract/reply.ts";
import type {
  AgentInfo,
  AgentKeyReply,
  AgentReply,
  AgentsReply,
  GroupReply,
  GroupsReply,
} from "../../src/api/contract/agent-reply.ts";
import type { AgentRow, AgentsOverviewReply } from "../../src/api/contract/agent-overview.ts";
import type { AgentsQuery } from "../../src/api/contract/agent-route.ts";
import type {
  AgentControl,
  AgentOutcome,
  AlertFeed,
  ApiNeeds,
  ClusterLogFeed,
  FeedEntry,
  FigureFeed,
} from "../../src/api/needs.ts";

export const sampleStatus: StatusReply = {
  node: "master-node",
  role: "master",
  cluster: "argus",
  version: "0.1.0",
  processId: 4_711,
  startedMs: 1_795_000_000_000,
  nowMs: 1_795_000_060_000,
  events: {
    ...{ isCounted: true, accepted: 1_200, analysed: 1_190, behind: 10, behindMs: 400, lost: 0, lostInDay: 0 },
    ...{ perSecond: 20, analysedPerSecond: 19.5 },
  },
  alerts: 7,
  keyWeakness: "",
  ruleset: { refusal: "", quarantined: 0 },
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
    eventsOutPerSecond: 12.25,
    link: { sinceMs: 1_795_000_001_500, roundTripMs: 0.4 },
    spool: {
      ...{ events: 3, bytes: 900, bytesMax: 20_000_000, oldestMs: 1_795_000_059_900 },
      ...{ isFull: false, drainMs: 250 },
    },
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
  readonly #listeners = new Set<{ onEntry(entry: FeedEntry): void; onGap(count: number): void }>();

  get listenerCount(): number {
    return this.#listeners.size;
  }

  raise(entry: FeedEntry): void {
    this.entries.push(entry);
    for (const { onEntry } of this.#listeners) onEntry(entry);
  }

  /** Tells the listeners of so many alerts that are not held. */
  skip(count: number): void {
    for (const { onGap } of this.#listeners) onGap(count);
  }

  last(count: number, level: number): readonly FeedEntry[] {
    return this.entries.filter((entry) => entry.level >= level).slice(-count);
  }

  find(id: string): FeedEntry | undefined {
    return this.entries.find((entry) => entry.id === id);
  }

  after(id: string): { entries: readonly FeedEntry[]; isWhole: boolean } {
    const at = this.entries.findIndex((entry) => entry.id === id);
    return { entries: this.entries.slice(at + 1), isWhole: at >= 0 };
  }

  subscribe(onEntry: (entry: FeedEntry) => void, onGap: (count: number) => void): () => void {
    const listener = { onEntry, onGap };
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

export function sampleLogLine(id: string, change: Partial<ClusterLogLine> = {}): ClusterLogLine {
  return {
    ...{ id, atMs: 1_795_000_059_000, level: "INFO", node: "worker-node1" },
    ...{ tag: "Worker worker-node1", subtag: "Link", message: `line ${id}` },
    ...change,
  };
}

/** A log that holds every line it was given. */
export class ListedLog implements ClusterLogFeed {
  readonly lines: ClusterLogLine[] = [];
  readonly #listeners = new Set<{ onLine(line: ClusterLogLine): void }>();

  get listenerCount(): number {
    return this.#listeners.size;
  }

  write(line: ClusterLogLine): void {
    this.lines.push(line);
    for (const { onLine } of this.#listeners) onLine(line);
  }

  last(count: number): readonly ClusterLogLine[] {
    return this.lines.slice(-count);
  }

  after(id: string): { lines: readonly ClusterLogLine[]; isWhole: boolean } {
    const at = this.lines.findIndex((line) => line.id === id);
    return { lines: this.lines.slice(at + 1), isWhole: at >= 0 };
  }

  subscribe(onLine: (line: ClusterLogLine) => void): () => void {
    const listener = { onLine };
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

export function sampleFigure(atMs: number, change: Partial<FigureSample> = {}): FigureSample {
  return { atMs, accepted: 1_200, analysed: 1_190, behind: 10, behindMs: 400, lost: 0, ...change };
}

/** Figures as they are set; a bin that is set has changed since the revision of before. */
export class SetFigures implements FigureFeed {
  samples: FigureSample[] = [sampleFigure(1_795_000_050_000), sampleFigure(1_795_000_055_000)];
  #revision = 1;
  readonly #bins = new Map<string, { span: "hour" | "day"; bin: LevelBin; revision: number }>();

  constructor() {
    this.setBin("hour", { atMs: 1_795_000_020_000, counts: { "5": 2, "12": 1 } });
    this.setBin("day", { atMs: 1_794_999_600_000, counts: { "5": 2, "12": 1 } });
  }

  setBin(span: "hour" | "day", bin: LevelBin): void {
    this.#revision += 1;
    this.#bins.set(`${span} ${bin.atMs}`, { span, bin, revision: this.#revision });
  }

  figures(): FiguresReply {
    return { everyMs: 5_000, samples: this.samples };
  }

  levels(revision: number): { levels: LevelsReply; revision: number } {
    const changed = [...this.#bins.values()].filter((one) => one.revision > revision);
    const of = (span: "hour" | "day"): LevelBin[] => changed.filter((one) => one.span === span).map(({ bin }) => bin);
    const levels = { hour: { binMs: 60_000, bins: of("hour") }, day: { binMs: 900_000, bins: of("day") } };
    return { levels, revision: this.#revision };
  }
}

export function sampleAgent(change: Partial<AgentInfo> = {}): AgentInfo {
  return {
    ...{ id: "001", name: "web", address: "any", state: "active", sinceMs: 1_795_000_010_000, node: "worker-node1" },
    ...{ nodeDownSinceMs: null, lastSeenMs: 1_795_000_055_000, registeredMs: 1_795_000_002_000 },
    ...{ version: "Wazuh v4.14.7", system: "Ubuntu 22.04.3 LTS", peerAddress: "192.0.2.10", transport: "tcp" },
    ...{ groups: ["default"], isSynced: true },
    ...change,
  };
}

const sampleFacts = { uname: "Linux |web", host: "web", address: "192.0.2.10", configSum: "", mergedSum: "00" };

/** An agent as the page has it. */
export function sampleAgentRow(change: Partial<AgentRow> = {}): AgentRow {
  return {
    ...{ id: "001", name: "web", address: "any", state: "active", node: "worker-node1", nodeDownSinceMs: null },
    ...{ lastSeenMs: 1_795_000_055_000, version: "Wazuh v4.14.7", peerAddress: "192.0.2.10", isShutDown: false },
    ...{ groups: ["default"], groupCount: 1, isSynced: true },
    ...change,
  };
}

export function sampleOverview(change: Partial<AgentsOverviewReply> = {}): AgentsOverviewReply {
  return {
    ...{ agents: [sampleAgentRow()], from: 0, matching: 1, total: 1, groups: ["default"] },
    counts: { disconnected: 0, pending: 0, never_connected: 0, active: 1, unheard: 0 },
    ...change,
  };
}

/** One agent and one group; remembers what was to be changed, and refuses what is of agent 999. */
export class ListedAgents implements AgentControl {
  readonly changes: Parameters<AgentControl["change"]>[0][] = [];
  readonly queries: AgentsQuery[] = [];

  list(query: AgentsQuery): AgentsReply {
    this.queries.push(query);
    return { agents: [sampleAgent()], matching: 1, next: "" };
  }

  overview(): AgentsOverviewReply {
    return sampleOverview();
  }

  find(id: string): AgentReply | undefined {
    if (id !== "001") return undefined;
    return { ...sampleAgent(), statusCode: 0, facts: { ...sampleFacts, os: {}, labels: [] }, wantedSum: "00" };
  }

  keyOf(id: string): AgentKeyReply | undefined {
    return id === "001" ? { id, name: "web", address: "any", key: "k1" } : undefined;
  }

  groups(): GroupsReply {
    return { groups: [{ name: "default", agents: 1, md5: "00", bytes: 9 }] };
  }

  group(name: string): Promise<GroupReply | undefined> {
    const group = { name, agents: 1, md5: "00", bytes: 9, files: [{ name: "agent.conf", bytes: 3 }] };
    return Promise.resolve(name === "default" ? group : undefined);
  }

  change(change: Parameters<AgentControl["change"]>[0]): Promise<AgentOutcome> {
    this.changes.push(change);
    if ("id" in change && change.id === "999") return Promise.resolve({ isDone: false, text: "there is no agent 999" });
    return Promise.resolve({ isDone: true, id: "001", text: "done." });
  }
}

/** A master with this feed, or a worker without one. */
export function sampleNeeds(feed: AlertFeed | undefined, change: Partial<ApiNeeds> = {}): ApiNeeds {
  const link = { sinceMs: null, roundTripMs: null };
  return {
    status: {
      status: () => sampleStatus,
      nodes: () => [sampleNode({ name: "master-node", role: "master", spool: null, link }), sampleNode()],
      journal: () =>
        feed === undefined
          ? undefined
          : { durable: 900, analysed: 800, checkpoint: 700, oldest: 0, bytes: 900, bytesMax: 1_000_000, lanes: [] },
      metrics: () => ({ "intake.udp.dropped": 3 }),
    },
    alerts: feed,
    figures: feed === undefined ? undefined : new SetFigures(),
    clusterLog: new ListedLog(),
    agents: new ListedAgents(),
    ...change,
  };
}
