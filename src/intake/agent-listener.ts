/**
 * All `<remote>` of connection secure, as one service: their sockets, and the agents behind them. An agent may come to
 * any of them; it is one agent.
 *
 * A node asks this for everything that is said to agents; what agents say goes to the batcher and to `AgentReports`.
 */
import { pause, type Clock } from "../base/clock.ts";
import type { Disk } from "../base/disk.ts";
import type { Log } from "../base/log.ts";
import { OccasionalLog } from "../base/occasional-log.ts";
import type { Random } from "../base/random.ts";
import { untilAborted, type Service } from "../base/service.ts";
import type { EventSink } from "../collect/needs.ts";
import { parseAddress } from "../config/address.ts";
import { AddressTexts } from "./agent-address.ts";
import { AgentDesk } from "./agent-desk.ts";
import type { RequestAnswer } from "./agent-request.ts";
import type { AgentConnection, AgentPolicy, SendVerdict } from "./agent-session.ts";
import { AgentTcp, type AgentTcpLimits } from "./agent-tcp-connection.ts";
import { AgentUdp } from "./agent-udp-connection.ts";
import { IntakeListenError } from "./errors.ts";
import type { AgentCounters } from "./metrics.ts";
import type { AgentReports, AgentTable, SharedFile } from "./needs.ts";
import type { ListeningAddress } from "./syslog-listener.ts";
import { KernelDrops, udpBufferAdvice } from "./udp-drops.ts";

/** What of a `<remote>` section counts here; `agentRemoteOf` of options.ts makes it. */
export interface AgentRemote {
  /** 0 takes a free one (tests). */
  readonly port: number;
  readonly protocols: readonly ("tcp" | "udp")[];
  /** Undefined: all addresses. */
  readonly localIp: string | undefined;
  /** Listen on `::` as well where no `localIp` says otherwise. */
  readonly ipv6: boolean;
}

export interface AgentListenerLimits extends AgentTcpLimits {
  receiveBufferBytes: number;
}

export const agentListenerLimits: AgentListenerLimits = {
  strangersMax: 4_096, // So many wait in the kernel and are accepted in one go. At 17 KiB each 70 MiB, whoever comes.
  strangersPerAddressMax: 1_024, // A site behind one address that comes back all at once.
  strangerMsMin: 1_000,
  strangerMsMax: 10_000, // Agents send their startup at once, and a balancer its ping.
  strangerBytesMax: 4 * 1_024, // A startup has 150 bytes, and a keepalive with many labels two thousand.
  unsentBytesMax: 128 * 1_024, // Wazuh's send_buffer.
  receiveBufferBytes: 8 * 1_024 * 1_024,
};

export interface AgentListenerOptions {
  readonly remotes: readonly AgentRemote[];
  readonly policy: AgentPolicy;
  readonly table: AgentTable;
  readonly reports: AgentReports;
  readonly shared: SharedFile;
  readonly sink: EventSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly log: Log;
  readonly limits?: Partial<AgentListenerLimits>;
}

/** The sockets of one section. */
interface Station {
  readonly remote: AgentRemote;
  readonly host: string;
  tcp: AgentTcp | undefined;
  udp: AgentUdp | undefined;
  readonly drops: KernelDrops;
}

const sweepEveryMs = 1_000;
/** Sweeps between two tellings of who was heard, and two looks at the kernel's drops: ten seconds. */
const sweepsPerTelling = 10;

export class AgentListener implements Service {
  readonly name = "agents' listener";
  readonly #options: AgentListenerOptions;
  readonly #limits: AgentListenerLimits;
  readonly #complaints: OccasionalLog;
  readonly #addresses = new AddressTexts();
  readonly #desk: AgentDesk;
  readonly #stations: readonly Station[];
  #unsubscribe: (() => void) | undefined;

  private constructor(options: AgentListenerOptions) {
    const { remotes, clock, log, disk } = options;
    this.#options = options;
    this.#limits = { ...agentListenerLimits, ...options.limits };
    this.#complaints = new OccasionalLog(log, clock);
    this.#desk = new AgentDesk({ ...options, complaints: this.#complaints });
    this.#stations = remotes.map((remote) => {
      const host = remote.localIp ?? (remote.ipv6 ? "::" : "0.0.0.0");
      const drops = new KernelDrops({ host, disk, complaints: this.#complaints, what: "agents'" });
      return { remote, host, tcp: undefined, udp: undefined, drops };
    });
  }

  /** Opens the sockets. Rejects with an `IntakeListenError` that names the address when one cannot be had. */
  static async open(options: AgentListenerOptions): Promise<AgentListener> {
    const listener = new AgentListener(options);
    await listener.#bind();
    return listener;
  }

  /** Where it listens; empty when closed. */
  addresses(): ListeningAddress[] {
    return this.#stations.flatMap(({ host, tcp, udp }) => [
      ...(tcp === undefined ? [] : [{ protocol: "tcp", address: host, port: tcp.port } as const]),
      ...(udp === undefined ? [] : [{ protocol: "udp", address: host, port: udp.port } as const]),
    ]);
  }

  counters(): AgentCounters {
    const { counters } = this.#desk;
    const udpKernelDropped = this.#stations.reduce((sum, { drops }) => sum + drops.total, 0);
    return { ...counters, udpKernelDropped, agents: this.connections().length, refused: { ...counters.refused } };
  }

  // ── what is said to agents ───────────────────────────────────────────────────────────────────────────────────────

  /** Agents that can be spoken to, each with the way that it came last. */
  connections(): AgentConnection[] {
    return this.#desk.connections();
  }

  connectionOf(id: string): AgentConnection | undefined {
    return this.#desk.connectionOf(id);
  }

  /** `payload`: at least one byte. `sent` says that it is on its way; nobody knows whether it arrives. */
  send(id: string, payload: Buffer): SendVerdict {
    return this.#desk.send(id, payload);
  }

  /** Asks a module of the agent something (agent-protocol 3.4). Never rejects. */
  request(id: string, target: string, command: string, timeoutMs: number): Promise<RequestAnswer> {
    return this.#desk.request(id, target, command, timeoutMs);
  }

  /** Makes the agent connect anew, perhaps to another node. Old agents over UDP cannot be told. */
  forceReconnect(id: string): "sent" | "closed" | "not_here" | "not_understood" {
    return this.#desk.forceReconnect(id);
  }

  /** The connection that the registry names; the listener does this itself for every change of the table. */
  release(id: string, holder: string): void {
    this.#desk.release(id, holder);
  }

  // ── its life ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Listens until `signal` is aborted, then closes. Rejects with an `IntakeListenError` when a socket fails; run again,
   * it opens them anew.
   */
  async run(signal: AbortSignal): Promise<void> {
    await this.#bind();
    const ended = new AbortController();
    const sweeping = this.#sweep(ended.signal);
    const failures = this.#stations.flatMap(({ host, remote, tcp, udp }) =>
      [tcp, udp].flatMap((one) => {
        if (one === undefined) return [];
        const address = `${one === tcp ? "tcp" : "udp"}://${host}:${remote.port}`;
        return [one.failed.then((cause) => new IntakeListenError(address, cause))];
      }),
    );
    try {
      const failure = await Promise.race([untilAborted(signal), ...failures]);
      if (failure !== undefined) throw failure;
    } finally {
      ended.abort();
      await this.close();
      await sweeping;
    }
  }

  /** Ends all connections and sockets. May be called twice. */
  async close(): Promise<void> {
    const open = this.#stations.flatMap((station) => {
      const { tcp, udp } = station;
      station.tcp = undefined;
      station.udp = undefined;
      return [tcp, udp].filter((one) => one !== undefined);
    });
    await Promise.all(open.map((one) => one.close()));
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#desk.tellHeard();
  }

  async #bind(): Promise<void> {
    if (this.#unsubscribe === undefined) {
      this.#unsubscribe = this.#options.table.onChanged((changed) => this.#desk.onChanged(changed));
      this.#desk.lookAgain();
    }
    const { sink, clock } = this.#options;
    const shared = { desk: this.#desk, sink, clock, addresses: this.#addresses, complaints: this.#complaints };
    try {
      for (const station of this.#stations) {
        const { host, remote } = station;
        const at = { ...shared, host, port: remote.port };
        if (remote.protocols.includes("tcp")) station.tcp ??= await AgentTcp.open({ ...at, limits: this.#limits });
        if (!remote.protocols.includes("udp") || station.udp !== undefined) continue;
        const { receiveBufferBytes } = this.#limits;
        const family = parseAddress(host)?.family ?? 4;
        station.udp = await AgentUdp.open({ ...at, family, receiveBufferBytes });
        station.drops.begin(station.udp.port);
        const advice = udpBufferAdvice(station.udp.port, station.udp.receiveBufferBytes, receiveBufferBytes);
        if (advice !== undefined) this.#options.log.info(advice);
      }
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    for (let sweeps = 1; !signal.aborted; sweeps += 1) {
      await pause(this.#options.clock, sweepEveryMs, signal);
      for (const { tcp } of this.#stations) tcp?.sweep();
      if (sweeps % sweepsPerTelling !== 0) continue;
      this.#desk.tellHeard();
      await this.readKernelDrops();
    }
  }

  /** Reads the kernel's counts of dropped datagrams now. On systems without `/proc/net/udp` nothing is counted. */
  async readKernelDrops(): Promise<void> {
    for (const { drops } of this.#stations) await drops.read();
  }
}
