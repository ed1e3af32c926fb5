/**
 * The TLS socket of the enrolment port. Strangers meet limits before they meet TLS: of connections in all and per
 * source, of time (5 s for the handshake, 10 s in all, 1 s of silence) and of bytes. When all places are taken, the
 * oldest connection that has not finished its handshake gives way, and after that the newcomer is refused.
 *
 * A reply is written in one piece, and the connection ends as TLS does: old agents take a bare end for a failure.
 */
import { createServer as createTcpServer, type Server as TcpServer, type Socket } from "node:net";
import { checkServerIdentity, createServer, type Server, type TlsOptions, type TLSSocket } from "node:tls";
import type { Clock, Timer } from "../base/clock.ts";
import { describeError } from "../base/error.ts";
import type { OccasionalLog } from "../base/occasional-log.ts";
import { parseAddress } from "../config/address.ts";
import { AuthSession, type AuthAction } from "./auth-session.ts";
import { EnrolmentFileFailed, EnrolmentListenError } from "./errors.ts";
import type { Enrolment } from "./needs.ts";

export interface AuthLimits {
  readonly connectionsMax: number;
  /** Many agents may stand behind one address, and they enrol when their site gets its power back. */
  readonly connectionsPerSourceMax: number;
  readonly handshakeMsMax: number;
  readonly silenceMsMax: number;
  readonly wholeMsMax: number;
}

export const authLimits: AuthLimits = {
  connectionsMax: 512,
  connectionsPerSourceMax: 128,
  handshakeMsMax: 5_000,
  silenceMsMax: 1_000,
  wholeMsMax: 10_000,
};

export interface AuthTls {
  /** PEM. */
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ciphers: string | undefined;
  /** TLS 1.0 and 1.1 as well. */
  readonly isOldAllowed: boolean;
  /** Certificates of which one must have signed the agent's. */
  readonly agentCa: Buffer | undefined;
  /** The agent's certificate must name the address from which it comes. */
  readonly isHostVerified: boolean;
}

export interface AuthCounters {
  accepted: number;
  /** No place was left. */
  crowded: number;
  /** TLS failed: no TLS, too old, no good certificate, or too slow. */
  tlsFailed: number;
  /** Answered with an error. */
  refused: number;
  enrolled: number;
}

export function newAuthCounters(): AuthCounters {
  return { accepted: 0, crowded: 0, tlsFailed: 0, refused: 0, enrolled: 0 };
}

export interface AuthServerOptions {
  readonly host: string;
  readonly port: number;
  readonly isIpv6Only: boolean;
  readonly tls: AuthTls;
  readonly enrolment: Enrolment;
  readonly clock: Clock;
  readonly complaints: OccasionalLog;
  readonly counters: AuthCounters;
  readonly limits: AuthLimits;
}

interface Place {
  readonly socket: Socket;
  readonly source: string;
  isSecure: boolean;
  readonly timers: { whole: Timer; step: Timer };
}

/** Ciphers that every agent has one of (agent-protocol 1.1); Node's own list lacks some for old ones. */
const usualCiphers = "DEFAULT:!aNULL:!eNULL:!MD5:!RC4:!3DES";

function tlsOptionsOf(tls: AuthTls): TlsOptions {
  const { cert, key, ciphers = usualCiphers, isOldAllowed, agentCa } = tls;
  return {
    ...{ cert, key, dhparam: "auto", honorCipherOrder: true, allowHalfOpen: true },
    minVersion: isOldAllowed ? "TLSv1" : "TLSv1.2",
    // What old systems sign with is below OpenSSL's own level of security.
    ciphers: isOldAllowed ? `${ciphers}:@SECLEVEL=0` : ciphers,
    ...(agentCa === undefined ? {} : { ca: agentCa, requestCert: true, rejectUnauthorized: true }),
  };
}

export class AuthServer {
  readonly #options: AuthServerOptions;
  readonly #listener: TcpServer;
  readonly #tls: Server;
  /** In the order of their arrival. */
  readonly #places = new Map<string, Place>();
  readonly #perSource = new Map<string, number>();
  /** Resolves with the error of a listening socket that failed by itself. */
  readonly failed: Promise<unknown>;

  private constructor(options: AuthServerOptions, listener: TcpServer, tls: Server) {
    this.#options = options;
    this.#listener = listener;
    this.#tls = tls;
    listener.on("connection", (socket) => this.#onConnection(socket));
    tls.on("secureConnection", (socket) => this.#onSecure(socket));
    tls.on("tlsClientError", (error, socket) => this.#onTlsError(error, socket));
    this.failed = new Promise((resolve) => listener.on("error", resolve));
  }

  /** Rejects with an `EnrolmentListenError`, or an `EnrolmentFileFailed` where TLS cannot be had with what is there. */
  static async open(options: AuthServerOptions): Promise<AuthServer> {
    const { host, port, isIpv6Only: ipv6Only } = options;
    const listener = createTcpServer({ keepAlive: true, noDelay: true, allowHalfOpen: true });
    let tls: Server;
    try {
      tls = createServer(tlsOptionsOf(options.tls));
    } catch (cause) {
      throw new EnrolmentFileFailed("<auth>", "has a certificate, a key or <ciphers> that TLS does not take", cause);
    }
    await new Promise<void>((resolve, reject) => {
      listener.once("error", (cause) => reject(new EnrolmentListenError(`${host}:${port}`, cause)));
      listener.listen({ host, port, ipv6Only }, resolve);
    });
    listener.removeAllListeners("error");
    return new AuthServer(options, listener, tls);
  }

  get port(): number {
    const address = this.#listener.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Connections that are open. */
  get count(): number {
    return this.#places.size;
  }

  async close(): Promise<void> {
    for (const place of this.#places.values()) place.socket.destroy();
    await new Promise<void>((resolve) => this.#listener.close(() => resolve()));
  }

  #onConnection(socket: Socket): void {
    const { counters, complaints, clock, limits } = this.#options;
    socket.on("error", () => undefined); // A reset is no news: "close" follows.
    if (socket.remoteAddress === undefined) return void socket.destroy(); // Gone already.
    const source = parseAddress(socket.remoteAddress)?.text ?? socket.remoteAddress;
    if (!this.#hasPlace(source)) {
      counters.crowded += 1;
      complaints.warning("crowded", `Enrolment of ${source} refused: too many connections.`);
      return void socket.destroy();
    }
    counters.accepted += 1;
    const name = nameOf(socket);
    const end = (): void => void socket.destroy();
    const timers = { whole: clock.after(limits.wholeMsMax, end), step: clock.after(limits.handshakeMsMax, end) };
    this.#places.set(name, { socket, source, isSecure: false, timers });
    this.#perSource.set(source, (this.#perSource.get(source) ?? 0) + 1);
    socket.once("close", () => this.#leave(name));
    this.#tls.emit("connection", socket);
  }

  #hasPlace(source: string): boolean {
    const { connectionsMax, connectionsPerSourceMax } = this.#options.limits;
    if ((this.#perSource.get(source) ?? 0) >= connectionsPerSourceMax) return false;
    if (this.#places.size < connectionsMax) return true;
    for (const [name, place] of this.#places) {
      if (place.isSecure) continue;
      place.socket.destroy();
      this.#leave(name);
      return true;
    }
    return false;
  }

  /** May be called twice. */
  #leave(name: string): void {
    const place = this.#places.get(name);
    if (place === undefined) return;
    this.#places.delete(name);
    place.timers.whole.cancel();
    place.timers.step.cancel();
    const left = (this.#perSource.get(place.source) ?? 1) - 1;
    if (left > 0) this.#perSource.set(place.source, left);
    else this.#perSource.delete(place.source);
  }

  #onTlsError(error: Error, socket: TLSSocket): void {
    const place = this.#places.get(nameOf(socket));
    this.#options.counters.tlsFailed += 1;
    const source = place?.source ?? "somebody";
    this.#options.complaints.warning("tls", `Enrolment of ${source} refused: TLS failed (${describeError(error)}).`);
    socket.destroy();
    place?.socket.destroy();
  }

  #onSecure(socket: TLSSocket): void {
    socket.on("error", () => undefined);
    const place = this.#places.get(nameOf(socket));
    if (place === undefined) return void socket.destroy();
    place.isSecure = true;
    if (!this.#isHostKnown(socket, place.source)) {
      this.#options.counters.tlsFailed += 1;
      const message = `Enrolment of ${place.source} refused: its certificate names another host.`;
      this.#options.complaints.warning("host", message);
      place.timers.step.cancel();
      return void socket.destroy();
    }
    const session = new AuthSession(place.source);
    const onSilence = (): void => this.#act(socket, place, session, session.end());
    const wait = (): void => {
      place.timers.step.cancel();
      place.timers.step = this.#options.clock.after(this.#options.limits.silenceMsMax, onSilence);
    };
    wait();
    socket.on("data", (chunk: Buffer) => {
      wait();
      this.#act(socket, place, session, session.push(chunk));
    });
    socket.on("end", onSilence);
  }

  #isHostKnown(socket: TLSSocket, source: string): boolean {
    if (this.#options.tls.agentCa === undefined || !this.#options.tls.isHostVerified) return true;
    const certificate = socket.getPeerCertificate();
    return checkServerIdentity(source, certificate) === undefined || certificate.subject.CN === source;
  }

  #act(socket: TLSSocket, place: Place, session: AuthSession, action: AuthAction): void {
    if (action.kind === "read") return;
    place.timers.step.cancel(); // The decision takes its time; the whole is bounded all the same.
    if (action.kind === "reply") return this.#reply(socket, place, action.text, action.isRefusal);
    socket.pause(); // What follows a request is not even read.
    void this.#options.enrolment.enrol(action.request).then((answer) => {
      this.#act(socket, place, session, session.answer(answer));
    });
  }

  #reply(socket: TLSSocket, place: Place, text: string, isRefusal: boolean): void {
    const { counters, clock, limits } = this.#options;
    if (isRefusal) counters.refused += 1;
    else counters.enrolled += 1;
    if (socket.destroyed) return;
    socket.resume();
    if (text === "") socket.end();
    else socket.end(text);
    place.timers.step.cancel();
    // A client that neither reads nor ends is not waited for.
    place.timers.step = clock.after(limits.silenceMsMax, () => place.socket.destroy());
  }
}

/** The raw socket and its TLS socket share it. */
function nameOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
