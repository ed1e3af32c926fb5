/**
 * The real network of the link: TLS 1.3 with an external PSK on both sides of a connection, behind the gate.
 * docs/protocol/link.md sections 2 and 3.
 */
import { constants } from "node:crypto";
import { connect as connectTcp, type Socket } from "node:net";
import {
  connect as connectTls,
  createServer,
  type ConnectionOptions,
  type Server,
  type TlsOptions,
  type TLSSocket,
} from "node:tls";
import type { Clock } from "../base/clock.ts";
import { errnoOf } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import { OccasionalLog } from "../base/occasional-log.ts";
import { parseAddress } from "../config/address.ts";
import type { NodeRole } from "../model/node.ts";
import { GateServer, type HeldSocket } from "./gate-connection.ts";
import { gateLimits, type GateLimits } from "./gate.ts";
import { Http2Transport } from "./http2-connection.ts";
import { readIdentity, writeIdentity, type LinkIdentity, type Listener } from "./identity.ts";
import type { LinkCounters } from "./metrics.ts";
import type { DialTarget } from "./needs.ts";
import { clusterTagOf, type ClusterKey } from "./psk.ts";
import type { ConnectionRefusal, DialResult, Network, NetworkEvents } from "./transport.ts";

export interface TlsNetworkOptions {
  clock: Clock;
  log: Log;
  /** Also the local address of outgoing connections, unless it is a wildcard. */
  bindAddress: string;
  port: number;
  name: string;
  role: NodeRole;
  cluster: string;
  /** The first one is used for dialling; all are accepted (two during a rotation). */
  keys: readonly ClusterKey[];
  /** Addresses of cluster.conf or `<nodes>`: each has four places of its own before authentication. */
  knownAddresses: () => readonly string[];
  /** Of the link that uses this network. */
  counters: LinkCounters;
  limits?: Partial<GateLimits>;
}

const ALPN = "argus/1";
/** AES first: half the CPU of ChaCha20 where the processor has its instructions. */
const ciphers = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";
const tlsOptions: Pick<
  TlsOptions & ConnectionOptions,
  "minVersion" | "maxVersion" | "ciphers" | "ecdhCurve" | "ALPNProtocols" | "secureOptions"
> = {
  ...{ minVersion: "TLSv1.3", maxVersion: "TLSv1.3", ciphers, ecdhCurve: "X25519", ALPNProtocols: [ALPN] },
  secureOptions: constants.SSL_OP_NO_TICKET, // A ticket bypasses the key.
};

export function openNetwork(options: TlsNetworkOptions): TlsNetwork {
  return new TlsNetwork(options);
}

export class TlsNetwork implements Network {
  readonly counters: LinkCounters;
  readonly #options: TlsNetworkOptions;
  readonly #listener: Listener;
  readonly #limits: GateLimits;
  readonly #server: Server;
  /** By `address:port` of the remote end, which the raw socket and its TLS socket share. */
  readonly #held = new Map<string, HeldSocket>();
  readonly #proven = new WeakMap<TLSSocket, LinkIdentity>();
  #events: NetworkEvents | undefined;
  #gate: GateServer | undefined;

  constructor(options: TlsNetworkOptions) {
    const { name, role, cluster, keys } = options;
    this.#options = options;
    this.counters = options.counters;
    this.#limits = { ...gateLimits, ...options.limits };
    this.#listener = { name, role, clusterTag: clusterTagOf(cluster), keyIds: keys.map(({ keyId }) => keyId) };
    this.#server = createServer({
      ...tlsOptions,
      handshakeTimeout: this.#limits.authenticationMsMax,
      pskCallback: (socket, identity) => this.#keyOf(socket, identity),
    });
    this.#server.on("secureConnection", (socket) => this.#onSecure(socket));
    this.#server.on("tlsClientError", (error, socket) => this.#onTlsError(error, socket));
  }

  /** Of the listening socket; 0 while it does not listen. */
  get port(): number {
    return this.#gate?.port ?? 0;
  }

  /** Connections that have not proven the key. */
  get heldCount(): number {
    return this.#gate?.heldCount ?? 0;
  }

  async listen(events: NetworkEvents): Promise<void> {
    const { clock, log, bindAddress, port, knownAddresses } = this.#options;
    this.#events = events;
    this.#gate = await GateServer.open({
      ...{ clock, bindAddress, port, knownAddresses, counters: this.counters, limits: this.#limits },
      complaints: new OccasionalLog(log.tagged("Link", "Gate"), clock),
      listener: this.#listener,
      onHello: (held) => this.#onHello(held),
      onRefused: (refusal) => events.onRefused(refusal),
    });
  }

  async close(): Promise<void> {
    await this.#gate?.close();
    this.#gate = undefined;
  }

  async dial(target: DialTarget, signal: AbortSignal): Promise<DialResult> {
    const identity = this.#identityFor(target);
    const [key] = this.#options.keys;
    const result = key === undefined ? "no key" : await this.#handshake(target, writeIdentity(identity), key, signal);
    if (typeof result === "string") return { refusal: refusalOfDial(target, result) };
    const exporter = result.exportKeyingMaterial(32, "argus-hello", Buffer.alloc(0));
    const address = parseAddress(result.remoteAddress ?? "")?.text ?? target.address;
    const peer = { name: target.name, address, port: target.port, isDialledByUs: true, exporter };
    return { transport: new Http2Transport(result, this.#options.role, peer) };
  }

  #identityFor(target: DialTarget): LinkIdentity {
    const { name: from, role } = this.#options;
    const [keyId = ""] = this.#listener.keyIds;
    return { from, to: target.name, keyId, clusterTag: this.#listener.clusterTag, role };
  }

  /** The socket, or the code of what went wrong. */
  #handshake(
    { address, port }: DialTarget,
    identity: string,
    key: ClusterKey,
    signal: AbortSignal,
  ): Promise<TLSSocket | string> {
    const { bindAddress, clock } = this.#options;
    const isWildcard = bindAddress === "0.0.0.0" || bindAddress === "::";
    return new Promise((resolve) => {
      const raw: Socket = connectTcp({
        ...{ host: address, port, noDelay: true, keepAlive: true },
        ...(isWildcard ? {} : { localAddress: bindAddress }),
      });
      const socket = connectTls({
        ...tlsOptions,
        socket: raw,
        pskCallback: () => ({ psk: key.psk, identity }),
        checkServerIdentity: () => undefined,
      });
      const timer = clock.after(this.#limits.authenticationMsMax, () => done("unreachable"));
      const onAbort = (): void => done("unreachable");
      function done(result: TLSSocket | string): void {
        timer.cancel();
        signal.removeEventListener("abort", onAbort);
        if (typeof result === "string") {
          raw.destroy();
          socket.destroy();
        }
        resolve(result);
      }
      signal.addEventListener("abort", onAbort);
      raw.on("error", (error) => done(codeOfDialError(error)));
      socket.on("error", (error) => done(codeOfDialError(error)));
      socket.on("close", () => done("unreachable"));
      socket.on("secureConnect", () => done(socket.alpnProtocol === ALPN ? socket : "tls_failed"));
      if (signal.aborted) onAbort();
    });
  }

  /** Runs before the handshake ends; must not throw. */
  #keyOf(socket: TLSSocket, text: string): Buffer | null {
    const identity = readIdentity(text);
    const key = this.#options.keys.find(({ keyId }) => keyId === identity?.keyId);
    if (identity === undefined || key === undefined) return null;
    this.#proven.set(socket, identity);
    return key.psk;
  }

  #onHello(held: HeldSocket): void {
    const place = `${held.socket.remoteAddress}:${held.port}`;
    this.#held.set(place, held);
    held.socket.once("close", () => {
      if (this.#held.get(place) === held) this.#held.delete(place);
    });
    this.#server.emit("connection", held.socket);
  }

  #heldOf(socket: TLSSocket): HeldSocket | undefined {
    return this.#held.get(`${socket.remoteAddress}:${socket.remotePort}`);
  }

  #onTlsError(error: Error, socket: TLSSocket): void {
    const held = this.#heldOf(socket);
    const isWrongKey = errnoOf(error) === "ERR_SSL_BINDER_DOES_NOT_VERIFY";
    if (held !== undefined) this.#gate?.refuse(held, isWrongKey ? "wrong_key" : "tls_failed");
    socket.destroy();
  }

  #onSecure(socket: TLSSocket): void {
    const held = this.#heldOf(socket);
    const identity = this.#proven.get(socket);
    // The identity that proved the key must be the one that the gate has judged.
    const isSame = identity !== undefined && held?.identity !== undefined && isEqual(identity, held.identity);
    if (held === undefined || !isSame || socket.alpnProtocol !== ALPN) {
      if (held !== undefined) this.#gate?.refuse(held, "tls_failed");
      return void socket.destroy();
    }
    this.#gate?.release(held);
    const exporter = socket.exportKeyingMaterial(32, "argus-hello", Buffer.alloc(0));
    const { address, port } = held;
    const peer = { name: identity.from, address, port, isDialledByUs: false, exporter };
    const plays = identity.role === "master" ? "worker" : "master"; // What its dialler is not.
    this.#events?.onTransport(new Http2Transport(socket, plays, peer));
  }
}

function isEqual(a: LinkIdentity, b: LinkIdentity): boolean {
  return writeIdentity(a) === writeIdentity(b);
}

/** OpenSSL's words for the alerts of the gate and of a listener differ by release; here they become ours. */
const dialCodes: readonly (readonly [RegExp, string])[] = [
  [/UNKNOWN_PSK_IDENTITY/, "wrong_key"],
  [/UNRECOGNIZED_NAME/, "wrong_cluster"],
  [/ACCESS_DENIED/, "wrong_node"],
  [/DECRYPT_ERROR|ILLEGAL_PARAMETER|BINDER/, "wrong_key"],
  [/_SSL_|SSL_/, "tls_failed"],
];

function codeOfDialError(error: unknown): string {
  const code = errnoOf(error);
  const text = `${code} ${error instanceof Error ? error.message : ""}`;
  return dialCodes.find(([pattern]) => pattern.test(text.toUpperCase().replaceAll(" ", "_")))?.[1] ?? "unreachable";
}

function refusalOfDial({ name, address, port }: DialTarget, code: string): ConnectionRefusal {
  const who = name === undefined ? `the node at ${address}:${port}` : `${name} at ${address}:${port}`;
  const sentences: Record<string, string> = {
    wrong_key: `${who} has another <key> than this node`,
    wrong_cluster: `${who} belongs to a cluster of another <name>`,
    wrong_node: `the node at ${address}:${port} is not ${name ?? "a master"}, or has this node's own name`,
    tls_failed: `what listens at ${address}:${port} does not speak Argus's protocol`,
  };
  return { name, address, code, message: sentences[code] ?? `${who} cannot be reached` };
}
