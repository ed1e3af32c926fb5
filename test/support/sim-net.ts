/**
 * A network in memory: pairs of transports that deliver in order, cut bytes where they like, honour `pause`, and
 * break when told. What was sent before a break is delivered up to a random byte and no further, as with a real
 * connection.
 */
import { createHash } from "node:crypto";
import type { NodeRole } from "../../src/model/node.ts";
import {
  agentStreams,
  streamNames,
  type PeerProof,
  type StreamName,
  type Transport,
  type TransportEvents,
} from "../../src/link/transport.ts";

/** A seeded generator of numbers in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed * 2_654_435_761 + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state & 0xffff_ff) / 0x100_0000;
  };
}

class SimTransport implements Transport {
  readonly plays: NodeRole;
  readonly peer: PeerProof;
  readonly #fraction: () => number;
  other: SimTransport | undefined;
  #events: TransportEvents | undefined;
  #isClosed = false;
  #hasAgents = false;
  readonly #paused = new Set<StreamName>();
  readonly #waiting = new Map<StreamName, Buffer[]>(streamNames.map((name) => [name, []]));
  /** What comes on these is lost: a test speaks in this end's place. */
  readonly deaf = new Set<StreamName>();
  /** Everything that was sent, for transcripts. */
  onSent: (stream: StreamName, bytes: Buffer) => void = () => undefined;

  constructor(plays: NodeRole, peer: PeerProof, fraction: () => number) {
    this.plays = plays;
    this.peer = peer;
    this.#fraction = fraction;
  }

  start(events: TransportEvents): void {
    this.#events = events;
  }

  openAgentStreams(): void {
    this.#hasAgents = true;
  }

  #hasStream(stream: StreamName): boolean {
    return this.#hasAgents || !(agentStreams as readonly StreamName[]).includes(stream);
  }

  send(stream: StreamName, ...pieces: Buffer[]): void {
    if (this.#isClosed || !this.#hasStream(stream)) return;
    const bytes = Buffer.concat(pieces);
    this.onSent(stream, bytes);
    this.other?.take(stream, bytes);
  }

  take(stream: StreamName, bytes: Buffer): void {
    this.#waiting.get(stream)?.push(bytes);
  }

  pendingBytes(stream: StreamName): number {
    return this.other?.waitingBytes(stream) ?? 0;
  }

  waitingBytes(stream: StreamName): number {
    return (this.#waiting.get(stream) ?? []).reduce((sum, { length }) => sum + length, 0);
  }

  pause(stream: StreamName): void {
    this.#paused.add(stream);
  }

  resume(stream: StreamName): void {
    this.#paused.delete(stream);
  }

  /** Delivers some of what waits; false when there was nothing to deliver. */
  deliver(): boolean {
    if (this.#events === undefined || this.#isClosed) return false;
    const ready = streamNames.filter((name) => !this.#paused.has(name) && this.waitingBytes(name) > 0);
    const stream = ready[Math.floor(this.#fraction() * ready.length)];
    if (stream === undefined) return false;
    if (!this.#hasStream(stream)) {
      this.cut();
      return true;
    }
    const bytes = Buffer.concat(this.#waiting.get(stream) ?? []);
    const cut = this.#fraction() < 0.7 ? bytes.length : 1 + Math.floor(this.#fraction() * bytes.length);
    this.#waiting.set(stream, cut < bytes.length ? [bytes.subarray(cut)] : []);
    if (!this.deaf.has(stream)) this.#events.onBytes(stream, Buffer.from(bytes.subarray(0, cut)));
    if (cut === bytes.length) this.other?.drained(stream);
    return true;
  }

  drained(stream: StreamName): void {
    const isTold = (agentStreams as readonly StreamName[]).includes(stream);
    if (isTold && !this.#isClosed) this.#events?.onDrained(stream);
  }

  close(): void {
    if (this.#isClosed) return;
    // What was sent leaves before the end, as far as the other end reads.
    for (let round = 0; round < 20 && this.other?.deliver() === true; round += 1);
    this.cut();
  }

  /** Both ends learn that the connection is gone. */
  cut(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#events?.onClosed("cut");
    this.other?.cut();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }
}

export class SimConnection {
  readonly master: SimTransport;
  readonly worker: SimTransport;

  constructor(masterName: string, workerName: string, fraction: () => number, number = 1) {
    const exporter = createHash("sha256").update(`connection ${number}`).digest();
    const common = { address: "10.0.0.1", port: 1516, exporter };
    this.master = new SimTransport("master", { ...common, name: workerName, isDialledByUs: true }, fraction);
    this.worker = new SimTransport("worker", { ...common, name: masterName, isDialledByUs: false }, fraction);
    this.master.other = this.worker;
    this.worker.other = this.master;
  }

  /** Delivers until both ends are quiet, letting promises run between; at most `rounds` deliveries. */
  async settle(rounds = 10_000): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      const isBusy = this.master.deliver() || this.worker.deliver();
      await new Promise((resolve) => setImmediate(resolve));
      if (isBusy) continue;
      // A spool and a journal of promises take a few turns to answer.
      for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      if (!this.master.deliver() && !this.worker.deliver()) return;
    }
  }
}
