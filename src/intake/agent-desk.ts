/**
 * All agents of this node, whichever way they come: finds out who sent a message, opens it with that agent's key, and
 * hands it to the agent's session.
 *
 * A session is made for the first message that names a registered agent, and lives until the agent is removed or gets
 * another key, so there are never more than registered agents. What cannot be opened, or comes from where the agent may
 * not be, is counted by its reason and told once a minute; it costs a look-up and one decryption.
 */
import type { Clock } from "../base/clock.ts";
import type { OccasionalLog } from "../base/occasional-log.ts";
import type { Random } from "../base/random.ts";
import type { EventSink } from "../collect/needs.ts";
import type { RegistryRecord } from "../model/agent.ts";
import { managerControl } from "../wire/control-message.ts";
import { openMessage, readEnvelope } from "../wire/secure-message.ts";
import { type AgentFault, faultWords } from "./agent-fault.ts";
import type { AgentPath } from "./agent-path.ts";
import { AgentRequests, failed, type RequestAnswer, type RequestFailure } from "./agent-request.ts";
import { type AgentConnection, type AgentPolicy, AgentSession, type SendVerdict } from "./agent-session.ts";
import { type AgentCounters, noAgentsYet } from "./metrics.ts";
import type { AgentIdentity, AgentReports, AgentTable, SharedFile } from "./needs.ts";
import { PushQueue } from "./push-queue.ts";

export interface AgentDeskOptions {
  readonly table: AgentTable;
  readonly reports: AgentReports;
  readonly shared: SharedFile;
  readonly sink: EventSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly complaints: OccasionalLog;
  readonly policy: AgentPolicy;
}

/** What came of a message. */
export type Received = "taken" | "ping" | AgentFault;

const ping = Buffer.from("#ping", "latin1");
const pong = Buffer.from("#pong", "latin1");

export class AgentDesk {
  readonly counters: AgentCounters = noAgentsYet();
  readonly #options: AgentDeskOptions;
  readonly #requests: AgentRequests;
  readonly #pushes: PushQueue;
  readonly #sessions = new Map<string, AgentSession>();
  /** Sessions of agents that are known by their address, by its text. */
  readonly #byAddress = new Map<string, AgentSession>();

  constructor(options: AgentDeskOptions) {
    this.#options = options;
    this.#requests = new AgentRequests(options.clock, options.random);
    this.#pushes = new PushQueue(options.clock);
  }

  // ── what comes in ────────────────────────────────────────────────────────────────────────────────────────────────

  /** A datagram, or what stood in a frame. Whoever has the path closes it after a fault, which is counted here. */
  receive(message: Buffer, path: AgentPath): Received {
    if (message.length === ping.length && message.equals(ping)) {
      this.counters.pings += 1;
      path.send(pong);
      return "ping";
    }
    const fault = this.#take(message, path);
    if (fault === undefined) return "taken";
    this.refuse(fault, path);
    return fault;
  }

  /** Counts, and tells at most once a minute for each reason. */
  refuse(fault: AgentFault, { address, agentId }: Pick<AgentPath, "address" | "agentId">): void {
    this.counters.refused[fault] += 1;
    const whose = agentId === "" ? "" : ` of agent ${agentId}`;
    this.#options.complaints.warning(fault, `Message${whose} from '${address}' refused: ${faultWords[fault]}.`);
  }

  #take(message: Buffer, path: AgentPath): AgentFault | undefined {
    const envelope = readEnvelope(message);
    if (typeof envelope === "string") return envelope;
    const { id } = envelope;
    const session = id === undefined ? this.#ofAddress(path.address) : this.#ofId(id);
    if (session === undefined) return id === undefined ? "unknown_address" : "unknown_id";
    if (path.agentId !== "" && path.agentId !== session.id) return "other_agent";
    if (!session.admits(path.address)) return "wrong_address";
    const opened = openMessage(session.cipher, envelope);
    if (typeof opened === "string") return opened;
    if (path.transport === "tcp") this.counters.tcpMessages += 1;
    else this.counters.udpMessages += 1;
    return session.take(opened, path, this.#options.clock.monotonicMs());
  }

  #ofId(id: string): AgentSession | undefined {
    const session = this.#sessions.get(id);
    if (session !== undefined) return session;
    const identity = this.#options.table.byId(id);
    return identity && this.#begin(identity);
  }

  #ofAddress(address: string): AgentSession | undefined {
    const known = this.#byAddress.get(address);
    if (known !== undefined) return known;
    const identity = this.#options.table.byAddress(address);
    if (identity === undefined) return undefined;
    const session = this.#sessions.get(identity.id) ?? this.#begin(identity);
    this.#byAddress.set(address, session);
    return session;
  }

  #begin(identity: AgentIdentity): AgentSession {
    const { sink, reports, shared, random, clock, policy } = this.#options;
    const session: AgentSession = new AgentSession(identity, {
      ...{ sink, reports, shared, random, clock, policy, requests: this.#requests, counters: this.counters },
      onPushWanted: () => this.#pushes.add(session),
    });
    this.#sessions.set(identity.id, session);
    return session;
  }

  onClosed(path: AgentPath): void {
    if (path.agentId !== "") this.#sessions.get(path.agentId)?.onClosed(path);
  }

  // ── what the registry says ───────────────────────────────────────────────────────────────────────────────────────

  onChanged(changed: readonly RegistryRecord[]): void {
    for (const record of changed) {
      if (record.kind !== "agent") continue;
      const session = this.#sessions.get(record.id);
      if (session === undefined) continue;
      if (record.isRemoved || !session.isOf(record)) this.#end(session);
      else session.onRecord(record);
    }
  }

  /** Changes may have been missed: who is not known any more, or otherwise, is cut off now. */
  lookAgain(): void {
    for (const session of this.#sessions.values()) {
      const identity = this.#options.table.byId(session.id);
      if (identity === undefined || !session.isOf(identity)) this.#end(session);
      else session.onRecord(identity);
    }
  }

  #end(session: AgentSession): void {
    this.#sessions.delete(session.id);
    for (const [address, one] of this.#byAddress) if (one === session) this.#byAddress.delete(address);
    session.close();
  }

  /** The agent's record names the connection `holder`: ours is closed when it was ours and is no more. */
  release(id: string, holder: string): void {
    this.#sessions.get(id)?.release(holder);
  }

  /** Tells the registry who was heard since the last call. */
  tellHeard(): void {
    const ids: string[] = [];
    for (const session of this.#sessions.values()) {
      if (!session.isHeard) continue;
      session.isHeard = false;
      ids.push(session.id);
    }
    if (ids.length > 0) this.#options.reports.heard(ids);
  }

  // ── what is said to agents ───────────────────────────────────────────────────────────────────────────────────────

  connections(): AgentConnection[] {
    return [...this.#sessions.values()].flatMap(({ connection }) => (connection === undefined ? [] : [connection]));
  }

  connectionOf(id: string): AgentConnection | undefined {
    return this.#sessions.get(id)?.connection;
  }

  send(id: string, payload: Buffer): SendVerdict {
    return this.#sessions.get(id)?.send(payload, this.#options.clock.monotonicMs()) ?? "not_here";
  }

  request(id: string, target: string, command: string, timeoutMs: number): Promise<RequestAnswer> {
    const session = this.#sessions.get(id);
    if (session?.connection === undefined) return Promise.resolve(failed("not_here"));
    if (!session.takesRequests) return Promise.resolve(failed("not_understood"));
    return this.#requests.ask({
      ...{ agentId: id, timeoutMs, isRepeated: session.connection.transport === "udp" },
      send: (counter) => this.#ask(id, managerControl({ kind: "request", counter, target, command })),
    });
  }

  #ask(id: string, payload: Buffer): RequestFailure | undefined {
    const verdict = this.send(id, payload);
    if (verdict === "sent") return undefined;
    return verdict === "congested" ? "crowded" : verdict;
  }

  /** Agents before Wazuh 4.3 do not know the word: over TCP their connection is closed, and they come again. */
  forceReconnect(id: string): "sent" | "closed" | "not_here" | "not_understood" {
    const session = this.#sessions.get(id);
    const connection = session?.connection;
    if (session === undefined || connection === undefined) return "not_here";
    if (session.takesForceReconnect && this.send(id, managerControl({ kind: "force_reconnect" })) === "sent") {
      return "sent";
    }
    if (connection.transport === "udp") return "not_understood";
    session.disconnect();
    return "closed";
  }
}
