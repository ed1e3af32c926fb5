/** What the main thread and the analysis thread say to each other. */
import type { LogLine } from "../base/log.ts";
import type { AnalysedUpTo } from "./analysed-lanes.ts";

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

export type ToAnalysis = { type: "durable"; position: number } | { type: "stop" };

/** Figures since the journal began, as of `position`. */
export interface AnalysisProgress {
  position: number;
  checkpoint: number;
  snapshotSha256: string;
  analysed: number;
  lost: number;
  undecodable: number;
  alerts: number;
  windowEvents: number;
  windowDropped: number;
  lanes: AnalysedUpTo[];
}

/** An alert that stands in the files only now. */
export interface RaisedAlert {
  id: string;
  level: number;
  json: string;
}

export type FromAnalysis =
  | { type: "progress"; progress: AnalysisProgress; raised: RaisedAlert[] }
  | { type: "log"; line: LogLine }
  /** The last message: the thread ends after it. */
  | { type: "failed"; code: string; message: string };
