import { test } from "node:test";
import { quietStatus } from "../../test/support/link-nodes.ts";
import { playTranscript } from "../../test/support/transcript.ts";
import { lastOf, type Ack } from "./frames.ts";
import { linkLimits } from "./limits.ts";
import { newMasterState, stepMaster, type MasterAction, type MasterInput, type MasterState } from "./master-session.ts";
import type { Epoch, LaneRecord } from "./needs.ts";
import { PROTOCOL_VERSIONS, type SessionMessage } from "./wire.ts";
import { newWorkerState, stepWorker, type WorkerAction, type WorkerInput, type WorkerState } from "./worker-session.ts";

const epochOf = (number: string): Epoch => ({ number: Number(number), bits: number.padStart(16, "0") });

/** `0` is the epoch's own record, `3+2` two events from seq 3. */
function recordOf(epoch: string, range: string): LaneRecord {
  const bytes = Buffer.alloc(10);
  if (range === "0") return { kind: "epoch", lane: 0, epoch: epochOf(epoch), first: 1, count: 0, bytes };
  const [first = 0, count = 0] = range.split("+").map(Number);
  return { kind: "events", lane: 0, epoch: epochOf(epoch), first, count, bytes };
}

function ackOf(text: string): Ack {
  const [epoch = "", last = ""] = text.split(":");
  return { lane: 0, epoch: epochOf(epoch), last: Number(last) };
}

const proof = { publicKey: "", signature: "" };
const messages: Record<string, (id: number) => SessionMessage> = {
  hello: () => ({
    type: "hello",
    body: {
      ...{
        versions: [...PROTOCOL_VERSIONS],
        cluster: "argus",
        name: "worker-node1",
        role: "worker",
        ...proof,
        argus: "0.1.0",
        host: "w",
      },
      ...{ isHidden: false, lanes: [] },
    },
  }),
  // The number, where a transcript gives one, is the version chosen.
  welcome: (version) => ({
    type: "welcome",
    body: { version: version || 1, cluster: "argus", name: "master", ...proof, term: 1, argus: "0.1.0" },
  }),
  join: () => ({ type: "join", body: {} }),
  ping: (id) => ({ type: "ping", body: { id } }),
  pong: (id) => ({ type: "pong", body: { id, nowMs: 1 } }),
  status: () => ({ type: "status", body: quietStatus }),
  snapshot: () => ({ type: "snapshot", body: { snapshot: [] } }),
};

function masterInput(words: string[]): MasterInput {
  const [type = "", epoch = "", range = "", code = ""] = words;
  if (type === "admitted" || type === "tick") return { type };
  if (type === "record") return { type, record: recordOf(epoch, range) };
  if (type === "stored") return { type, record: recordOf(epoch, range), result: { code, last: 0 } };
  const message = messages[type]?.(Number(epoch));
  if (message === undefined) throw new Error(`no input ${type}`);
  return { type: "message", message };
}

function workerInput(words: string[]): WorkerInput {
  const [type = "", ...rest] = words;
  if (type === "checked" || type === "tick") return { type };
  if (type === "ack") return { type, ack: ackOf(rest.join(":")) };
  const heldOf = (texts: string[]) => [
    { lane: 0, epochs: texts.map(ackOf).map(({ epoch, last }) => ({ epoch, first: 1, last })) },
  ];
  if (type === "held") return { type, held: heldOf(rest) };
  if (type === "live") {
    const at = rest.indexOf("held");
    return { type, acks: rest.slice(0, at).map(ackOf), held: heldOf(rest.slice(at + 1)) };
  }
  if (type === "records") {
    const [epoch = "", ...ranges] = rest;
    return { type, lane: 0, epoch: epochOf(epoch), records: ranges.map((range) => recordOf(epoch, range)) };
  }
  const message = messages[type]?.(Number(rest[0]));
  if (message === undefined) throw new Error(`no input ${type}`);
  return { type: "message", message };
}

const rangeOf = (record: LaneRecord): string =>
  record.kind === "epoch" ? `${record.epoch.number} 0` : `${record.epoch.number} ${record.first}..${lastOf(record)}`;

function say(action: MasterAction | WorkerAction): string {
  switch (action.type) {
    case "store":
    case "ship":
      return `${action.type} ${rangeOf(action.record)}`;
    case "ack":
    case "release":
      return `${action.type} ${action.ack.epoch.number} ${action.ack.last}`;
    case "read":
      return `read ${action.epoch.number} from ${action.fromSeq}`;
    case "ping":
    case "pong":
    case "measure":
      return `${action.type} ${action.id}`;
    case "close":
      return `close ${action.reason}`;
    default:
      return action.type;
  }
}

for (const version of [1, 2]) {
  test(`the master's session plays the transcript of version ${version}`, () => {
    let state: MasterState = newMasterState(0);
    playTranscript(`testdata/link-v${version}/master.txt`, (words, nowMs) => {
      const [next, actions] = stepMaster(state, masterInput(words), nowMs, linkLimits);
      state = next;
      return actions.map(say);
    });
  });

  test(`the worker's session plays the transcript of version ${version}`, () => {
    let state: WorkerState = newWorkerState(0);
    playTranscript(`testdata/link-v${version}/worker.txt`, (words, nowMs) => {
      const [next, actions] = stepWorker(state, workerInput(words), nowMs, linkLimits);
      state = next;
      return actions.map(say);
    });
  });
}
