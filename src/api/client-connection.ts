/** How a command asks a running node (skeleton: the signatures are settled, the bodies follow). */
import type { Static } from "typebox";
import type { AlertReply } from "./contract/reply.ts";
import type { alertsRoute, journalRoute, metricsRoute, nodesRoute, Route, statusRoute, StreamQuery } from "./contract/route.ts";

type AnsweredRoute = typeof statusRoute | typeof nodesRoute | typeof alertsRoute | typeof journalRoute | typeof metricsRoute;
export type Query<R extends Route> = Partial<Static<R["query"]>>;
export type Reply<R extends AnsweredRoute> = Static<R["reply"]>;

/** An alert of a stream. */
export interface StreamedAlert {
  id: string;
  alert: AlertReply;
}

export class ApiClient {
  readonly home: string;

  /** Nothing is connected before the first call; every call is a request of its own. */
  constructor(home: string) {
    this.home = home;
  }
  /** Rejects with an ApiError: ARGUS_API_NOT_RUNNING (in words), _UNREADABLE, _REFUSED (the node's own words). */
  get<R extends AnsweredRoute>(route: R, query: Query<R> = {}): Promise<Reply<R>> {
    return Promise.reject(new Error(`${route.path} ${JSON.stringify(query)}`));
  }
  /**
   * Alerts as they are raised, beginning after `lastId` if it is given and still held. Ends when `signal` is aborted;
   * reconnects by itself while a node runs, rejects with ARGUS_API_NOT_RUNNING when none does.
   */
  async *stream(query: Partial<StreamQuery>, signal: AbortSignal, lastId?: string): AsyncGenerator<StreamedAlert> {
    if (signal.aborted) return;
    yield await Promise.reject(new Error(`${JSON.stringify(query)} ${lastId}`));
  }
}
