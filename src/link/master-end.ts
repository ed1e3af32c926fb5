/**
 * One session at the master: carries the orders of master-session.ts out over a transport, the pins and the journal.
 */
import type { Clock } from "../base/clock.ts";
import type { Allowance } from "./bucket.ts";
import type { CrashPoint } from "../base/crash-point.ts";
import { ClockOffset } from "./clock-offset.ts";
import { isSameEpoch, writeAck, writeMessage } from "./frames.ts";
import { fingerprintOf, proofOf } from "./hello.ts";
import { Inbox, type Received } from "./inbox.ts";
import { judgeHello } from "./judgement.ts";
import type { LinkLimits } from "./limits.ts";
import { newMasterState, stepMaster, type MasterAction, type MasterInput, type MasterState } from "./master-session.ts";
import { countReason, type LinkCounters } from "./metrics.ts";
import { MasterAgents, type MasterAgentsNeeds } from "./master-agents-end.ts";
import type { Admission, LaneRecord, NodeIdentity, Pins, RecordStore } from "./needs.ts";
import type { StreamName, Transport } from "./transport.ts";
import type { AgentsWorkerMessage, Hello, Message, WorkerStatus } from "./wire.ts";

/** Without `agents` and `blobs` a session of version 2 has neither. */
export interface MasterEndNeeds extends MasterAgentsNeeds {
  clock: Clock;
  crash: CrashPoint;
  limits: LinkLimits;
  /** Of the link that are spoken, best first. */
  versions: readonly number[];
  cluster: string;
  name: string;
  version: string;
  term: number;
  identity: NodeIdentity;
  pins: Pins;
  admission: Admission;
  store: RecordStore;
  snapshot: () => unknown;
  counters: LinkCounters;
}

/** The link that owns the session. */
export interface MasterEndOwner {
  onLive(end: MasterEnd): void;
  onRefused(end: MasterEnd, code: string, message: string): void;
  onHeard(end: MasterEnd): void;
  onStatus(end: MasterEnd, status: WorkerStatus): void;
  onEvents(end: MasterEnd, count: number): void;
  /** What a node of that name may still cost, whichever session asks. */
  allowanceOf(name: string): Allowance;
  /** The record of an agent was left out of what the worker is told. */
  onUnfit(seq: number): void;
  onClosed(end: MasterEnd, reason: string): void;
  /** Our own disk has failed. */
  onFatal(error: unknown): void;
}

export class MasterEnd {
  readonly session: number;
  readonly transport: Transport;
  readonly #needs: MasterEndNeeds;
  readonly #owner: MasterEndOwner;
  readonly #inbox = new Inbox("worker");
  readonly #offset = new ClockOffset();
  readonly #pings = new Map<number, { wallMs: number; monotonicMs: number }>();
  readonly #queue: MasterInput[] = [];
  readonly #storing = new Set<Promise<void>>();
  #isStepping = false;
  #state: MasterState;
  #agents: MasterAgents | undefined;
  #hello: Hello | undefined;
  #isNew = false;
  #version = 0;
  #fingerprint = "";
  #heardMs = 0;
  #isOver = false;

  constructor(session: number, transport: Transport, needs: MasterEndNeeds, owner: MasterEndOwner) {
    this.session = session;
    this.transport = transport;
    this.#needs = needs;
    this.#owner = owner;
    this.#state = newMasterState(needs.clock.monotonicMs());
  }

  /** The worker's name: proven once hello was accepted, a claim of the TLS identity before. */
  get workerName(): string | undefined {
    return this.#hello?.name ?? this.transport.peer.name;
  }

  get hello(): Hello | undefined {
    return this.#hello;
  }

  get isLive(): boolean {
    return this.#state.name === "live";
  }

  get isNew(): boolean {
    return this.#isNew;
  }

  get fingerprint(): string {
    return this.#fingerprint;
  }

  /** While a session of version 2 is live. */
  get agents(): MasterAgents | undefined {
    return this.#agents;
  }

  get clockOffsetMs(): number {
    return -this.#offset.measuredMs;
  }

  /** The smallest of the last round trips; undefined before the first. */
  get roundTripMs(): number | undefined {
    return this.#offset.roundTripMs;
  }

  start(): void {
    this.transport.start({
      onBytes: (stream, bytes) => this.#onBytes(stream, bytes),
      onDrained: (stream) => this.#agents?.onDrained(stream),
      onClosed: () => this.feed({ type: "end", reason: "disconnected" }),
    });
  }

  /** Resolves when the journal has answered for every record that it was given. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#storing);
  }

  tick(): void {
    const { hello, watch, events } = this.#pending();
    if (Math.max(hello, watch, events) > this.#needs.limits.controlBytesMax) {
      return this.feed({ type: "end", reason: "not_reading" });
    }
    this.feed({ type: "tick" });
    this.#agents?.tick();
  }

  /** Steps run one after another, also when carrying an action out causes the next input. */
  feed(input: MasterInput): void {
    this.#queue.push(input);
    if (this.#isStepping) return;
    this.#isStepping = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const [state, actions] = stepMaster(this.#state, next, this.#needs.clock.monotonicMs(), this.#needs.limits);
      this.#state = state;
      for (const action of actions) this.#carryOut(action);
    }
    this.#isStepping = false;
  }

  #pending(): Record<"hello" | "watch" | "events", number> {
    const of = (stream: StreamName): number => this.transport.pendingBytes(stream);
    return { hello: of("hello"), watch: of("watch"), events: of("events") };
  }

  #onBytes(stream: StreamName, bytes: Buffer): void {
    this.#inbox.push(stream, bytes, (received) => this.#onReceived(received));
    const nowMs = this.#needs.clock.monotonicMs();
    if (!this.isLive || nowMs - this.#heardMs < 1_000) return;
    this.#heardMs = nowMs;
    this.#owner.onHeard(this);
  }

  #onReceived(received: Received): void {
    switch (received.type) {
      case "ack":
      case "piece":
        return; // Never come here: the inbox lets only a master's through.
      case "agents":
      case "blob":
        if (this.#state.name === "closed") return;
        if (this.#agents === undefined) return this.feed({ type: "malformed", reason: "out_of_turn" });
        if (received.type === "blob") return this.#agents.onBlob(received.message);
        return this.#agents.onMessage(received.message as AgentsWorkerMessage, received.bytes);
      default:
        return this.feed(received);
    }
  }

  #carryOut(action: MasterAction): void {
    switch (action.type) {
      case "admit":
        return this.#admit(action.hello);
      case "welcome":
        return this.#welcome();
      case "ping":
        return this.#ping(action.id);
      case "measure":
        return this.#measure(action.id, action.nodeMs);
      case "live":
        return this.#becomeLive();
      case "store":
        return this.#store(action.record);
      case "ack":
        return this.#ack(action);
      case "pause":
        return this.transport.pause("events");
      case "resume":
        return this.transport.resume("events");
      case "status":
        return this.#owner.onStatus(this, action.status);
      case "snapshot":
        if (this.transport.pendingBytes("watch") > 0) return;
        return this.#send("watch", { type: "snapshot", body: { snapshot: this.#needs.snapshot() } });
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
    // Only a snapshot can be too long, and it is replaced in a few seconds.
    if (frame !== undefined) this.transport.send(stream, frame);
  }

  #over(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#agents?.over();
    this.#agents = undefined;
    this.transport.close();
    this.#owner.onClosed(this, reason);
  }

  #admit(hello: Hello): void {
    const judgement = judgeHello(hello, this.transport.peer, this.#needs);
    this.#hello = hello;
    if ("refusal" in judgement) {
      const { code, message } = judgement.refusal;
      this.#owner.onRefused(this, code, message);
      return this.feed({ type: "refused", code });
    }
    this.#isNew = judgement.isNew;
    this.#version = judgement.version;
    this.#fingerprint = fingerprintOf(judgement.publicKey);
    if (!judgement.isNew) return this.feed({ type: "admitted" });
    this.#needs.pins.pin(hello.name, judgement.publicKey).then(
      () => this.feed({ type: "admitted" }),
      (error: unknown) => this.#owner.onFatal(error),
    );
  }

  #welcome(): void {
    const { cluster, name, version: argus, term, identity } = this.#needs;
    const proof = proofOf(identity, { exporter: this.transport.peer.exporter, cluster, name, role: "master" });
    if (this.#version >= 2) this.transport.openAgentStreams();
    this.#send("hello", { type: "welcome", body: { version: this.#version, cluster, name, ...proof, term, argus } });
  }

  #ping(id: number): void {
    const { clock } = this.#needs;
    this.#pings.set(id, { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() });
    if (this.#pings.size > 8) this.#pings.delete(Math.min(...this.#pings.keys()));
    this.#send("hello", { type: "ping", body: { id } });
  }

  #measure(id: number, nodeMs: number): void {
    const sent = this.#pings.get(id);
    this.#pings.delete(id);
    if (sent === undefined) return;
    const roundTripMs = this.#needs.clock.monotonicMs() - sent.monotonicMs;
    this.#offset.add(sent.wallMs, sent.wallMs + roundTripMs, nodeMs);
  }

  #becomeLive(): void {
    const hello = this.#hello;
    if (hello === undefined) return;
    const asked = hello.lanes.flatMap(({ lane, epochs }) => epochs.map(({ epoch }) => ({ lane, epoch })));
    const stored = this.#needs.store.stored(hello.name);
    const acks = asked.flatMap(({ lane, epoch }) => {
      const found = stored.find((one) => one.lane === lane && isSameEpoch(one.epoch, epoch));
      return found === undefined ? [] : [{ lane, epoch, last: found.last }];
    });
    this.#needs.counters.joined += 1;
    this.#owner.onLive(this);
    this.#send("hello", { type: "live", body: { acks } });
    if (this.#version < 2 || this.#isOver) return;
    this.#agents = new MasterAgents(this.transport, hello.name, this.#needs, this.#owner.allowanceOf(hello.name), {
      end: (reason) => this.feed({ type: "end", reason }),
      onUnfit: (seq) => this.#owner.onUnfit(seq),
      onFatal: (error) => this.#owner.onFatal(error),
    });
  }

  #store(record: LaneRecord): void {
    const { counters, store } = this.#needs;
    counters.records += 1;
    counters.bytes += record.bytes.length;
    const work = store.store(this.#hello?.name ?? "", record, this.#offset.countedMs).then(
      (result) => this.feed({ type: "stored", record, result }),
      (error: unknown) => this.#owner.onFatal(error),
    );
    this.#storing.add(work);
    void work.finally(() => this.#storing.delete(work));
  }

  #ack({ ack, isDuplicate, count }: MasterAction & { type: "ack" }): void {
    const { counters, crash } = this.#needs;
    if (isDuplicate) counters.duplicates += 1;
    counters.events += count;
    crash("link.ack.before");
    this.transport.send("events", writeAck(ack));
    if (count > 0) this.#owner.onEvents(this, count);
  }
}
