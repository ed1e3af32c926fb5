/** What every node has before it becomes a master or a worker. */
import type { Clock } from "../base/clock.ts";
import type { CrashPoint } from "../base/crash-point.ts";
import type { Disk } from "../base/disk.ts";
import type { LocalTime } from "../base/local-time.ts";
import type { Random } from "../base/random.ts";
import type { Service } from "../base/service.ts";
import type { ApiNeeds } from "../api/needs.ts";
import type { Home } from "./home.ts";
import type { NodeLogs } from "./node-logs.ts";
import type { NodeSettings } from "./settings.ts";

/** What only tests set, by the environment; `productionTrial` otherwise. */
export interface TrialSettings {
  /** `POINT:n`: where the process is to be killed; empty nowhere. */
  crash: string;
  /** How often the analysis leaves a checkpoint. */
  checkpointEveryMs: number;
  /** Length of a segment of spool and journal; undefined: as their shares say. */
  segmentBytesMax: number | undefined;
}

export const productionTrial: TrialSettings = {
  crash: "",
  checkpointEveryMs: 10_000, // A restart then analyses five seconds of events again, on average.
  segmentBytesMax: undefined,
};

export interface NodeParts {
  home: Home;
  settings: NodeSettings;
  disk: Disk;
  clock: Clock;
  random: Random;
  crash: CrashPoint;
  trial: TrialSettings;
  time: LocalTime;
  logs: NodeLogs;
  host: string;
  startedMs: number;
}

/** A master or a worker that is open and not yet running. */
export interface OpenNode {
  /** In the order in which they are started; they are drained in the reverse order. */
  services: Service[];
  api: ApiNeeds;
  /** Called once, after all services have drained. */
  close(): Promise<void>;
}

/** Limits of a queue, with the shorter segments that a test may want. */
export function withTrial<L extends { segmentBytesMax: number }>(limits: L, { segmentBytesMax }: TrialSettings): L {
  return segmentBytesMax === undefined ? limits : { ...limits, segmentBytesMax };
}
