/**
 * A manager for tests of an agent, over real sockets: it answers as a genuine one does, or as a node of Argus, and
 * keeps what it is given. What it "stores" is a set of epoch and seq, as the analysis of a cluster keeps it.
 */
import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import type { AgentRegistration } from "../../src/model/agent.ts";
import { AgentCipher } from "../../src/wire/agent-cipher.ts";
import { isControl, managerControl, readAgentControl } from "../../src/wire/control-message.ts";
import { readEvent } from "../../src/wire/event-payload.ts";
import { nextCounter, type MessageCounter } from "../../src/wire/message-counter.ts";
import { epochText, numberedEvents } from "../../src/wire/numbered-batch.ts";
import { openMessage, readEnvelope, sealMessage } from "../../src/wire/secure-message.ts";
import { frameOf, TcpFrames } from "../../src/wire/tcp-frames.ts";

export class StandInManager {
  readonly #cipher: AgentCipher;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #counter: MessageCounter | undefined;
  readonly isArgus: boolean;
  /** Whether what comes is answered at once: acks, and that it is stored. */
  answers = true;
  stores = true;
  /** Control messages as they came; each location and log; the numbers of those that have any. */
  readonly controls: string[] = [];
  readonly logs: string[] = [];
  readonly numbers = new Set<string>();
  repeated = 0;
  connections = 0;

  private constructor(registration: AgentRegistration, isArgus: boolean, server: Server) {
    this.#cipher = new AgentCipher(registration);
    this.isArgus = isArgus;
    this.#server = server;
    server.on("connection", (socket) => this.#onConnection(socket));
  }

  static async open(registration: AgentRegistration, isArgus: boolean, port = 0): Promise<StandInManager> {
    const server = createServer();
    const manager = new StandInManager(registration, isArgus, server);
    await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port }, resolve));
    return manager;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** To all connections. */
  say(payload: Buffer | string): void {
    for (const socket of this.#sockets) this.#sayTo(socket, payload);
  }

  /** Cuts all connections; new ones are taken. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #sayTo(socket: Socket, payload: Buffer | string): void {
    this.#counter = nextCounter(this.#counter, 1_790_000_000);
    const sealing = { dialect: "aes", counter: this.#counter, random: 7 } as const;
    socket.write(frameOf(sealMessage(this.#cipher, Buffer.from(payload), sealing)));
  }

  #onConnection(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    const frames = new TcpFrames((message) => this.#onMessage(socket, message));
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("data", (chunk: Buffer) => void frames.push(chunk));
  }

  #onMessage(socket: Socket, message: Buffer): boolean {
    const envelope = readEnvelope(message);
    const opened = typeof envelope === "string" ? envelope : openMessage(this.#cipher, envelope);
    if (typeof opened === "string") {
      socket.destroy();
      return false;
    }
    const { payload } = opened;
    if (isControl(payload)) this.#onControl(socket, Buffer.from(payload));
    else this.#take(payload);
    return true;
  }

  #onControl(socket: Socket, payload: Buffer): void {
    const control = readAgentControl(payload);
    if (control.kind !== "events") this.controls.push(payload.toString("latin1"));
    if (control.kind === "startup" || control.kind === "keepalive") {
      if (this.answers) this.#sayTo(socket, managerControl({ kind: "ack" }));
      if (this.isArgus && control.kind === "startup" && control.keepsEvents === true) {
        this.#sayTo(socket, managerControl({ kind: "offer" }));
      }
    }
    if (control.kind !== "events" || control.batch === undefined) return;
    const { epoch, first, count, body } = control.batch;
    for (const { seq, payload: event } of numberedEvents(body, first))
      this.#number(`${epochText(epoch)} ${seq}`, event);
    if (this.stores) this.#sayTo(socket, managerControl({ kind: "stored", epoch, seq: first + count - 1 }));
  }

  #number(name: string, event: Buffer): void {
    if (this.numbers.has(name)) this.repeated += 1;
    else this.#take(event);
    this.numbers.add(name);
  }

  #take(payload: Buffer): void {
    const event = readEvent(payload, true);
    this.logs.push(typeof event === "string" ? event : `${event.location}:${event.log.toString("latin1")}`);
  }

  /** Of a followed file. */
  linesOf(path: string): string[] {
    return this.logs.filter((log) => log.startsWith(`${path}:`)).map((log) => log.slice(path.length + 1));
  }
}
