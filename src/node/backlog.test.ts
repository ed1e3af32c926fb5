import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { sampleNode } from "../../test/support/api-needs.ts";
import type { NodeInfo } from "../api/contract/reply.ts";
import { backlogOf } from "./backlog.ts";

const nowMs = 10_000;
const none = { behind: 0, behindMs: 0 };

function holding(events: number, oldestMs: number | null, state: NodeInfo["state"] = "up"): NodeInfo {
  return sampleNode({ state, spool: { events, bytes: 1, bytesMax: 1, oldestMs, isFull: false, drainMs: null } });
}

test("what waits in the spool of any node is behind, be the node there or not, and the oldest tells the age", () => {
  const nodes = [sampleNode({ spool: null }), holding(5, 4_000, "down"), holding(7, 6_000.4), holding(0, null)];
  deepEqual(backlogOf(none, nodes, nowMs), { behind: 12, behindMs: 6_000 });
  deepEqual(backlogOf({ behind: 3, behindMs: 9_000 }, nodes, nowMs), { behind: 15, behindMs: 9_000 });
  deepEqual(backlogOf({ behind: 3, behindMs: 10 }, [], nowMs), { behind: 3, behindMs: 10 });
});

test("nothing is behind without an age, and nothing has an age that is not behind", () => {
  const ages = [0, 0.3, 5_000, -7];
  const spools = [null, nowMs, nowMs + 5, nowMs - 0.2, 3];
  for (const behind of [0, 25_884]) {
    for (const behindMs of ages) {
      for (const events of [0, 6]) {
        for (const oldestMs of spools) {
          const found = backlogOf({ behind, behindMs }, [holding(events, oldestMs)], nowMs);
          equal(found.behind, behind + events);
          equal(found.behindMs > 0, found.behind > 0, JSON.stringify({ behind, behindMs, events, oldestMs, found }));
        }
      }
    }
  }
});
