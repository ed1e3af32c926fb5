import { equal } from "node:assert/strict";
import { test } from "node:test";
import { sampleNode } from "../../test/support/api-needs.ts";
import type { LaneState } from "../spool/journal.ts";
import type { AnalysedUpTo } from "./analysed-lanes.ts";
import { eventsBehind, spoolAgeMs } from "./master-status.ts";

/** A lane's epochs as [number, bits, last]. */
function journalOf(...epochs: [number, string, number][]): { table(): LaneState[] } {
  const listed = epochs.map(([number, bits, last]) => ({ epoch: { number, bits }, last }));
  return {
    table: () => [{ node: "w", lane: 0, epochs: listed, predecessor: undefined, preamble: Buffer.alloc(0) }],
  };
}

function upTo(epoch: number, bits: string, last: number): AnalysedUpTo[] {
  return [{ node: "w", lane: 0, epoch, bits, last, analysed: 0 }];
}

test("what an epoch lacks and all of the later ones is behind", () => {
  const journal = journalOf([1, "a", 10], [2, "b", 20], [3, "c", 30]);
  equal(eventsBehind(journal, upTo(2, "b", 15)), 35);
  equal(eventsBehind(journal, upTo(3, "c", 30)), 0);
});

test("all of a lane of which nothing is answered is behind", () => {
  equal(eventsBehind(journalOf([1, "a", 10], [2, "b", 20]), []), 30);
  equal(eventsBehind(journalOf([1, "a", 10]), [{ ...upTo(1, "a", 10)[0], node: "v" } as AnalysedUpTo]), 10);
});

test("a worker that begins again at 1 after epoch 5 has nothing of that behind", () => {
  const journal = journalOf([5, "a", 100], [1, "b", 7]);
  equal(eventsBehind(journal, upTo(1, "b", 7)), 0);
  equal(eventsBehind(journal, upTo(5, "a", 100)), 7);
});

test("two epochs of one number are told apart by their bits", () => {
  const journal = journalOf([1, "a", 100], [1, "b", 7]);
  equal(eventsBehind(journal, upTo(1, "a", 90)), 17);
  equal(eventsBehind(journal, upTo(1, "b", 3)), 4);
});

test("the oldest event in a spool is that of any node, there or not; spools that are empty or unknown have none", () => {
  const holding = (oldestMs: number | null) => {
    const spool = { events: 1, bytes: 1, bytesMax: 1, oldestMs, isFull: false, drainMs: null };
    return sampleNode({ state: "down", spool });
  };
  const unknown = sampleNode({ spool: null });
  equal(spoolAgeMs([unknown, holding(9_000), holding(4_000.4), holding(null)], 10_000), 6_000);
  equal(spoolAgeMs([unknown, holding(null)], 10_000), 0);
  equal(spoolAgeMs([holding(10_005)], 10_000), 0);
});
