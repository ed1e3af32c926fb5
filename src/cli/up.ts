/** `argus up`: a whole cluster on this machine. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { pause, systemClock } from "../base/clock.ts";
import { describeError } from "../base/error.ts";
import { ApiClient } from "../api/client-connection.ts";
import { alertsRoute, journalRoute, nodesRoute, statusRoute } from "../api/contract/route.ts";
import type { StatusReply } from "../api/contract/reply.ts";
import { textOf, type Command, type CommandContext, type CommandValues } from "./command.ts";
import { UsageError } from "./errors.ts";
import { expectedLive, liveAlert, LivePlain, LiveScreen, renderLive, type LiveStatus } from "./live-status.ts";
import { EXIT_DONE, EXIT_UNWELL, type Output } from "./output.ts";
import { paintFor } from "./paint.ts";
import { ChildNode } from "./up/child-process.ts";
import { tellDemo } from "./up/demo.ts";
import { accountFeed } from "./up/feed-account.ts";
import { FeedEnd, type FeedLook } from "./up/feed-end.ts";
import { dealFeed } from "./up/feed.ts";
import { rememberInput } from "./up/input-memory.ts";
import { claimHomes, WORKERS_MAX, type LocalNode, type LocalPlan } from "./up/local-homes.ts";

const lookMs = 250;
const runHint = "Ctrl-C stops the cluster; argus up goes on where it stopped.";

interface UpSettings {
  dir: string;
  network: string;
  workerCount: number | undefined;
  feed: string | undefined;
  once: boolean;
}

function settingsOf(values: CommandValues): UpSettings {
  const workers = textOf(values, "workers");
  const workerCount = workers === undefined ? undefined : Number(workers);
  if (workerCount !== undefined && !(Number.isInteger(workerCount) && workerCount >= 1 && workerCount <= WORKERS_MAX)) {
    throw new UsageError(`--workers must be a whole number from 1 to ${WORKERS_MAX}`);
  }
  const feed = textOf(values, "feed");
  const once = values["once"] === true;
  const network = textOf(values, "network") ?? "127.0.0";
  if (!/^127(?:\.\d{1,3}){2}$/.test(network))
    throw new UsageError("--network must be like 127.0.0: loopback addresses only");
  if (once && feed === undefined) throw new UsageError("--once needs --feed FILE: demo lines never end");
  return { dir: resolve(textOf(values, "dir") ?? ".argus"), network, workerCount, feed: feed && resolve(feed), once };
}

/** A running local cluster as seen through its master's socket. */
class LocalCluster {
  readonly plan: LocalPlan;
  readonly startedMs = systemClock.monotonicMs();
  readonly #children: ChildNode[];
  readonly #master: ApiClient;
  /** When the last event of a feed was answered; undefined without `--once`. */
  endedMs: number | undefined;
  /** Whether the master has ever answered. */
  hasAnswered = false;
  last: LiveStatus;

  constructor(plan: LocalPlan, say: (text: string) => void) {
    this.plan = plan;
    const [crashNode, crashPoint = ""] = (process.env["ARGUS_TEST_CRASH"] ?? "").split("=");
    this.#children = plan.nodes.map(
      (node) => new ChildNode({ node, say, crash: node.name === crashNode ? crashPoint : "" }),
    );
    this.#master = new ApiClient(this.masterNode.home);
    this.last = expectedLive(plan.nodes);
  }

  get masterNode(): LocalNode {
    const master = this.plan.nodes[0];
    if (master === undefined) throw new UsageError("the plan names no node");
    return master;
  }

  get workers(): LocalNode[] {
    return this.plan.nodes.slice(1);
  }

  start(): void {
    for (const child of this.#children) child.start();
  }

  /** Workers first, so that what they hold still reaches the master. */
  async stop(): Promise<void> {
    await Promise.all(this.#children.slice(1).map((child) => child.stop()));
    await this.#children[0]?.stop();
  }

  /** The present state; the last one known, or that all nodes are expected, while the master does not answer. */
  async look(hint: string): Promise<LiveStatus> {
    try {
      const [status, { nodes }, { alerts }] = await Promise.all([
        this.#master.get(statusRoute),
        this.#master.get(nodesRoute),
        this.#master.get(alertsRoute, { count: 20 }),
      ]);
      this.hasAnswered = true;
      this.last = { ...this.#liveOf(status, hint), nodes, alerts: alerts.map(liveAlert) };
    } catch (error) {
      const elapsedMs = systemClock.monotonicMs() - this.startedMs;
      const trouble = this.hasAnswered ? (describeError(error).split("\n")[0] ?? "") : this.last.hint;
      this.last = { ...this.last, elapsedMs, hint: trouble };
    }
    return this.last;
  }

  #liveOf(status: StatusReply, hint: string): Omit<LiveStatus, "nodes" | "alerts"> {
    return {
      cluster: status.cluster,
      elapsedMs: systemClock.monotonicMs() - this.startedMs,
      events: status.events,
      alertCount: status.alerts,
      hint,
    };
  }

  /** How far the workers' events have come; undefined while the master does not answer. */
  async lookAtFeed(): Promise<FeedLook | undefined> {
    try {
      const { lanes } = await this.#master.get(journalRoute);
      const [{ events }, { nodes }] = await Promise.all([this.#master.get(statusRoute), this.#master.get(nodesRoute)]);
      const names = new Set(this.workers.map(({ name }) => name));
      const analysed = lanes.filter(({ node }) => names.has(node)).reduce((sum, lane) => sum + lane.analysed, 0);
      const idle = nodes.filter(
        ({ name, state, spool }) => names.has(name) && (state === "up" || state === "lagging") && spool?.events === 0,
      );
      return { analysed, isEmpty: events.isCounted && events.behind === 0 && idle.length === names.size };
    } catch {
      return undefined;
    }
  }
}

export const up: Command = {
  words: ["up"],
  summary: "Run a whole cluster on this machine: a master and workers, each a process of its own, with demo log lines.",
  isOffline: false,
  arguments: [],
  options: [
    { flags: "--dir <dir>", help: "Where the homes of the nodes are; ./.argus when not given." },
    { flags: "--workers <count>", help: "How many workers; 2 when not given." },
    {
      flags: "--network <numbers>",
      help: "The first three numbers of the nodes' loopback addresses.",
      initial: "127.0.0",
    },
    { flags: "--feed <file>", help: "Deal the lines of a file to the workers instead of demo lines." },
    { flags: "--once", help: "With --feed: stop when all of it is analysed, and say what became of it." },
  ],
  async run(context, values) {
    const settings = settingsOf(values);
    if (settings.feed !== undefined && statSync(settings.feed, { throwIfNoEntry: false })?.isFile() !== true) {
      throw new UsageError(`${settings.feed} is not a file`);
    }
    const say = (text: string): void => context.output.problem(`argus: ${text}`);
    const { plan, lock } = await claimHomes({ ...settings, say, signal: context.signal });
    try {
      rememberInput(settings.dir, settings.feed);
      return await runCluster(context, settings, plan);
    } finally {
      await lock.release();
    }
  },
};

async function runCluster(context: CommandContext, settings: UpSettings, plan: LocalPlan): Promise<number> {
  const { output, signal, format } = context;
  const screen = new LiveScreen((text) => output.raw(text));
  const isLive = output.isTerminal && format !== "json";
  const say = (text: string): void => (isLive ? screen.print([text]) : output.problem(`argus: ${text}`));
  const cluster = new LocalCluster(plan, say);
  if (format !== "json") for (const line of greeting(plan, settings)) output.line(line);
  else if (!settings.once) output.line(JSON.stringify(planForScripts(plan, settings)));
  const ending = new AbortController();
  const stop = AbortSignal.any([signal, ending.signal]);
  cluster.start();
  try {
    const input =
      settings.feed === undefined ? tellDemo(cluster.workers, stop) : dealFeed(settings.feed, feedFiles(cluster), stop);
    const showing = show(output, format === "json" ? undefined : screen, isLive, cluster, stop);
    if (settings.once) {
      await untilAnalysed(
        cluster,
        Promise.resolve(input).then((lines) => lines ?? 0),
        stop,
      );
      await cluster.look(""); // The figures that are reported are those of now, not of the last look.
      ending.abort();
    }
    await Promise.all([input, showing]);
  } finally {
    ending.abort();
    if (isLive) screen.end();
    if (format !== "json") output.line("stopping …");
    await cluster.stop();
  }
  return settings.once && settings.feed !== undefined ? report(output, format, cluster, settings.feed) : EXIT_DONE;
}

const feedFiles = (cluster: LocalCluster): string[] => cluster.workers.map(({ feedFile }) => feedFile);

const pageOf = (port: number): string => `http://127.0.0.1:${port}`;

/** Where everything is, for a script that starts a cluster and then talks to it. The key is not in it. */
function planForScripts({ nodes, pagePort }: LocalPlan, { dir }: UpSettings): object {
  return {
    dir,
    nodes: nodes.map(({ name, role, home, address, port, syslogPort, agentPort, authPort }) => ({
      ...{ name, role, home, address, port, agentPort, authPort },
      syslogPort: role === "worker" ? syslogPort : null,
    })),
    alerts: `${nodes[0]?.home ?? dir}/logs/alerts/alerts.json`,
    page: pageOf(pagePort),
  };
}

function greeting(plan: LocalPlan, { dir }: UpSettings): string[] {
  return [
    `argus: a cluster of ${plan.nodes.length} nodes in ${dir}`,
    ...plan.nodes.map(({ name, role, address, port, syslogPort, agentPort, authPort }) => {
      const syslog = role === "worker" ? `, syslog ${syslogPort}` : "";
      return `  ${role.padEnd(6)}  ${name}  ${address}:${port}${syslog}, agents ${agentPort}, enrolment ${authPort}`;
    }),
    `password for enrolment: ${plan.nodes[0]?.home ?? dir}/etc/authd.pass`,
    `alerts: ${plan.nodes[0]?.home ?? dir}/logs/alerts/alerts.json`,
    `page: ${pageOf(plan.pagePort)}`,
    "",
  ];
}

async function show(
  output: Output,
  screen: LiveScreen | undefined,
  isLive: boolean,
  cluster: LocalCluster,
  signal: AbortSignal,
): Promise<void> {
  const plain = new LivePlain();
  const paint = paintFor(output.isTerminal, process.env);
  while (!signal.aborted) {
    if (isLive) screen?.draw(renderLive(cluster.last, { paint, columns: output.columns, rows: output.rows }));
    const status = await cluster.look(runHint);
    if (!isLive && screen !== undefined && cluster.hasAnswered) {
      for (const line of plain.changes(status)) output.line(line);
    }
    await pause(systemClock, lookMs, signal);
  }
}

/** Resolves when the whole feed has gone through, or when it goes no further. */
async function untilAnalysed(cluster: LocalCluster, dealing: Promise<number>, signal: AbortSignal): Promise<void> {
  const end = new FeedEnd(await dealing);
  while (!signal.aborted) {
    const isOver = end.isOver(await cluster.lookAtFeed(), systemClock.monotonicMs());
    cluster.endedMs = end.lastProgressMs;
    if (isOver) return;
    await pause(systemClock, lookMs, signal);
  }
}

async function report(output: Output, format: string, cluster: LocalCluster, feed: string): Promise<number> {
  const seconds = Math.round(((cluster.endedMs ?? systemClock.monotonicMs()) - cluster.startedMs) / 10) / 100;
  const events = await accountFeed(feed, new Set(feedFiles(cluster)), cluster.masterNode.home);
  const nodes = cluster.plan.nodes.map(({ name, role, address, port }) => ({ name, role, address, port }));
  const alerts = cluster.last.alertCount;
  if (format === "json") output.line(JSON.stringify({ nodes, events, alerts, seconds }));
  else {
    output.line(
      `${events.accepted} lines: ${events.analysed} analysed, ${events.lost} lost, ${events.duplicated} duplicated; ` +
        `${alerts} alerts; ${seconds} s`,
    );
  }
  const isWhole = events.lost === 0 && events.duplicated === 0 && events.analysed === events.accepted;
  return isWhole ? EXIT_DONE : EXIT_UNWELL;
}
