/** A way to an agent: its TCP connection, or the address and port from which its datagrams came. */
import type { AgentTransport } from "../model/agent.ts";

export interface AgentPath {
  readonly transport: AgentTransport;
  /** Where it leads to: the canonical text of an address. */
  readonly address: string;
  /** Who has proven to speak here, by a message under his key; empty: nobody. A datagram proves itself only. */
  agentId: string;
  /** As much as may wait for a slow reader waits already. Of UDP never. */
  readonly isCongested: boolean;
  isSame(other: AgentPath): boolean;
  /** A message as it goes over the wire. False: it was not sent, because the path is closed or congested. */
  send(message: Buffer): boolean;
  /** May be called twice; of UDP it does nothing. */
  close(): void;
}
