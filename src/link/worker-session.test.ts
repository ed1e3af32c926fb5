import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { linkLimits } from "./limits.ts";
import type { HeldLane, LaneRecord } from "./needs.ts";
import { newWorkerState, stepWorker, type WorkerAction, type WorkerInput, type WorkerState } from "./worker-session.ts";

const limits = { ...linkLimits, inFlightBytesMax: 100, readBytesMax: 60 };
const epochOf = (number: number) => ({ number, bits: "0".repeat(16) });
const welcome: WorkerInput = {
  type: "message",
  message: {
    type: "welcome",
    body: { version: 1, cluster: "argus", name: "m", publicKey: "", signature: "", term: 1, argus: "" },
  },
};
const toJoined: WorkerInput[] = [welcome, { type: "checked" }];
const held = (...lasts: number[]): readonly HeldLane[] => {
  return [{ lane: 0, epochs: lasts.map((last, index) => ({ epoch: epochOf(index + 1), first: 1, last })) }];
};
const live = (acks: [number, number][], ...lasts: number[]): WorkerInput => {
  return {
    type: "live",
    acks: acks.map(([number, last]) => ({ lane: 0, epoch: epochOf(number), last })),
    held: held(...lasts),
  };
};
const records = (number: number, ...ranges: [number, number][]): WorkerInput => {
  const all = ranges.map(([first, count]): LaneRecord => {
    const kind = count === 0 ? "epoch" : "events";
    return { kind, lane: 0, epoch: epochOf(number), first, count, bytes: Buffer.alloc(50) };
  });
  return { type: "records", lane: 0, epoch: epochOf(number), records: all };
};
const ack = (number: number, last: number): WorkerInput => ({
  type: "ack",
  ack: { lane: 0, epoch: epochOf(number), last },
});

function say(action: WorkerAction): string {
  if (action.type === "close") return `close ${action.reason}`;
  if (action.type === "read") return `read ${action.epoch.number} from ${action.fromSeq}`;
  if (action.type === "ship")
    return `ship ${action.record.epoch.number}: ${action.record.first}+${action.record.count}`;
  return action.type === "release" ? `release ${action.ack.epoch.number}: ${action.ack.last}` : action.type;
}

/** What a worker that has joined does with the inputs, in words. */
function play(...inputs: WorkerInput[]): string[] {
  let state: WorkerState = newWorkerState(0);
  return [...toJoined, ...inputs].flatMap((input, index) => {
    const [next, actions] = stepWorker(state, input, 0, limits);
    state = next;
    return index < toJoined.length ? [] : actions.map(say).filter((word) => word !== "live" && word !== "status");
  });
}

test("starts behind what the master holds, and at the epoch's own record where it holds none", () => {
  deepEqual(play(live([[1, 4]], 9)), ["release 1: 4", "read 1 from 5"]);
  deepEqual(play(live([], 9)), ["read 1 from 0"]);
  deepEqual(play(live([[1, 9]], 9)), ["release 1: 9"]);
});
test("passes over the epochs that the master holds whole", () => {
  deepEqual(
    play(
      live(
        [
          [1, 3],
          [2, 4],
        ],
        3,
        4,
        9,
      ),
    ),
    ["release 1: 3", "release 2: 4", "read 3 from 0"],
  );
});
test("begins the next epoch only when the last seq of the one before is acknowledged", () => {
  const begin = [live([[1, 1]], 3, 5), records(1, [2, 2])];
  deepEqual(play(...begin), ["release 1: 1", "read 1 from 2", "ship 1: 2+2"]);
  deepEqual(play(...begin, ack(1, 3)).slice(3), ["release 1: 3", "read 2 from 0"]);
});
test("ships no further ahead of the acks than its limit", () => {
  const full = [live([[1, 0]], 9), records(1, [1, 1]), records(1, [2, 1])];
  deepEqual(play(...full).slice(1), ["read 1 from 1", "ship 1: 1+1", "read 1 from 2", "ship 1: 2+1"]);
  deepEqual(play(...full, ack(1, 1)).slice(5), ["release 1: 1", "read 1 from 3"]);
});
test("waits for the spool when it has read to the end, without asking again and again", () => {
  const drained = [live([[1, 0]], 2), records(1, [1, 2]), ack(1, 2)];
  deepEqual(play(...drained).slice(3), ["release 1: 2"]);
  deepEqual(play(...drained, { type: "held", held: held(5) }).slice(4), ["read 1 from 3"]);
  deepEqual(play(live([[1, 0]], 2), records(1)).slice(1), ["read 1 from 1"]);
});
test("closes on an ack of what was not shipped, of another epoch, or that goes back", () => {
  const begin = [live([[1, 1]], 9), records(1, [2, 2])];
  for (const bad of [ack(1, 4), ack(1, 0), ack(2, 1)]) deepEqual(play(...begin, bad).slice(4), ["close ack_invalid"]);
  deepEqual(play(...begin, ack(1, 1)).slice(3), ["read 1 from 4", "release 1: 1"]); // The same again is no fault.
});
test("closes on whatever is out of turn", () => {
  deepEqual(play(ack(1, 1)), ["close out_of_turn"]);
  deepEqual(play(welcome), ["close out_of_turn"]);
  deepEqual(play(live([], 1), live([], 1)).slice(1), ["close out_of_turn"]);
  const refuse: WorkerInput = { type: "message", message: { type: "refuse", body: { code: "unlisted" } } };
  deepEqual(play(refuse, ack(1, 1)), ["told", "close unlisted"]);
});
