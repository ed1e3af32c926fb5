/** One node from its configuration to its end: what `argus node` does. */
import { hostname } from "node:os";
import { systemClock } from "../base/clock.ts";
import { armedCrash, noCrash } from "../base/crash-point.ts";
import { nodeDisk } from "../base/disk.ts";
import { LocalTime, systemZone } from "../base/local-time.ts";
import { systemRandom } from "../base/random.ts";
import { ApiServer } from "../api/server-connection.ts";
import { describeProblem } from "../config/problem.ts";
import { weaknessOf } from "../membership/weak-key.ts";
import { ConfigRefused } from "./errors.ts";
import { FOLDER_MODE, foldersOf, homeAt, type Home } from "./home.ts";
import { lockHome } from "./home-lock-disk.ts";
import { openMaster } from "./master.ts";
import { NodeLogs } from "./node-logs.ts";
import { argusVersion } from "./package-disk.ts";
import type { NodeParts } from "./parts.ts";
import { errorLines, readSettings, type NodeSettings } from "./settings.ts";
import { supervise } from "./supervisor.ts";
import type { TrialSettings } from "./trial.ts";
import { openWorker } from "./worker.ts";

export interface RunOptions {
  /** The folder of the home. */
  home: string;
  isVerbose: boolean;
  /** Shows each line of the logs to whoever started the node in the foreground. */
  echo: ((text: string) => void) | undefined;
  trial: TrialSettings;
}

/** How long one part may take to drain. What it holds then stays on its disk and is found at the next start. */
const drainMsMax = 10_000;

async function makeFolders(home: Home): Promise<void> {
  for (const folder of foldersOf(home)) await nodeDisk.makeFolder(folder, FOLDER_MODE);
}

function weaknessOfKey({ cluster }: NodeSettings): string | undefined {
  return cluster?.key === undefined ? undefined : weaknessOf(cluster.key.reveal());
}

function tellStart({ settings, logs }: NodeParts): void {
  const { name, role, cluster, problems } = settings;
  for (const problem of problems) logs.main.tagged("Config").warning(describeProblem(problem));
  const where = cluster === undefined ? "a single node" : `cluster ${cluster.name}, port ${cluster.port}`;
  logs.main.info(`argus ${argusVersion} starts as ${role} ${name} (${where})`);
  if (cluster === undefined) return;
  logs.cluster
    .tagged(role === "master" ? "Master" : "Worker")
    .info(`${role} ${name} starts (argus ${argusVersion}, ${where})`);
  const weakness = weaknessOfKey(settings);
  if (weakness !== undefined) {
    logs.cluster
      .tagged("Master", "Key")
      .warning(
        `the cluster key ${weakness} and can be guessed by whoever can listen; use a longer one (openssl rand -hex 32)`,
      );
  }
}

/**
 * Runs until `signal` is aborted and everything has drained. Rejects with `ConfigRefused`, `HomeInUse`, or with the
 * error of the part that could not go on.
 */
export async function runNode(options: RunOptions, signal: AbortSignal): Promise<void> {
  const home = homeAt(options.home);
  const settings = await readSettings(home.folder, nodeDisk);
  if (!settings.isUsable) throw new ConfigRefused(errorLines(settings.problems));
  await makeFolders(home);
  const lock = await lockHome(home);
  const time = new LocalTime(systemZone());
  const { isVerbose, echo } = options;
  const logs = new NodeLogs({ disk: nodeDisk, clock: systemClock, time, folder: home.logs, isVerbose, echo });
  const kill = (): void => void process.kill(process.pid, "SIGKILL");
  const parts: NodeParts = {
    ...{ home, settings, disk: nodeDisk, clock: systemClock, random: systemRandom, time, logs, host: hostname() },
    crash: options.trial.crash === "" ? noCrash : armedCrash(options.trial.crash, kill),
    trial: options.trial,
    startedMs: systemClock.wallMs(),
  };
  try {
    tellStart(parts);
    await runOpenNode(parts, signal);
    logs.main.info("stopped");
  } finally {
    await logs.close();
    await lock.release();
  }
}

async function runOpenNode(parts: NodeParts, signal: AbortSignal): Promise<void> {
  const { settings, clock, random, logs, home } = parts;
  const node = await (settings.role === "master" ? openMaster(parts) : openWorker(parts));
  const api = new ApiServer({ home: home.folder, needs: node.api, clock, log: logs.main.tagged("Api") });
  try {
    await supervise([...node.services, api], { clock, random, log: logs.main, drainMsMax }, signal);
  } finally {
    await node.close();
  }
}
