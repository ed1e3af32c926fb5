import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { NodeInfo } from "../api/contract/reply.ts";
import { MasterView } from "./master-view.ts";

const info = (name: string, role: "master" | "worker"): NodeInfo => ({
  ...{ name, role, state: "up", sinceMs: 5, address: "127.0.0.1:1516", version: "0", isHidden: false },
  ...{ eventsPerSecond: 0, eventsOutPerSecond: 7, link: { sinceMs: 4, roundTripMs: 0.5 } },
  ...{ spool: null, clockOffsetMs: null, note: "", lastRefusal: "" },
});
const snapshot = [info("m", "master"), info("w1", "worker"), info("w2", "worker")];

function states(view: MasterView): string[] {
  return view.others("w1").map(({ name, state, sinceMs }) => `${name} ${state} ${sinceMs}`);
}

test("shows the others as the master said, and the master as down while it is not there", () => {
  const view = new MasterView(0);
  view.joined("m", 10);
  view.take(snapshot);
  deepEqual(states(view), ["m up 5", "w2 up 5"]);
  view.lost(20);
  view.lost(30);
  deepEqual(states(view), ["m down 20", "w2 up 5"]);
  equal(view.others("w1")[0]?.note, "no session with it");
});

test("believes the master again as soon as it is back, before it has said anything new", () => {
  const view = new MasterView(0);
  view.joined("m", 10);
  view.take(snapshot);
  view.lost(20);
  states(view);
  view.joined("m", 30);
  deepEqual(states(view), ["m up 5", "w2 up 5"]);
});

test("forgets a refusal once a session lives", () => {
  const view = new MasterView(0);
  view.lastRefusal = "not_listed: w1 is not listed";
  view.joined("m", 10);
  equal(view.lastRefusal, "");
});

test("passes over what is no view of a cluster", () => {
  const view = new MasterView(0);
  view.take(snapshot);
  view.take([{ name: 7 }]);
  view.take(undefined);
  equal(view.others("w1").length, 2);
});

test("leaves out what a later master says beyond what is known here", () => {
  const view = new MasterView(0);
  const spool = { events: 1, bytes: 2, bytesMax: 3, oldestMs: null, isFull: false, drainMs: null };
  const told = structuredClone([
    { ...info("m", "master"), mood: "good" },
    { ...info("w2", "worker"), spool },
  ]);
  Object.assign(told[1]?.spool ?? {}, { colour: "red" });
  view.take(told);
  deepEqual(view.others("w1"), [
    { ...info("m", "master"), state: "down", sinceMs: 0, note: "no session with it" },
    { ...info("w2", "worker"), spool },
  ]);
});

test("tells what the master says of this node, and since when there is a session, while there is one", () => {
  const view = new MasterView(0);
  view.take(snapshot);
  deepEqual([view.ofMaster("w1"), view.connectedMs], [undefined, undefined]);
  view.joined("m", 10);
  deepEqual([view.ofMaster("w1")?.link.roundTripMs, view.connectedMs], [0.5, 10]);
  equal(view.ofMaster("stranger"), undefined);
  view.lost(20);
  deepEqual([view.ofMaster("w1"), view.connectedMs], [undefined, undefined]);
});
