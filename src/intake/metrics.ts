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
