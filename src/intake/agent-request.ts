/**
 * Questions to agents that are answered (agent-protocol 3.4): `req COUNTER TARGET COMMAND`, back `req COUNTER TEXT`.
 * Over UDP the question is repeated each second until the agent says that it has come, four times in all, and the agent
 * repeats its answer until we say so (agent-session.ts does).
 *
 * Who may answer is the agent that was asked; a counter is drawn at random, so nobody can answer beforehand.
 */
import type { Clock, Timer } from "../base/clock.ts";
import type { Random } from "../base/random.ts";

export type RequestAnswer =
  | { readonly isAnswered: true; readonly text: string }
  | { readonly isAnswered: false; readonly reason: RequestFailure };

export type RequestFailure =
  /** The agent does not speak with this node. */
  | "not_here"
  /** Agents before Wazuh 3.0 and OSSEC's take no requests. */
  | "not_understood"
  | "too_long"
  /** Too many questions to this agent, or in all, are open; or it does not read what it is sent. */
  | "crowded"
  | "silent"
  /** Its connection ended, or it was removed. */
  | "gone";

export const failed = (reason: RequestFailure): RequestAnswer => ({ isAnswered: false, reason });

/** Open at one time. */
const openMax = 4_096;
const openOfAgentMax = 32;
const repeatMs = 1_000;
const attemptsMax = 4;

interface Open {
  readonly agentId: string;
  readonly resolve: (answer: RequestAnswer) => void;
  readonly timeout: Timer;
  repeat: Timer | undefined;
}

export interface Question {
  readonly agentId: string;
  readonly timeoutMs: number;
  /** Over UDP. */
  readonly isRepeated: boolean;
  /** Sends it under this counter; a failure ends the question. */
  send(counter: string): RequestFailure | undefined;
}

export class AgentRequests {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #open = new Map<string, Open>();
  readonly #perAgent = new Map<string, number>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** Never rejects. */
  ask(question: Question): Promise<RequestAnswer> {
    const { agentId, timeoutMs, isRepeated } = question;
    const ofAgent = this.#perAgent.get(agentId) ?? 0;
    if (this.#open.size >= openMax || ofAgent >= openOfAgentMax) return Promise.resolve(failed("crowded"));
    const counter = Buffer.from(this.#random.bytes(4)).toString("hex");
    const failure = this.#open.has(counter) ? "crowded" : question.send(counter);
    if (failure !== undefined) return Promise.resolve(failed(failure));
    return new Promise((resolve) => {
      const timeout = this.#clock.after(timeoutMs, () => this.#settle(counter, failed("silent")));
      const open: Open = { agentId, resolve, timeout, repeat: undefined };
      this.#open.set(counter, open);
      this.#perAgent.set(agentId, ofAgent + 1);
      if (isRepeated) this.#repeatLater(question, counter, open, 1);
    });
  }

  /** What an agent sent. True: it is an answer, of which the agent is told over UDP, also when nobody waits for it. */
  onAnswer(agentId: string, counter: string, text: string): boolean {
    const open = this.#open.get(counter);
    const isAck = text === "ack";
    if (open?.agentId !== agentId) return !isAck;
    open.repeat?.cancel();
    open.repeat = undefined;
    if (!isAck) this.#settle(counter, { isAnswered: true, text });
    return !isAck;
  }

  onGone(agentId: string): void {
    if (!this.#perAgent.has(agentId)) return;
    for (const [counter, open] of this.#open) if (open.agentId === agentId) this.#settle(counter, failed("gone"));
  }

  #repeatLater(question: Question, counter: string, open: Open, sentCount: number): void {
    if (sentCount >= attemptsMax) return;
    open.repeat = this.#clock.after(repeatMs, () => {
      open.repeat = undefined;
      const failure = question.send(counter);
      if (failure === undefined) this.#repeatLater(question, counter, open, sentCount + 1);
      else this.#settle(counter, failed(failure));
    });
  }

  #settle(counter: string, answer: RequestAnswer): void {
    const open = this.#open.get(counter);
    if (open === undefined) return;
    this.#open.delete(counter);
    const left = (this.#perAgent.get(open.agentId) ?? 1) - 1;
    if (left > 0) this.#perAgent.set(open.agentId, left);
    else this.#perAgent.delete(open.agentId);
    open.timeout.cancel();
    open.repeat?.cancel();
    open.resolve(answer);
  }
}
