/**
 * Thousands of agents at one real worker with a real master: what they cost, how many of their events arrive, how long
 * they wait for their acks, and how soon they are back when the worker was restarted. The agents are simulated in two
 * processes (agent-crowd.ts), over TCP and AES as agents of Wazuh; the nodes are `argus node` with nothing configured.
 *
 *   npm run -s bench -- agents [--count N] [--eps N] [--seconds N] [--profile DIR]
 *
 * The phases: nobody; all connect at once; only keepalives, every ten seconds; events at the wanted rate; the worker
 * restarts.
 * `--profile`: V8's CPU profiles of both nodes, of the first life of the worker.
 */
import { fork, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { metricsRoute } from "../src/api/contract/route.ts";
import { removeFolder, temporaryFolder, TestNode, until } from "../test/support/argus-process.ts";
import type { CrowdLook, CrowdOrder } from "./agent-crowd.ts";
import { AGENTS_MAX, agentOfBench, percentile } from "./agent-of-bench.ts";

export interface AgentsBench {
  seed: number;
  count: number;
  eventsPerSecond: number;
  seconds: number;
  eventBytes: number;
  profile: string;
}

interface CpuFigures {
  workerPercent: number;
  masterPercent: number;
}

/** What it costs that an agent comes: handshake, startup and keepalive, until the registry has it on its disk. */
interface WaveFigures {
  workerCpuMicrosPerAgent: number;
  masterCpuMicrosPerAgent: number;
}

export interface AgentsFigures {
  agents: number;
  /** What the nodes use while no agent is there. */
  empty: CpuFigures;
  /** Seconds from the first connection until so many percent of the agents have the ack of their keepalive. */
  connect: Record<"p50" | "p90" | "p100", number> & WaveFigures;
  workerRssMiB: { empty: number; connected: number; loaded: number };
  workerRssMiBPer1000: number;
  /** Keepalives only; each at what comes on top of `empty`. */
  idle: CpuFigures & { seconds: number; workerCpuMicrosPerKeepalive: number; masterCpuMicrosPerKeepalive: number };
  load: CpuFigures & {
    seconds: number;
    wantedPerSecond: number;
    sentPerSecond: number;
    sent: number;
    unsent: number;
    /** Of these events: in the worker's spool, not acknowledged by the master in the end, and in its journal. */
    atSpool: number;
    unacknowledged: number;
    atJournal: number;
    /** Until all were in the journal, and how many were analysed then. */
    perSecondAtJournal: number;
    analysed: number;
    workerCpuMicrosPerEvent: number;
    masterCpuMicrosPerEvent: number;
    workerCpuPercentPer1000Agents: number;
    /** From a keepalive to its ack, under the load. */
    ackMs: Record<"p50" | "p99" | "most", number>;
  };
  /** Seconds since the new worker was started, by share of agents that have their ack; and since the first had it. */
  reconnect: Record<"first" | "p50" | "p90" | "p100" | "wave", number>;
  /** Messages to agents that were no ack, and ends of connections that were not the restart's. */
  others: number;
  ended: number;
}

const masterAddress = "127.97.0.1";
const workerAddress = "127.97.0.2";
const keepaliveMs = 10_000;
const emptyMs = 10_000;
const idleMs = 20_000;
const waitMsMax = 120_000;
const eventsMax = 2_000_000;

const conf = (name: string, type: string, address: string): string => `<cluster>
  <name>argus-cluster</name>
  <node_name>${name}</node_name>
  <node_type>${type}</node_type>
  <key>a key that is long enough for a bench</key>
  <bind_addr>${address}</bind_addr>
</cluster>
`;

const masterInCluster = `<cluster>
  <node>
    <name>worker-node1</name>
    <address>${workerAddress}</address>
  </node>
</cluster>
`;

/** One process of agents. */
class CrowdProcess {
  readonly #child: ChildProcess;

  constructor() {
    const file = fileURLToPath(new URL("agent-crowd.js", import.meta.url));
    this.#child = fork(file, [], { env: { ...process.env, ARGUS_BENCH_CROWD: "1" } });
  }

  async tell(order: CrowdOrder): Promise<unknown> {
    const answered = once(this.#child, "message");
    this.#child.send(order);
    const [answer] = (await answered) as [unknown];
    return answer;
  }

  end(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}

async function lookAt(crowds: readonly CrowdProcess[]): Promise<CrowdLook> {
  const looks = (await Promise.all(crowds.map((crowd) => crowd.tell({ do: "look" })))) as CrowdLook[];
  const sum = (of: (look: CrowdLook) => number): number => looks.reduce((all, look) => all + of(look), 0);
  return {
    ackedAtMs: looks.flatMap((look) => look.ackedAtMs),
    ackMs: looks.flatMap((look) => look.ackMs),
    ...{ acked: sum((look) => look.acked), sent: sum((look) => look.sent), unsent: sum((look) => look.unsent) },
    ...{ ended: sum((look) => look.ended), others: sum((look) => look.others) },
    isSending: looks.some((look) => look.isSending),
  };
}

const tell = (crowds: readonly CrowdProcess[], order: CrowdOrder): Promise<unknown> =>
  Promise.all(crowds.map((crowd) => crowd.tell(order)));

/** Resolves with the look that finds all agents acked. */
async function untilAllAcked(crowds: readonly CrowdProcess[], count: number): Promise<CrowdLook> {
  for (const startedMs = performance.now(); ; await setTimeout(100)) {
    const look = await lookAt(crowds);
    if (look.acked === count) return look;
    if (performance.now() - startedMs > waitMsMax) throw new Error(`of ${count} agents only ${look.acked} have an ack`);
  }
}

const round = (value: number): number => Math.round(value * 100) / 100;

function sharesSince(ackedAtMs: readonly number[], startMs: number): Record<"p50" | "p90" | "p100", number> {
  const after = (percent: number): number => round((percentile(ackedAtMs, percent) - startMs) / 1_000);
  return { p50: after(50), p90: after(90), p100: after(100) };
}

interface Meter {
  atMs: number;
  worker: Record<string, number>;
  master: Record<string, number>;
}

class AgentsRun {
  readonly #options: AgentsBench;
  readonly #folder = temporaryFolder("bench-agents");
  readonly #master = new TestNode(`${this.#folder}/master`);
  readonly #worker = new TestNode(`${this.#folder}/worker`);
  readonly #crowds = [new CrowdProcess(), new CrowdProcess()];

  constructor(options: AgentsBench) {
    this.#options = options;
  }

  async figures(): Promise<AgentsFigures> {
    const { count } = this.#options;
    await this.#start();
    await this.#prepare();
    const empty = await this.#cpuOf(emptyMs);
    const emptyMib = this.#worker.memoryMib();
    const connect = await this.#connect();
    const idle = await this.#idle(empty);
    const connected = this.#worker.memoryMib();
    const load = await this.#load();
    const loaded = this.#worker.memoryMib();
    const { others, ended } = await lookAt(this.#crowds);
    return {
      ...{ agents: count, empty, connect, idle, load, others, ended, reconnect: await this.#restart() },
      workerRssMiB: { empty: round(emptyMib), connected: round(connected), loaded: round(loaded) },
      workerRssMiBPer1000: round(((loaded - emptyMib) / count) * 1_000),
    };
  }

  async end(): Promise<void> {
    for (const crowd of this.#crowds) crowd.end();
    if (this.#options.profile === "") await this.#master.kill();
    else await this.#master.stop(); // Its profile is written at its end.
    await this.#worker.kill();
    removeFolder(this.#folder);
  }

  async #start(): Promise<void> {
    const { count, profile } = this.#options;
    const line = ({ id, name, address, key }: ReturnType<typeof agentOfBench>): string =>
      `${id} ${name} ${address} ${key}\n`;
    const keys = Array.from({ length: count }, (_, index) => line(agentOfBench(index + 1))).join("");
    this.#master.write("etc/ossec.conf", conf("master-node", "master", masterAddress));
    this.#master.write("etc/shared/cluster.conf", masterInCluster);
    this.#master.write("etc/client.keys", keys);
    this.#worker.write("etc/ossec.conf", conf("worker-node1", "worker", workerAddress));
    this.#worker.write("etc/ossec.node.conf", "<ossec_config></ossec_config>\n");
    if (profile !== "") mkdirSync(profile, { recursive: true });
    const flags = profile === "" ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
    this.#master.start({}, flags);
    this.#worker.start({}, flags);
    await until(
      () => `the worker has the keys\n${this.#master.output}\n${this.#worker.output}`,
      () => this.#worker.read("etc/client.keys") === this.#master.read("etc/client.keys"),
      waitMsMax,
    );
    await until("the worker listens", () => this.#worker.output.includes("agents over tcp"), waitMsMax);
  }

  async #prepare(): Promise<void> {
    const { seed, count, eventsPerSecond, seconds, eventBytes } = this.#options;
    const shared = this.#master.read("etc/shared/default/merged.mg");
    const mergedSum = createHash("md5").update(shared).digest("hex");
    const half = Math.ceil(count / 2);
    const shares = [
      { first: 1, count: half },
      { first: half + 1, count: count - half },
    ];
    await Promise.all(
      this.#crowds.map((crowd, index) => {
        const share = shares[index] ?? { first: 1, count: 0 };
        const perSecond = (eventsPerSecond * share.count) / count;
        const to = { host: workerAddress, port: 1_514, keepaliveMs, mergedSum };
        const what = {
          seed,
          ...share,
          events: Math.floor(perSecond * seconds),
          eventsPerSecond: perSecond,
          eventBytes,
        };
        return crowd.tell({ do: "prepare", task: { ...what, ...to } });
      }),
    );
  }

  async #read(): Promise<Meter> {
    const [worker, master] = await Promise.all([
      this.#worker.api.get(metricsRoute),
      this.#master.api.get(metricsRoute),
    ]);
    return { atMs: performance.now(), worker, master };
  }

  #cpu(before: Meter, after: Meter): CpuFigures & { workerMicros: number; masterMicros: number } {
    const micros = (of: "worker" | "master"): number => grown(before[of], after[of], "process.cpuMicros");
    const [workerMicros, masterMicros] = [micros("worker"), micros("master")];
    const percent = (value: number): number => round(value / (after.atMs - before.atMs) / 10);
    return { workerMicros, masterMicros, workerPercent: percent(workerMicros), masterPercent: percent(masterMicros) };
  }

  async #cpuOf(durationMs: number): Promise<CpuFigures> {
    const before = await this.#read();
    await setTimeout(durationMs);
    const { workerPercent, masterPercent } = this.#cpu(before, await this.#read());
    return { workerPercent, masterPercent };
  }

  async #connect(): Promise<AgentsFigures["connect"]> {
    const { count } = this.#options;
    const before = await this.#read();
    const startMs = Date.now();
    await tell(this.#crowds, { do: "connect" });
    const { ackedAtMs } = await untilAllAcked(this.#crowds, count);
    const { workerMicros, masterMicros } = this.#cpu(before, await this.#read());
    const each = {
      workerCpuMicrosPerAgent: round(workerMicros / count),
      masterCpuMicrosPerAgent: round(masterMicros / count),
    };
    return { ...sharesSince(ackedAtMs, startMs), ...each };
  }

  async #idle(empty: CpuFigures): Promise<AgentsFigures["idle"]> {
    await setTimeout(keepaliveMs); // The wave's states become durable and known.
    const before = await this.#read();
    await setTimeout(idleMs);
    const after = await this.#read();
    const { workerPercent, masterPercent } = this.#cpu(before, after);
    const keepalives = grown(before.worker, after.worker, "agents.controls");
    const each = (percent: number): number => round((percent * 10 * (after.atMs - before.atMs)) / keepalives);
    return {
      ...{ seconds: idleMs / 1_000, workerPercent, masterPercent },
      workerCpuMicrosPerKeepalive: each(workerPercent - empty.workerPercent),
      masterCpuMicrosPerKeepalive: each(masterPercent - empty.masterPercent),
    };
  }

  async #load(): Promise<AgentsFigures["load"]> {
    const { count, eventsPerSecond } = this.#options;
    await lookAt(this.#crowds); // The latencies of before.
    const before = await this.#read();
    await tell(this.#crowds, { do: "send" });
    let look = await lookAt(this.#crowds);
    const ackMs = look.ackMs;
    while (look.isSending) {
      await setTimeout(200);
      look = await lookAt(this.#crowds);
      ackMs.push(...look.ackMs);
    }
    const sentMs = performance.now();
    const after = await this.#untilDelivered(before, look.sent);
    const { workerMicros, masterMicros, workerPercent, masterPercent } = this.#cpu(before, after);
    const atSpool = grown(before.worker, after.worker, "spool.appended");
    const atJournal = grown(before.master, after.master, "journal.appended");
    const seconds = (after.atMs - before.atMs) / 1_000;
    return {
      ...{ seconds: round(seconds), wantedPerSecond: eventsPerSecond, workerPercent, masterPercent },
      sentPerSecond: Math.round(look.sent / ((sentMs - before.atMs) / 1_000)),
      ...{
        sent: look.sent,
        unsent: look.unsent,
        atSpool,
        unacknowledged: after.worker["spool.events"] ?? 0,
        atJournal,
      },
      perSecondAtJournal: Math.round(atJournal / seconds),
      analysed: grown(before.master, after.master, "analysis.analysed"),
      workerCpuMicrosPerEvent: round(workerMicros / atSpool),
      masterCpuMicrosPerEvent: round(masterMicros / atSpool),
      workerCpuPercentPer1000Agents: round((workerPercent / count) * 1_000),
      ackMs: {
        p50: round(percentile(ackMs, 50)),
        p99: round(percentile(ackMs, 99)),
        most: round(percentile(ackMs, 100)),
      },
    };
  }

  /** Until all that was sent is in the journal, or nothing comes any more. */
  async #untilDelivered(before: Meter, sent: number): Promise<Meter> {
    for (let quiet = 0, last = -1; ; await setTimeout(100)) {
      const meter = await this.#read();
      const atSpool = grown(before.worker, meter.worker, "spool.appended");
      const waiting = meter.worker["spool.events"] ?? 0;
      if (atSpool >= sent && waiting === 0) return meter;
      quiet = last === atSpool - waiting ? quiet + 1 : 0;
      last = atSpool - waiting;
      if (quiet > 100) return meter;
    }
  }

  async #restart(): Promise<AgentsFigures["reconnect"]> {
    await this.#worker.stop();
    const startMs = Date.now();
    this.#worker.start();
    const { ackedAtMs } = await untilAllAcked(this.#crowds, this.#options.count);
    const shares = sharesSince(ackedAtMs, startMs);
    const first = round((percentile(ackedAtMs, 0) - startMs) / 1_000);
    return { first, ...shares, wave: round(shares.p100 - first) };
  }
}

function grown(before: Record<string, number>, after: Record<string, number>, name: string): number {
  return (after[name] ?? 0) - (before[name] ?? 0);
}

/** Rejects when the nodes do not come up, or agents get no ack within two minutes. */
export async function agentsFigures(options: AgentsBench): Promise<AgentsFigures> {
  const { count, eventsPerSecond, seconds } = options;
  if (count < 2 || count > AGENTS_MAX) throw new Error(`--count is 2 to ${AGENTS_MAX}`);
  const isSound = eventsPerSecond > 0 && seconds > 0 && eventsPerSecond * seconds <= eventsMax;
  if (!isSound) throw new Error(`--eps times --seconds is 1 to ${eventsMax}`);
  const run = new AgentsRun(options);
  try {
    return await run.figures();
  } finally {
    await run.end();
  }
}
