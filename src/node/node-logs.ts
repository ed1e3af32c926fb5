/**
 * The two logs of a node: `logs/cluster.log` for what concerns the cluster (synchronisation, connections, errors of
 * workers), `logs/ossec.log` for the rest. A worker also keeps warnings and errors for the master, which writes them
 * into its own cluster.log, so that one file tells the story of the whole cluster: the first of each stretch between
 * two heartbeats (they name the cause), and how many came after them. A heartbeat is not acknowledged, so those of one
 * that is lost with its session stand in the worker's own files only.
 */
import type { Clock } from "../base/clock.ts";
import type { Disk } from "../base/disk.ts";
import type { LocalTime } from "../base/local-time.ts";
import { logTo, type Log, type LogLine } from "../base/log.ts";
import { clusterLine, ossecLine } from "../logfile/line.ts";
import { RotatingLog } from "../logfile/rotating-log.ts";
import type { HeldLogLines } from "./cluster-log-feed.ts";

export interface NodeLogsOptions {
  disk: Disk;
  clock: Clock;
  time: LocalTime;
  /** `HOME/logs`. */
  folder: string;
  /** Debug lines are written only with it. */
  isVerbose: boolean;
  /** Also shows each line to whoever started the node in the foreground. */
  echo: ((text: string) => void) | undefined;
  /** Given each line of cluster.log that is written. */
  clusterLines: HeldLogLines;
}

/** What one heartbeat carries of a worker's own troubles, and one line that counts the others. */
const troublesMax = 20;

export class NodeLogs {
  readonly cluster: Log;
  readonly main: Log;
  readonly clusterLines: HeldLogLines;
  readonly #files: readonly RotatingLog[];
  #troubles: LogLine[] = [];
  #untold = 0;

  constructor(options: NodeLogsOptions) {
    const { disk, clock, time, folder, isVerbose, echo, clusterLines } = options;
    this.clusterLines = clusterLines;
    const open = (name: string): RotatingLog =>
      new RotatingLog({ disk, folder, name, time, onTrouble: (message) => echo?.(`${name}.log: ${message}`) });
    const clusterFile = open("cluster");
    const mainFile = open("ossec");
    this.#files = [clusterFile, mainFile];
    const into = (file: RotatingLog, form: typeof clusterLine) => (line: LogLine) => {
      if (line.level === "DEBUG" && !isVerbose) return;
      if (line.level === "WARNING" || line.level === "ERROR") this.#keep(line);
      const nowMs = clock.wallMs();
      const text = form(time, nowMs, line);
      file.write(nowMs, text);
      if (file === clusterFile) clusterLines.take(nowMs, line);
      echo?.(text);
    };
    this.cluster = logTo(into(clusterFile, clusterLine));
    this.main = logTo(into(mainFile, ossecLine));
  }

  #keep(line: LogLine): void {
    if (this.#troubles.length < troublesMax) this.#troubles.push(line);
    else this.#untold += 1;
  }

  /** The warnings and errors since the last call: the first of them, and a line that counts the others. */
  takeTroubles(): LogLine[] {
    const taken = this.#troubles;
    if (this.#untold > 0) {
      const message = `and ${this.#untold} more warnings and errors, which stand in the node's own logs`;
      taken.push({ level: "WARNING", tag: "Log", subtag: "General", message });
    }
    this.#troubles = [];
    this.#untold = 0;
    return taken;
  }

  async close(): Promise<void> {
    for (const file of this.#files) await file.close();
  }
}
