/**
 * The agents' part of a session at a worker, from `live` on, in version 2: docs/protocol/link.md 6.2.
 *
 *   begun ──have──▶ waiting ──first page──▶ served ──▶ asks, and is asked to deliver
 *
 * Pure: the caller passes the time in and carries the actions out, in order; `apply`, `heard` and `answered` one after
 * another, each when the one before is done, so that an answer comes after the records that it caused are in force.
 * Invariants: `position` is what the copy holds when all that came has been applied; a page that does not follow it
 * closes the session; what is taken from the master and not yet in force is bounded, because the stream is not read;
 * what was said and the connection has not taken is bounded, because no more is asked, and no more deliveries are read.
 */
import type { Delivery, RegistryPage, RegistryPosition } from "./agent-needs.ts";
import type { AgentsAnswer, RecordsPage } from "./agent-wire.ts";
import type { LinkLimits } from "./limits.ts";
import type { AgentsMasterMessage, AgentsWorkerMessage, MessageBody } from "./wire.ts";

interface Asked {
  readonly number: number;
  readonly ticket: number;
  readonly bytes: number;
  readonly atMs: number;
}

interface Delivering {
  readonly number: number;
  readonly atMs: number;
}

/** A question without its number. */
export type Question =
  | { type: "reports"; body: Omit<MessageBody<"reports">, "number"> }
  | { type: "enrol"; body: Omit<MessageBody<"enrol">, "number"> }
  | { type: "change"; body: Omit<MessageBody<"change">, "number"> };

export interface WorkerAgentsState {
  /** The master has sent a page: it serves agents. */
  readonly isServed: boolean;
  readonly position: RegistryPosition;
  readonly isInReset: boolean;
  readonly lastNumber: number;
  readonly asked: readonly Asked[];
  readonly lastDelivery: number;
  readonly deliveries: readonly Delivering[];
  readonly applyingBytes: number;
  /** Of questions, and answers to deliveries, that the connection has not taken. */
  readonly askedOnWay: number;
  readonly deliveredOnWay: number;
  readonly isPaused: boolean;
}

export type WorkerAgentsInput =
  | { type: "message"; message: AgentsMasterMessage; bytes: number }
  /** A page is in force, or a block told: so many bytes. */
  | { type: "applied"; bytes: number }
  | { type: "delivered"; number: number; delivery: Delivery }
  /** The connection has taken all that was said. */
  | { type: "drained" }
  /** `bytes`: about what it takes to say it. */
  | { type: "ask"; ticket: number; question: Question; bytes: number }
  | { type: "tick" };

export type WorkerAgentsAction =
  | { type: "send"; message: AgentsWorkerMessage }
  /** Before the first page is applied. */
  | { type: "serve" }
  | { type: "apply"; page: RegistryPage; bytes: number }
  | { type: "heard"; node: string; ids: readonly number[]; bytes: number }
  /** `undefined`: there was no room for the question, or no answer in time. */
  | { type: "answered"; ticket: number; answer: AgentsAnswer | undefined }
  | { type: "deliver"; number: number; id: string; message: string }
  | { type: "pause" | "resume" }
  | { type: "close"; reason: "out_of_turn" | "records_gap" };

type Step = [WorkerAgentsState, WorkerAgentsAction[]];
type Limits = Pick<
  LinkLimits,
  "unansweredMax" | "unansweredBytesMax" | "answerMsMax" | "deliveriesMax" | "deliveriesBytesMax" | "applyingBytesMax"
>;

/** The first thing that is said. */
export function beginWorkerAgents(held: RegistryPosition): Step {
  const { epoch, seq } = held;
  return [
    {
      ...{ isServed: false, position: { epoch, seq }, isInReset: false, lastNumber: 0, asked: [], lastDelivery: 0 },
      ...{ deliveries: [], applyingBytes: 0, askedOnWay: 0, deliveredOnWay: 0, isPaused: false },
    },
    [{ type: "send", message: { type: "have", body: { epoch, seq } } }],
  ];
}

export function stepWorkerAgents(
  state: WorkerAgentsState,
  input: WorkerAgentsInput,
  nowMs: number,
  limits: Limits,
): Step {
  const [next, actions] = react(state, input, nowMs, limits);
  const [flow, stops] = controlFlow(next, limits);
  return stops === undefined ? [flow, actions] : [flow, [...actions, stops]];
}

function react(state: WorkerAgentsState, input: WorkerAgentsInput, nowMs: number, limits: Limits): Step {
  switch (input.type) {
    case "message":
      return onMessage(state, input.message, input.bytes, nowMs);
    case "applied":
      return [{ ...state, applyingBytes: state.applyingBytes - input.bytes }, []];
    case "delivered":
      return onDelivered(state, input.number, input.delivery);
    case "drained":
      return [{ ...state, askedOnWay: 0, deliveredOnWay: 0 }, []];
    case "ask":
      return onAsk(state, input, nowMs, limits);
    case "tick":
      return onTick(state, nowMs, limits);
  }
}

function onDelivered(state: WorkerAgentsState, number: number, { isDelivered: ok, text }: Delivery): Step {
  const deliveries = state.deliveries.filter((one) => one.number !== number);
  if (deliveries.length === state.deliveries.length) return [state, []]; // Late: it was given up.
  const deliveredOnWay = state.deliveredOnWay + text.length + 1;
  const message: AgentsWorkerMessage = { type: "delivered", body: { number, ok, text } };
  return [{ ...state, deliveries, deliveredOnWay }, [{ type: "send", message }]];
}

function onTick(state: WorkerAgentsState, nowMs: number, limits: Limits): Step {
  const isLate = ({ atMs }: { atMs: number }): boolean => nowMs - atMs > limits.answerMsMax;
  const asked = state.asked.filter((one) => !isLate(one));
  const actions = state.asked
    .filter(isLate)
    .map(({ ticket }): WorkerAgentsAction => ({ type: "answered", ticket, answer: undefined }));
  // A listener that does not answer must not keep the stream from being read.
  let next: WorkerAgentsState = { ...state, asked };
  for (const { number } of state.deliveries.filter(isLate)) {
    const [after, sent] = onDelivered(next, number, { isDelivered: false, text: "no answer" });
    next = after;
    actions.push(...sent);
  }
  return [next, actions];
}

function onMessage(state: WorkerAgentsState, message: AgentsMasterMessage, bytes: number, nowMs: number): Step {
  if (message.type === "records") return onRecords(state, message.body, bytes);
  if (!state.isServed) return [state, [{ type: "close", reason: "out_of_turn" }]];
  switch (message.type) {
    case "heard-by":
      return [{ ...state, applyingBytes: state.applyingBytes + bytes }, [{ type: "heard", ...message.body, bytes }]];
    case "answer": {
      const { number } = message.body;
      const own = state.asked.find((one) => one.number === number);
      if (own !== undefined) {
        const asked = state.asked.filter((one) => one !== own);
        return [{ ...state, asked }, [{ type: "answered", ticket: own.ticket, answer: message.body }]];
      }
      // Late: it was given up.
      return [state, number <= state.lastNumber ? [] : [{ type: "close", reason: "out_of_turn" }]];
    }
    case "deliver": {
      const { number } = message.body;
      if (number <= state.lastDelivery) return [state, [{ type: "close", reason: "out_of_turn" }]];
      const deliveries = [...state.deliveries, { number, atMs: nowMs }];
      return [{ ...state, lastDelivery: number, deliveries }, [{ type: "deliver", ...message.body }]];
    }
  }
}

/** docs/protocol/link.md 6.2, 2. */
function follows(state: WorkerAgentsState, page: RecordsPage): boolean {
  if (page.from !== (page.isReset ? 0 : state.position.seq)) return false;
  if (!page.isReset && page.epoch !== state.position.epoch) return false;
  let before = page.from;
  for (const { seq } of page.records) {
    if (seq <= before) return false;
    before = seq;
  }
  return before <= page.to && (page.isLast || page.to > page.from);
}

function onRecords(state: WorkerAgentsState, page: RecordsPage, bytes: number): Step {
  if (!follows(state, page)) return [state, [{ type: "close", reason: "records_gap" }]];
  const next: WorkerAgentsState = {
    ...state,
    ...{ isServed: true, position: { epoch: page.epoch, seq: page.to } },
    ...{ isInReset: (page.isReset || state.isInReset) && !page.isLast, applyingBytes: state.applyingBytes + bytes },
  };
  const apply: WorkerAgentsAction = { type: "apply", page, bytes };
  return [next, state.isServed ? [apply] : [{ type: "serve" }, apply]];
}

function onAsk(
  state: WorkerAgentsState,
  { ticket, question, bytes }: WorkerAgentsInput & { type: "ask" },
  nowMs: number,
  limits: Limits,
): Step {
  // A question that was given up may still wait for a master that does not read.
  const waiting =
    bytes +
    Math.max(
      state.askedOnWay,
      state.asked.reduce((sum, one) => sum + one.bytes, 0),
    );
  if (!state.isServed || state.asked.length >= limits.unansweredMax || waiting > limits.unansweredBytesMax) {
    return [state, [{ type: "answered", ticket, answer: undefined }]];
  }
  const number = state.lastNumber + 1;
  const asked = [...state.asked, { number, ticket, bytes, atMs: nowMs }];
  const askedOnWay = state.askedOnWay + bytes;
  return [{ ...state, lastNumber: number, asked, askedOnWay }, [{ type: "send", message: numbered(question, number) }]];
}

function numbered(question: Question, number: number): AgentsWorkerMessage {
  switch (question.type) {
    case "reports":
      return { type: "reports", body: { number, ...question.body } };
    case "enrol":
      return { type: "enrol", body: { number, ...question.body } };
    case "change":
      return { type: "change", body: { number, ...question.body } };
  }
}

/** Whether the master's stream is read. */
function controlFlow(state: WorkerAgentsState, limits: Limits): [WorkerAgentsState, WorkerAgentsAction?] {
  const share = state.isPaused ? 0.5 : 1;
  const isPaused =
    state.applyingBytes > limits.applyingBytesMax * share ||
    state.deliveredOnWay > limits.deliveriesBytesMax * share ||
    state.deliveries.length >= limits.deliveriesMax * share;
  if (isPaused === state.isPaused) return [state];
  return [{ ...state, isPaused }, { type: isPaused ? "pause" : "resume" }];
}
