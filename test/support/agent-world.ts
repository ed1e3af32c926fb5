/** A listener for agents with everything around it: who is registered, what it reports, what it is given to share. */
import { ok } from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { systemRandom } from "../../src/base/random.ts";
import { logTo } from "../../src/base/log.ts";
import { nodeDisk } from "../../src/base/disk.ts";
import { AgentListener, type AgentListenerLimits, type AgentRemote } from "../../src/intake/agent-listener.ts";
import type { AgentPolicy } from "../../src/intake/agent-session.ts";
import type { AgentFile, AgentIdentity, AgentTable } from "../../src/intake/needs.ts";
import type { AgentRecord, AgentReport, RegistryRecord } from "../../src/model/agent.ts";
import type { Source } from "../../src/model/event.ts";
import type { Dialect } from "../../src/wire/secure-message.ts";
import { LineSink } from "./line-sink.ts";
import { SimAgent } from "./sim-agent.ts";
import { SimClock } from "./sim-clock.ts";

export class SimTable implements AgentTable {
  readonly #agents = new Map<string, AgentIdentity>();
  readonly #listeners = new Set<(changed: readonly RegistryRecord[]) => void>();

  byId(id: string): AgentIdentity | undefined {
    return this.#agents.get(id);
  }

  byAddress(address: string): AgentIdentity | undefined {
    return [...this.#agents.values()].find((agent) => agent.address === address);
  }

  onChanged(listener: (changed: readonly RegistryRecord[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  put(agent: AgentIdentity): AgentIdentity {
    this.#agents.set(agent.id, agent);
    this.#tell(agent, false);
    return agent;
  }

  remove(agent: AgentIdentity): void {
    this.#agents.delete(agent.id);
    this.#tell(agent, true);
  }

  #tell(agent: AgentIdentity, isRemoved: boolean): void {
    const rest: Omit<AgentRecord, keyof AgentIdentity> = {
      ...{ kind: "agent", seq: 1, isRemoved, groups: [], registeredMs: 0, state: "pending", stateSinceMs: 0 },
      ...{ statusCode: 0, node: "", peerAddress: "", transport: "", lastSeenMs: 0 },
    };
    for (const listener of this.#listeners) listener([{ ...rest, ...agent }]);
  }
}

/** Keeps the sources as well. */
export class SourceSink extends LineSink {
  readonly sources: Source[] = [];

  override accept(source: Source, log: Uint8Array, isTruncated: boolean): boolean {
    this.sources.push(source);
    return super.accept(source, log, isTruncated);
  }
}

export interface AgentWorldOptions {
  remotes?: Partial<AgentRemote>[];
  limits?: Partial<AgentListenerLimits>;
  policy?: Partial<AgentPolicy>;
}

export class AgentWorld {
  readonly table = new SimTable();
  readonly sink = new SourceSink();
  readonly clock = new SimClock();
  readonly reports: AgentReport[] = [];
  readonly heard: string[][] = [];
  readonly said: string[] = [];
  /** By agent: the merged.mg that it is to have. */
  readonly files = new Map<string, AgentFile>();
  #stopping = new AbortController();
  readonly #agents: SimAgent[] = [];
  #listener: AgentListener | undefined;
  #done: Promise<void> | undefined;

  static async open({ remotes = [{}], limits = {}, policy = {} }: AgentWorldOptions = {}): Promise<AgentWorld> {
    const world = new AgentWorld();
    const local = { port: 0, protocols: ["tcp", "udp"], localIp: "127.0.0.1", ipv6: false } as const;
    const log = logTo(({ level, message }) => level === "WARNING" && world.said.push(message));
    world.#listener = await AgentListener.open({
      ...{ remotes: remotes.map((remote) => ({ ...local, ...remote })), limits, log, disk: nodeDisk },
      ...{ table: world.table, sink: world.sink, clock: world.clock, random: systemRandom },
      policy: { isStrict: false, versionMax: undefined, ...policy },
      reports: { report: (report) => world.reports.push(report), heard: (ids) => world.heard.push([...ids]) },
      shared: {
        sumOf: (id) => world.files.get(id)?.md5,
        read: (id) => Promise.resolve(world.files.get(id)),
      },
    });
    world.#done = world.#listener.run(world.#stopping.signal);
    return world;
  }

  /** As the supervisor does with a service that failed; `between` happens while nothing is open. */
  async runAgain(between: () => void): Promise<void> {
    this.#stopping.abort();
    await this.#done;
    between();
    this.#stopping = new AbortController();
    this.#done = this.listener.run(this.#stopping.signal);
    await until(() => this.listener.addresses().length > 0);
  }

  get listener(): AgentListener {
    ok(this.#listener !== undefined);
    return this.#listener;
  }

  port(protocol: "tcp" | "udp"): number {
    return this.listener.addresses().find((one) => one.protocol === protocol)?.port ?? 0;
  }

  /** Registers it if it is not, and connects it. */
  async tcp(identity: AgentIdentity, dialect: Dialect = "aes", from = "127.0.0.1"): Promise<SimAgent> {
    return this.#keep(await this.#agent(identity, dialect).connect(this.port("tcp"), "127.0.0.1", from));
  }

  async udp(identity: AgentIdentity, dialect: Dialect = "aes", from = "127.0.0.1"): Promise<SimAgent> {
    return this.#keep(await this.#agent(identity, dialect).bind(this.port("udp"), from));
  }

  #agent(identity: AgentIdentity, dialect: Dialect): SimAgent {
    if (this.table.byId(identity.id) === undefined) this.table.put(identity);
    const isHost = identity.address !== "any" && !identity.address.includes("/");
    return new SimAgent(identity, dialect, !isHost);
  }

  #keep(agent: SimAgent): SimAgent {
    this.#agents.push(agent);
    return agent;
  }

  logs(): string[] {
    return this.sink.logs();
  }

  kinds(): string[] {
    return this.reports.map(({ id, kind }) => `${id} ${kind}`);
  }

  refused(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.listener.counters().refused).filter(([, count]) => count > 0));
  }

  async stop(): Promise<void> {
    for (const agent of this.#agents) agent.close();
    this.#stopping.abort();
    await this.#done;
  }
}

export async function inAgentWorld(
  options: AgentWorldOptions,
  act: (world: AgentWorld) => Promise<void>,
): Promise<void> {
  const world = await AgentWorld.open(options);
  try {
    await act(world);
  } finally {
    await world.stop();
  }
}

/** Waits for real sockets; `advance` lets simulated time pass meanwhile. */
export async function until(claim: () => boolean, advance: () => void = () => undefined): Promise<void> {
  for (let tries = 0; tries < 600 && !claim(); tries += 1) {
    advance();
    await setTimeout(5);
  }
  ok(claim(), claim.toString());
}

/** For what must not happen: long enough for loopback. */
export const aWhile = (): Promise<void> => setTimeout(60);
