/**
 * One agent from its configuration to its end: what `argus agent run` does.
 *
 *   followed files ──▶ buffer (disk) ──▶ manager link ──1514──▶ a manager
 *                          ▲ marks            │ stored, merged.mg, restart
 *
 * A restart, which a manager asks for and which files that it gives make necessary, is a return: whoever called begins
 * again, with everything read anew.
 */
import { hash } from "node:crypto";
import { pause, systemClock } from "../base/clock.ts";
import { noCrash } from "../base/crash-point.ts";
import { nodeDisk } from "../base/disk.ts";
import { describeError } from "../base/error.ts";
import { Backoff } from "../base/backoff.ts";
import { LocalTime, systemZone } from "../base/local-time.ts";
import type { Log } from "../base/log.ts";
import { systemRandom } from "../base/random.ts";
import { untilAborted } from "../base/service.ts";
import { FileCollector } from "../collect/file-collector.ts";
import { describeForLog, describeProblem } from "../config/problem.ts";
import { type AgentFacts, type AgentRegistration, noFacts } from "../model/agent.ts";
import type { Source } from "../model/event.ts";
import { limitsOf, shareBytes } from "../spool/options.ts";
import { Spool } from "../spool/spool.ts";
import { agentControl } from "../wire/control-message.ts";
import { AGENT_LOG_BYTES_MAX, AgentBuffer, readStoredMark } from "./buffer.ts";
import { BufferFeed } from "./buffer-feed.ts";
import { enrolAgent, wishOf } from "./enrol.ts";
import { AgentConfigRefused, EnrolmentFailed } from "./errors.ts";
import { readMerged, writeGiven } from "./given-files-disk.ts";
import { agentHomeAt, AGENT_FOLDER_MODE, type AgentHome } from "./home.ts";
import { AGENT_VERSION, readHostParts, unameOf } from "./host-facts.ts";
import { ManagerLink } from "./manager-link.ts";
import { readOwnKey } from "./own-key-disk.ts";
import { answerTo } from "./request.ts";
import { type AgentSettings, readAgentSettings } from "./settings.ts";

export interface AgentRunOptions {
  /** The folder of the home. */
  readonly home: string;
  readonly log: Log;
  /** Of this program: said in a label. */
  readonly argusVersion: string;
}

export type AgentEnd = "stopped" | "restart";

/** Lane of the one spool there is. */
const lane = 0;
/** Wazuh asks after 5 s, 10 s … 60 s. */
const enrolLimits = { firstMs: 5_000, mostMs: 60_000 };
/** How often what is stored is written to the disk where no batch carries it. */
const storedEveryMs = 5_000;
/** How long the last events may take to the disk when the agent ends. */
const flushMsMax = 2_000;
/** A wall clock that has stepped by more may be a machine that was set back: its numbers must not be used twice. */
const stepMsMax = 1_000;

/** What one run works with. */
interface Run {
  readonly home: AgentHome;
  readonly log: Log;
  readonly settings: AgentSettings;
  readonly registration: AgentRegistration;
  readonly facts: AgentFacts;
  readonly spool: Spool;
}

/**
 * Runs until `signal` is aborted, or a restart is due. Rejects with `AgentConfigRefused`, with `SpoolError` where the
 * buffer's disk fails, and for bugs of ours.
 */
export async function runAgent(options: AgentRunOptions, signal: AbortSignal): Promise<AgentEnd> {
  const home = agentHomeAt(options.home);
  const { log } = options;
  const uname = unameOf(await readHostParts(nodeDisk));
  const known = await readOwnKey(home, nodeDisk);
  const settings = await readAgentSettings(home, { name: known?.name ?? "", uname }, nodeDisk);
  if (!settings.isUsable) throw refusalOf(settings);
  for (const problem of settings.problems) log.tagged("Config").warning(describeForLog(problem));
  for (const folder of [home.queue, home.logs, home.shared]) await nodeDisk.makeFolder(folder, AGENT_FOLDER_MODE);
  const registration = known ?? (await firstKey(home, settings, log, signal));
  if (registration === undefined) return "stopped";
  const spool = await openBuffer(home, settings, log);
  try {
    const facts = await factsOf(home, uname, options.argusVersion);
    return await runOpen({ home, log, settings, registration, facts, spool }, signal);
  } finally {
    await spool.close();
  }
}

function refusalOf({ problems }: AgentSettings): AgentConfigRefused {
  const errors = problems.filter(({ severity }) => severity === "error").map(describeProblem);
  return new AgentConfigRefused(errors.join("\n"));
}

/** Asks until there is a key; undefined: the agent was stopped meanwhile. */
async function firstKey(
  home: AgentHome,
  settings: AgentSettings,
  log: Log,
  signal: AbortSignal,
): Promise<AgentRegistration | undefined> {
  const backoff = new Backoff(enrolLimits, systemRandom);
  while (!signal.aborted) {
    const registration = await tryToEnrol(home, settings, log);
    if (registration === "forbidden") {
      throw new AgentConfigRefused(`${home.clientKeys} holds no key: type argus agent enrol --manager HOST`);
    }
    if (registration !== undefined) return registration;
    await pause(systemClock, backoff.nextDelayMs(), signal);
  }
  return undefined;
}

async function tryToEnrol(
  home: AgentHome,
  { client, managers }: AgentSettings,
  log: Log,
): Promise<AgentRegistration | "forbidden" | undefined> {
  const [first] = managers;
  const wish = first === undefined ? undefined : await wishOf(home, client, first);
  if (wish === undefined) return "forbidden";
  try {
    const registration = await enrolAgent(home, wish);
    log.info(`enrolled as agent ${registration.id}, ${registration.name}`);
    return registration;
  } catch (error) {
    if (!(error instanceof EnrolmentFailed)) throw error;
    log.warning(describeError(error));
    return undefined;
  }
}

function openBuffer(home: AgentHome, { buffer }: AgentSettings, log: Log): Promise<Spool> {
  const open = async (): Promise<Spool> => {
    await nodeDisk.makeFolder(home.buffer, AGENT_FOLDER_MODE);
    return Spool.open({
      ...{ disk: nodeDisk, clock: systemClock, random: systemRandom, crash: noCrash, log: log.tagged("Buffer") },
      ...{ folder: home.buffer, lane, policy: "block", sync: "batch", preamble: Buffer.alloc(0) },
      limits: limitsOf(shareBytes(buffer.size, await nodeDisk.space(home.buffer))),
    });
  };
  return open();
}

async function factsOf(home: AgentHome, uname: string, argusVersion: string): Promise<AgentFacts> {
  const merged = await readMerged(home, nodeDisk);
  const config = await nodeDisk.readWhole(home.agentConf, 4 * 1_024 * 1_024).catch(() => undefined);
  const labels = [{ key: "_argus_version", value: argusVersion, isHidden: false, isSystem: true }];
  return {
    ...noFacts,
    ...{ uname, version: `Wazuh ${AGENT_VERSION}`, labels },
    configSum: config === undefined ? "" : hash("md5", config),
    mergedSum: merged === undefined ? "x" : hash("md5", merged),
  };
}

/** Followed files, buffer and link, until one of them or somebody outside ends it. */
async function runOpen(run: Run, signal: AbortSignal): Promise<AgentEnd> {
  const { spool, log, settings } = run;
  const stopping = new AbortController();
  const buffer = new AgentBuffer(spool, systemClock);
  const collector = new FileCollector({
    ...{ locations: settings.followed, sink: buffer, marks: spool.marks(), disk: nodeDisk, clock: systemClock },
    ...{ time: new LocalTime(systemZone()), log: log.tagged("Files"), limits: { logBytesMax: AGENT_LOG_BYTES_MAX } },
    notice: (text) => void buffer.accept(ownSource, Buffer.from(text, "utf8"), false),
  });
  const { name, address } = run.registration;
  buffer.accept(ownSource, Buffer.from(`ossec: Agent started: '${name}->${address}'.`, "utf8"), false);
  const { link, ended } = await openLink(run, buffer);
  const unsubscribe = spool.onDurable(() => link.wake());
  const collecting = collector.run(stopping.signal);
  link.begin();
  const watching = watchClock(spool, buffer, stopping.signal);
  try {
    const failed = Promise.all([spool.failure.then((error) => Promise.reject(error)), collecting, watching]);
    const end = await Promise.race([untilAborted(signal), ended, failed.then(() => "stopped" as const)]);
    return end ?? "stopped";
  } finally {
    stopping.abort();
    unsubscribe();
    await Promise.allSettled([collecting]);
    // A buffer that is full takes nothing on: what it has not is read again from the files.
    const flushed = buffer.flush().catch((error: unknown) => log.error(describeError(error)));
    await Promise.race([flushed, pause(systemClock, flushMsMax)]);
    link.close();
  }
}

/** What the agent says of itself. */
const ownSource: Source = { queue: "1", agentId: "", agentName: "", agentIp: "", location: "wazuh-agent" };

/** `ended`: a restart is due; it rejects when the buffer cannot be read. */
async function openLink(run: Run, buffer: AgentBuffer): Promise<{ link: ManagerLink; ended: Promise<AgentEnd> }> {
  const { spool, settings, registration, facts, home, log } = run;
  const { client } = settings;
  const released = readStoredMark(spool.marks());
  const feed = new BufferFeed(spool, released);
  if (released !== undefined) await feed.release(released);
  let end: (how: AgentEnd) => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const ended = new Promise<AgentEnd>((resolve, reject) => ([end, fail] = [resolve, reject]));
  const link = new ManagerLink({
    ...{ registration, managers: settings.managers, dialect: client.crypto_method, version: AGENT_VERSION },
    ...{ clock: systemClock, random: systemRandom, log: log.tagged("Manager"), feed },
    ...{ notifyMs: client.notify_time, silenceMs: client["time-reconnect"] },
    eventsPerSecond: settings.buffer.events_per_second,
    keepalive: (address) => agentControl({ kind: "keepalive", facts: { ...facts, address } }),
    onStored: (upTo) => buffer.stored(upTo),
    onMerged: (merged) => {
      writeGiven(home, merged, nodeDisk).then((fault) => {
        if (fault !== undefined) return log.warning(`the files of the manager cannot be unpacked: ${fault}`);
        log.info("the manager has given files");
        if (client.auto_restart) end("restart");
      }, fail);
    },
    onRestart: () => end("restart"),
    onRefused: reEnrolment(run, () => end("restart")),
    answer: (target, command, state) => answerTo(target, command, { settings, state }),
    onFailed: fail,
  });
  return { link, ended };
}

/** Asks for a key once a minute at most, while all managers refuse the one that there is. */
function reEnrolment({ home, settings, log }: Run, onEnrolled: () => void): () => void {
  let nextMs = 0;
  return () => {
    if (systemClock.monotonicMs() < nextMs) return;
    nextMs = systemClock.monotonicMs() + enrolLimits.mostMs;
    tryToEnrol(home, settings, log).then(
      (registration) => {
        if (typeof registration === "object") onEnrolled();
      },
      (error: unknown) => log.error(describeError(error)),
    );
  };
}

/** A machine that was set back goes on with numbers that were used: then a new epoch begins. */
async function watchClock(spool: Spool, buffer: AgentBuffer, signal: AbortSignal): Promise<void> {
  const offset = (): number => systemClock.wallMs() - systemClock.monotonicMs();
  let last = offset();
  for (let seconds = 1; !signal.aborted; seconds += 1) {
    await pause(systemClock, 1_000, signal);
    const now = offset();
    if (Math.abs(now - last) > stepMsMax) await spool.beginEpoch("the clock has stepped");
    last = now;
    if ((seconds * 1_000) % storedEveryMs === 0) await buffer.flush();
  }
}
