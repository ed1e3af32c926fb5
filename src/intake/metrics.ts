import { type AgentFault, noFaultsYet } from "./agent-fault.ts";

/** What a syslog listener counts. */
export interface SyslogCounters {
  tcpEvents: number;
  udpEvents: number;
  /** Empty messages, passed over. */
  blank: number;
  truncated: number;
  /** Datagrams dropped because the node could not keep up. */
  udpDropped: number;
  /** Datagrams that the kernel dropped for the same reason, as it tells every ten seconds. */
  udpKernelDropped: number;
  /** Connections and datagrams of senders that are not allowed. */
  refused: number;
  /** Connections that were refused, or had to give way, because all places or those of their address were taken. */
  crowded: number;
  /** Connections closed for an impossible octet count. */
  badFrames: number;
  /** Open now. */
  connections: number;
}

export function noSyslogYet(): SyslogCounters {
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

/** What the agents' listener counts. */
export interface AgentCounters {
  tcpMessages: number;
  udpMessages: number;
  events: number;
  /** Startups, keepalives, shutdowns and answers. */
  controls: number;
  /** Control messages that are none of these. */
  unknownControls: number;
  pings: number;
  /** Inventory synchronisation (`5:`), which is not built: dropped. */
  inventory: number;
  /** Payloads that are no event: no queue, no location, or one that is too long. */
  badEvents: number;
  /** Events without a log, and those with which agents try the channel. */
  blank: number;
  /** Datagrams dropped because the node could not keep up, and those that the kernel dropped for the same reason. */
  udpDropped: number;
  udpKernelDropped: number;
  /** Connections that gave way to a newer one of their agent. */
  overtaken: number;
  /** Files that were sent whole. */
  pushes: number;
  /** Acknowledgements, answers and pieces that a slow reader's connection did not take on. */
  unsent: number;
  /** TCP connections open now, those of them from which nothing has been proven, and agents that can be spoken to. */
  connections: number;
  strangers: number;
  agents: number;
  /** Messages and connections that were not taken, by reason. */
  refused: Record<AgentFault, number>;
}

export function noAgentsYet(): AgentCounters {
  return {
    ...{ tcpMessages: 0, udpMessages: 0, events: 0, controls: 0, unknownControls: 0, pings: 0, inventory: 0 },
    ...{ badEvents: 0, blank: 0, udpDropped: 0, udpKernelDropped: 0, overtaken: 0, pushes: 0, unsent: 0 },
    ...{ connections: 0, strangers: 0, agents: 0, refused: noFaultsYet() },
  };
}
