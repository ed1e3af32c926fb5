/** One node from its configuration to its end: what `argus node` does. */
import { hostname } from "node:os";
import { systemClock } from "../base/clock.ts";
import { armedCrash, noCrash } from "../base/crash-point.ts";
import { nodeDisk } from "../base/disk.ts";
import { ArgusError, describeError, errnoOf } from "../base/error.ts";
import { LocalTime, systemZone } from "../base/local-time.ts";
import { systemRandom } from "../base/random.ts";
import type { ApiNeeds } from "../api/needs.ts";
import { PageServer } from "../api/page-connection.ts";
import { ApiServer } from "../api/server-connection.ts";
import { describeForLog } from "../config/problem.ts";
import { openClusterLines } from "./cluster-log-feed.ts";
import { ConfigRefused, ServiceFailed } from "./errors.ts";
import { FOLDER_MODE, foldersOf, homeAt, type Home } from "./home.ts";
import { lockHome, type HomeLock } from "./home-lock-disk.ts";
import { keyWeaknessOf } from "./key-weakness.ts";
import { openMaster } from "./master.ts";
import { NodeLogs } from "./node-logs.ts";
import { argusVersion, readPageFiles } from "./package-disk.ts";
import type { NodeParts } from "./parts.ts";
import { errorLines, readSettings } from "./settings.ts";
import { supervise } from "./supervisor.ts";
import type { TrialSettings } from "./trial.ts";
import { openWorker } from "./worker.ts";

export interface RunOptions {
  /** The folder of the home. */
  home: string;
  isVerbose: boolean;
  /** Shows each line of the logs to whoever started the node in the foreground. */
  echo: ((text: string) => void) | undefined;
  /** Registers what is to be done on SIGHUP; absent where that signal ends the process as usual. */
  onHangUp?: (act: () => void) => void;
  trial: TrialSettings;
}

/**
 * How long all parts together may take to drain: less than what `argus up` (30 s) and systemd (90 s) wait before they
 * kill. What a part still holds then stays on its disk and is found at the next start.
 */
const drainMsMax = 20_000;

async function makeFolders(home: Home): Promise<void> {
  for (const folder of foldersOf(home)) await nodeDisk.makeFolder(folder, FOLDER_MODE);
}

function tellStart({ settings, logs }: NodeParts): void {
  const { name, role, cluster, problems } = settings;
  for (const problem of problems) logs.main.tagged("Config").warning(describeForLog(problem));
  const where = cluster === undefined ? "a single node" : `cluster ${cluster.name}, port ${cluster.port}`;
  logs.main.info(`argus ${argusVersion} starts as ${role} ${name} (${where})`);
  if (cluster === undefined) return;
  logs.cluster
    .tagged(role === "master" ? "Master" : "Worker")
    .info(`${role} ${name} starts (argus ${argusVersion}, ${where})`);
  const weakness = keyWeaknessOf(settings);
  if (weakness !== "") {
    logs.cluster
      .tagged("Master", "Key")
      .warning(
        `the cluster key ${weakness} and can be guessed by whoever can listen; use a longer one (openssl rand -hex 32)`,
      );
  }
}

/**
 * Runs until `signal` is aborted and everything has drained. Rejects with `ConfigRefused`, `HomeInUse`, or with the
 * error of the part that could not go on; the log says why as well.
 */
export async function runNode(options: RunOptions, signal: AbortSignal): Promise<void> {
  const home = homeAt(options.home);
  const settings = await readSettings(home.folder, nodeDisk);
  const isNew = (await nodeDisk.stat(home.logs)) === undefined;
  // A mistyped home gets no folders of ours.
  if (!settings.isUsable && isNew) throw new ConfigRefused(errorLines(settings.problems), settings.home);
  await makeFolders(home);
  const lock = await lockHome(home);
  const time = new LocalTime(systemZone());
  const { isVerbose, echo } = options;
  const logged = { disk: nodeDisk, clock: systemClock, time, folder: home.logs };
  const clusterLines = await openClusterLines({ ...logged, node: settings.name });
  const logs = new NodeLogs({ ...logged, isVerbose, echo, clusterLines });
  const kill = (): void => void process.kill(process.pid, "SIGKILL");
  const parts: NodeParts = {
    ...{ home, settings, disk: nodeDisk, clock: systemClock, random: systemRandom, time, logs, host: hostname() },
    crash: options.trial.crash === "" ? noCrash : armedCrash(options.trial.crash, kill),
    trial: options.trial,
    startedMs: systemClock.wallMs(),
  };
  const end = await runOpenNode(parts, options.onHangUp, signal).catch((error: unknown) => ({
    failure: error,
    undrained: [],
  }));
  await leave(end, { logs, lock, endProcess: (code) => process.exit(code) });
}

/** How a node has ended: why, where nobody told it to, and which parts of it still run. */
export interface NodeEnd {
  failure: unknown;
  undrained: readonly string[];
}

async function runOpenNode(parts: NodeParts, onHangUp: RunOptions["onHangUp"], signal: AbortSignal): Promise<NodeEnd> {
  const { settings, clock, random, logs, home } = parts;
  if (!settings.isUsable) throw new ConfigRefused(errorLines(settings.problems), settings.home);
  tellStart(parts);
  const node = await (settings.role === "master" ? openMaster(parts) : openWorker(parts));
  onHangUp?.(() => node.reload?.());
  const page = pageOver(parts, node.api);
  const needs = page === undefined ? node.api : withPageCounters(node.api, page);
  const api = new ApiServer({ home: home.folder, needs, clock, log: logs.main.tagged("Api") });
  const services = [...node.services, api, ...(page === undefined ? [] : [page])];
  const ending = await supervise(services, { clock, random, log: logs.main, drainMsMax }, signal);
  // Closing waits for what is being written, and that is what may hang.
  if (ending.undrained.length === 0) await node.close();
  return ending;
}

/** Undefined where the node serves none. */
function pageOver({ settings, clock, logs }: NodeParts, needs: ApiNeeds): PageServer | undefined {
  const { dashboard, role } = settings;
  if (!dashboard.enabled) return undefined;
  const log = logs.main.tagged("Page");
  if (role === "master") return new PageServer({ port: dashboard.port, needs, files: readPageFiles(), clock, log });
  log.info("the page is not served here: <dashboard> is for the master, which has all that it shows");
  return undefined;
}

/** What the page refused is asked for on the socket: the page itself tells nobody. */
function withPageCounters(needs: ApiNeeds, page: PageServer): ApiNeeds {
  const { status } = needs;
  return {
    ...needs,
    status: {
      status: (nodes) => status.status(nodes),
      nodes: () => status.nodes(),
      journal: () => status.journal(),
      metrics: () => ({ ...status.metrics(), ...page.metrics() }),
    },
  };
}

export interface Left {
  logs: Pick<NodeLogs, "main" | "close">;
  lock: HomeLock;
  /** Ends the process at once: what holds the home goes with it. */
  endProcess(code: number): void;
}

/**
 * Says in the log how the node ended and gives the home back, unless a part of it still runs: two nodes that write the
 * same files destroy them, so the process is ended with the lock held. Rejects with the failure of `end`.
 */
export async function leave({ failure, undrained }: NodeEnd, { logs, lock, endProcess }: Left): Promise<void> {
  if (failure !== undefined) for (const line of causeOf(failure).split("\n")) logs.main.error(line);
  if (undrained.length > 0) {
    logs.main.error(
      `${undrained.join(", ")} did not end: the process ends; the next start goes on from what is on disk`,
    );
    await logs.close();
    return endProcess(1);
  }
  if (failure === undefined) logs.main.info("stopped");
  await logs.close();
  await lock.release();
  if (failure !== undefined) throw failure;
}

/** In words; with the stack where it is a bug of ours. */
function causeOf(failure: unknown): string {
  const cause = failure instanceof ServiceFailed ? failure.cause : failure;
  const isBug = cause instanceof Error && !(cause instanceof ArgusError) && errnoOf(cause) === "";
  return isBug ? `${describeError(failure)}\n${cause.stack ?? ""}` : describeError(failure);
}
