/**
 * The agents' part of a session at the master, from `live` on, in version 2: docs/protocol/link.md 6.2.
 *
 *   silent ──have──▶ paging ⇄ level          to the worker: one page on its way, the position, and nothing else is kept
 *   asked ──answered──▶ (held back until the pages have passed what it caused) ──▶ answer
 *
 * Pure but for the allowance, which is the node's and outlives the session; the caller passes the time in and carries
 * the actions out, in order. Invariants: `sent` is what the worker will hold when it has applied what was sent;
 * while `isSending`, no page and no block is made; an answer never overtakes the records that it caused; what was sent
 * and the connection has not taken is bounded, whether the worker reads or not.
 */
import type { AgentReport, EnrolmentRequest } from "../model/agent.ts";
import type { AskedChange, Delivery, RegistryPage, RegistryPosition } from "./agent-needs.ts";
import type { AgentsAnswer } from "./agent-wire.ts";
import type { Allowance } from "./bucket.ts";
import type { LinkLimits } from "./limits.ts";
import type { AgentsMasterMessage, AgentsWorkerMessage } from "./wire.ts";

interface Asked {
  readonly number: number;
  readonly bytes: number;
}

/** An answer that waits for the pages up to `seq`. */
interface Waiting {
  readonly seq: number;
  readonly answer: AgentsAnswer;
}

interface OnItsWay {
  readonly number: number;
  readonly ticket: number;
  readonly bytes: number;
  readonly atMs: number;
}

/** Answers and deliveries that the connection has not taken. */
interface OnWay {
  readonly count: number;
  readonly bytes: number;
}

interface Block {
  readonly node: string;
  readonly ids: readonly number[];
}

export interface MasterAgentsState {
  /** Whether this master has a registry. */
  readonly isServed: boolean;
  /** `undefined` before `have`. */
  readonly sent: RegistryPosition | undefined;
  /** The pages sent end within a reset. */
  readonly isInReset: boolean;
  /**
   * From `have` on, and from every reset on, until a page that is the last: what the worker holds in force is not
   * `sent` but what it had before, which may be of another registry.
   */
  readonly isCatchingUp: boolean;
  /** The registry may be ahead of `sent`. */
  readonly isBehind: boolean;
  /** A page or a block is on its way to the worker. */
  readonly isSending: boolean;
  readonly onWay: OnWay;
  /** Since when the connection has not taken all that was sent; `undefined` when it has. */
  readonly stuckSinceMs: number | undefined;
  readonly lastNumber: number;
  readonly asked: readonly Asked[];
  readonly answers: readonly Waiting[];
  /** The newest of each node that could not be sent yet. */
  readonly blocks: readonly Block[];
  readonly lastDelivery: number;
  readonly deliveries: readonly OnItsWay[];
  readonly isPaused: boolean;
}

export type MasterAgentsInput =
  | { type: "message"; message: AgentsWorkerMessage; bytes: number }
  | { type: "changed" }
  /** The connection has taken all that was sent. */
  | { type: "drained" }
  /** What `read` asked for, as far as it was sent; `bytes` of its frame. */
  | { type: "page"; page: Omit<RegistryPage, "records">; bytes: number }
  /** `seq`: the registry's position when it answered, if the answer is of something that raised it, else 0. */
  | { type: "answered"; answer: AgentsAnswer; seq: number }
  | { type: "deliver"; ticket: number; id: string; message: string }
  | { type: "heard"; node: string; ids: readonly number[] }
  | { type: "tick" };

export type MasterAgentsAction =
  /** Read a page, send it, and say how far it went. */
  | { type: "read"; held: RegistryPosition }
  | { type: "send"; message: AgentsMasterMessage }
  | { type: "report"; number: number; reports: readonly AgentReport[] }
  | { type: "heard"; ids: readonly number[] }
  | { type: "enrol"; number: number; request: EnrolmentRequest }
  | { type: "change"; number: number; change: AskedChange }
  | { type: "told"; ticket: number; delivery: Delivery }
  | { type: "pause" | "resume" }
  | { type: "close"; reason: "out_of_turn" | "not_reading" };

type Step = [MasterAgentsState, MasterAgentsAction[]];
type Limits = Pick<
  LinkLimits,
  "unansweredMax" | "unansweredBytesMax" | "answerMsMax" | "deliveriesMax" | "deliveriesBytesMax" | "stuckMsMax"
>;

const nothingOnWay: OnWay = { count: 0, bytes: 0 };

export function newMasterAgents(isServed: boolean): MasterAgentsState {
  return {
    ...{ isServed, sent: undefined, isInReset: false, isCatchingUp: true, isBehind: true, isSending: false },
    ...{ onWay: nothingOnWay, stuckSinceMs: undefined },
    ...{ lastNumber: 0, asked: [], answers: [], blocks: [], lastDelivery: 0, deliveries: [], isPaused: false },
  };
}

export function stepMasterAgents(
  state: MasterAgentsState,
  input: MasterAgentsInput,
  nowMs: number,
  allowance: Allowance,
  limits: Limits,
): Step {
  const [reacted, actions] = react(state, input, nowMs, allowance, limits);
  const isUntaken = reacted.isSending || reacted.onWay.count > 0;
  const next = { ...reacted, stuckSinceMs: isUntaken ? (reacted.stuckSinceMs ?? nowMs) : undefined };
  const [flow, stops] = controlFlow(next, nowMs, allowance, limits);
  return stops === undefined ? [flow, actions] : [flow, [...actions, stops]];
}

function react(
  state: MasterAgentsState,
  input: MasterAgentsInput,
  nowMs: number,
  allowance: Allowance,
  limits: Limits,
): Step {
  switch (input.type) {
    case "message":
      allowance.asked.take(unitsOf(input.message, input.bytes), nowMs);
      return onMessage(state, input.message, input.bytes, nowMs, allowance);
    case "changed":
      return sendMore({ ...state, isBehind: true }, nowMs, allowance);
    case "drained":
      return sendMore({ ...state, isSending: false, onWay: nothingOnWay, stuckSinceMs: undefined }, nowMs, allowance);
    case "page":
      allowance.supplied.take(input.bytes, nowMs);
      return onPage(state, input.page);
    case "answered":
      return onAnswered(state, input.answer, input.seq);
    case "deliver":
      return onDeliver(state, input, nowMs, limits);
    case "heard":
      return onBlock(state, { node: input.node, ids: input.ids }, nowMs, allowance);
    case "tick":
      return onTick(state, nowMs, allowance, limits);
  }
}

/** docs/protocol/link.md 6.2, 10. */
function unitsOf(message: AgentsWorkerMessage, bytes: number): number {
  const kibibytes = Math.ceil(bytes / 1_024);
  switch (message.type) {
    case "reports":
      return Math.max(message.body.reports.length, kibibytes);
    case "heard":
      return 1 + message.body.ids.length / 200;
    case "enrol":
    case "change":
      return Math.max(40, kibibytes);
    default:
      return kibibytes;
  }
}

const outOfTurn = (state: MasterAgentsState): Step => [state, [{ type: "close", reason: "out_of_turn" }]];

function onMessage(
  state: MasterAgentsState,
  message: AgentsWorkerMessage,
  bytes: number,
  nowMs: number,
  allowance: Allowance,
): Step {
  if (message.type === "have") {
    if (state.sent !== undefined) return outOfTurn(state);
    return sendMore({ ...state, sent: message.body }, nowMs, allowance);
  }
  if (state.sent === undefined || !state.isServed) return outOfTurn(state);
  if (message.type === "heard") return [state, [{ type: "heard", ids: message.body.ids }]];
  if (message.type === "delivered") return onDelivered(state, message.body);
  const { number } = message.body;
  if (number <= state.lastNumber) return outOfTurn(state);
  const next = { ...state, lastNumber: number, asked: [...state.asked, { number, bytes }] };
  if (message.type === "reports") return [next, [{ type: "report", number, reports: message.body.reports }]];
  if (message.type === "change") return [next, [{ type: "change", number, change: message.body.change }]];
  const { number: _, ...request } = message.body;
  return [next, [{ type: "enrol", number, request }]];
}

/** What there is room for: blocks first, because they are few and lose their worth, then a page. */
function sendMore(state: MasterAgentsState, nowMs: number, allowance: Allowance): Step {
  if (state.sent === undefined || !state.isServed || state.isSending) return [state, []];
  const [block, ...blocks] = state.blocks;
  if (block !== undefined) {
    const message: AgentsMasterMessage = { type: "heard-by", body: { node: block.node, ids: [...block.ids] } };
    return [{ ...state, blocks, isSending: true }, [{ type: "send", message }]];
  }
  if (!state.isBehind || allowance.supplied.isOver(nowMs)) return [state, []];
  return [{ ...state, isSending: true }, [{ type: "read", held: state.sent }]];
}

function onPage(state: MasterAgentsState, page: Omit<RegistryPage, "records">): Step {
  const { epoch, to, isLast, isReset } = page;
  return flushAnswers({
    ...state,
    ...{ sent: { epoch, seq: to }, isBehind: state.isBehind && !isLast },
    isInReset: (isReset || state.isInReset) && !isLast,
    isCatchingUp: (isReset || state.isCatchingUp) && !isLast,
  });
}

function isPassed(state: MasterAgentsState, seq: number): boolean {
  return seq === 0 || (!state.isCatchingUp && (state.sent?.seq ?? 0) >= seq);
}

/** Beside its text: an agent, and what JSON needs. */
const answerBytes = 600;

function more(onWay: OnWay, bytes: number): OnWay {
  return { count: onWay.count + 1, bytes: onWay.bytes + bytes };
}

function flushAnswers(state: MasterAgentsState): Step {
  const passed = state.answers.filter(({ seq }) => isPassed(state, seq));
  if (passed.length === 0) return [state, []];
  const numbers = new Set(passed.map(({ answer }) => answer.number));
  return [
    {
      ...state,
      answers: state.answers.filter((one) => !passed.includes(one)),
      asked: state.asked.filter(({ number }) => !numbers.has(number)),
      onWay: passed.reduce((sum, { answer }) => more(sum, answer.text.length + answerBytes), state.onWay),
    },
    passed.map(({ answer }) => ({ type: "send", message: { type: "answer", body: answer } })),
  ];
}

function onAnswered(state: MasterAgentsState, answer: AgentsAnswer, seq: number): Step {
  return flushAnswers({ ...state, answers: [...state.answers, { seq, answer }] });
}

function onBlock(state: MasterAgentsState, block: Block, nowMs: number, allowance: Allowance): Step {
  const blocks = [...state.blocks.filter(({ node }) => node !== block.node), block];
  return state.sent === undefined ? [state, []] : sendMore({ ...state, blocks }, nowMs, allowance);
}

const undelivered = (ticket: number, text: string): MasterAgentsAction => {
  return { type: "told", ticket, delivery: { isDelivered: false, text } };
};

function onDeliver(
  state: MasterAgentsState,
  { ticket, id, message }: MasterAgentsInput & { type: "deliver" },
  nowMs: number,
  limits: Limits,
): Step {
  if (state.sent === undefined || !state.isServed) return [state, [undelivered(ticket, "the node takes none")]];
  // One that was given up may still wait for a worker that does not read.
  const count = Math.max(state.deliveries.length, state.onWay.count);
  const bytes = Math.max(
    state.deliveries.reduce((sum, one) => sum + one.bytes, 0),
    state.onWay.bytes,
  );
  if (count >= limits.deliveriesMax || bytes + message.length > limits.deliveriesBytesMax) {
    return [state, [undelivered(ticket, "too many messages wait for the node")]];
  }
  const number = state.lastDelivery + 1;
  const own: OnItsWay = { number, ticket, bytes: message.length, atMs: nowMs };
  return [
    {
      ...state,
      ...{ lastDelivery: number, deliveries: [...state.deliveries, own], onWay: more(state.onWay, message.length) },
    },
    [{ type: "send", message: { type: "deliver", body: { number, id, message } } }],
  ];
}

function onDelivered(state: MasterAgentsState, body: { number: number; ok: boolean; text: string }): Step {
  const own = state.deliveries.find(({ number }) => number === body.number);
  // Late: it was given up.
  if (own === undefined) return body.number <= state.lastDelivery ? [state, []] : outOfTurn(state);
  const delivery = { isDelivered: body.ok, text: body.text };
  return [
    { ...state, deliveries: state.deliveries.filter((one) => one !== own) },
    [{ type: "told", ticket: own.ticket, delivery }],
  ];
}

function onTick(state: MasterAgentsState, nowMs: number, allowance: Allowance, limits: Limits): Step {
  const { stuckSinceMs = nowMs } = state;
  if (nowMs - stuckSinceMs > limits.stuckMsMax) return [state, [{ type: "close", reason: "not_reading" }]];
  const late = state.deliveries.filter(({ atMs }) => nowMs - atMs > limits.answerMsMax);
  const deliveries = state.deliveries.filter((one) => !late.includes(one));
  const [next, actions] = sendMore({ ...state, deliveries }, nowMs, allowance);
  return [next, [...late.map(({ ticket }) => undelivered(ticket, "the node does not answer")), ...actions]];
}

/** Whether the worker's stream is read. Half of the limits, so that it is not stopped and started with each message. */
function controlFlow(
  state: MasterAgentsState,
  nowMs: number,
  allowance: Allowance,
  limits: Limits,
): [MasterAgentsState, MasterAgentsAction?] {
  const share = state.isPaused ? 0.5 : 1;
  const count = state.asked.length + state.onWay.count;
  const bytes = state.asked.reduce((sum, one) => sum + one.bytes, state.onWay.bytes);
  const isPaused =
    count >= limits.unansweredMax * share || bytes > limits.unansweredBytesMax * share || allowance.asked.isOver(nowMs);
  if (isPaused === state.isPaused) return [state];
  return [{ ...state, isPaused }, { type: isPaused ? "pause" : "resume" }];
}
