import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { SimClock } from "../../test/support/sim-clock.ts";
import { sampleNode } from "../../test/support/api-needs.ts";
import type { NodeInfo } from "../api/contract/reply.ts";
import type { LaneState } from "../spool/journal.ts";
import type { AnalysedUpTo } from "./analysed-lanes.ts";
import { JournalLag } from "./journal-lag.ts";
import { LossTimes } from "./loss-times.ts";
import { eventsBehind, MasterStatus, type MasterStatusOptions } from "./master-status.ts";

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

/** A master whose journal holds ten events of one lane; the journal stands at 100. */
function newMaster() {
  const clock = new SimClock();
  const lag = new JournalLag(100, clock.monotonicMs());
  const progress = {
    position: 100,
    receivedMs: 0,
    analysed: 10,
    undecodable: 0,
    lost: 0,
    alerts: 4,
    lanes: upTo(1, "a", 10),
    quarantined: [] as string[],
  };
  const losses = new LossTimes();
  const analysis = { hasBegun: true, progress, lostInDay: (nowMs: number) => losses.inDay(nowMs) };
  const nodes: NodeInfo[] = [];
  const last = { count: 10 };
  const refused: { value: { atMs: number; problems: string[] } | null } = { value: null };
  const options = {
    ruleset: { status: () => ({ refused: refused.value }) },
    parts: { clock, startedMs: 0, settings: { name: "m", cluster: { name: "c", key: { reveal: () => "short" } } } },
    journal: { table: () => journalOf([1, "a", last.count]).table() },
    ...{ lag, analysis, takeIn: undefined, watch: { nodes: () => nodes }, link: undefined },
  };
  const status = new MasterStatus(options as unknown as MasterStatusOptions);
  /** Events come in; the journal is durable behind them. */
  const store = (count: number, position: number): void => {
    last.count += count;
    lag.onDurable(position, clock.monotonicMs());
  };
  return { clock, analysis, losses, nodes, refused, status, store };
}

test("is behind by nothing while all is analysed, and by the age of what is not", () => {
  const { clock, analysis, status, store } = newMaster();
  analysis.progress.receivedMs = clock.wallMs();
  clock.advance(3_600_000);
  equal(status.status().events.behindMs, 0);
  store(1, 120);
  clock.advance(300);
  const { behind, behindMs } = status.status().events;
  deepEqual([behind, behindMs], [1, 300]);
});

test("records of the journal that are no events leave nobody behind", () => {
  const { clock, analysis, status, store } = newMaster();
  analysis.progress.receivedMs = clock.wallMs();
  store(0, 120);
  clock.advance(5_000);
  equal(status.status().events.behindMs, 0);
});

test("says that nothing is counted yet, and counts nothing, until the analysis has said where it stands", () => {
  const { clock, analysis, nodes, status, store } = newMaster();
  const { progress } = analysis;
  Object.assign(analysis, { hasBegun: false, progress: { ...progress, position: 0, analysed: 0, lanes: [] } });
  store(25_884, 120);
  clock.advance(3_000);
  const figures = () => {
    const { isCounted, accepted, analysed, behind, behindMs } = status.status().events;
    return [isCounted, accepted, analysed, behind, behindMs];
  };
  deepEqual(figures(), [false, 0, 0, 0, 0]);
  const spool = { events: 4, bytes: 1, bytesMax: 1, oldestMs: clock.wallMs() - 9_000, isFull: false, drainMs: null };
  nodes.push(sampleNode({ spool }));
  deepEqual(figures(), [false, 0, 0, 4, 9_000]);
  Object.assign(analysis, { hasBegun: true, progress });
  deepEqual(figures(), [true, 25_894, 10, 25_888, 9_000]);
});

test("a backlog of which nothing but its size is known has an age all the same", () => {
  const { clock, analysis, status, store } = newMaster();
  Object.assign(analysis.progress, { position: 0, receivedMs: 0, analysed: 0, lanes: [] });
  clock.advance(3_000);
  deepEqual([status.status().events.behind, status.status().events.behindMs], [10, 3_000]);
  analysis.progress.position = 100;
  store(5, 100);
  deepEqual([status.status().events.behind, status.status().events.behindMs], [15, 1], "not yet durable");
});

test("what waits in the spool of a node is behind as well", () => {
  const { clock, analysis, nodes, status, store } = newMaster();
  analysis.progress.receivedMs = clock.wallMs();
  store(1, 120);
  clock.advance(4_000);
  const spool = { events: 1, bytes: 1, bytesMax: 1, oldestMs: clock.wallMs() - 9_000, isFull: false, drainMs: null };
  nodes.push(
    sampleNode({ spool: null, eventsOutPerSecond: 0.1 }),
    sampleNode({ state: "down", spool, eventsOutPerSecond: 0.2 }),
  );
  deepEqual([status.status().events.behind, status.status().events.behindMs], [2, 9_000]);
  equal(status.status().events.perSecond, 0.3);
  spool.oldestMs = clock.wallMs() - 1_000;
  equal(status.status().events.behindMs, 4_000);
});

test("events analysed per second are those since the analysis has said where it stands", () => {
  const { clock, analysis, status } = newMaster();
  analysis.hasBegun = false;
  analysis.progress.analysed = 0;
  for (let second = 0; second < 8; second += 1) {
    if (second === 2)
      Object.assign(analysis, { hasBegun: true, progress: { ...analysis.progress, analysed: 1_000_000 } });
    else if (second > 2) analysis.progress.analysed += 50;
    status.tick();
    clock.advance(1_000);
  }
  equal(status.status().events.analysedPerSecond, 50);
});

test("of all that was ever lost only what is known to be of the last day is told as such", () => {
  const { clock, analysis, losses, status } = newMaster();
  analysis.progress.lost = 1_007;
  losses.add(clock.wallMs(), 7);
  clock.advance(86_399_999);
  deepEqual([status.status().events.lost, status.status().events.lostInDay], [1_007, 7]);
  clock.advance(1);
  deepEqual([status.status().events.lost, status.status().events.lostInDay], [1_007, 0]);
});

test("says why the cluster's key can be guessed", () =>
  equal(newMaster().status.status().keyWeakness, "has fewer than 32 characters"));

test("says the first problem of a ruleset that is not in force, cut where it is long, and how much is quarantined", () => {
  const { analysis, refused, status } = newMaster();
  deepEqual(status.status().ruleset, { refusal: "", quarantined: 0 });
  refused.value = { atMs: 1, problems: ["a.xml:1:1: error: one", "a.xml:2:1: error: two"] };
  analysis.progress.quarantined.push("100100", "etc/decoders/d.xml:3");
  deepEqual(status.status().ruleset, { refusal: "a.xml:1:1: error: one", quarantined: 2 });
  refused.value = { atMs: 1, problems: ["x".repeat(100_000)] };
  deepEqual(status.status().ruleset.refusal, `${"x".repeat(300)}…`);
});
