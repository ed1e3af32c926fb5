/** The API on the node's Unix socket (skeleton: the signatures are settled, the bodies follow). */
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import type { ApiNeeds } from "./needs.ts";

export interface ApiServerOptions {
  /** `HOME`; the socket is `HOME/queue/sockets/argus`. */
  home: string;
  needs: ApiNeeds;
  log: Log;
}

/** Opens the socket in `run` and removes it when its signal is aborted; streams are ended first. */
export class ApiServer implements Service {
  readonly name = "api";
  readonly #options: ApiServerOptions;

  constructor(options: ApiServerOptions) {
    this.#options = options;
  }
  /** Resolves when the socket can be connected to; to be awaited after `run` was called. */
  ready(): Promise<void> {
    return Promise.resolve();
  }
  run(signal: AbortSignal): Promise<void> {
    this.#options.log.debug(`${signal.aborted}`);
    return Promise.resolve();
  }
}
