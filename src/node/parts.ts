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
import type { TrialSettings } from "./trial.ts";

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
  /** Absent on a worker: reads the ruleset again and puts it in force, and says in the log how that went. */
  reload?(): void;
  /** Called once, after all services have drained. */
  close(): Promise<void>;
}
