/** The one connection of an agent: TCP frames, sealed in the agent's dialect, opened with the same key. */
import { connect, type Socket } from "node:net";
import type { Clock } from "../base/clock.ts";
import { describeError } from "../base/error.ts";
import type { Random } from "../base/random.ts";
import type { AgentRegistration } from "../model/agent.ts";
import { AgentCipher } from "../wire/agent-cipher.ts";
import { type MessageCounter, nextCounter, ReplayWindow } from "../wire/message-counter.ts";
import { openMessage, readEnvelope, sealMessage } from "../wire/secure-message.ts";
import { frameOf, TcpFrames } from "../wire/tcp-frames.ts";
import type { Manager } from "./options.ts";

export interface ManagerConnectionNeeds {
  readonly registration: AgentRegistration;
  readonly dialect: "aes" | "blowfish";
  readonly clock: Clock;
  readonly random: Random;
  onConnected(): void;
  /** A view that is valid during the call. */
  onMessage(payload: Buffer): void;
  /** Once, also where it could not be made; not after `close`. */
  onClosed(why: string): void;
  /** More may be written. */
  onDrain(): void;
}

/** Written and not taken on by the system: one second of a slow line. */
const unsentBytesMax = 256 * 1_024;

/** One counter for all managers and connections: it must never be used twice with one key. */
export class SentCounter {
  #last: MessageCounter | undefined;

  next(clock: Clock): MessageCounter {
    this.#last = nextCounter(this.#last, clock.wallMs() / 1_000);
    return this.#last;
  }
}

export class ManagerConnection {
  readonly #needs: ManagerConnectionNeeds;
  readonly #cipher: AgentCipher;
  readonly #counter: SentCounter;
  readonly #socket: Socket;
  readonly #seen = new ReplayWindow();
  #isClosed = false;

  constructor(manager: Manager, counter: SentCounter, needs: ManagerConnectionNeeds) {
    this.#needs = needs;
    this.#counter = counter;
    this.#cipher = new AgentCipher(needs.registration);
    const { host, port } = manager;
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 });
    const frames = new TcpFrames((message) => this.#onMessage(message));
    this.#socket = socket;
    let failure = "the manager has closed the connection";
    socket.on("error", (error) => (failure = describeError(error)));
    socket.on("connect", () => this.#isClosed || needs.onConnected());
    socket.on("data", (chunk: Buffer) => {
      if (this.#isClosed || frames.push(chunk) === undefined) return;
      failure = "what the manager sends is no message";
      socket.destroy();
    });
    socket.on("drain", () => this.#isClosed || needs.onDrain());
    socket.on("close", () => {
      if (this.#isClosed) return;
      this.#isClosed = true;
      needs.onClosed(failure);
    });
  }

  /** The agent's own view of its address; empty before it is connected. */
  get localAddress(): string {
    return this.#socket.localAddress ?? "";
  }

  get isCongested(): boolean {
    return this.#socket.writableLength > unsentBytesMax;
  }

  say(payload: Uint8Array): void {
    if (this.#isClosed) return;
    const { registration, dialect, clock, random } = this.#needs;
    const counter = this.#counter.next(clock);
    const options = { dialect, counter, random: Math.floor(random.fraction() * 65_536), id: registration.id };
    this.#socket.write(frameOf(sealMessage(this.#cipher, payload, options)));
  }

  /** Sends what was said, and then lets go. `onClosed` is not called any more. */
  close(): void {
    this.#isClosed = true;
    this.#socket.end();
    this.#socket.destroySoon();
  }

  #onMessage(message: Buffer): boolean {
    if (this.#isClosed) return false;
    const envelope = readEnvelope(message);
    const opened = typeof envelope === "string" ? envelope : openMessage(this.#cipher, envelope);
    // Another's key, or noise. What the manager then does not hear ends the connection soon enough.
    if (typeof opened === "string") return true;
    // Somebody on the way has said again what the manager had said.
    if (this.#seen.accept(opened.counter, false, opened.random) !== "accepted") return true;
    this.#needs.onMessage(opened.payload);
    return !this.#isClosed;
  }
}
