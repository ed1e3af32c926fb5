import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { newAllowance } from "./bucket.ts";
import { linkLimits } from "./limits.ts";
import { newMasterAgents, stepMasterAgents, type MasterAgentsAction, type MasterAgentsInput } from "./master-agents.ts";

const e1 = "00000000000000e1";
const have: MasterAgentsInput = {
  ...{ type: "message", bytes: 10 },
  message: { type: "have", body: { epoch: "00000000000000e0", seq: 900 } },
};
const enrol: MasterAgentsInput = {
  ...{ type: "message", bytes: 10 },
  message: { type: "enrol", body: { number: 1, name: "a1", source: "10.0.0.1" } },
};
const page = (from: number, to: number, isLast: boolean): MasterAgentsInput => ({
  ...{ type: "page", bytes: 10 },
  page: { epoch: e1, isReset: from === 0, from, to, isLast },
});
const answered = (seq: number): MasterAgentsInput => ({
  type: "answered",
  answer: { number: 1, ok: true, text: "" },
  seq,
});

/** What is ordered, in words, under each input. */
function play(inputs: readonly MasterAgentsInput[], limits = linkLimits): string[][] {
  let state = newMasterAgents(true);
  const allowance = newAllowance(limits);
  const say = (action: MasterAgentsAction): string =>
    action.type === "send" ? action.message.type : action.type === "read" ? `read ${action.held.seq}` : action.type;
  return inputs.map((input) => {
    const [next, actions] = stepMasterAgents(state, input, 0, allowance, limits);
    state = next;
    return actions.map(say);
  });
}

test("an answer within a reset waits for its end, because the copy is the old one until then", () => {
  // The change that is answered, 3, lies in the reset's first page; later ones have made the reset longer.
  const inputs = [have, enrol, answered(3), page(0, 256, false), { type: "drained" } as const, page(256, 300, true)];
  deepEqual(play(inputs), [["read 900"], ["enrol"], [], [], ["read 256"], ["answer"]]);
});

test("pages wait for the allowance of the node, and go on with a tick", () => {
  const limits = { ...linkLimits, suppliedBytesPerSecond: 1, suppliedBytesAheadMax: 5 };
  const inputs = [have, page(0, 256, false), { type: "drained" } as const, { type: "tick" } as const];
  deepEqual(play(inputs, limits), [["read 900"], [], [], []]);
  deepEqual(play(inputs), [["read 900"], [], ["read 256"], []]);
});

test("what changes while a page is on its way makes one more page, and not one for each change", () => {
  const changed = { type: "changed" } as const;
  const inputs = [have, page(0, 300, true), changed, changed, { type: "drained" } as const, changed];
  deepEqual(play(inputs), [["read 900"], [], [], [], ["read 300"], []]);
});
