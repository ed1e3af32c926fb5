/**
 * One session at a worker: carries the orders of worker-session.ts out over a transport, the spool and the master's
 * pin.
 */
import type { Clock } from "../base/clock.ts";
import type { CrashPoint } from "../base/crash-point.ts";
import type { NodeRole } from "../model/node.ts";
import { writeMessage, writeRecord } from "./frames.ts";
import { helloLanes, proofOf } from "./hello.ts";
import { Inbox, type Received } from "./inbox.ts";
import { judgeWelcome } from "./judgement.ts";
import type { LinkLimits } from "./limits.ts";
import { countReason, type LinkCounters } from "./metrics.ts";
import type { LaneRecord, MasterPin, NodeIdentity, RecordSource } from "./needs.ts";
import { withinBounds } from "./status-bounds.ts";
import type { StreamName, Transport } from "./transport.ts";
import type { AgentsMasterMessage, Message, Welcome, WorkerStatus } from "./wire.ts";
import type { AgentsPort, WorkerAgents } from "./worker-agents-end.ts";
import { newWorkerState, stepWorker, type WorkerAction, type WorkerInput, type WorkerState } from "./worker-session.ts";

export interface WorkerEndNeeds {
  clock: Clock;
  crash: CrashPoint;
  limits: LinkLimits;
  cluster: string;
  name: string;
  /** `master` only where a master was dialled by another one, to be refused. */
  role: NodeRole;
  version: string;
  host: string;
  isHidden: boolean;
  /** Of the link that are spoken, best first. */
  versions: readonly number[];
  identity: NodeIdentity;
  masterPin: MasterPin;
  source: RecordSource;
  status: () => WorkerStatus;
  counters: LinkCounters;
  /** Of all sessions; without it those of version 2 say nothing of agents. */
  agents?: WorkerAgents;
}

/** The link that owns the session. */
export interface WorkerEndOwner {
  onLive(end: WorkerEnd): void;
  onSnapshot(snapshot: unknown): void;
  /** `isTold`: the master refuses us; otherwise we refuse it. */
  onRefused(end: WorkerEnd, code: string, message: string, isTold: boolean): void;
  onClosed(end: WorkerEnd, reason: string): void;
  /** Our own disk has failed. */
  onFatal(error: unknown): void;
  /** Runs one read of the spool after the other, whichever session asks. */
  inTurn(read: () => Promise<void>): void;
}

export class WorkerEnd {
  readonly transport: Transport;
  readonly #needs: WorkerEndNeeds;
  readonly #owner: WorkerEndOwner;
  readonly #inbox = new Inbox("master");
  readonly #queue: WorkerInput[] = [];
  readonly #port: AgentsPort;
  #isStepping = false;
  #state: WorkerState;
  #welcome: Welcome | undefined;
  #isNew = false;
  #stopListening: () => void = () => undefined;
  #isOver = false;

  constructor(transport: Transport, needs: WorkerEndNeeds, owner: WorkerEndOwner) {
    this.transport = transport;
    this.#needs = needs;
    this.#owner = owner;
    this.#state = newWorkerState(needs.clock.monotonicMs());
    this.#port = { transport, end: (reason) => this.feed({ type: "end", reason }) };
  }

  get isLive(): boolean {
    return this.#state.name === "live";
  }

  /** Of the master; `undefined` until it has proven itself. */
  get welcome(): Welcome | undefined {
    return this.#welcome;
  }

  get isNew(): boolean {
    return this.#isNew;
  }

  start(): void {
    this.transport.start({
      onBytes: (stream, bytes) => this.#inbox.push(stream, bytes, (received) => this.#onReceived(received)),
      onDrained: (stream) => this.#needs.agents?.onDrained(this.#port, stream),
      onClosed: () => this.feed({ type: "end", reason: "disconnected" }),
    });
    this.#hello();
  }

  tick(): void {
    const waiting = Math.max(this.transport.pendingBytes("hello"), this.transport.pendingBytes("status"));
    if (waiting > this.#needs.limits.controlBytesMax) return this.feed({ type: "end", reason: "not_reading" });
    this.feed({ type: "tick" });
    this.#needs.agents?.tick(this.#port);
  }

  feed(input: WorkerInput): void {
    this.#queue.push(input);
    if (this.#isStepping) return;
    this.#isStepping = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const [state, actions] = stepWorker(this.#state, next, this.#needs.clock.monotonicMs(), this.#needs.limits);
      this.#state = state;
      // A status tells what waits: what the same step releases does not wait any more.
      for (const action of actions) if (action.type !== "status") this.#carryOut(action);
      for (const action of actions) if (action.type === "status") this.#carryOut(action);
    }
    this.#isStepping = false;
  }

  #onReceived(received: Received): void {
    switch (received.type) {
      case "message":
        if (received.message.type !== "live") return this.feed(received);
        return this.feed({ type: "live", acks: received.message.body.acks, held: this.#needs.source.held() });
      case "record":
        return; // Never comes here: the inbox lets only a worker's through.
      case "agents":
      case "blob":
      case "piece":
        return this.#onAgents(received);
      default:
        return this.feed(received);
    }
  }

  #onAgents(received: Received & { type: "agents" | "blob" | "piece" }): void {
    const { agents } = this.#needs;
    if (this.#state.name === "closed") return;
    if (!this.isLive || agents === undefined) return this.feed({ type: "malformed", reason: "out_of_turn" });
    if (received.type === "blob") return agents.onBlob(this.#port, received.message);
    if (received.type === "piece") return agents.onPiece(this.#port, received.piece);
    // The inbox lets only a master's through.
    agents.onMessage(this.#port, received.message as AgentsMasterMessage, received.bytes);
  }

  #carryOut(action: WorkerAction): void {
    switch (action.type) {
      case "check":
        return this.#check(action.welcome);
      case "join":
        if ((this.#welcome?.version ?? 1) >= 2) this.transport.openAgentStreams();
        return this.#send("hello", { type: "join", body: {} });
      case "pong":
        return this.#send("hello", { type: "pong", body: { id: action.id, nowMs: this.#needs.source.nowMs() } });
      case "live":
        return this.#becomeLive();
      case "read":
        return this.#read(action);
      case "ship":
        return this.#ship(action.record);
      case "release":
        return this.#release(action.ack.lane, action.ack.epoch, action.ack.last);
      case "status":
        return this.#send("status", { type: "status", body: bounded(this.#needs.status()) });
      case "snapshot":
        return this.#owner.onSnapshot(action.snapshot);
      case "told":
        return this.#owner.onRefused(this, action.code, "", true);
      case "refuse":
        countReason(this.#needs.counters.refused, action.code);
        this.#send("hello", { type: "refuse", body: { code: action.code } });
        return this.#over(action.code);
      case "close":
        if (action.reason !== "disconnected") this.#send("hello", { type: "close", body: { code: action.reason } });
        return this.#over(action.reason);
    }
  }

  #send(stream: StreamName, message: Message): void {
    const frame = writeMessage(message);
    if (frame !== undefined) this.transport.send(stream, frame);
  }

  #over(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopListening();
    this.#needs.agents?.detach(this.#port);
    this.transport.close();
    this.#owner.onClosed(this, reason);
  }

  #hello(): void {
    const { cluster, name, role, version: argus, host, isHidden, versions, identity, source } = this.#needs;
    const proof = proofOf(identity, { exporter: this.transport.peer.exporter, cluster, name, role });
    const lanes = helloLanes(source.held());
    const body = { versions: [...versions], cluster, name, role, ...proof, argus, host, isHidden, lanes };
    this.#send("hello", { type: "hello", body });
  }

  #check(welcome: Welcome): void {
    const judgement = judgeWelcome(welcome, this.transport.peer, this.#needs);
    if ("refusal" in judgement) {
      const { code, message } = judgement.refusal;
      this.#owner.onRefused(this, code, message, false);
      return this.feed({ type: "refused", code });
    }
    this.#welcome = welcome;
    this.#isNew = judgement.isNew;
    if (!judgement.isNew) return this.feed({ type: "checked" });
    const { name, term } = welcome;
    this.#needs.masterPin.pin({ name, publicKey: judgement.publicKey, term }).then(
      () => this.feed({ type: "checked" }),
      (error: unknown) => this.#owner.onFatal(error),
    );
  }

  #becomeLive(): void {
    const { counters, source } = this.#needs;
    counters.joined += 1;
    this.#stopListening = source.onDurable(() => this.feed({ type: "held", held: source.held() }));
    this.#owner.onLive(this);
    if ((this.#welcome?.version ?? 1) >= 2) this.#needs.agents?.attach(this.#port);
  }

  #read({ lane, epoch, fromSeq, bytesMax }: WorkerAction & { type: "read" }): void {
    this.#owner.inTurn(async () => {
      if (this.#isOver) return;
      try {
        const records = await this.#needs.source.read(lane, epoch, fromSeq, bytesMax);
        this.feed({ type: "records", lane, epoch, records });
      } catch (error) {
        this.#owner.onFatal(error);
      }
    });
  }

  #ship(record: LaneRecord): void {
    const { counters, crash } = this.#needs;
    counters.records += 1;
    counters.bytes += record.bytes.length;
    if (record.kind === "events") counters.events += record.count;
    this.transport.send("events", ...writeRecord(record));
    setImmediate(() => crash("link.batch.shipped")); // By then the bytes have left for the socket.
  }

  #release(lane: number, epoch: { number: number; bits: string }, last: number): void {
    this.#needs.source.acknowledge(lane, epoch, last).catch((error: unknown) => this.#owner.onFatal(error));
  }
}

/** A status that fits the schema whatever the node collected. */
function bounded(status: WorkerStatus): WorkerStatus {
  const lines = status.lines
    .slice(0, 32)
    .map(({ level, tag, message }) => ({ level, tag: tag.slice(0, 64), message: message.slice(0, 1_024) }));
  return withinBounds({ ...status, lines });
}
