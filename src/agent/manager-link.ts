/**
 * The agent towards its managers: the session (session.ts) with a socket, a clock and the buffer around it.
 *
 * Events are sent by one loop, which is woken whenever something may have changed: a batch is durable, the connection
 * has drained, a batch is stored, a second has gone by.
 */
import { pause, type Clock, type Timer } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { AgentRegistration } from "../model/agent.ts";
import { agentControl } from "../wire/control-message.ts";
import { type NumberedBatch, numberedBatchPayload, numberedEvents } from "../wire/numbered-batch.ts";
import type { BufferFeed } from "./buffer-feed.ts";
import { ManagerConnection, SentCounter } from "./manager-connection.ts";
import type { Manager } from "./options.ts";
import { AgentSession, type Position, type SessionAction, type SessionMode } from "./session.ts";

export interface ManagerLinkOptions {
  readonly registration: AgentRegistration;
  readonly managers: readonly Manager[];
  readonly dialect: "aes" | "blowfish";
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly feed: BufferFeed;
  readonly notifyMs: number;
  readonly silenceMs: number;
  /** Undefined: as many as the manager takes. */
  readonly eventsPerSecond: number | undefined;
  /** The payload of a keepalive; `address` is the agent's own towards the manager. */
  keepalive(address: string): Buffer;
  /** What is stored by a manager need not be sent again. */
  onStored(upTo: Position): void;
  onMerged(merged: Buffer): void;
  onRestart(): void;
  /** All managers refused the key. */
  onRefused(): void;
  /** The text of an answer to a request of the manager. */
  answer(target: string, command: string, state: LinkState): string;
  /** The buffer cannot be read. */
  onFailed(error: unknown): void;
}

export interface LinkState {
  readonly status: "connected" | "pending";
  /** Since the start. */
  readonly sentEvents: number;
  /** By the monotonic clock; 0: none yet. */
  readonly connectedMs: number;
}

const tickMs = 1_000;

export class ManagerLink {
  readonly #options: ManagerLinkOptions;
  readonly #session: AgentSession;
  readonly #counter = new SentCounter();
  readonly #stopping = new AbortController();
  #connection: ManagerConnection | undefined;
  #mode: SessionMode = "plain";
  #timer: Timer | undefined;
  #isPumping = false;
  #sendableAtMs = 0;
  #sentEvents = 0;
  #connectedMs = 0;

  constructor(options: ManagerLinkOptions) {
    this.#options = options;
    const { managers, random, version, notifyMs, silenceMs } = options;
    this.#session = new AgentSession({
      ...{ managers, random, version, notifyMs, silenceMs },
      keepalive: () => options.keepalive(this.#connection?.localAddress ?? ""),
    });
  }

  begin(): void {
    this.#tick();
  }

  /** To be called when there is something new in the buffer. */
  wake(): void {
    void this.#pump();
  }

  get state(): LinkState {
    return { status: this.#session.status, sentEvents: this.#sentEvents, connectedMs: this.#connectedMs };
  }

  /** Takes leave of the manager. May be called twice. */
  close(): void {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    this.#timer?.cancel();
    this.#do(this.#session.shutdown());
  }

  #tick(): void {
    const { clock } = this.#options;
    this.#timer = clock.after(tickMs, () => this.#tick());
    this.#do(this.#session.tick(clock.monotonicMs()));
    this.wake();
  }

  #do(actions: readonly SessionAction[]): void {
    for (const action of actions) this.#act(action);
  }

  #act(action: SessionAction): void {
    const { log } = this.#options;
    switch (action.type) {
      case "connect":
        return this.#connect(action.manager);
      case "close":
        this.#connection?.close();
        this.#connection = undefined;
        return;
      case "say":
        return this.#connection?.say(action.payload);
      case "live":
        return this.#onLive(action.mode);
      case "release":
        return this.#release(action.upTo);
      case "apply":
        return this.#options.onMerged(action.merged);
      case "restart":
        return this.#options.onRestart();
      case "enrol":
        return this.#options.onRefused();
      case "answer": {
        const text = this.#options.answer(action.target, action.command, this.state);
        return this.#connection?.say(agentControl({ kind: "answer", counter: action.counter, text }));
      }
      case "log":
        return log[action.level](action.text);
    }
  }

  #connect(manager: Manager): void {
    const { registration, dialect, clock, random } = this.#options;
    const isIts = (): boolean => this.#connection === connection;
    const connection: ManagerConnection = new ManagerConnection(manager, this.#counter, {
      ...{ registration, dialect, clock, random },
      onConnected: () => isIts() && this.#do(this.#session.connected(clock.monotonicMs())),
      onMessage: (payload) => {
        if (!isIts()) return;
        this.#do(this.#session.hear(payload, clock.monotonicMs()));
        this.wake();
      },
      onClosed: (why) => {
        if (!isIts()) return;
        this.#connection = undefined;
        this.#do(this.#session.closed(why, clock.monotonicMs()));
      },
      onDrain: () => this.wake(),
    });
    this.#connection = connection;
  }

  #onLive(mode: SessionMode): void {
    this.#mode = mode;
    this.#connectedMs = this.#options.clock.monotonicMs();
    this.#options.feed.rewind();
    this.wake();
  }

  #release(upTo: Position): void {
    this.#options.onStored(upTo);
    this.#options.feed.release(upTo).catch((error: unknown) => this.#options.onFailed(error));
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (this.#session.canSend && this.#connection?.isCongested === false) {
        await this.#untilSendable();
        const connection = this.#connection;
        const piece = await this.#options.feed.next();
        if (piece === undefined) break;
        // What was read for a connection that has ended is read again for the next one.
        if (connection !== this.#connection || !this.#session.isLive) break;
        this.#send(piece);
      }
    } catch (error) {
      this.#options.onFailed(error);
    } finally {
      this.#isPumping = false;
    }
  }

  async #untilSendable(): Promise<void> {
    const { clock } = this.#options;
    const waitMs = this.#sendableAtMs - clock.monotonicMs();
    if (waitMs > 0) await pause(clock, waitMs, this.#stopping.signal);
  }

  #send(piece: NumberedBatch): void {
    const { clock, eventsPerSecond } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#mode === "numbered") this.#connection?.say(numberedBatchPayload(piece));
    else for (const { payload } of numberedEvents(piece.body, piece.first)) this.#connection?.say(payload);
    this.#sentEvents += piece.count;
    if (eventsPerSecond !== undefined) this.#sendableAtMs = nowMs + (piece.count * 1_000) / eventsPerSecond;
    this.#session.sent({ epoch: piece.epoch, seq: piece.first + piece.count - 1 }, nowMs);
  }
}
