/**
 * The agents and the blobs at a worker, across sessions: carries the orders of worker-agents.ts out over the transport
 * of the session of the moment, the copy of the registry, and the listener.
 *
 * One session at a time speaks of agents, the newest. What an older one has brought and is not yet in force is left
 * out, and the newer one says what it has when the step that was being taken is over: pages of two never mix.
 */
import type { Clock } from "../base/clock.ts";
import { Turns } from "../base/turns.ts";
import type { AgentChangeAnswer, AgentReport, EnrolmentAnswer, EnrolmentRequest } from "../model/agent.ts";
import type { AgentsOfWorker, AgentsSession, AskedChange } from "./agent-needs.ts";
import type { AgentsAnswer } from "./agent-wire.ts";
import { BlobFetches, type BlobFault } from "./blob-fetch.ts";
import { isOfSchema, writeMessage, type Piece } from "./frames.ts";
import type { LinkLimits } from "./limits.ts";
import { reportBatches } from "./report-batch.ts";
import type { StreamName, Transport } from "./transport.ts";
import type { AgentsMasterMessage, BlobMessage, Message } from "./wire.ts";
import {
  beginWorkerAgents,
  stepWorkerAgents,
  type Question,
  type WorkerAgentsAction,
  type WorkerAgentsInput,
  type WorkerAgentsState,
} from "./worker-agents.ts";

/** A live session of version 2. */
export interface AgentsPort {
  readonly transport: Transport;
  /** Ends it. */
  end(reason: string): void;
}

export interface WorkerAgentsNeeds {
  clock: Clock;
  limits: LinkLimits;
  agents?: AgentsOfWorker;
}

/** Words of agent-protocol 1.3 that an agent's log already knows. */
const noMaster: EnrolmentAnswer = { isEnrolled: false, reason: "Cannot comunicate with master" };
const badRequest: EnrolmentAnswer = { isEnrolled: false, reason: "Invalid request for new agent" };

export class WorkerAgents {
  readonly blobs: BlobFetches;
  readonly #needs: WorkerAgentsNeeds;
  readonly #onFatal: (error: unknown) => void;
  readonly #turns = new Turns();
  readonly #queue: WorkerAgentsInput[] = [];
  readonly #asked = new Map<number, (answer: AgentsAnswer | undefined) => void>();
  #isStepping = false;
  #port: AgentsPort | undefined;
  /** `undefined` before `have`. */
  #state: WorkerAgentsState | undefined;
  #isTold = false;
  #lastTicket = 0;

  constructor(needs: WorkerAgentsNeeds, onFatal: (error: unknown) => void) {
    this.#needs = needs;
    this.#onFatal = onFatal;
    this.blobs = new BlobFetches(needs.limits.applyingBytesMax);
  }

  /** A session is live; the one before, if it still is, does not speak of agents any more. */
  attach(port: AgentsPort): void {
    if (this.#port !== undefined) this.detach(this.#port);
    this.#port = port;
    const { transport } = port;
    this.blobs.attach({
      want: (sha256, offset) => this.#send(transport, "blob", { type: "want", body: { sha256, offset } }),
      pause: () => transport.pause("blob"),
      resume: () => transport.resume("blob"),
    });
    const { agents } = this.#needs;
    if (agents === undefined) return;
    this.#inTurn(port, () => {
      const [state, actions] = beginWorkerAgents(agents.held());
      this.#state = state;
      for (const action of actions) this.#carryOut(port, action);
    });
  }

  detach(port: AgentsPort): void {
    if (this.#port !== port) return;
    this.#port = undefined;
    this.#state = undefined;
    this.#queue.length = 0;
    this.blobs.detach();
    for (const tell of this.#asked.values()) tell(undefined);
    this.#asked.clear();
    if (this.#isTold) this.#needs.agents?.onSession(undefined);
    this.#isTold = false;
  }

  /** Resolves when nothing is being applied any more. */
  async stop(): Promise<void> {
    if (this.#port !== undefined) this.detach(this.#port);
    this.blobs.stop();
    await this.#turns.take(() => Promise.resolve());
  }

  onMessage(port: AgentsPort, message: AgentsMasterMessage, bytes: number): void {
    if (this.#port !== port) return;
    // Before `have`, a master has nothing to say.
    if (this.#state === undefined) return port.end("out_of_turn");
    this.#feed(port, { type: "message", message, bytes });
  }

  onBlob(port: AgentsPort, message: BlobMessage): void {
    if (this.#port === port && message.type === "missing") {
      this.#onFault(port, this.blobs.onMissing(message.body.sha256));
    }
  }

  onPiece(port: AgentsPort, piece: Piece): void {
    if (this.#port === port) this.#onFault(port, this.blobs.onPiece(piece));
  }

  onDrained(port: AgentsPort, stream: StreamName): void {
    if (stream === "agents") this.#feed(port, { type: "drained" });
  }

  tick(port: AgentsPort): void {
    this.#feed(port, { type: "tick" });
  }

  #onFault(port: AgentsPort, fault: BlobFault | undefined): void {
    if (fault !== undefined) port.end(fault);
  }

  #feed(port: AgentsPort, input: WorkerAgentsInput): void {
    if (this.#port !== port || this.#state === undefined) return;
    this.#queue.push(input);
    if (this.#isStepping) return;
    this.#isStepping = true;
    const { clock, limits } = this.#needs;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const [state, actions] = stepWorkerAgents(this.#state, next, clock.monotonicMs(), limits);
      this.#state = state;
      for (const action of actions) this.#carryOut(port, action);
      if (this.#port !== port) break; // An action has ended the session.
    }
    this.#isStepping = false;
  }

  #carryOut(port: AgentsPort, action: WorkerAgentsAction): void {
    const { agents } = this.#needs;
    switch (action.type) {
      case "send":
        return this.#send(port.transport, "agents", action.message);
      case "serve":
        this.#isTold = true;
        return agents?.onSession(this.#sessionOf(port));
      case "apply":
        return this.#inTurn(port, async () => {
          await agents?.apply(action.page);
          this.#feed(port, { type: "applied", bytes: action.bytes });
        });
      case "heard":
        return this.#inTurn(port, () => {
          agents?.heard(action.node, action.ids);
          this.#feed(port, { type: "applied", bytes: action.bytes });
        });
      case "answered":
        // Without an answer there are no records to wait for.
        if (action.answer === undefined) return this.#tell(action.ticket, undefined);
        return this.#inTurn(port, () => this.#tell(action.ticket, action.answer));
      case "deliver":
        return this.#deliver(port, action);
      case "pause":
        return port.transport.pause("agents");
      case "resume":
        return port.transport.resume("agents");
      case "close":
        return port.end(action.reason);
    }
  }

  /** One after another, and nothing of a session that is over. */
  #inTurn(port: AgentsPort, act: () => void | Promise<void>): void {
    this.#turns
      .take(async () => {
        if (this.#port === port) await act();
      })
      .catch((error: unknown) => this.#onFatal(error));
  }

  #deliver(port: AgentsPort, { number, id, message }: WorkerAgentsAction & { type: "deliver" }): void {
    this.#needs.agents?.deliver(id, message).then(
      (given) => {
        const isSaid = isOfSchema("delivered", { number, ok: given.isDelivered, text: given.text });
        const delivery = isSaid ? given : { isDelivered: given.isDelivered, text: "" };
        this.#feed(port, { type: "delivered", number, delivery });
      },
      (error: unknown) => this.#onFatal(error),
    );
  }

  #send(transport: Transport, stream: StreamName, message: Message): void {
    const frame = writeMessage(message);
    if (frame !== undefined) transport.send(stream, frame);
  }

  #tell(ticket: number, answer: AgentsAnswer | undefined): void {
    this.#asked.get(ticket)?.(answer);
    this.#asked.delete(ticket);
  }

  /** `undefined`: the session is over, there is no room for the question, or no answer. */
  #ask(port: AgentsPort, question: Question, bytes: number): Promise<AgentsAnswer | undefined> {
    if (this.#port !== port) return Promise.resolve(undefined);
    this.#lastTicket += 1;
    const ticket = this.#lastTicket;
    return new Promise((resolve) => {
      this.#asked.set(ticket, resolve);
      this.#feed(port, { type: "ask", ticket, question, bytes });
    });
  }

  #sessionOf(port: AgentsPort): AgentsSession {
    return {
      report: (reports) => this.#report(port, reports),
      heard: (ids) => this.#heard(port, ids),
      enrol: (request) => this.#enrol(port, request),
      change: (change) => this.#change(port, change),
    };
  }

  async #report(port: AgentsPort, reports: readonly AgentReport[]): Promise<boolean> {
    const { pageBytesMax } = this.#needs.limits;
    const answers = reportBatches(reports, pageBytesMax).map(({ batch, bytes }) =>
      this.#ask(port, { type: "reports", body: { reports: batch } }, bytes),
    );
    return (await Promise.all(answers)).every((answer) => answer?.ok === true);
  }

  /** Left out while much waits for the master: the next one is due in 10 s. */
  #heard(port: AgentsPort, ids: readonly number[]): void {
    if (this.#port !== port || port.transport.pendingBytes("agents") > this.#needs.limits.pageBytesMax) return;
    this.#send(port.transport, "agents", { type: "heard", body: { ids: [...ids] } });
  }

  async #enrol(port: AgentsPort, request: EnrolmentRequest): Promise<EnrolmentAnswer> {
    if (!isOfSchema("enrol", { number: 1, ...request })) return badRequest;
    const body = withoutUndefined(request);
    const answer = await this.#ask(port, { type: "enrol", body }, JSON.stringify(body).length);
    if (answer?.ok === true && answer.agent !== undefined) return { isEnrolled: true, ...answer.agent };
    return answer === undefined || answer.ok ? noMaster : { isEnrolled: false, reason: answer.text };
  }

  async #change(port: AgentsPort, change: AskedChange): Promise<AgentChangeAnswer> {
    if (!isOfSchema("change", { number: 1, change })) {
      return { isDone: false, text: "a name, an id, an address or a group in it is none" };
    }
    const body = { change: withoutUndefined(change) } as (Question & { type: "change" })["body"];
    const answer = await this.#ask(port, { type: "change", body }, JSON.stringify(body).length);
    if (answer === undefined) return { isDone: false, text: "the master does not answer" };
    return answer.ok ? { isDone: true, id: answer.id ?? "", text: answer.text } : { isDone: false, text: answer.text };
  }
}

/** What JSON leaves out anyway. */
function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const known = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(known) as { [K in keyof T]: Exclude<T[K], undefined> };
}
