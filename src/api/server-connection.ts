/** The API on the node's Unix socket. */
import { connect } from "node:net";
import type { Clock } from "../base/clock.ts";
import { describeError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import { OccasionalLog } from "../base/occasional-log.ts";
import { untilAborted, type Service } from "../base/service.ts";
import { ConnectionTurns } from "./connection-turn.ts";
import { socketTaken } from "./errors.ts";
import type { ApiNeeds } from "./needs.ts";
import { buildServer } from "./server.ts";
import { closeToOthers, placeSocket, removePlace, removeSocket } from "./socket-disk.ts";

export interface ApiServerOptions {
  /** `HOME`; the socket is `HOME/queue/sockets/argus`. */
  home: string;
  needs: ApiNeeds;
  clock: Clock;
  log: Log;
}

/** Opens the socket in `run` and removes it when its signal is aborted; streams are ended first. */
export class ApiServer implements Service {
  readonly name = "api";
  readonly #options: ApiServerOptions;
  readonly #ready: Promise<void>;
  #becomeReady: () => void = () => undefined;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#ready = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
  }

  /** Resolves once the socket can be connected to. Stays pending while `run` has not opened it. */
  ready(): Promise<void> {
    return this.#ready;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { home, needs, clock, log } = this.#options;
    const complaints = new OccasionalLog(log, clock);
    const turns = new ConnectionTurns(() =>
      complaints.warning("early", "A connection to the API was closed: it asked again before it had its answer."),
    );
    const { server, endStreams } = buildServer({
      ...{ needs, clock, audience: "everything" as const },
      admits: (request, response) => turns.begin(request, response),
      onFailure: (error) => log.error(`The API could not answer: ${describeError(error)}`),
    });
    const path = await placeSocket(home);
    if (await isAnswered(path)) throw socketTaken(path);
    await removeSocket(path);
    await server.listen({ path });
    try {
      await closeToOthers(path);
      log.debug(`The API answers at ${path}.`);
      this.#becomeReady();
      await untilAborted(signal);
    } finally {
      endStreams();
      await server.close();
      await removePlace(home, path);
    }
  }
}

/** Whether somebody listens at `path`. A socket file that a killed node left behind has nobody. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
