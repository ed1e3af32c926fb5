/** What the API needs of the node that it speaks for. `node/` gives it; nothing here may block or throw. */
import type { AgentChange } from "../model/agent.ts";
import type { AgentsOverviewQuery, AgentsOverviewReply } from "./contract/agent-overview.ts";
import type { AgentKeyReply, AgentReply, AgentsReply, GroupReply, GroupsReply } from "./contract/agent-reply.ts";
import type { AgentsQuery } from "./contract/agent-route.ts";
import type {
  ClusterLogLine,
  FiguresReply,
  JournalReply,
  LevelsReply,
  MetricsReply,
  NodeInfo,
  QuarantineReply,
  ReleaseReply,
  ReloadReply,
  RulesetReply,
  StatusReply,
} from "./contract/reply.ts";

/** One alert as the feed holds it. */
export interface FeedEntry {
  /** `SECONDS.OFFSET`: unique, and in the order in which alerts were raised. */
  readonly id: string;
  readonly level: number;
  /** The line of alerts.json as UTF-8 text, without its end. */
  readonly json: string;
}

/** The last alerts, and those to come. On a worker there is none. */
export interface AlertFeed {
  /** The newest `count` of at least `level`, oldest first. */
  last(count: number, level: number): readonly FeedEntry[];
  /** The alert `id`, while it is held. */
  find(id: string): FeedEntry | undefined;
  /** What came after the alert `id`; `isWhole` is false when some may be missing. */
  after(id: string): { readonly entries: readonly FeedEntry[]; readonly isWhole: boolean };
  /**
   * Calls `onEntry` for each new alert, and `onGap` when so many came too fast to be told, until the returned function
   * is called. Neither may throw.
   */
  subscribe(onEntry: (entry: FeedEntry) => void, onGap: (count: number) => void): () => void;
}

/** What the master counts over time. */
export interface FigureFeed {
  figures(): FiguresReply;
  /**
   * The bins that have changed since `revision` (0: all of them), and the revision to ask with the next time. It grows
   * with every change.
   */
  levels(revision: number): { readonly levels: LevelsReply; readonly revision: number };
}

/** The newest lines of cluster.log, and those to come. */
export interface ClusterLogFeed {
  /** The newest `count`, oldest first. */
  last(count: number): readonly ClusterLogLine[];
  /** What came after the line `id`; `isWhole` is false when some may be missing. */
  after(id: string): { readonly lines: readonly ClusterLogLine[]; readonly isWhole: boolean };
  /** Calls `onLine` for each new line until the returned function is called. It may not throw, and may not log. */
  subscribe(onLine: (line: ClusterLogLine) => void): () => void;
}

export interface NodeStatus {
  /** `nodes`: what `nodes()` has just given, where the caller has it already; it is looked up otherwise. */
  status(nodes?: readonly NodeInfo[]): StatusReply;
  /** The cluster as this node sees it; its own entry comes first. */
  nodes(): NodeInfo[];
  /** `undefined` on a node that has no journal. */
  journal(): JournalReply | undefined;
  metrics(): MetricsReply;
}

/** What hostile events have put out of work on a master. */
export interface QuarantineControl {
  list(): QuarantineReply;
  /** Resolves when the journal has it; undefined where nothing is quarantined under `id`. */
  release(id: string): Promise<ReleaseReply | undefined>;
}

/** The ruleset of a master. */
export interface RulesetControl {
  status(): RulesetReply;
  /** Resolves when the files, as they are, have been read and are in force or refused. */
  reload(): Promise<ReloadReply>;
}

/** What may be asked for besides the changes of the registry: both are orders to an agent that is connected. */
export type AgentOrder =
  | { readonly kind: "restart"; readonly id: string }
  | { readonly kind: "reconnect"; readonly id: string };

export type AgentOutcome =
  | { readonly isDone: true; readonly id: string; readonly text: string }
  /** `text`: why not, in words. */
  | { readonly isDone: false; readonly text: string };

/** The agents, as every node knows them. */
export interface AgentControl {
  list(query: AgentsQuery): AgentsReply;
  overview(query: AgentsOverviewQuery): AgentsOverviewReply;
  /** Undefined where there is none of that id, or it was removed; likewise below. */
  find(id: string): AgentReply | undefined;
  keyOf(id: string): AgentKeyReply | undefined;
  groups(): GroupsReply;
  group(name: string): Promise<GroupReply | undefined>;
  /** Never rejects. What was done is durable, and this node answers by it. */
  change(change: AgentChange | AgentOrder): Promise<AgentOutcome>;
}

export interface ApiNeeds {
  status: NodeStatus;
  agents: AgentControl;
  /** `undefined` on a worker: alerts are raised by the master. */
  alerts: AlertFeed | undefined;
  /** `undefined` on a worker. */
  figures: FigureFeed | undefined;
  clusterLog: ClusterLogFeed;
  /** Absent on a worker. */
  ruleset?: RulesetControl;
  /** Absent on a worker. */
  quarantine?: QuarantineControl;
}
