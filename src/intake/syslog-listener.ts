/** One `<remote>` of connection syslog: its sockets, as a service. */
import type { Clock } from "../base/clock.ts";
import type { Disk } from "../base/disk.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import type { EventSink } from "../collect/needs.ts";

/** What of the `<remote>` section counts here. */
export interface SyslogRemote {
  /** 0 takes a free one (tests). */
  port: number;
  protocols: readonly ("tcp" | "udp")[];
  /** Addresses or CIDR blocks. Nobody is allowed by an empty list. */
  allowedIps: readonly string[];
  deniedIps: readonly string[];
  /** Undefined: all addresses. */
  localIp: string | undefined;
  ipv6: boolean;
}

export interface SyslogListenerOptions {
  remote: SyslogRemote;
  sink: EventSink;
  clock: Clock;
  disk: Disk;
  log: Log;
}

export interface SyslogCounters {
  tcpEvents: number;
  udpEvents: number;
  /** Empty messages, passed over. */
  blank: number;
  truncated: number;
  /** Datagrams dropped because the node could not keep up, and those that the kernel dropped for the same reason. */
  udpDropped: number;
  udpKernelDropped: number;
  /** Connections and datagrams of senders that are not allowed. */
  refused: number;
  /** Connections refused because all places, or those of their address, were taken. */
  crowded: number;
  /** Connections closed for an impossible octet count. */
  badFrames: number;
  connections: number;
}

export class SyslogListener implements Service {
  readonly name: string;

  private constructor(options: SyslogListenerOptions) {
    this.name = `syslog ${options.remote.port}`;
  }

  /** Opens the sockets. Rejects with an `IntakeListenError` that names the address when one cannot be had. */
  static async open(options: SyslogListenerOptions): Promise<SyslogListener> {
    return Promise.resolve(new SyslogListener(options));
  }

  /** Where it listens. */
  addresses(): { protocol: "tcp" | "udp"; address: string; port: number }[] {
    return [];
  }

  counters(): SyslogCounters {
    return {
      tcpEvents: 0,
      udpEvents: 0,
      blank: 0,
      truncated: 0,
      udpDropped: 0,
      udpKernelDropped: 0,
      refused: 0,
      crowded: 0,
      badFrames: 0,
      connections: 0,
    };
  }

  /** Listens until `signal` is aborted, then closes. Rejects when a socket fails; run again, it opens them anew. */
  async run(_signal: AbortSignal): Promise<void> {}

  /** Ends all connections and sockets; what was received of an unfinished line is handed over. May be called twice. */
  async close(): Promise<void> {}
}
