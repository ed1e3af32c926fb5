import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { sampleNode, sampleStatus } from "../../test/support/api-needs.ts";
import type { NodeInfo, StatusReply } from "../api/contract/reply.ts";
import type { Connection } from "./store.ts";
import { moreOf, verdictOf, type Verdict, type VerdictInput } from "./verdict.ts";

const nowMs = Date.UTC(2026, 10, 24, 14, 32, 10);
const at = (hours: number, minutes: number, seconds: number): number => Date.UTC(2026, 10, 24, hours, minutes, seconds);

const master = sampleNode({ name: "master-node", role: "master", spool: null, clockOffsetMs: null });

interface SpoolChange {
  events: number;
  oldestMs?: number;
  drainMs?: number | null;
  isFull?: boolean;
}

function spoolOf({ events, oldestMs, drainMs = null, isFull = false }: SpoolChange): NodeInfo["spool"] {
  return { events, bytes: events * 300, bytesMax: 1e9, oldestMs: oldestMs ?? null, isFull, drainMs };
}

function worker(number: number, change: Partial<NodeInfo> = {}): NodeInfo {
  return sampleNode({ name: `worker-node${number}`, spool: spoolOf({ events: 0 }), ...change });
}

function statusWith(events: Partial<StatusReply["events"]> = {}, change: Partial<StatusReply> = {}): StatusReply {
  const calm = { ...sampleStatus.events, behind: 0, behindMs: 0, lost: 0, lostInDay: 0 };
  return { ...sampleStatus, nowMs, events: { ...calm, ...events }, ...change };
}

function judge(change: Partial<VerdictInput> = {}): Verdict {
  return verdictOf({
    ...{ status: statusWith(), nodes: [master, worker(1), worker(2)], connection: { name: "live" }, nowMs },
    ...{ zone: "UTC", ...change },
  });
}

const down = worker(3, {
  ...{ state: "down", sinceMs: at(14, 9, 31), note: "no heartbeat" },
  spool: spoolOf({ events: 1_204, oldestMs: at(14, 9, 0) }),
});
const lagging = worker(4, {
  state: "lagging",
  spool: spoolOf({ events: 184_302, oldestMs: nowMs - 252_000, drainMs: 260_000 }),
});
const refused = worker(9, { state: "refused", spool: null, lastRefusal: "it is not in cluster.conf." });
const waiting = worker(8, { state: "waiting", spool: null, note: "its key is not approved: cluster.log says how" });
const expected = worker(7, { state: "expected", spool: null });
const syncing = worker(5, { state: "syncing" });
const full = worker(6, { spool: spoolOf({ events: 9_000_000, oldestMs: nowMs - 3_000, isFull: true }) });
const stuck = worker(2, { state: "lagging", spool: spoolOf({ events: 12, oldestMs: nowMs - 61_000 }) });
const off = worker(1, { clockOffsetMs: -1_310 });

/** What stands in the headline, of a cluster with these nodes besides its master. */
const headlines: [claim: string, nodes: NodeInfo[], headline: string][] = [
  ["a master alone", [], "All is well. Nothing lost."],
  ["workers that are up", [worker(1), worker(2)], "All is well. Nothing lost."],
  ["a worker that loads what is new", [worker(1), syncing], "All is well. Nothing lost."],
  ["one that is down", [down, worker(1)], "One node is DOWN. Nothing lost so far."],
  ["two that are down", [down, worker(1, { state: "down" })], "Two nodes are DOWN. Nothing lost so far."],
  ["one down, one lagging", [down, lagging], "One node is DOWN, one is catching up. Nothing lost so far."],
  ["one that lags and does not drain", [stuck], "One node is behind. Nothing lost so far."],
  ["lagging both ways", [lagging, stuck], "One node is catching up, one is behind. Nothing lost so far."],
  ["one that is refused", [refused], "One node is REFUSED. Nothing lost so far."],
  ["one that waits", [waiting], "One node waits to be approved. Nothing lost so far."],
  ["one that never came", [expected], "One node has not come yet. Nothing lost so far."],
  ["a full spool", [full], "One node has a full spool. Nothing lost so far."],
  ["a clock that is off", [off], "One clock is off. Nothing lost so far."],
  [
    "everything at once",
    [worker(1), off, full, expected, lagging, waiting, refused, down].map((node, index) => ({
      ...node,
      name: `n${index}`,
    })),
    "One node is DOWN, one is REFUSED, one waits to be approved, one has not come yet, one is catching up, " +
      "one has a full spool, one clock is off. Nothing lost so far.",
  ],
];

for (const [claim, nodes, headline] of headlines) {
  test(`says of ${claim}: ${headline}`, () => {
    const verdict = judge({ nodes: [master, ...nodes] });
    equal(verdict.headline, headline);
    equal(verdict.needs.length === 0, headline.startsWith("All is well."));
  });
}

/** What needs somebody, each as word, subject and text. */
const needs: [claim: string, node: NodeInfo, need: string][] = [
  [
    "what a node that is down held when last seen",
    down,
    "DOWN worker-node3 has not answered for 22 min. 1,204 events were waiting on its disk when last seen.",
  ],
  [
    "one event in the singular",
    { ...down, spool: spoolOf({ events: 1 }) },
    "DOWN worker-node3 has not answered for 22 min. 1 event was waiting on its disk when last seen.",
  ],
  [
    "that a node that is down held nothing when last seen",
    { ...down, spool: spoolOf({ events: 0 }), note: "it was stopped" },
    "DOWN worker-node3 has not answered for 22 min: it was stopped. No event was waiting on its disk when last seen.",
  ],
  [
    "that nobody knows what a node holds that never told",
    { ...down, spool: null, note: "its connection ended: ECONNRESET" },
    "DOWN worker-node3 has not answered for 22 min: its connection ended: ECONNRESET. " +
      "What waits on its disk is not known.",
  ],
  [
    "how far a node is behind and when it is not any more",
    lagging,
    "LAGGING worker-node4 is 4 min 12 s behind: 184,302 events wait in its spool. " +
      "It drains by itself, empty in about 4 min.",
  ],
  [
    "that a spool does not shrink",
    stuck,
    "LAGGING worker-node2 is 1 min 1 s behind: 12 events wait in its spool. It does not shrink at the moment.",
  ],
  [
    "that the spool of a node that lags is full",
    { ...stuck, spool: spoolOf({ events: 1, oldestMs: nowMs - 61_000, isFull: true }) },
    "LAGGING worker-node2 is 1 min 1 s behind: 1 event waits in its spool. It is full.",
  ],
  [
    "that of a node that lags it is not known how far it is behind",
    { ...stuck, spool: null },
    "LAGGING worker-node2 is behind. By how much, it has not told yet.",
  ],
  [
    "that a node that still counts as lagging has caught up",
    { ...stuck, spool: spoolOf({ events: 0 }) },
    "LAGGING worker-node2 was behind, and its spool is empty now. It is UP again in a moment.",
  ],
  [
    "that of what waits it is not known since when",
    { ...stuck, spool: spoolOf({ events: 3 }) },
    "LAGGING worker-node2 is behind: 3 events wait in its spool, since when is not known.",
  ],
  ["why a node is refused", refused, "REFUSED worker-node9 is not let in: it is not in cluster.conf."],
  ["a refusal without a reason", { ...refused, lastRefusal: "" }, "REFUSED worker-node9 is not let in."],
  [
    "where it stands how to approve",
    waiting,
    "WAITING worker-node8 has the cluster's key and waits to be approved. cluster.log says how.",
  ],
  ["what was never seen", expected, "EXPECTED worker-node7 is listed in the configuration and has not been seen yet."],
  [
    "what a full spool means",
    full,
    "FULL worker-node6 has a full spool. Its senders wait until there is room, or its oldest events go, as it is configured.",
  ],
  ["by how much a clock is off", off, "CLOCK worker-node1 has a clock that differs from the master's by −1.31 s."],
];

for (const [claim, node, need] of needs) {
  test(`tells ${claim}`, () => {
    const verdict = judge({ nodes: [master, node] });
    deepEqual(
      verdict.needs.map(({ word, subject, text }) => `${word} ${subject} ${text}`),
      [need],
    );
    equal(verdict.needs[0]?.target, `#node-${node.name}`);
  });
}

test("puts what is worst first: lost, nodes by their state, the key, clocks", () => {
  const status = statusWith({ lost: 5, lostInDay: 3 }, { keyWeakness: "is shorter than 32 characters" });
  const { needs: all } = judge({ status, nodes: [master, off, lagging, expected, refused, waiting, down] });
  deepEqual(
    all.map(({ mark }) => mark),
    ["lost", "down", "refused", "waiting", "expected", "lagging", "key", "clock"],
  );
});

test("never says that nothing is lost when something is", () => {
  for (const [lost, words] of [
    [1, "1 event was lost in the last 24 hours."],
    [3, "3 events were lost in the last 24 hours."],
    [12_000, "12,000 events were lost in the last 24 hours."],
  ] as const) {
    const { headline, needs: found } = judge({ status: statusWith({ lost: lost + 2, lostInDay: lost }) });
    equal(headline, words);
    equal(found[0]?.word, "LOST");
    ok(found[0]?.text.startsWith(words.slice(0, -1)));
  }
  equal(
    judge({ status: statusWith({ lost: 5, lostInDay: 3 }), nodes: [master, down] }).headline,
    "3 events were lost in the last 24 hours. One node is DOWN.",
  );
});

test("a loss of more than a day ago is no state of now, and is not denied either", () => {
  const calm = judge({ status: statusWith({ lost: 3 }) });
  deepEqual([calm.headline, calm.needs], ["All is well. Nothing lost in the last 24 hours.", []]);
  const unwell = judge({ status: statusWith({ lost: 3 }), nodes: [master, down] });
  equal(unwell.headline, "One node is DOWN. Nothing lost in the last 24 hours.");
});

test("says that a key can be guessed, and why", () => {
  const verdict = judge({ status: statusWith({}, { keyWeakness: "is shorter than 32 characters" }) });
  equal(verdict.headline, "The cluster's key can be guessed. Nothing lost so far.");
  equal(verdict.needs[0]?.text, "The cluster's key is shorter than 32 characters. Whoever guesses it can join.");
});

test("says why changed rules are not in force, and that those of before answer", () => {
  const refusal = "etc/rules/local_rules.xml:3:5: error: <match> holds nothing";
  const verdict = judge({ status: statusWith({}, { ruleset: { refusal, quarantined: 0 } }) });
  equal(verdict.headline, "The changed ruleset does not load. Nothing lost so far.");
  deepEqual(
    verdict.needs.map(({ word, text }) => `${word} ${text}`),
    [`OLD RULES The changed ruleset does not load: ${refusal}. The one of before answers.`],
  );
});

test("says how many rules hostile events have put out of work", () => {
  for (const [quarantined, words] of [
    [1, "1 rule or decoder is out of work since a hostile event."],
    [1_200, "1,200 rules and decoders are out of work since a hostile event."],
  ] as const) {
    const verdict = judge({ status: statusWith({}, { ruleset: { refusal: "", quarantined } }) });
    equal(verdict.headline, "Rules are in quarantine. Nothing lost so far.");
    equal(verdict.needs[0]?.word, "QUARANTINE");
    ok(verdict.needs[0]?.text.startsWith(words), verdict.needs[0]?.text);
  }
});

test("waits for the first event without a word on what is analysed", () => {
  const calm = judge({ status: statusWith({ accepted: 0, analysed: 0 }) });
  deepEqual(calm, { headline: "All is well. Waiting for the first event.", detail: "", needs: [] });
  const unwell = judge({ status: statusWith({ accepted: 0 }), nodes: [master, down] });
  equal(unwell.headline, "One node is DOWN. Waiting for the first event.");
});

test("counts in the journal what is not in a spool", () => {
  const spool = spoolOf({ events: 400, oldestMs: nowMs - 1_000 });
  const status = statusWith({ behind: 5_400, behindMs: 30_000, perSecond: 10, analysedPerSecond: 400 });
  const { needs } = judge({ status, nodes: [master, worker(1, { spool })] });
  equal(needs[0]?.text, "analyses 30 s behind: 5,000 events wait in the journal. It is catching up.");
});

test("vouches for nothing before the analysis has said how far it has come", () => {
  const verdict = judge({ status: statusWith({ isCounted: false, accepted: 0, analysed: 0 }) });
  deepEqual(verdict, {
    headline: "All is well.",
    detail: "The analysis is starting, and has not said yet how far it has come.",
    needs: [],
  });
});

test("tells up to when everything is analysed", () => {
  equal(judge().detail, "Everything received before 14:32:10 is analysed.");
  const status = statusWith({ behindMs: 252_000 });
  equal(judge({ status }).detail, "Everything received before 14:27:58 is analysed.");
});

test("what is analysed does not go on while the master says nothing", () => {
  equal(judge({ nowMs: nowMs + 9_000 }).detail, "Everything received before 14:32:10 is analysed.");
});

test("vouches for no node that is not in touch, or that has not told of its spool yet", () => {
  for (const node of [down, refused, waiting, expected, worker(1, { spool: null })]) {
    const { detail } = judge({ nodes: [master, node] });
    equal(detail, "Everything that the other nodes received before 14:32:10 is analysed.", node.state);
  }
  for (const node of [lagging, syncing, full])
    ok(judge({ nodes: [master, node] }).detail.startsWith("Everything received"));
});

test("a single node hears nothing of other nodes", () => {
  const { headline, detail } = judge({ nodes: [master] });
  equal(`${headline} ${detail}`.includes("node"), false);
});

test("tells that the analysis is behind, and whether it catches up", () => {
  const late = { behind: 5_000, behindMs: 30_000, perSecond: 10 };
  const verdict = judge({ status: statusWith({ ...late, analysedPerSecond: 400 }) });
  equal(verdict.headline, "The analysis is behind. Nothing lost so far.");
  deepEqual(verdict.needs, [
    {
      ...{ mark: "behind", word: "BEHIND", subject: "master-node", target: "#figures" },
      text: "analyses 30 s behind: 5,000 events wait in the journal. It is catching up.",
    },
  ]);
  const slow = judge({ status: statusWith({ ...late, analysedPerSecond: 10 }) });
  ok(slow.needs[0]?.text.endsWith("It is not catching up."));
});

test("does not blame the analysis for what waits on a worker, for 10 s, or with nothing to do", () => {
  const marks = (events: Partial<StatusReply["events"]>, nodes: NodeInfo[]): string[] =>
    judge({ status: statusWith(events), nodes: [master, ...nodes] }).needs.map(({ mark }) => mark);
  const theirs = lagging.spool?.events ?? 0;
  deepEqual(marks({ behind: theirs + 5, behindMs: 252_000 }, [lagging]), ["lagging"]);
  deepEqual(marks({ behind: theirs + 5, behindMs: 300_000 }, [lagging]), ["lagging", "behind"]);
  deepEqual(marks({ behind: theirs, behindMs: 300_000 }, [lagging]), ["lagging"]);
  deepEqual(marks({ behind: 5, behindMs: 10_000 }, [worker(1)]), []);
});

test("clocks within a second are well, and that of a node that is down is not known", () => {
  deepEqual(judge({ nodes: [master, worker(1, { clockOffsetMs: 999 })] }).needs, []);
  equal(
    judge({ nodes: [master, worker(1, { clockOffsetMs: 1_000 })] }).headline,
    "One clock is off. Nothing lost so far.",
  );
  const marks = judge({ nodes: [master, { ...down, clockOffsetMs: 9_000 }] }).needs.map(({ mark }) => mark);
  deepEqual(marks, ["down"]);
});

test("claims nothing before anything is known", () => {
  const asking = { headline: "Asking the master how it is.", detail: "", needs: [] };
  deepEqual(judge({ connection: { name: "connecting", sinceMs: nowMs } }), asking);
  deepEqual(judge({ status: undefined }), asking);
  deepEqual(judge({ nodes: [] }), asking);
});

function stale(reason: (Connection & { name: "stale" })["reason"]): Connection {
  return { name: "stale", sinceMs: at(14, 29, 2), tries: 3, nextTryMs: nowMs + 4_000, reason };
}

const staleHeadlines = {
  no_answer: "The master has not answered since 14:29:02. This is what it last said.",
  silent: "The master has not answered since 14:29:02. This is what it last said.",
  too_many_streams: "Too many pages are open. This one shows what was at 14:29:02.",
  hidden: "This page was out of sight and shows what was at 14:29:02.",
} as const;

for (const [reason, headline] of Object.entries(staleHeadlines)) {
  test(`a page that is stale (${reason}) says of when it is: ${headline}`, () => {
    const connection = stale(reason as keyof typeof staleHeadlines);
    const well = judge({ connection });
    deepEqual(well, { headline, detail: "As of 14:29:02: no node was in trouble.", needs: [] });
    const unwell = judge({ connection, nodes: [master, down] });
    equal(unwell.headline, headline);
    equal(unwell.detail, "As of 14:29:02: One node is DOWN.");
    ok(!JSON.stringify([well, unwell]).includes("Nothing lost"));
  });
}

test("ages stand still while nobody knows, and what was lost stays so", () => {
  const connection = stale("no_answer");
  const early = judge({ connection, nodes: [master, down], status: statusWith({ lost: 2, lostInDay: 2 }) });
  const late = judge({
    connection,
    nodes: [master, down],
    status: statusWith({ lost: 2, lostInDay: 2 }),
    nowMs: nowMs + 3_600_000,
  });
  deepEqual(late, early);
  equal(early.detail, "As of 14:29:02: 2 events were lost in the last 24 hours. One node is DOWN.");
  ok(early.needs[1]?.text.startsWith("has not answered for 19 min."));
});

test("a page that never heard of a master says so", () => {
  const unheard = { status: undefined, nodes: [] };
  equal(judge({ ...unheard, connection: stale("no_answer") }).headline, "The master does not answer.");
  equal(judge({ ...unheard, connection: stale("too_many_streams") }).headline, "Too many pages are open.");
});

test("numbers over ten are written in digits", () => {
  const nodes = Array.from({ length: 11 }, (_, index) => ({ ...down, name: `n${index}` }));
  equal(judge({ nodes: [master, ...nodes] }).headline, "11 nodes are DOWN. Nothing lost so far.");
});

const folded: [words: string[], said: string][] = [
  [[], ""],
  [["DOWN"], "1 more is DOWN"],
  [Array.from({ length: 15 }, () => "DOWN"), "15 more are DOWN"],
  [["DOWN", "DOWN", "CLOCK"], "3 more: 2 DOWN, 1 CLOCK"],
];

for (const [words, said] of folded) {
  test(`of ${words.length} that are not shown it says: ${said === "" ? "nothing" : said}`, () =>
    equal(moreOf(words.map((word) => ({ word }))), said));
}
