/**
 * An agent as the manager sees it: seals and opens messages with the codec of `wire/`, over real sockets. It says what
 * a test tells it to say, and keeps what it hears.
 */
import { createSocket, type Socket as Datagrams } from "node:dgram";
import { connect, type Socket } from "node:net";
import { randomBytes } from "node:crypto";
import { AgentCipher } from "../../src/wire/agent-cipher.ts";
import { agentControl } from "../../src/wire/control-message.ts";
import type { MessageCounter } from "../../src/wire/message-counter.ts";
import { type Dialect, openMessage, readEnvelope, sealMessage } from "../../src/wire/secure-message.ts";
import { frameOf, TcpFrames } from "../../src/wire/tcp-frames.ts";
import { noFacts } from "../../src/model/agent.ts";
import type { AgentIdentity } from "../../src/intake/needs.ts";

/** A registered agent, with what a test does not care about filled in. */
export function agentOf(id: string, more: Partial<AgentIdentity> = {}): AgentIdentity {
  const key = id.padStart(8, "k").repeat(8);
  return { id, name: `web${id}`, address: "any", key, counterFloor: 0, connection: "", facts: noFacts, ...more };
}

export interface Heard {
  payload: string;
  dialect: Dialect;
  counter: MessageCounter;
}

export const startup = (version?: string): Buffer => agentControl({ kind: "startup", version });
export const shutdown = agentControl({ kind: "shutdown" });

export function keepalive(mergedSum = "x", version = "Wazuh v4.14.7"): Buffer {
  const uname = "Linux |host |5.10 |#1 SMP |x86_64 [Ubuntu|ubuntu: 22.04.3 LTS (Jammy Jellyfish)]";
  return agentControl({ kind: "keepalive", facts: { ...noFacts, uname, version, mergedSum } });
}

export class SimAgent {
  readonly heard: Heard[] = [];
  /** Messages that could not be opened, as they came. */
  readonly garbled: Buffer[] = [];
  readonly cipher: AgentCipher;
  counter: MessageCounter = { global: 1, local: 0 };
  dialect: Dialect;
  isClosed = false;
  /** The longest message that came. */
  longestBytes = 0;
  readonly #id: string;
  readonly #isPrefixed: boolean;
  #tcp: Socket | undefined;
  #udp: Datagrams | undefined;
  #target = { host: "127.0.0.1", port: 0 };

  constructor(identity: AgentIdentity, dialect: Dialect = "aes", isPrefixed = true) {
    this.cipher = new AgentCipher(identity);
    this.dialect = dialect;
    this.#id = identity.id;
    this.#isPrefixed = isPrefixed;
  }

  get payloads(): string[] {
    return this.heard.map(({ payload }) => payload);
  }

  async connect(port: number, host = "127.0.0.1", localAddress?: string): Promise<this> {
    const socket = connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) });
    const frames = new TcpFrames((message) => this.#hear(message));
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => void frames.push(chunk));
    socket.on("close", () => (this.isClosed = true));
    await new Promise((resolve) => socket.once("connect", resolve));
    this.#tcp = socket;
    return this;
  }

  async bind(port: number, localAddress = "127.0.0.1", host?: string): Promise<this> {
    const isIpv6 = localAddress.includes(":");
    const socket = createSocket(isIpv6 ? "udp6" : "udp4");
    socket.on("message", (message) => void this.#hear(message));
    await new Promise<void>((resolve) => socket.bind(0, localAddress, resolve));
    this.#target = { host: host ?? (isIpv6 ? "::1" : "127.0.0.1"), port };
    this.#udp = socket;
    return this;
  }

  /** The next message, as it goes over the wire. */
  seal(payload: Uint8Array | string, counter = this.#next()): Buffer {
    return sealMessage(this.cipher, Buffer.from(payload), {
      ...{ dialect: this.dialect, counter, random: randomBytes(2).readUInt16LE() },
      ...(this.dialect === "aes_iv" ? { iv: randomBytes(16) } : {}),
      ...(this.#isPrefixed ? { id: this.#id } : {}),
    });
  }

  say(payload: Uint8Array | string): void {
    this.send(this.seal(payload));
  }

  /** A message that is sealed already, or is none. */
  send(message: Buffer): void {
    if (this.#tcp !== undefined) this.#tcp.write(message.length === 0 ? Buffer.alloc(4) : frameOf(message));
    else this.#udp?.send(message, this.#target.port, this.#target.host);
  }

  /** Bytes of the stream. */
  write(bytes: Buffer): void {
    this.#tcp?.write(bytes);
  }

  /** The socket is not read any more. */
  stall(): void {
    this.#tcp?.pause();
  }

  close(): void {
    this.#tcp?.destroy();
    if (this.#udp !== undefined && !this.isClosed) this.#udp.close();
    this.isClosed = true;
  }

  #next(): MessageCounter {
    return (this.counter = { ...this.counter, local: this.counter.local + 1 });
  }

  #hear(message: Buffer): boolean {
    this.longestBytes = Math.max(this.longestBytes, message.length);
    const envelope = readEnvelope(message);
    const opened = typeof envelope === "string" ? envelope : openMessage(this.cipher, envelope);
    if (typeof opened === "string") this.garbled.push(Buffer.from(message));
    else {
      const { dialect, counter, payload } = opened;
      this.heard.push({ payload: payload.toString("latin1"), dialect, counter });
    }
    return true;
  }
}
