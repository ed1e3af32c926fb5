import { test } from "node:test";
import { agentRecord, agentReport } from "../../test/support/link-agents.ts";
import { playTranscript } from "../../test/support/transcript.ts";
import { newBlobSupply, stepBlobSupply, type BlobSupplyInput } from "./blob-supply.ts";
import { newAllowance } from "./bucket.ts";
import { linkLimits } from "./limits.ts";
import { newMasterAgents, stepMasterAgents, type MasterAgentsAction, type MasterAgentsInput } from "./master-agents.ts";
import { reportBatches } from "./report-batch.ts";
import type { AgentsMasterMessage, AgentsWorkerMessage } from "./wire.ts";
import {
  beginWorkerAgents,
  stepWorkerAgents,
  type Question,
  type WorkerAgentsAction,
  type WorkerAgentsInput,
} from "./worker-agents.ts";

const epoch = "00000000000000e1";
const sha256 = "ab".repeat(32);
const change = { kind: "remove", id: "001", purge: true } as const;
const enrolment = { name: "web1", source: "10.0.0.1" };
// As they are after their schema: what is optional is there or not, and never undefined.
const reports = reportBatches([agentReport(1)], 10_000).flatMap(({ batch }) => batch);

/** `3..5 last` */
function rangeOf(words: string[]): { from: number; to: number; isLast: boolean } {
  const [from = 0, to = 0] = (words[0] ?? "").replace(":", "").split("..").map(Number);
  return { from, to, isLast: words[1]?.startsWith("last") === true };
}

function workersMessage(type: string, number: number): AgentsWorkerMessage {
  if (type === "have") return { type, body: { epoch, seq: number } };
  if (type === "reports") return { type, body: { number, reports } };
  if (type === "enrol") return { type, body: { number, ...enrolment } };
  if (type === "change") return { type, body: { number, change } };
  if (type === "delivered") return { type, body: { number, ok: true, text: "" } };
  if (type === "heard") return { type, body: { ids: [1] } };
  throw new Error(`no message ${type}`);
}

function masterInput([type = "", ...rest]: string[]): MasterAgentsInput {
  const number = Number(rest[0]);
  switch (type) {
    case "changed":
    case "drained":
    case "tick":
      return { type };
    case "page":
      return { type, page: { epoch, isReset: false, ...rangeOf(rest) }, bytes: 100 };
    case "answered":
      return { type, answer: { number, ok: true, text: "" }, seq: Number(rest[2] ?? 0) };
    case "block":
      return { type: "heard", node: rest[0] ?? "", ids: [1] };
    case "deliver":
      return { type, ticket: number, id: rest[1] ?? "", message: "a" };
    default:
      return { type: "message", message: workersMessage(type, number), bytes: 100 };
  }
}

function mastersMessage(type: string, rest: string[]): AgentsMasterMessage {
  const number = Number(rest[0]);
  if (type === "answer") return { type, body: { number, ok: true, text: "" } };
  if (type === "deliver") return { type, body: { number, id: rest[1] ?? "", message: "a" } };
  if (type === "heard-by") return { type, body: { node: rest[0] ?? "", ids: [1] } };
  if (type !== "records") throw new Error(`no message ${type}`);
  const isReset = rest[0] === "reset";
  const range = rangeOf(isReset ? rest.slice(1) : rest);
  const seqs = rest.slice(rest.findIndex((word) => word.endsWith(":")) + 1).map(Number);
  const records = seqs.map((seq) => agentRecord(seq, seq));
  return { type, body: { epoch, isReset, ...range, records } } as AgentsMasterMessage;
}

const questions: Record<string, Question> = {
  reports: { type: "reports", body: { reports } },
  enrol: { type: "enrol", body: enrolment },
  change: { type: "change", body: { change } },
};

function workerInput([type = "", ...rest]: string[]): WorkerAgentsInput {
  const number = Number(rest[0]);
  const question = questions[rest[1] ?? ""];
  if (type === "tick") return { type };
  if (type === "applied") return { type, bytes: 100 };
  if (type === "delivered") return { type, number, delivery: { isDelivered: true, text: "" } };
  if (type === "ask" && question !== undefined) return { type, ticket: number, question, bytes: 100 };
  return { type: "message", message: mastersMessage(type, rest), bytes: 100 };
}

function sayMessage({ type, body }: AgentsMasterMessage | AgentsWorkerMessage): string {
  if (type === "have") return `send have ${body.seq}`;
  if ("number" in body) return `send ${type} ${body.number}`;
  return type === "heard-by" ? `send ${type} ${body.node}` : `send ${type}`;
}

function say(action: MasterAgentsAction | WorkerAgentsAction): string {
  switch (action.type) {
    case "send":
      return sayMessage(action.message);
    case "read":
      return `read from ${action.held.seq}`;
    case "apply":
      return `apply ${action.page.from}..${action.page.to}`;
    case "told":
      return `told ${action.ticket} ${action.delivery.isDelivered}`;
    case "answered":
      return `answered ${action.ticket} ${action.answer?.ok ?? "nothing"}`;
    case "close":
      return `close ${action.reason}`;
    case "report":
    case "enrol":
    case "change":
    case "deliver":
      return `${action.type} ${action.number}`;
    default:
      return action.type;
  }
}

function blobInput([type = "", word]: string[]): BlobSupplyInput {
  if (type === "want") return { type, sha256, offset: Number(word) };
  if (type === "opened") return { type, total: word === undefined ? undefined : Number(word) };
  if (type === "read") return { type, bytes: word === undefined ? undefined : Buffer.alloc(Number(word)) };
  if (type === "drained") return { type };
  throw new Error(`no input ${type}`);
}

test("the master's part of agents plays the transcript of version 2", () => {
  let state = newMasterAgents(true);
  const allowance = newAllowance(linkLimits);
  playTranscript("testdata/link-v2/agents-master.txt", (words, nowMs) => {
    const [next, actions] = stepMasterAgents(state, masterInput(words), nowMs, allowance, linkLimits);
    state = next;
    return actions.map(say);
  });
});

test("the worker's part of agents plays the transcript of version 2", () => {
  const [begun, first] = beginWorkerAgents({ epoch: "00000000000000e0", seq: 4 });
  let state = begun;
  playTranscript("testdata/link-v2/agents-worker.txt", (words, nowMs) => {
    if (words[0] === "begin") return first.map(say);
    const [next, actions] = stepWorkerAgents(state, workerInput(words), nowMs, linkLimits);
    state = next;
    return actions.map(say);
  });
});

test("the master's part of blobs plays the transcript of version 2", () => {
  let state = newBlobSupply;
  const { supplied } = newAllowance(linkLimits);
  playTranscript("testdata/link-v2/blob-master.txt", (words, nowMs) => {
    const [next, actions] = stepBlobSupply(state, blobInput(words), nowMs, supplied);
    state = next;
    return actions.map((action) => {
      if (action.type === "read") return `read ${action.offset}+${action.length}`;
      if (action.type === "piece") return `piece ${action.piece.offset}+${action.piece.bytes.length}`;
      return action.type === "send" ? `send ${action.message.type}` : action.type;
    });
  });
});
