/** What the main thread and the analysis thread say to each other. */
import type { LogLine } from "../base/log.ts";
import type { LevelsReply } from "../api/contract/reply.ts";
import type { AnalysedUpTo } from "./analysed-lanes.ts";
import type { Loss } from "./loss-times.ts";
import type { PoisonAction } from "./quarantine-book.ts";

/** What the thread is started with. */
export interface AnalysisSetup {
  home: string;
  /** Everything before it is durable at the start. */
  durable: number;
  fallbackSnapshot: string | undefined;
  checkpointEveryMs: number;
  /** `ARGUS_TEST_CRASH`, or empty. */
  crash: string;
}

/** What each of its threads is given on top, as things stand when it begins. */
export interface ThreadSetup extends AnalysisSetup {
  actions: readonly PoisonAction[];
  /** The memory of an `EngineWatch`. */
  watch: SharedArrayBuffer;
}

/**
 * `heard` answers each `progress`: the thread sends no other before it, so that a slow reader is not buried. `prepare`
 * names a stored snapshot that will be in force soon; it is answered by `prepared`.
 */
export type ToAnalysis =
  | { type: "durable"; position: number }
  | { type: "heard" }
  | { type: "prepare"; sha256: string }
  | { type: "stop" };

/** Figures since the journal began, as of `position`. */
export interface AnalysisProgress {
  position: number;
  /** When the last record before it was received; 0 where none has been read since the start. */
  receivedMs: number;
  checkpoint: number;
  snapshotSha256: string;
  analysed: number;
  lost: number;
  undecodable: number;
  /** Events that an agent of ours sent twice, passed the second time. */
  repeated: number;
  alerts: number;
  windowEvents: number;
  windowDropped: number;
  /** How long the last checkpoint took; before the first one, what it took to begin. */
  checkpointMs: number;
  /** The rules, by their ids, and the decoders, by `FILE:LINE`, that are passed over. */
  quarantined: string[];
  lanes: AnalysedUpTo[];
}

/** An alert that stands in the files only now. */
export interface RaisedAlert {
  id: string;
  level: number;
  json: string;
}

export type FromAnalysis =
  /**
   * `droppedCount`: alerts that are not told, because they came faster than they were heard; the last of them came
   * after the first `droppedAfter` of `raised`. `levels`: the bins that have changed since the last one; in the first,
   * all of them. `losses`: all of the last day, unless none has come since the last message.
   */
  | {
      type: "progress";
      progress: AnalysisProgress;
      levels: LevelsReply;
      losses: readonly Loss[] | undefined;
      raised: readonly RaisedAlert[];
      droppedCount: number;
      droppedAfter: number;
    }
  | { type: "log"; line: LogLine }
  | { type: "prepared"; sha256: string }
  /** The last message: the thread ends after it. */
  | { type: "failed"; code: string; message: string };
