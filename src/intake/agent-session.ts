/**
 * One agent on this node, across its connections: what it has said, how it is answered, and over which way.
 *
 *   startup, keepalive ──▶ ack ──▶ report            the way on which it came is the agent's *bond* from then on
 *   shutdown           ──▶ report, event             the bond ends, without an answer
 *   event              ──▶ batcher                   under the registered name, whatever its location says
 *   `req` answer       ──▶ whoever asked
 *   numbered events    ──▶ batcher, and an answer when they are durable (numbered-events.ts)
 *
 * An agent that has just said startup reads one message, and takes anything but the ack for a failure. The bond is made
 * in the step that sends the ack, and nothing is sent but over a bond; so the ack is first on every connection, and
 * neither a report nor the registry can delay it.
 *
 * The newest message wins: a control message with a counter above all before takes the agent over from another way at
 * once, and the old connection is closed. One with an old counter may be an attacker's copy. It takes over only from
 * where the agent speaks already, or when that way has been silent; agents that were reinstalled or set back in time
 * come back so.
 *
 * No timers and no sockets here: time comes in, and what is to be sent goes to the path.
 */
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { EventSink } from "../collect/needs.ts";
import type { AgentReport } from "../model/agent.ts";
import { AgentCipher } from "../wire/agent-cipher.ts";
import {
  type AgentVersion,
  chunkBytesMax,
  escapesLocation,
  parseAgentVersion,
  payloadBytesMax,
  takesForceReconnect,
  takesRequests,
} from "../wire/agent-version.ts";
import { type AgentControl, isControl, managerControl, readAgentControl } from "../wire/control-message.ts";
import { readEvent } from "../wire/event-payload.ts";
import type { EventOrigin } from "../model/event.ts";
import type { NumberedBatch } from "../wire/numbered-batch.ts";
import { type MessageCounter, ReplayWindow } from "../wire/message-counter.ts";
import type { OpenedMessage } from "../wire/secure-message.ts";
import { AllowedAddress, shownAddress } from "./agent-address.ts";
import type { AgentFault } from "./agent-fault.ts";
import type { AgentPath } from "./agent-path.ts";
import type { AgentRequests } from "./agent-request.ts";
import { AgentSources } from "./agent-source.ts";
import { AgentVoice } from "./agent-voice.ts";
import { FilePush } from "./file-push.ts";
import type { AgentCounters } from "./metrics.ts";
import { NumberedEvents } from "./numbered-events.ts";
import type { AgentFile, AgentIdentity, AgentReports, SharedFile } from "./needs.ts";

/** What `<remote>` says of agents; one for the node. */
export interface AgentPolicy {
  /** Only counters above the last one are taken (`<verify_msg_id>`). */
  readonly isStrict: boolean;
  /** Agents of a later version are refused at their startup; undefined: none is. */
  readonly versionMax: AgentVersion | undefined;
}

/** What a session works with; the same for all. */
export interface SessionNeeds {
  readonly sink: EventSink;
  readonly reports: AgentReports;
  readonly shared: SharedFile;
  readonly requests: AgentRequests;
  readonly random: Random;
  readonly counters: AgentCounters;
  readonly policy: AgentPolicy;
  readonly clock: Clock;
  /** The agent is to be given a file: `readFile` is to be called when it is its turn. */
  onPushWanted(session: AgentSession): void;
}

export type SendVerdict =
  | "sent"
  /** The agent has no way to this node, or has been silent on it for too long. */
  | "not_here"
  /** Longer than the agent can read. */
  | "too_long"
  /** It does not read what it is sent: as much as may wait is waiting. */
  | "congested";

/** The agent's way, since a control message came on it. */
interface Bond {
  readonly path: AgentPath;
  /** 16 hex digits, drawn for it. */
  readonly connection: string;
  readonly sinceMs: number;
  heardAtMs: number;
  /** Of an agent of Argus, once it was told that its events are answered. */
  numbered: NumberedEvents | undefined;
  /** The registry's record has named it: from then on another name in the record means that it is over. */
  isKnown: boolean;
}

export interface AgentConnection {
  readonly id: string;
  readonly connection: string;
  readonly transport: AgentPath["transport"];
  readonly address: string;
  readonly sinceMs: number;
}

const ack = managerControl({ kind: "ack" });
const laterVersion = "Agent version must be lower or equal to manager version";
const noVersion = "Couldn't retrieve version";
const inventoryQueue = "5";
/** An address that has not been heard of for so long may be somebody else's by now (agent-protocol 5.2: OSSEC's T). */
const udpSilenceMsMax = 1_830_000;
/** A way that has been silent for so long is given up to a message with an old counter, as Wazuh does by default. */
const overtakeMs = 60_000;
/** Connections of one agent at a time: one that it speaks on, and ones that die. */
const pathsMax = 4;
/** What waits for the end of a file: more than anybody sends in that time. */
const heldMax = 64;
/** Between the beginning and the end of a file all else would end the transfer. */
const harmlessInFile = /^#!-(?:agent ack |execd |syscheck |req |[a-z_]{1,64} dbsync )/;

export class AgentSession {
  readonly cipher: AgentCipher;
  readonly #needs: SessionNeeds;
  readonly #voice: AgentVoice;
  readonly #allowed: AllowedAddress;
  readonly #sources: AgentSources;
  readonly #window = new ReplayWindow();
  readonly #push = new FilePush();
  /** TCP connections on which the agent has proven itself, the oldest first. */
  readonly #paths = new Set<AgentPath>();
  #identity: AgentIdentity;
  #version: AgentVersion | undefined;
  #isEscaping: boolean;
  #bond: Bond | undefined;
  #held: Buffer[] = [];
  /** Below it other nodes may have counted. What the registry makes of our own counting is no reason to go higher. */
  #floor = 0;
  /** Something has come over the bond since this was last taken away. */
  isHeard = false;

  constructor(identity: AgentIdentity, needs: SessionNeeds) {
    this.#identity = identity;
    this.#needs = needs;
    this.cipher = new AgentCipher(identity);
    this.#voice = new AgentVoice(this.cipher, needs);
    this.#allowed = new AllowedAddress(identity.address);
    this.#sources = new AgentSources(identity);
    this.#version = parseAgentVersion(identity.facts.version);
    this.#isEscaping = escapesLocation(this.#version);
  }

  get id(): string {
    return this.#identity.id;
  }

  /** Where it can be spoken to. */
  get connection(): AgentConnection | undefined {
    if (this.#bond === undefined) return undefined;
    const { path, connection, sinceMs } = this.#bond;
    return { id: this.id, connection, transport: path.transport, address: path.address, sinceMs };
  }

  admits(address: string): boolean {
    return this.#allowed.admits(address);
  }

  /** Whether the record is still that of this session; otherwise it is to be closed, and another begun. */
  isOf({ name, address, key }: AgentIdentity): boolean {
    const own = this.#identity;
    return name === own.name && address === own.address && key === own.key;
  }

  // ── what the agent says ──────────────────────────────────────────────────────────────────────────────────────────

  /** A message that was opened with this agent's key. Undefined: it was taken. */
  take(message: OpenedMessage, path: AgentPath, nowMs: number): AgentFault | undefined {
    const verdict = this.#window.accept(message.counter, this.#needs.policy.isStrict, message.random);
    if (verdict !== "accepted") return verdict;
    if (path.agentId === "") this.#prove(path);
    if (isControl(message.payload)) return this.#takeControl(message, path, nowMs);
    if (this.#bond?.path.isSame(path) === true) this.isHeard = true;
    this.#takeEvent(message.payload);
    return undefined;
  }

  #prove(path: AgentPath): void {
    path.agentId = this.id;
    if (path.transport === "udp") return;
    this.#paths.add(path);
    if (this.#paths.size <= pathsMax) return;
    for (const oldest of this.#paths) {
      if (oldest === this.#bond?.path) continue;
      this.#paths.delete(oldest);
      oldest.close();
      break;
    }
  }

  #takeEvent(payload: Buffer, isTruncated = false, origin?: EventOrigin): void {
    const { counters, sink } = this.#needs;
    const event = readEvent(payload, this.#isEscaping);
    if (typeof event === "string") {
      if (event === "event_keepalive") counters.blank += 1;
      else counters.badEvents += 1;
    } else if (event.queue === inventoryQueue) counters.inventory += 1;
    else if (event.log.length === 0) counters.blank += 1;
    else {
      counters.events += 1;
      sink.accept(this.#sources.of(event.queue, event.location), event.log, isTruncated, undefined, origin);
    }
  }

  #takeControl(message: OpenedMessage, path: AgentPath, nowMs: number): AgentFault | undefined {
    const control = readAgentControl(message.payload);
    const { counters } = this.#needs;
    if (control.kind === "unknown") counters.unknownControls += 1;
    else counters.controls += 1;
    if (control.kind === "startup" || control.kind === "keepalive") {
      const fault = this.#bind(path, message, nowMs);
      if (fault === undefined) this.#greet(control, nowMs);
      return fault;
    }
    if (control.kind === "events") return this.#takeNumbered(control.batch, path);
    if (this.#bond?.path.isSame(path) === true) this.isHeard = true;
    if (control.kind === "shutdown") this.#onShutdown(path);
    else if (control.kind === "answer") this.#onAnswer(control.counter, control.text);
    return undefined;
  }

  #takeNumbered(batch: NumberedBatch | undefined, path: AgentPath): AgentFault | undefined {
    const bond = this.#bond;
    if (bond?.numbered === undefined || !bond.path.isSame(path)) return "batch_unasked";
    if (batch === undefined) return "batch_broken";
    this.isHeard = true;
    bond.numbered.take(batch);
    return undefined;
  }

  /** Right behind the ack, over TCP: over UDP batches would be lost, and come in any order. */
  #offer(): void {
    const bond = this.#bond;
    if (bond === undefined || bond.path.transport !== "tcp") return;
    bond.numbered = new NumberedEvents({
      sink: this.#needs.sink,
      accept: (payload, isTruncated, origin) => this.#takeEvent(payload, isTruncated, origin),
      answer: (stored) => {
        if (this.#bond === bond) this.#say(managerControl({ kind: "stored", ...stored }));
      },
    });
    this.#say(managerControl({ kind: "offer" }));
  }

  /** The way on which a control message has come is the agent's from now on. */
  #bind(path: AgentPath, { counter, dialect }: OpenedMessage, nowMs: number): AgentFault | undefined {
    const before = this.#bond;
    if (before?.path.isSame(path) === true) {
      before.heardAtMs = nowMs;
    } else {
      if (before !== undefined && !this.#mayOvertake(before, path, counter, nowMs)) return "older_elsewhere";
      const connection = Buffer.from(this.#needs.random.bytes(8)).toString("hex");
      this.#bond = { path, connection, sinceMs: nowMs, heardAtMs: nowMs, numbered: undefined, isKnown: false };
      this.#floor = this.#identity.counterFloor;
      this.#leave();
      if (before?.path.transport === "tcp") {
        this.#needs.counters.overtaken += 1;
        before.path.close();
      }
    }
    this.#voice.dialect = dialect;
    this.isHeard = true;
    return undefined;
  }

  #mayOvertake(bond: Bond, path: AgentPath, { global, local }: MessageCounter, nowMs: number): boolean {
    const newest = this.#window.greatest;
    if (newest?.global === global && newest.local === local) return true;
    return bond.path.address === path.address || nowMs - bond.heardAtMs >= overtakeMs;
  }

  /** Answers first, and only then tells anybody of it. */
  #greet(control: AgentControl & { kind: "startup" | "keepalive" }, nowMs: number): void {
    const version = control.kind === "startup" ? (control.version ?? undefined) : control.facts?.version;
    if (version !== undefined && version !== "") this.#learn(version);
    if (control.kind === "startup") {
      // The agent begins anew: it knows nothing of a file that was on its way.
      this.#leave();
      const refusal = this.#refusalOf(control.version);
      if (refusal !== undefined) return void this.#say(managerControl({ kind: "refusal", message: refusal }));
    }
    this.#say(ack);
    if (control.kind === "startup" && control.keepsEvents === true) this.#offer();
    const facts = control.kind === "keepalive" ? control.facts : undefined;
    this.#report(control.kind, { version: control.kind === "startup" ? version : undefined, facts });
    if (facts === undefined) return;
    const wanted = this.#needs.shared.sumOf(this.id);
    if (this.#push.onKeepalive(facts.mergedSum, wanted, nowMs)) this.#needs.onPushWanted(this);
  }

  #learn(text: string): void {
    this.#version = parseAgentVersion(text);
    this.#isEscaping = escapesLocation(this.#version);
  }

  #refusalOf(written: string | null | undefined): string | undefined {
    const most = this.#needs.policy.versionMax;
    if (most === undefined || written === undefined) return undefined;
    const version = written === null ? undefined : parseAgentVersion(written);
    if (version === undefined) return noVersion;
    const isLater = version.major - most.major || version.minor - most.minor;
    return isLater > 0 ? laterVersion : undefined;
  }

  #onShutdown(path: AgentPath): void {
    const bond = this.#bond;
    // Of a connection that another has overtaken it says nothing of the agent.
    if (bond === undefined || !bond.path.isSame(path)) return;
    this.#report("shutdown");
    this.#bond = undefined;
    this.#leave();
    const { name, address } = this.#identity;
    const text = `ossec: Agent stopped: '${name}->${shownAddress(address)}'.`;
    this.#needs.sink.accept(this.#sources.of("1", "wazuh-remoted"), Buffer.from(text, "utf8"), false);
  }

  #onAnswer(counter: string, text: string): void {
    const isAnswer = this.#needs.requests.onAnswer(this.id, counter, text);
    if (isAnswer && this.#bond?.path.transport === "udp") this.#say(managerControl({ kind: "answer_ack", counter }));
  }

  #report(kind: AgentReport["kind"], more: Pick<AgentReport, "version" | "facts"> = {}): void {
    const bond = this.#bond;
    if (bond === undefined) return;
    const { connection, path } = bond;
    const { address: peerAddress, transport } = path;
    const counter = this.#voice.globalCounter;
    this.#needs.reports.report({ id: this.id, connection, kind, ageMs: 0, peerAddress, transport, counter, ...more });
  }

  // ── what is said to the agent ────────────────────────────────────────────────────────────────────────────────────

  /** `payload` has at least one byte. */
  send(payload: Buffer, nowMs: number): SendVerdict {
    if (!this.#isHere(nowMs)) return "not_here";
    if (payload.length > payloadBytesMax(this.#version)) return "too_long";
    if (!this.#push.isSending || harmlessInFile.test(payload.toString("latin1", 0, 96))) {
      return this.#say(payload) ? "sent" : "congested";
    }
    if (this.#held.length >= heldMax) return "congested";
    this.#held.push(Buffer.from(payload));
    return "sent";
  }

  get takesRequests(): boolean {
    return takesRequests(this.#version);
  }

  get takesForceReconnect(): boolean {
    return takesForceReconnect(this.#version);
  }

  #isHere(nowMs: number): boolean {
    const bond = this.#bond;
    if (bond === undefined) return false;
    return bond.path.transport === "tcp" || nowMs - bond.heardAtMs <= udpSilenceMsMax;
  }

  #say(payload: Buffer): boolean {
    return this.#voice.say(payload, this.#bond?.path, this.#floor);
  }

  // ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Reads the file that the agent is to have; resolves when it can be sent, or is not to be had. */
  async readFile(): Promise<void> {
    const bond = this.#bond;
    const file: AgentFile | undefined = await this.#needs.shared.read(this.id);
    // Meanwhile the agent may have come on another way, and be given the file there.
    if (this.#push.isSending) return;
    if (bond === undefined || this.#bond !== bond || file === undefined) return this.#push.giveUp();
    const { transport } = bond.path;
    const nowMs = this.#needs.clock.monotonicMs();
    this.#push.begin(file, chunkBytesMax(this.#version, transport), transport === "udp", nowMs);
  }

  /** Sends the next piece. False: nothing can be sent now. */
  pushSome(nowMs: number): boolean {
    if (!this.#push.isSending || this.#bond === undefined || this.#bond.path.isCongested) return false;
    const payload = this.#push.next(nowMs);
    if (payload !== undefined) return this.#say(payload);
    if (this.#push.isIdle) this.#onPushed();
    return false;
  }

  get isPushing(): boolean {
    return !this.#push.isIdle;
  }

  #onPushed(): void {
    this.#needs.counters.pushes += 1;
    const held = this.#held;
    this.#held = [];
    for (const payload of held) this.#say(payload);
  }

  // ── what ends ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The connection has ended by itself. */
  onClosed(path: AgentPath): void {
    this.#paths.delete(path);
    if (this.#bond?.path !== path) return;
    this.#report("closed");
    this.#bond = undefined;
    this.#leave();
  }

  /** The record has changed in what it does not have of client.keys. */
  onRecord(identity: AgentIdentity): void {
    this.#identity = identity;
    // The first time that it names our connection another node's counting may be in it. From then on it is only ours,
    // and to follow it would make each keepalive a change of the registry.
    const isEcho = this.#bond?.isKnown === true && identity.connection === this.#bond.connection;
    if (!isEcho) this.#floor = identity.counterFloor;
    this.release(identity.connection);
  }

  /**
   * `holder` is the connection that the registry names. Another than ours, after it has been ours, means that the agent
   * has gone elsewhere. Before that it is an echo of what was, and a connection that has just come is kept.
   */
  release(holder: string): void {
    const bond = this.#bond;
    if (bond === undefined || holder === "") return;
    if (holder === bond.connection) bond.isKnown = true;
    else if (bond.isKnown) this.#part(bond);
  }

  #part({ path }: Bond): void {
    this.#bond = undefined;
    this.#leave();
    path.close();
  }

  /** Ends the connection, as if it had ended by itself. */
  disconnect(): void {
    const path = this.#bond?.path;
    if (path === undefined) return;
    this.onClosed(path);
    path.close();
  }

  /** The agent is not known any more, or has another key. */
  close(): void {
    this.#bond = undefined;
    this.#leave();
    for (const path of this.#paths) path.close();
  }

  /** Nothing that was begun on the way before goes on. */
  #leave(): void {
    this.#push.giveUp();
    this.#held = [];
    this.#needs.requests.onGone(this.id);
  }
}
