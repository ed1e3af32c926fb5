import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { quietStatus } from "../../test/support/link-nodes.ts";
import { linkLimits } from "./limits.ts";
import { newMasterState, stepMaster, type MasterAction, type MasterInput, type MasterState } from "./master-session.ts";
import type { LaneRecord } from "./needs.ts";

const limits = { ...linkLimits, storingBytesMax: 100, pingsBeforeLive: 1 };
const epoch = { number: 1, bits: "0".repeat(16) };
const record = (first: number, bytes = 40): LaneRecord => {
  return { kind: "events", lane: 0, epoch, first, count: 1, bytes: Buffer.alloc(bytes) };
};
const proof = { publicKey: "", signature: "", argus: "", host: "", isHidden: false, lanes: [] };
const hello: MasterInput = {
  type: "message",
  message: { type: "hello", body: { versions: [1], cluster: "argus", name: "w1", role: "worker", ...proof } },
};
const join: MasterInput = { type: "message", message: { type: "join", body: {} } };
const pong = (id: number): MasterInput => ({ type: "message", message: { type: "pong", body: { id, nowMs: 0 } } });
const status: MasterInput = { type: "message", message: { type: "status", body: quietStatus } };
const admitted: MasterInput = { type: "admitted" };
const tick: MasterInput = { type: "tick" };
const toLive = [hello, admitted, join, pong(1)];
const arrives = (first: number): MasterInput => ({ type: "record", record: record(first) });
const stored = (first: number, code = "stored"): MasterInput => {
  return { type: "stored", record: record(first), result: { code, last: first } };
};

function say(action: MasterAction): string {
  if (action.type === "close") return `close ${action.reason}`;
  if (action.type === "refuse") return `refuse ${action.code}`;
  if (action.type === "store") return `store ${action.record.first}`;
  return action.type === "ack" ? `ack ${action.ack.last}` : action.type;
}

/** Plays inputs `everyMs` apart; returns what the session ordered after the first `skip` inputs, in words. */
function play(inputs: MasterInput[], skip = 0, everyMs = 0): string[] {
  let state: MasterState = newMasterState(0);
  return inputs.flatMap((input, index) => {
    const [next, actions] = stepMaster(state, input, index * everyMs, limits);
    state = next;
    return index < skip ? [] : actions.map(say);
  });
}

test("acks a record only after the journal has stored it, and in the journal's order", () => {
  deepEqual(play([...toLive, arrives(1), arrives(2), stored(1), stored(2)], 4), [
    "store 1",
    "store 2",
    "ack 1",
    "ack 2",
  ]);
});
test("repeats the ack of what the journal holds already", () => {
  deepEqual(play([...toLive, arrives(1), stored(1, "duplicate")], 4), ["store 1", "ack 1"]);
});
test("closes with the journal's code, and acks nothing afterwards", () => {
  deepEqual(play([...toLive, arrives(5), arrives(6), stored(5, "batch_gap"), stored(6)], 4), [
    "store 5",
    "store 6",
    "close batch_gap",
  ]);
});
test("stops reading above its limit, and reads again at half of it", () => {
  const inputs = [...toLive, arrives(1), arrives(2), arrives(3), stored(1), stored(2), stored(3)];
  deepEqual(play(inputs, 4), ["store 1", "store 2", "store 3", "pause", "ack 1", "ack 2", "resume", "ack 3"]);
});
test("closes on whatever is out of turn, at every step of the way", () => {
  const wrong: [string, MasterInput][] = [
    ["a record", arrives(1)],
    ["a status", status],
    ["a join", join],
    ["a pong", pong(9)],
    ["a hello", hello],
  ];
  for (let step = 0; step < toLive.length; step += 1) {
    for (const [what, input] of wrong) {
      if (input === toLive[step]) continue;
      deepEqual(play([...toLive.slice(0, step), input, ...toLive], step), ["close out_of_turn"], `${what} at ${step}`);
    }
  }
  for (const input of [hello, join, pong(9)]) deepEqual(play([...toLive, input], 4), ["close out_of_turn"]);
});
test("a refusal is told and is the last word", () => {
  deepEqual(play([hello, { type: "refused", code: "unlisted" }, join, tick]), ["admit", "refuse unlisted"]);
});
test("closes when joining takes too long, and not while the time runs", () => {
  deepEqual(play([hello, admitted, tick], 2, 5_000), []);
  deepEqual(play([hello, admitted, tick, tick], 2, 5_000), ["close joining_too_long"]);
});
test("an answer about a record that was never received is our own bug", () => {
  throws(() => play([...toLive, stored(1)]), /stored more than was received/);
});
test("takes messages as often as the protocol has them, also when they were held up and come at once", () => {
  const heartbeats = Array.from({ length: 900 }, (): MasterInput[] => [status, pong(0)]).flat();
  deepEqual(
    play([...toLive, ...heartbeats], 4, limits.heartbeatMs / 2).filter((order) => order !== "status"),
    [],
  );
  const atOnce = Array.from({ length: limits.messagesAheadMax }, () => status);
  deepEqual(
    play([...toLive, ...atOnce], 4),
    atOnce.map(() => "status"),
  );
});
test("a worker that goes on sending messages faster than that is let go", () => {
  for (const message of [status, pong(0)]) {
    const flood = Array.from({ length: 10_000 }, () => message);
    const orders = play([...toLive, ...flood], 4, 0.1);
    deepEqual([orders.length <= limits.messagesAheadMax + 1, orders.at(-1)], [true, "close too_often"]);
  }
});
