/** What the API answers: schemas and the types that follow from them. Times are ms since 1970 by the node's clock. */
import Type, { type Static } from "typebox";

const closed = { additionalProperties: false };

export const spoolInfo = Type.Object(
  {
    events: Type.Number({ description: "Events that wait to be acknowledged by the master." }),
    bytes: Type.Number({ description: "What the waiting events take on disk." }),
    bytesMax: Type.Number({ description: "How much they may take." }),
    oldestMs: Type.Union([Type.Number(), Type.Null()], { description: "Take-in time of the oldest waiting event." }),
    isFull: Type.Boolean(),
    drainMs: Type.Union([Type.Number(), Type.Null()], {
      description: "In how long it is empty at the rate of the last seconds; null when it is empty or does not shrink.",
    }),
  },
  closed,
);

export const nodeInfo = Type.Object(
  {
    name: Type.String(),
    role: Type.Union([Type.Literal("master"), Type.Literal("worker")]),
    state: Type.Union([
      Type.Literal("expected"),
      Type.Literal("waiting"),
      Type.Literal("up"),
      Type.Literal("syncing"),
      Type.Literal("lagging"),
      Type.Literal("down"),
      Type.Literal("refused"),
    ]),
    sinceMs: Type.Number({ description: "When the state was entered." }),
    address: Type.String({ description: "`ADDRESS:PORT`, without the port or empty where it is not known." }),
    version: Type.String({ description: "Argus's version there, or empty when it is not known." }),
    isHidden: Type.Boolean(),
    eventsPerSecond: Type.Number({ description: "Events taken in, over the last seconds." }),
    eventsOutPerSecond: Type.Number({
      description: "Events of this node that the master has journalled, over the last seconds.",
    }),
    link: Type.Object(
      {
        sinceMs: Type.Union([Type.Number(), Type.Null()], {
          description: "When the session with the master began; null without one, and on the master.",
        }),
        roundTripMs: Type.Union([Type.Number(), Type.Null()], {
          description:
            "The shortest of the last round trips; null before the first, without a session, and on the master.",
        }),
      },
      closed,
    ),
    spool: Type.Union([spoolInfo, Type.Null()], {
      description: "Null for the master, and while it is not known. Of a node that is down: what it last said.",
    }),
    clockOffsetMs: Type.Union([Type.Number(), Type.Null()], { description: "The node's clock less the master's." }),
    note: Type.String({ description: "Why the node is down, or what it waits for; or empty." }),
    lastRefusal: Type.String({ description: "Why the node was last refused, or empty." }),
  },
  closed,
);
export type NodeInfo = Static<typeof nodeInfo>;

export const statusReply = Type.Object(
  {
    node: Type.String(),
    role: Type.Union([Type.Literal("master"), Type.Literal("worker")]),
    cluster: Type.String({ description: "Empty on a node that belongs to none." }),
    version: Type.String(),
    processId: Type.Number(),
    startedMs: Type.Number(),
    nowMs: Type.Number(),
    events: Type.Object(
      {
        isCounted: Type.Boolean({
          description:
            "False on a master that has just started, until its analysis says how far it had come: accepted, analysed " +
            "and lost are 0 then, and behind is what waits in spools only.",
        }),
        accepted: Type.Number({
          description: "On the master: events journalled; on a worker: events spooled. Since ever.",
        }),
        analysed: Type.Number({ description: "Events that the engine has answered. 0 on a worker." }),
        behind: Type.Number({
          description:
            "Events known of that are not analysed: in the journal, and in the spools of workers as these last said; " +
            "on a worker: not yet acknowledged.",
        }),
        behindMs: Type.Number({
          description: "Age of the oldest of them; 0 exactly when there is none.",
        }),
        lost: Type.Number({ description: "Events in declared holes, since ever." }),
        lostInDay: Type.Number({ description: "Those of them that were declared in the last 24 hours." }),
        perSecond: Type.Number({ description: "Accepted, over the last seconds." }),
        analysedPerSecond: Type.Number({ description: "Analysed, over the last seconds. 0 on a worker." }),
      },
      closed,
    ),
    alerts: Type.Number({ description: "Alerts written since the start of the node. 0 on a worker." }),
    keyWeakness: Type.String({
      description: "Why the cluster's key can be guessed, as in `is shorter than 32 characters`; empty when it cannot.",
    }),
    ruleset: Type.Object(
      {
        refusal: Type.String({
          description:
            "Why the files of the ruleset, as they are now, are not in force: the first problem by file and line, cut " +
            "where it is long. Empty where they are in force, and on a worker.",
        }),
        quarantined: Type.Number({
          description: "Rules and decoders that hostile events have put out of work. 0 on a worker.",
        }),
      },
      closed,
    ),
    master: Type.Object(
      {
        name: Type.String({ description: "Empty while it is not known." }),
        isConnected: Type.Boolean({ description: "On the master: true." }),
      },
      closed,
    ),
  },
  closed,
);
export type StatusReply = Static<typeof statusReply>;

export const nodesReply = Type.Object({ nodes: Type.Array(nodeInfo) }, closed);
export type NodesReply = Static<typeof nodesReply>;

export const journalReply = Type.Object(
  {
    durable: Type.Number({ description: "Position up to which the journal is on disk." }),
    analysed: Type.Number({ description: "Position up to which the engine has read." }),
    checkpoint: Type.Number({ description: "Position of the last checkpoint." }),
    oldest: Type.Number({ description: "Position of the oldest record that is kept." }),
    bytes: Type.Number({ description: "Bytes on disk." }),
    bytesMax: Type.Number(),
    lanes: Type.Array(
      Type.Object(
        {
          node: Type.String(),
          lane: Type.Number(),
          epoch: Type.Number(),
          last: Type.Number({ description: "The last event held of that epoch." }),
          analysed: Type.Number({ description: "Events of the lane answered since the journal began." }),
        },
        closed,
      ),
    ),
  },
  closed,
);
export type JournalReply = Static<typeof journalReply>;

export const metricsReply = Type.Record(Type.String(), Type.Number(), { description: "Counters by name." });
export type MetricsReply = Static<typeof metricsReply>;

export const quarantineReply = Type.Object(
  {
    parts: Type.Array(
      Type.Object(
        {
          part: Type.Union([Type.Literal("rule"), Type.Literal("decoder")]),
          id: Type.String({ description: "A rule's id, or the `FILE:LINE` of a decoder." }),
          position: Type.Number({ description: "Journal position of the batch from which on it is passed over." }),
          event: Type.Number({ description: "Which event of the batch, from 0." }),
          isInForce: Type.Boolean({ description: "False where a ruleset with another text of it came since." }),
        },
        closed,
      ),
    ),
    poisonCount: Type.Number({ description: "Events of the kept journal that are not analysed." }),
  },
  closed,
);
export type QuarantineReply = Static<typeof quarantineReply>;

export const releaseReply = Type.Object(
  { part: Type.Union([Type.Literal("rule"), Type.Literal("decoder")]), id: Type.String() },
  closed,
);
export type ReleaseReply = Static<typeof releaseReply>;

const problemLines = Type.Array(Type.String(), { description: "By file and line." });

export const rulesetReply = Type.Object(
  {
    sha256: Type.String({ description: "The snapshot that answers what is accepted now." }),
    sinceMs: Type.Number({ description: "Since when, or since the node's start." }),
    refused: Type.Union([Type.Object({ atMs: Type.Number(), problems: problemLines }, closed), Type.Null()], {
      description: "Why the files, as they are now, are not in force; null where they are.",
    }),
  },
  closed,
);
export type RulesetReply = Static<typeof rulesetReply>;

export const reloadReply = Type.Object(
  {
    outcome: Type.Union([Type.Literal("unchanged"), Type.Literal("replaced"), Type.Literal("refused")]),
    sha256: Type.String({ description: "The snapshot that answers what is accepted now." }),
    problems: problemLines,
  },
  closed,
);
export type ReloadReply = Static<typeof reloadReply>;

/** An alert is whatever alerts.json says: its keys depend on the rule. Those named here are always there. */
export const alertReply = Type.Object(
  {
    timestamp: Type.String(),
    rule: Type.Object({ level: Type.Number(), description: Type.String(), id: Type.String() }),
    agent: Type.Optional(Type.Object({ id: Type.String(), name: Type.String() })),
    id: Type.String(),
    cluster: Type.Optional(Type.Object({ name: Type.String(), node: Type.String() })),
    location: Type.String(),
  },
  { additionalProperties: true },
);
export type AlertReply = Static<typeof alertReply>;

export const alertsReply = Type.Object(
  {
    alerts: Type.Array(alertReply, { description: "Oldest first." }),
    omitted: Type.Number({
      description: "So many of those asked for, the oldest, had no room: an answer to the page holds 1 MiB.",
    }),
  },
  closed,
);
export type AlertsReply = Static<typeof alertsReply>;

/** What the figures of a master were at one moment. Counts are since the journal began; a page makes rates of them. */
export const figureSample = Type.Object(
  {
    atMs: Type.Number(),
    accepted: Type.Number(),
    analysed: Type.Number(),
    behind: Type.Number(),
    behindMs: Type.Number(),
    lost: Type.Number(),
  },
  closed,
);
export type FigureSample = Static<typeof figureSample>;

export const figuresReply = Type.Object(
  {
    everyMs: Type.Number({ description: "Between two samples, unless the master did not run." }),
    samples: Type.Array(figureSample, { description: "Oldest first; those of the last hour." }),
  },
  closed,
);
export type FiguresReply = Static<typeof figuresReply>;

/** Alerts of each level from `atMs` on, by the time that they carry. A bin without one is absent. */
export const levelBin = Type.Object(
  { atMs: Type.Number(), counts: Type.Record(Type.String(), Type.Number(), { description: "By level." }) },
  closed,
);
export type LevelBin = Static<typeof levelBin>;

const levelBins = Type.Object(
  { binMs: Type.Number(), bins: Type.Array(levelBin, { description: "Oldest first." }) },
  closed,
);

export const levelsReply = Type.Object(
  {
    hour: levelBins,
    day: levelBins,
  },
  closed,
);
export type LevelsReply = Static<typeof levelsReply>;

export const clusterLogLine = Type.Object(
  {
    id: Type.String({ description: "Unique; new ids after a restart of the node." }),
    atMs: Type.Number(),
    level: Type.Union([Type.Literal("DEBUG"), Type.Literal("INFO"), Type.Literal("WARNING"), Type.Literal("ERROR")]),
    node: Type.String({ description: "The node that the line is about." }),
    tag: Type.String(),
    subtag: Type.String(),
    message: Type.String(),
  },
  closed,
);
export type ClusterLogLine = Static<typeof clusterLogLine>;

export const clusterLogReply = Type.Object(
  { lines: Type.Array(clusterLogLine, { description: "Oldest first." }) },
  closed,
);
export type ClusterLogReply = Static<typeof clusterLogReply>;

export const errorReply = Type.Object(
  {
    error: Type.Object({ code: Type.String({ description: "Stable." }), message: Type.String() }, closed),
  },
  closed,
);
export type ErrorReply = Static<typeof errorReply>;
