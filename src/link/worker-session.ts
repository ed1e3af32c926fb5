/**
 * The worker's end of one link session: it greets, checks its master, joins, and ships what its spool holds.
 *
 *   greeting ──welcome──▶ checking ──checked──▶ joined ──live──▶ live
 *       └────────── any disorder, silence, refusal or break ───────┴──▶ closed
 *
 * Pure: no socket, clock, key or disk; the caller passes the time in and carries the actions out, in order.
 *
 * Invariants of a lane's cursor: acked <= shipped; `nextSeq` follows what was shipped; the next epoch is begun only
 * when the last seq of the one before is acknowledged; one read of the spool at a time; what is shipped ahead of the
 * acks is bounded. docs/protocol/link.md sections 4 to 7.
 */
import { isSameEpoch, lastOf, type Ack } from "./frames.ts";
import type { LinkLimits } from "./limits.ts";
import type { Epoch, HeldEpoch, HeldLane, LaneRecord } from "./needs.ts";
import type { SessionMessage, Welcome } from "./wire.ts";

interface Shipped {
  readonly last: number;
  readonly bytes: number;
}

/** Where the shipping of one lane stands. */
export interface Cursor {
  readonly lane: number;
  readonly epoch: Epoch;
  /** 0: the epoch's own record is next. */
  readonly nextSeq: number;
  /** -1: not even the epoch's own record. */
  readonly acked: number;
  readonly inFlight: readonly Shipped[];
  readonly inFlightBytes: number;
  /** The spool has no more of this epoch, until it says that more is durable. */
  readonly isDrained: boolean;
}

interface Live {
  readonly name: "live";
  readonly heardAtMs: number;
  readonly beatAtMs: number;
  readonly held: readonly HeldLane[];
  /** What the master said to hold when the session became live: where later epochs of a lane begin. */
  readonly known: readonly Ack[];
  readonly cursors: readonly Cursor[];
  readonly isReading: boolean;
}

export type WorkerState =
  | { readonly name: "greeting" | "checking" | "joined"; readonly sinceMs: number }
  | Live
  | { readonly name: "closed"; readonly reason: string };

export type WorkerInput =
  /** `live` comes as an input of its own, because it needs what the spool holds. */
  | { type: "message"; message: SessionMessage }
  | { type: "live"; acks: readonly Ack[]; held: readonly HeldLane[] }
  | { type: "checked" }
  /** We refuse the master; `code` is told to it. */
  | { type: "refused"; code: string }
  | { type: "ack"; ack: Ack }
  /** More is durable. */
  | { type: "held"; held: readonly HeldLane[] }
  | { type: "records"; lane: number; epoch: Epoch; records: readonly LaneRecord[] }
  | { type: "malformed"; reason: "bad_frame" | "bad_message" | "out_of_turn" }
  | { type: "tick" }
  | { type: "end"; reason: string };

export type WorkerAction =
  | { type: "check"; welcome: Welcome }
  | { type: "join" }
  | { type: "pong"; id: number }
  | { type: "live" }
  | { type: "read"; lane: number; epoch: Epoch; fromSeq: number; bytesMax: number }
  | { type: "ship"; record: LaneRecord }
  | { type: "release"; ack: Ack }
  | { type: "status" }
  | { type: "snapshot"; snapshot: unknown }
  | { type: "refuse"; code: string }
  /** The master's code: it refuses us. */
  | { type: "told"; code: string }
  | { type: "close"; reason: string };

type Step = [WorkerState, WorkerAction[]];

export function newWorkerState(nowMs: number): WorkerState {
  return { name: "greeting", sinceMs: nowMs };
}

function close(reason: string): Step {
  return [{ name: "closed", reason }, [{ type: "close", reason }]];
}

export function stepWorker(state: WorkerState, input: WorkerInput, nowMs: number, limits: LinkLimits): Step {
  if (state.name === "closed") return [state, []]; // Reads and frames still arrive of a session that has ended.
  switch (input.type) {
    case "message":
      return onMessage(state, input.message, nowMs);
    case "live":
      return state.name === "joined" ? becomeLive(input.acks, input.held, nowMs, limits) : close("out_of_turn");
    case "checked":
      return state.name === "checking" ? [{ ...state, name: "joined" }, [{ type: "join" }]] : close("out_of_turn");
    case "refused":
      return [{ name: "closed", reason: input.code }, [{ type: "refuse", code: input.code }]];
    case "ack":
      return state.name === "live" ? onAck(state, input.ack, nowMs, limits) : close("out_of_turn");
    case "held":
      return state.name === "live" ? onHeld(state, input.held, limits) : [state, []];
    case "records":
      return state.name === "live" ? onRecords(state, input, limits) : [state, []];
    case "malformed":
    case "end":
      return close(input.reason);
    case "tick":
      return onTick(state, nowMs, limits);
  }
}

function onMessage(state: Exclude<WorkerState, { name: "closed" }>, message: SessionMessage, nowMs: number): Step {
  if (message.type === "close") return close(message.body.code);
  if (message.type === "refuse") {
    const { code } = message.body;
    return [
      { name: "closed", reason: code },
      [
        { type: "told", code },
        { type: "close", reason: code },
      ],
    ];
  }
  if (state.name === "greeting" && message.type === "welcome") {
    return [{ ...state, name: "checking" }, [{ type: "check", welcome: message.body }]];
  }
  if (state.name === "joined" && message.type === "ping") return [state, [{ type: "pong", id: message.body.id }]];
  // Streams overtake each other: the first snapshot may be here before `live`.
  if (state.name === "joined" && message.type === "snapshot") {
    return [state, [{ type: "snapshot", snapshot: message.body.snapshot }]];
  }
  if (state.name !== "live") return close("out_of_turn");
  if (message.type === "ping") return [{ ...state, heardAtMs: nowMs }, [{ type: "pong", id: message.body.id }]];
  if (message.type === "snapshot") {
    return [{ ...state, heardAtMs: nowMs }, [{ type: "snapshot", snapshot: message.body.snapshot }]];
  }
  return close("out_of_turn");
}

function onTick(state: Exclude<WorkerState, { name: "closed" }>, nowMs: number, limits: LinkLimits): Step {
  if (state.name !== "live") {
    return nowMs - state.sinceMs > limits.joiningMsMax ? close("joining_too_long") : [state, []];
  }
  if (nowMs - state.heardAtMs > limits.silenceMsMax) return close("silent");
  if (nowMs < state.beatAtMs) return [state, []];
  return [{ ...state, beatAtMs: nowMs + limits.heartbeatMs }, [{ type: "status" }]];
}

function becomeLive(acks: readonly Ack[], held: readonly HeldLane[], nowMs: number, limits: LinkLimits): Step {
  const cursors = held.flatMap((lane) => firstCursor(lane, acks) ?? []);
  const releases = acks.filter((ack) => holds(held, ack)).map((ack): WorkerAction => ({ type: "release", ack }));
  const live: Live = {
    ...{ name: "live", heardAtMs: nowMs, beatAtMs: nowMs + limits.heartbeatMs },
    ...{ held, known: acks, cursors, isReading: false },
  };
  const [next, actions] = readNext(live, limits);
  return [next, [{ type: "live" }, { type: "status" }, ...releases, ...actions]];
}

function holds(held: readonly HeldLane[], ack: Ack): boolean {
  return held.some(
    ({ lane, epochs }) => lane === ack.lane && epochs.some(({ epoch }) => isSameEpoch(epoch, ack.epoch)),
  );
}

function knownLast(known: readonly Ack[], lane: number, epoch: Epoch): number {
  return known.find((ack) => ack.lane === lane && isSameEpoch(ack.epoch, epoch))?.last ?? -1;
}

function cursorAt(lane: number, { epoch }: HeldEpoch, known: readonly Ack[]): Cursor {
  const acked = knownLast(known, lane, epoch);
  return { lane, epoch, nextSeq: acked + 1, acked, inFlight: [], inFlightBytes: 0, isDrained: false };
}

/** The oldest epoch that the master does not hold whole. The current one is never whole. */
function firstCursor({ lane, epochs }: HeldLane, known: readonly Ack[]): Cursor | undefined {
  const index = epochs.findIndex((one, at) => at === epochs.length - 1 || knownLast(known, lane, one.epoch) < one.last);
  const first = epochs[index];
  return first === undefined ? undefined : cursorAt(lane, first, known);
}

/** The cursor in the next epoch, when the one it is in is over and wholly acknowledged. */
function moveOn(cursor: Cursor, held: readonly HeldLane[], known: readonly Ack[]): Cursor {
  const epochs = held.find(({ lane }) => lane === cursor.lane)?.epochs ?? [];
  const own = epochs.find(({ epoch }) => isSameEpoch(epoch, cursor.epoch));
  const next = epochs.find(({ epoch }) => epoch.number > cursor.epoch.number);
  // An epoch that the spool no longer holds has been released, so it was acknowledged whole.
  const isWhole = own === undefined ? cursor.inFlight.length === 0 : cursor.acked >= own.last;
  if (next === undefined || !isWhole || cursor.acked < 0) return cursor;
  return moveOn(cursorAt(cursor.lane, next, known), held, known);
}

function onHeld(state: Live, held: readonly HeldLane[], limits: LinkLimits): Step {
  const cursors = state.cursors.map((cursor) => moveOn({ ...cursor, isDrained: false }, held, state.known));
  return readNext({ ...state, held, cursors }, limits);
}

function onAck(state: Live, ack: Ack, nowMs: number, limits: LinkLimits): Step {
  const cursor = state.cursors.find(({ lane }) => lane === ack.lane);
  if (cursor === undefined || !isSameEpoch(cursor.epoch, ack.epoch)) return close("ack_invalid");
  const shipped = cursor.inFlight.at(-1)?.last ?? cursor.acked;
  if (ack.last < cursor.acked || ack.last > shipped) return close("ack_invalid");
  const inFlight = cursor.inFlight.filter(({ last }) => last > ack.last);
  const inFlightBytes = inFlight.reduce((sum, { bytes }) => sum + bytes, 0);
  const acked = moveOn({ ...cursor, acked: ack.last, inFlight, inFlightBytes }, state.held, state.known);
  const cursors = state.cursors.map((one) => (one === cursor ? acked : one));
  const [next, actions] = readNext({ ...state, heardAtMs: nowMs, cursors }, limits);
  return [next, [{ type: "release", ack }, ...actions]];
}

function onRecords(state: Live, input: WorkerInput & { type: "records" }, limits: LinkLimits): Step {
  const free = { ...state, isReading: false };
  const cursor = state.cursors.find(({ lane }) => lane === input.lane);
  if (cursor === undefined || !isSameEpoch(cursor.epoch, input.epoch)) return readNext(free, limits);
  const last = input.records.at(-1);
  const sent = input.records.map((record) => ({ last: lastOf(record), bytes: record.bytes.length }));
  const inFlight = [...cursor.inFlight, ...sent];
  const moved: Cursor = {
    ...cursor,
    ...{ nextSeq: last === undefined ? cursor.nextSeq : lastOf(last) + 1, inFlight, isDrained: last === undefined },
    inFlightBytes: inFlight.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  const cursors = state.cursors.map((one) => (one === cursor ? moved : one));
  const [next, actions] = readNext({ ...free, cursors }, limits);
  return [next, [...input.records.map((record): WorkerAction => ({ type: "ship", record })), ...actions]];
}

/** Asks the spool for more where there is more and room for it. Lanes in the order of their numbers. */
function readNext(state: Live, limits: LinkLimits): [Live, WorkerAction[]] {
  if (state.isReading) return [state, []];
  const room = limits.inFlightBytesMax - state.cursors.reduce((sum, { inFlightBytes }) => sum + inFlightBytes, 0);
  const cursor = state.cursors.find((one) => !one.isDrained && hasMore(one, state.held));
  if (room <= 0 || cursor === undefined) return [state, []];
  const { lane, epoch, nextSeq } = cursor;
  const bytesMax = Math.min(room, limits.readBytesMax);
  return [{ ...state, isReading: true }, [{ type: "read", lane, epoch, fromSeq: nextSeq, bytesMax }]];
}

function hasMore(cursor: Cursor, held: readonly HeldLane[]): boolean {
  const epochs = held.find(({ lane }) => lane === cursor.lane)?.epochs ?? [];
  const own = epochs.find(({ epoch }) => isSameEpoch(epoch, cursor.epoch));
  return own !== undefined && (cursor.nextSeq === 0 || cursor.nextSeq <= own.last);
}
