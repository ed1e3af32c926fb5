/**
 * The master's end of one link session: a worker greets, is admitted, joins, has its clock measured, and ships records.
 *
 *   greeting ──hello──▶ admitting ──admitted──▶ welcomed ──join──▶ measuring ──pongs──▶ live
 *       └────────────────── any disorder, silence, refusal or break ──────────────────────┴──▶ closed
 *
 * Pure: no socket, clock, key or disk; the caller passes the time in and carries the actions out, in order. A peer can
 * send anything, so what is out of turn closes the session. An acknowledgement is only ever made of what the journal
 * has said to be durable. docs/protocol/link.md sections 4 to 7.
 */
import { assert } from "../base/assert.ts";
import { lastOf, type Ack } from "./frames.ts";
import type { LinkLimits } from "./limits.ts";
import type { LaneRecord, StoreResult } from "./needs.ts";
import type { Hello, SessionMessage, WorkerStatus } from "./wire.ts";

/** `sinceMs`: when the key was proven; the way to live is timed from there. */
export type MasterState =
  | { name: "greeting" | "admitting" | "welcomed"; sinceMs: number }
  | { name: "measuring"; sinceMs: number; pingId: number }
  | Live
  | { name: "closed"; reason: string };

interface Live {
  name: "live";
  heardAtMs: number;
  beatAtMs: number;
  pingId: number;
  /** Where its messages would have come to by now, had they come `messageMsMin` apart. */
  messagesUpToMs: number;
  storingBytes: number;
  isPaused: boolean;
}

export type MasterInput =
  | { type: "message"; message: SessionMessage }
  | { type: "record"; record: LaneRecord }
  | { type: "admitted" }
  /** We refuse it; `code` is told to it. */
  | { type: "refused"; code: string }
  | { type: "stored"; record: LaneRecord; result: StoreResult }
  | { type: "malformed"; reason: "bad_frame" | "bad_message" | "out_of_turn" }
  | { type: "tick" }
  /** The connection broke, or we end it: `disconnected`, `replaced`, `stopping`, `removed`, `not_reading`. */
  | { type: "end"; reason: string };

export type MasterAction =
  | { type: "admit"; hello: Hello }
  | { type: "welcome" }
  | { type: "ping"; id: number }
  | { type: "measure"; id: number; nodeMs: number }
  /** Tell the worker what is held, and everybody that it is here. */
  | { type: "live" }
  | { type: "store"; record: LaneRecord }
  | { type: "ack"; ack: Ack; isDuplicate: boolean; count: number }
  | { type: "pause" | "resume" }
  | { type: "status"; status: WorkerStatus }
  | { type: "snapshot" }
  | { type: "refuse"; code: string }
  | { type: "close"; reason: string };

type Step = [MasterState, MasterAction[]];

export function newMasterState(nowMs: number): MasterState {
  return { name: "greeting", sinceMs: nowMs };
}

function close(reason: string): Step {
  return [{ name: "closed", reason }, [{ type: "close", reason }]];
}

export function stepMaster(state: MasterState, input: MasterInput, nowMs: number, limits: LinkLimits): Step {
  if (state.name === "closed") return [state, []]; // Frames and stores still arrive of a session that has ended.
  switch (input.type) {
    case "message":
      return onMessage(state, input.message, nowMs, limits);
    case "record":
      return state.name === "live" ? onRecord(state, input.record, nowMs, limits) : close("out_of_turn");
    case "admitted":
      assert(state.name === "admitting", "admitted a session that did not ask");
      return [{ name: "welcomed", sinceMs: state.sinceMs }, [{ type: "welcome" }]];
    case "refused":
      return [{ name: "closed", reason: input.code }, [{ type: "refuse", code: input.code }]];
    case "stored":
      assert(state.name === "live", "stored a record before the session was live");
      return onStored(state, input.record, input.result, limits);
    case "malformed":
    case "end":
      return close(input.reason);
    case "tick":
      return onTick(state, nowMs, limits);
  }
}

function onMessage(state: MasterState, message: SessionMessage, nowMs: number, limits: LinkLimits): Step {
  // The worker refuses us, or ends the session: it closes by itself, and the reason is its code.
  if (message.type === "refuse" || message.type === "close") return close(message.body.code);
  if (state.name === "greeting" && message.type === "hello") {
    return [{ name: "admitting", sinceMs: state.sinceMs }, [{ type: "admit", hello: message.body }]];
  }
  if (state.name === "welcomed" && message.type === "join") {
    return [{ name: "measuring", sinceMs: state.sinceMs, pingId: 1 }, [{ type: "ping", id: 1 }]];
  }
  if (state.name === "measuring" && message.type === "pong" && message.body.id === state.pingId) {
    return onMeasured(state, message.body.nowMs, nowMs, limits);
  }
  return state.name === "live" ? onLiveMessage(state, message, nowMs, limits) : close("out_of_turn");
}

function onLiveMessage(state: Live, message: SessionMessage, nowMs: number, limits: LinkLimits): Step {
  const messagesUpToMs = Math.max(state.messagesUpToMs, nowMs) + limits.messageMsMin;
  if (messagesUpToMs - nowMs > limits.messagesAheadMax * limits.messageMsMin) return close("too_often");
  const heard = { ...state, heardAtMs: nowMs, messagesUpToMs };
  if (message.type === "pong" && message.body.id === state.pingId) {
    return [heard, [{ type: "measure", id: message.body.id, nodeMs: message.body.nowMs }]];
  }
  if (message.type === "pong" && message.body.id < state.pingId) return [heard, []]; // Late.
  if (message.type === "status") return [heard, [{ type: "status", status: message.body }]];
  return close("out_of_turn");
}

function onMeasured(
  state: MasterState & { name: "measuring" },
  nodeMs: number,
  nowMs: number,
  limits: LinkLimits,
): Step {
  const measure: MasterAction = { type: "measure", id: state.pingId, nodeMs };
  const pingId = state.pingId + 1;
  if (state.pingId < limits.pingsBeforeLive) return [{ ...state, pingId }, [measure, { type: "ping", id: pingId }]];
  const live: Live = {
    ...{ name: "live", heardAtMs: nowMs, beatAtMs: nowMs + limits.heartbeatMs, pingId: state.pingId },
    ...{ messagesUpToMs: nowMs, storingBytes: 0, isPaused: false },
  };
  return [live, [measure, { type: "live" }, { type: "snapshot" }]];
}

function onRecord(state: Live, record: LaneRecord, nowMs: number, limits: LinkLimits): Step {
  const storingBytes = state.storingBytes + record.bytes.length;
  const isPaused = storingBytes > limits.storingBytesMax;
  const actions: MasterAction[] = [{ type: "store", record }];
  if (isPaused && !state.isPaused) actions.push({ type: "pause" });
  return [{ ...state, heardAtMs: nowMs, storingBytes, isPaused }, actions];
}

function onStored(state: Live, record: LaneRecord, result: StoreResult, limits: LinkLimits): Step {
  const isDuplicate = result.code === "duplicate";
  if (!isDuplicate && result.code !== "stored") return close(result.code);
  const storingBytes = state.storingBytes - record.bytes.length;
  assert(storingBytes >= 0, "stored more than was received");
  // The only acknowledgement there is: the worker forgets its copy on the strength of it.
  const ack = { lane: record.lane, epoch: record.epoch, last: lastOf(record) };
  const count = isDuplicate || record.kind !== "events" ? 0 : record.count;
  const actions: MasterAction[] = [{ type: "ack", ack, isDuplicate, count }];
  // Half of the limit, so that the stream is not stopped and started with every record.
  const isPaused = state.isPaused && storingBytes > limits.storingBytesMax / 2;
  if (state.isPaused && !isPaused) actions.push({ type: "resume" });
  return [{ ...state, storingBytes, isPaused }, actions];
}

function onTick(state: Exclude<MasterState, { name: "closed" }>, nowMs: number, limits: LinkLimits): Step {
  if (state.name !== "live") {
    return nowMs - state.sinceMs > limits.joiningMsMax ? close("joining_too_long") : [state, []];
  }
  if (nowMs - state.heardAtMs > limits.silenceMsMax) return close("silent");
  if (nowMs < state.beatAtMs) return [state, []];
  const pingId = state.pingId + 1;
  return [
    { ...state, beatAtMs: nowMs + limits.heartbeatMs, pingId },
    [{ type: "ping", id: pingId }, { type: "snapshot" }],
  ];
}
