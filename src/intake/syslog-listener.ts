/** One `<remote>` of connection syslog: its sockets, as a service. */
import { pause, type Clock } from "../base/clock.ts";
import type { Disk } from "../base/disk.ts";
import type { Log } from "../base/log.ts";
import { OccasionalLog } from "../base/occasional-log.ts";
import { untilAborted, type Service } from "../base/service.ts";
import type { EventSink } from "../collect/needs.ts";
import { parseAddress, type Cidr } from "../config/address.ts";
import { LOG_BYTES_MAX } from "../model/event.ts";
import { IntakeListenError } from "./errors.ts";
import { noSyslogYet, type SyslogCounters } from "./metrics.ts";
import { Senders } from "./senders.ts";
import { TcpSyslog, type TcpLimits } from "./tcp-connection.ts";
import { UdpSyslog, type UdpLimits } from "./udp-connection.ts";
import { KernelDrops, udpBufferAdvice } from "./udp-drops.ts";

/** What of the `<remote>` section counts here; `syslogRemotes` of options.ts makes it. */
export interface SyslogRemote {
  /** 0 takes a free one (tests). */
  port: number;
  protocols: readonly ("tcp" | "udp")[];
  /** Nobody is allowed by an empty list. */
  allowedIps: readonly Cidr[];
  deniedIps: readonly Cidr[];
  /** Undefined: all addresses. */
  localIp: string | undefined;
  /** Listen on `::` as well where no `localIp` says otherwise. */
  ipv6: boolean;
}

export type SyslogLimits = TcpLimits & UdpLimits;

export const syslogLimits: SyslogLimits = {
  logBytesMax: LOG_BYTES_MAX,
  frameBytesMax: 1_024 * 1_024, // Sixteen times what is kept of a message; more is an attack or another protocol.
  connectionsMax: 1_024, // With 64 KiB held by each that is a bad day of 64 MiB; idle ones cost about 5 KiB.
  connectionsPerAddressMax: 256, // Relays open a few, a load balancer in front of many senders one for each.
  silenceMsMin: 60_000,
  receiveBufferBytes: 8 * 1_024 * 1_024, // 20,000 datagrams a second lost 15 % with the usual 208 KiB, none with this.
};

export interface SyslogListenerOptions {
  remote: SyslogRemote;
  sink: EventSink;
  clock: Clock;
  disk: Disk;
  log: Log;
  limits?: Partial<SyslogLimits>;
}

export interface ListeningAddress {
  protocol: "tcp" | "udp";
  address: string;
  port: number;
}

const kernelDropsEveryMs = 10_000;

export class SyslogListener implements Service {
  readonly name: string;
  readonly #options: SyslogListenerOptions;
  readonly #limits: SyslogLimits;
  readonly #counters = noSyslogYet();
  readonly #senders: Senders;
  readonly #complaints: OccasionalLog;
  readonly #host: string;
  #tcp: TcpSyslog | undefined;
  #udp: UdpSyslog | undefined;
  readonly #drops: KernelDrops;

  private constructor(options: SyslogListenerOptions) {
    const { remote, clock, log, disk } = options;
    this.name = `syslog listener on port ${remote.port}`;
    this.#options = options;
    this.#limits = { ...syslogLimits, ...options.limits };
    this.#senders = new Senders(remote.allowedIps, remote.deniedIps);
    this.#complaints = new OccasionalLog(log, clock);
    this.#host = remote.localIp ?? (remote.ipv6 ? "::" : "0.0.0.0");
    this.#drops = new KernelDrops({ host: this.#host, disk, complaints: this.#complaints, what: "syslog" });
  }

  /** Opens the sockets. Rejects with an `IntakeListenError` that names the address when one cannot be had. */
  static async open(options: SyslogListenerOptions): Promise<SyslogListener> {
    const listener = new SyslogListener(options);
    await listener.#bind();
    return listener;
  }

  /** Where it listens; empty when closed. */
  addresses(): ListeningAddress[] {
    const found: ListeningAddress[] = [];
    if (this.#tcp !== undefined) found.push({ protocol: "tcp", address: this.#host, port: this.#tcp.port });
    if (this.#udp !== undefined) found.push({ protocol: "udp", address: this.#host, port: this.#udp.port });
    return found;
  }

  counters(): SyslogCounters {
    return { ...this.#counters };
  }

  /**
   * Listens until `signal` is aborted, then closes. Rejects with an `IntakeListenError` when a socket fails; run again,
   * it opens them anew.
   */
  async run(signal: AbortSignal): Promise<void> {
    await this.#bind();
    const ended = new AbortController();
    const watching = this.#watchKernelDrops(ended.signal);
    try {
      const failures = [this.#tcp, this.#udp].flatMap((one) => (one === undefined ? [] : [one.failed]));
      const failure = await Promise.race([untilAborted(signal), ...failures]);
      if (failure !== undefined) throw new IntakeListenError(this.#describe(), failure);
    } finally {
      ended.abort();
      await this.close();
      await watching;
    }
  }

  /** Ends all connections and sockets; what was received of an unfinished line is handed over. May be called twice. */
  async close(): Promise<void> {
    const [tcp, udp] = [this.#tcp, this.#udp];
    this.#tcp = undefined;
    this.#udp = undefined;
    await Promise.all([tcp?.close(), udp?.close()]);
  }

  #describe(): string {
    return `${this.#options.remote.protocols.join("+")}://${this.#host}:${this.#options.remote.port}`;
  }

  async #bind(): Promise<void> {
    const { remote, sink, clock } = this.#options;
    const complaints = this.#complaints;
    const shared = { senders: this.#senders, sink, counters: this.#counters, complaints, limits: this.#limits };
    const at = { host: this.#host, port: remote.port, isIpv6Only: false };
    try {
      if (remote.protocols.includes("tcp")) this.#tcp ??= await TcpSyslog.open({ ...shared, ...at, clock });
      if (remote.protocols.includes("udp") && this.#udp === undefined) {
        this.#udp = await UdpSyslog.open({ ...shared, ...at, family: parseAddress(this.#host)?.family ?? 4 });
        this.#drops.begin(this.#udp.port);
        const { receiveBufferBytes } = this.#limits;
        const advice = udpBufferAdvice(this.#udp.port, this.#udp.receiveBufferBytes, receiveBufferBytes);
        if (advice !== undefined) this.#options.log.info(advice);
      }
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #watchKernelDrops(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(this.#options.clock, kernelDropsEveryMs, signal);
      await this.readKernelDrops();
    }
  }

  /** Reads the kernel's count of dropped datagrams now. On systems without `/proc/net/udp` nothing is counted. */
  async readKernelDrops(): Promise<void> {
    await this.#drops.read();
    this.#counters.udpKernelDropped = this.#drops.total;
  }
}
