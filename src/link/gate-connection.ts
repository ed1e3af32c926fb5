/**
 * The listening socket of the cluster port, and what strangers meet there: each raw socket is held, and only a whole
 * ClientHello with an identity of this cluster becomes a TLS object. docs/protocol/link.md section 3.2.
 */
import { createServer, type Server, type Socket } from "node:net";
import type { Clock, Timer } from "../base/clock.ts";
import type { OccasionalLog } from "../base/occasional-log.ts";
import { parseAddress } from "../config/address.ts";
import { CLIENT_HELLO_BYTES_MAX, lookAtClientHello } from "./client-hello.ts";
import { LinkListenError } from "./errors.ts";
import { Gate, type GateLimits, type Place } from "./gate.ts";
import { readIdentity, refusalOfIdentity, type IdentityRefusal, type LinkIdentity, type Listener } from "./identity.ts";
import { countReason, type LinkCounters } from "./metrics.ts";
import type { ConnectionRefusal } from "./transport.ts";

export interface GateOptions {
  clock: Clock;
  complaints: OccasionalLog;
  counters: LinkCounters;
  limits: GateLimits;
  bindAddress: string;
  port: number;
  listener: Listener;
  knownAddresses: () => readonly string[];
  /** A whole ClientHello that may be one of ours; its bytes are in the socket again. The socket stays in its place. */
  onHello(held: HeldSocket): void;
  onRefused(refusal: ConnectionRefusal): void;
}

/** TLS alerts, fatal, as plain records: nothing has been encrypted yet. */
const alerts: Record<IdentityRefusal, number> = {
  wrong_cluster: 112, // unrecognized_name
  wrong_key: 115, // unknown_psk_identity
  own_name: 49, // access_denied
  wrong_node: 49,
};

const sentences: Record<string, (identity: LinkIdentity | undefined) => string> = {
  wrong_cluster: (identity) => `${identity?.from} belongs to a cluster of another <name>`,
  wrong_key: (identity) => `${identity?.from} has another <key> than this cluster`,
  own_name: (identity) => `${identity?.from} calls itself as this node does`,
  wrong_node: (identity) => `${identity?.from} means to reach ${identity?.to ?? "a master"}`,
  not_tls: () => "what it sends is not TLS",
  no_psk: () => "it offers no pre-shared key",
  bad_identity: () => "its identity is not one of Argus",
  too_long: () => "its greeting is too long",
  too_slow: () => "it did not prove the cluster's key in time",
  gave_way: () => "it was silent and gave way to a newer connection",
  crowded: () => "all places for connections without proof are taken",
  tls_failed: () => "the TLS handshake failed",
};

/** A connection that has not proven anything yet. */
export class HeldSocket implements Place {
  readonly socket: Socket;
  readonly address: string;
  readonly port: number;
  hasHello = false;
  identity: LinkIdentity | undefined;
  chunks: Buffer[] = [];
  heldBytes = 0;
  timer: Timer | undefined;
  stopReading: () => void = () => undefined;

  constructor(socket: Socket, address: string) {
    this.socket = socket;
    this.address = address;
    this.port = socket.remotePort ?? 0;
  }
}

export class GateServer {
  readonly #options: GateOptions;
  readonly #server: Server;
  readonly #gate: Gate<HeldSocket>;

  private constructor(options: GateOptions, server: Server) {
    this.#options = options;
    this.#server = server;
    this.#gate = new Gate(options.limits);
    server.on("connection", (socket) => this.#onConnection(socket));
    server.on("error", () => undefined); // Of one accept (EMFILE): the next one may succeed.
  }

  /** Rejects with `LinkListenError`. */
  static async open(options: GateOptions): Promise<GateServer> {
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 });
    const { bindAddress: host, port } = options;
    await new Promise<void>((resolve, reject) => {
      server.once("error", (cause) => reject(new LinkListenError(host, port, cause)));
      server.listen({ host, port }, resolve);
    });
    server.removeAllListeners("error");
    return new GateServer(options, server);
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Connections that have not proven the key. */
  get heldCount(): number {
    return this.#gate.count;
  }

  async close(): Promise<void> {
    for (const held of this.#gate.all()) this.#drop(held);
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** It has proven the key: it takes no place here any longer. */
  release(held: HeldSocket): void {
    held.timer?.cancel();
    this.#gate.leave(held);
  }

  /** Counts and logs, at most a line a minute and reason, and closes. */
  refuse(held: HeldSocket, code: string): void {
    if (!this.#gate.leave(held)) return;
    const message = sentences[code]?.(held.identity) ?? code;
    this.#tell(held.address, held.identity?.from, code, message);
    this.#drop(held);
  }

  #tell(address: string, name: string | undefined, code: string, message: string): void {
    const { counters, complaints, onRefused } = this.#options;
    countReason(counters.refusedEarly, code);
    complaints.warning(code, `Connection from ${address} refused (${code}): ${message}.`);
    onRefused({ name, address, code, message });
  }

  #drop(held: HeldSocket): void {
    held.timer?.cancel();
    held.stopReading();
    this.#gate.leave(held);
    held.chunks = [];
    // An alert that was written leaves first; a peer that does not read it is cut off by the system's own time-out.
    if (held.socket.writableLength > 0) held.socket.destroySoon();
    else held.socket.destroy();
  }

  #onConnection(socket: Socket): void {
    const { counters, knownAddresses, clock, limits } = this.#options;
    socket.on("error", () => undefined); // A reset is no news: "close" follows.
    counters.accepted += 1;
    if (socket.remoteAddress === undefined) return void socket.destroy(); // Gone already.
    const address = parseAddress(socket.remoteAddress)?.text ?? socket.remoteAddress;
    const held = new HeldSocket(socket, address);
    const known = new Set(knownAddresses());
    const entry = this.#gate.enter(held, (one) => known.has(one));
    if (!entry.isAdmitted) {
      this.#tell(address, undefined, "crowded", sentences["crowded"]?.(undefined) ?? "");
      return void socket.destroy();
    }
    if (entry.evicted !== undefined) {
      this.#tell(entry.evicted.address, undefined, "gave_way", sentences["gave_way"]?.(undefined) ?? "");
      this.#drop(entry.evicted);
    }
    held.timer = clock.after(limits.authenticationMsMax, () => this.refuse(held, "too_slow"));
    const onReadable = (): void => this.#onReadable(held);
    held.stopReading = () => socket.off("readable", onReadable);
    socket.on("readable", onReadable);
    socket.once("close", () => this.release(held));
  }

  #onReadable(held: HeldSocket): void {
    const { socket } = held;
    const bytes: unknown = socket.read();
    if (!Buffer.isBuffer(bytes)) return;
    held.chunks.push(bytes);
    held.heldBytes += bytes.length;
    const whole = held.chunks.length === 1 ? bytes : Buffer.concat(held.chunks);
    const look = lookAtClientHello(whole.subarray(0, CLIENT_HELLO_BYTES_MAX + 1));
    if (look.state === "refused") return this.refuse(held, look.reason);
    if (look.state === "whole") return this.#onIdentity(held, look.identity, whole);
    held.chunks = [whole];
    if (held.heldBytes > CLIENT_HELLO_BYTES_MAX) this.refuse(held, "too_long");
  }

  #onIdentity(held: HeldSocket, text: string, hello: Buffer): void {
    held.identity = readIdentity(text);
    if (held.identity === undefined) return this.refuse(held, "bad_identity");
    const refusal = refusalOfIdentity(held.identity, this.#options.listener);
    if (refusal !== undefined) {
      held.socket.write(Buffer.from([21, 3, 3, 0, 2, 2, alerts[refusal]]));
      return this.refuse(held, refusal);
    }
    held.hasHello = true;
    held.stopReading();
    held.chunks = [];
    held.socket.unshift(hello);
    this.#options.onHello(held);
  }
}
