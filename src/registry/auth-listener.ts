/**
 * The enrolment port as a part of a node: its files are read and made, its socket is opened, and it serves until it
 * ends.
 */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { OccasionalLog } from "../base/occasional-log.ts";
import { untilAborted, type Service } from "../base/service.ts";
import { AuthServer, authLimits, newAuthCounters, type AuthLimits } from "./auth-connection.ts";
import { openCertificate, readAgentCa, type FilesOptions } from "./enrolment-files-disk.ts";
import type { Enrolment } from "./needs.ts";
import type { Auth } from "./options.ts";

export interface AuthListenerOptions {
  readonly auth: Auth;
  /** Where an `<auth>` that is not written listens: the node's own address. Written, it listens on all. */
  readonly host: string;
  readonly files: FilesOptions;
  readonly enrolment: Enrolment;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<AuthLimits>;
}

export class AuthListener implements Service {
  readonly name = "enrolment";
  readonly counters = newAuthCounters();
  readonly #options: AuthListenerOptions;
  readonly #ready: Promise<void>;
  #onReady: () => void = () => undefined;
  #opening: Promise<AuthServer> | undefined;
  #server: AuthServer | undefined;

  constructor(options: AuthListenerOptions) {
    this.#options = options;
    this.#ready = new Promise((resolve) => (this.#onReady = resolve));
  }

  /** When the port is open, or a certificate is being made: that takes seconds on a busy machine, and nobody waits. */
  ready(): Promise<void> {
    return this.#ready;
  }

  /** 0 while it does not listen. */
  get port(): number {
    return this.#server?.port ?? 0;
  }

  /** Begins before `run`, which does it otherwise; resolves as `ready` does. Rejects as `run` does. */
  async open(): Promise<void> {
    await Promise.race([this.#opened(), this.#ready]);
  }

  /** For a node that does not come to run. */
  async close(): Promise<void> {
    const server = await this.#opening?.catch(() => undefined);
    await server?.close();
    this.#server = undefined;
  }

  /** Rejects with `EnrolmentListenError` or `EnrolmentFileFailed`. */
  async run(signal: AbortSignal): Promise<void> {
    const aborted = untilAborted(signal);
    const server = await Promise.race([this.#opened(), aborted]);
    if (server === undefined) return void this.close();
    this.#options.log.info(`Agents can enrol at ${this.#options.host}:${server.port}.`);
    this.#onReady();
    const failure = await Promise.race([aborted, server.failed]);
    await server.close();
    this.#server = undefined;
    this.#opening = undefined;
    if (failure !== undefined) throw failure;
  }

  /** One attempt for all who wait; after a failure the next one begins anew. */
  #opened(): Promise<AuthServer> {
    this.#opening ??= this.#open().then(
      (server) => (this.#server = server),
      (error: unknown) => {
        this.#opening = undefined;
        throw error;
      },
    );
    return this.#opening;
  }

  async #open(): Promise<AuthServer> {
    const { auth, host, files, enrolment, clock, log, limits } = this.#options;
    const onMaking = (): void => this.#onReady();
    const { cert, key } = await openCertificate(files, auth.ssl_manager_cert, auth.ssl_manager_key, onMaking);
    const agentCa = auth.ssl_agent_ca === undefined ? undefined : await readAgentCa(files, auth.ssl_agent_ca);
    return AuthServer.open({
      ...{ host: auth.ipv6 && host === "0.0.0.0" ? "::" : host, port: auth.port, isIpv6Only: false },
      tls: {
        ...{ cert, key, agentCa, ciphers: auth.ciphers, isOldAllowed: auth.ssl_auto_negotiate },
        isHostVerified: auth.ssl_verify_host,
      },
      ...{ enrolment, clock, complaints: new OccasionalLog(log, clock), counters: this.counters },
      limits: { ...authLimits, ...limits },
    });
  }
}
