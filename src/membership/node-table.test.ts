import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { NodeState } from "../model/node.ts";
import type { NodeHello, NodeSnapshot } from "./known-node.ts";
import { NodeTable, type NodeInput, type NodeLimits } from "./node-table.ts";

const limits: NodeLimits = { silenceMsMax: 12_000, waitMsMax: 10_000, refusedMsMax: 60_000, strangersMax: 3 };
const hello: NodeHello = { role: "worker", version: "1.0", isHidden: false, address: "10.0.0.1" };
/** Wall clock at monotonic 0. */
const epochMs = 1_700_000_000_000;
const at = (seconds: number) => ({ monotonicMs: seconds * 1_000, wallMs: epochMs + seconds * 1_000 });

const listed = (...names: string[]): NodeInput => ({
  type: "listed",
  nodes: names.map((name) => ({ name, role: "worker", address: "10.0.0.1", port: 1_516 })),
});
const joined = (name: string, session: number): NodeInput => ({ type: "joined", name, session, hello });
const heartbeat = (name: string, session: number): NodeInput => ({ type: "heartbeat", name, session });
const closed = (name: string, session: number): NodeInput => ({ type: "closed", name, session, reason: "reset" });
const refused = (name: string, reason = "wrong_key"): NodeInput => ({
  type: "refused",
  name,
  address: "10.9.9.9",
  reason,
});
const tick: NodeInput = { type: "tick" };
function status(name: string, session: number, oldestSeconds: number, isSyncing = false): NodeInput {
  const spool = { events: oldestSeconds > 0 ? 5 : 0, bytes: 100, oldestMs: oldestSeconds * 1_000, isFull: false };
  return { type: "status", name, session, spool, eventsPerSecond: 6, clockOffsetMs: 3, roundTripMs: 0.4, isSyncing };
}

function newTable(): NodeTable {
  return new NodeTable({ name: "m", hello: { ...hello, role: "master" } }, at(0), limits);
}

/** Feeds inputs at given seconds; returns the changes in words. */
function play(...steps: [seconds: number, input: NodeInput][]): string[] {
  const table = newTable();
  return steps.flatMap(([seconds, input]) =>
    table.take(input, at(seconds)).map(({ name, from = "-", to }) => `${seconds} ${name} ${from}>${to}`),
  );
}

/** The same, and then the snapshot of one node. */
function seen(
  name: string,
  seconds: number,
  ...steps: [seconds: number, input: NodeInput][]
): NodeSnapshot | undefined {
  const table = newTable();
  for (const [second, input] of steps) table.take(input, at(second));
  return table.snapshot(at(seconds)).find((node) => node.name === name);
}

test("the master is up from the start and whatever is said of it", () => {
  deepEqual(play([1, refused("m")], [99, closed("m", 1)], [99, joined("m", 2)], [200, tick]), []);
  const own = seen("m", 5, [1, refused("m", "own_name")]);
  deepEqual([own?.state, own?.role, own?.sinceMs, own?.lastRefusal?.reason], ["up", "master", epochMs, "own_name"]);
});

test("a listed node is expected until it joins, and stays expected if it never does", () =>
  deepEqual(play([0, listed("w")], [500, tick], [501, joined("w", 1)]), ["0 w ->expected", "501 w expected>up"]));

test("a node that the cluster has seen before is down, and not merely expected, when it does not come in time", () => {
  const steps: [number, NodeInput][] = [
    [0, listed("w")],
    [0, { type: "seen_before", names: ["w", "x"] }],
    [12, tick],
    [13, tick],
  ];
  deepEqual(play(...steps), ["0 w ->expected", "0 x ->expected", "13 w expected>down", "13 x expected>down"]);
});

test("a node is down after more than 12 s without a heartbeat, and not at 12 s", () =>
  deepEqual(play([0, joined("w", 1)], [5, heartbeat("w", 1)], [17, tick], [18, tick]), ["0 w ->up", "18 w up>down"]));

test("down holds since the last heartbeat, and says so", () => {
  const steps: [number, NodeInput][] = [
    [0, joined("w", 1)],
    [5, heartbeat("w", 1)],
    [6, closed("w", 1)],
    [18, tick],
  ];
  equal(seen("w", 18, ...steps)?.sinceMs, epochMs + 5_000);
  const table = newTable();
  const changes = steps.flatMap(([second, input]) => table.take(input, at(second)));
  equal(changes.at(-1)?.message, "w is down: no heartbeat for 13 s (its connection ended: reset)");
  equal(changes.at(-1)?.reason, "no heartbeat for 13 s (its connection ended: reset)");
});

test("a node that says that it is stopping is down at once, in order, and up when it is back", () => {
  const stopped: NodeInput = { type: "closed", name: "w", session: 1, reason: "stopping" };
  const steps: [number, NodeInput][] = [
    [0, joined("w", 1)],
    [4, stopped],
    [30, tick],
    [31, joined("w", 2)],
    [32, closed("w", 2)],
    [43, tick],
    [44, tick],
  ];
  deepEqual(play(...steps), ["0 w ->up", "4 w up>down", "31 w down>up", "44 w up>down"]);
  const table = newTable();
  const changes = steps.flatMap(([second, input]) => table.take(input, at(second)));
  const down = changes.filter(({ to }) => to === "down");
  deepEqual(
    down.map(({ message, isOrderly }) => `${message} ${isOrderly}`),
    ["w is down: it was stopped true", "w is down: no heartbeat for 13 s (its connection ended: reset) false"],
  );
  equal(seen("w", 30, ...steps.slice(0, 3))?.sinceMs, epochMs + 4_000);
});

test("tells of a node that is down why, and of others nothing; its port is the one of cluster.conf", () => {
  const stopped: NodeInput = { type: "closed", name: "w", session: 1, reason: "stopping" };
  const note = (seconds: number, ...steps: [number, NodeInput][]) => seen("w", seconds, ...steps)?.note;
  equal(note(1, [0, joined("w", 1)]), "");
  equal(note(4, [0, joined("w", 1)], [4, stopped]), "it was stopped");
  equal(note(20, [0, joined("w", 1)], [20, tick]), "no heartbeat");
  equal(note(20, [0, joined("w", 1)], [4, closed("w", 1)], [20, tick]), "its connection ended: reset");
  const silent: NodeInput = { type: "closed", name: "w", session: 1, reason: "silent" };
  equal(note(20, [0, joined("w", 1)], [12, silent], [20, tick]), "no heartbeat");
  equal(seen("w", 1, [0, listed("w")], [1, joined("w", 1)])?.port, 1_516);
  equal(seen("w", 1, [1, joined("w", 1)])?.port, undefined);
});

test("a session that ends is no change when the node is back in time", () =>
  deepEqual(play([0, joined("w", 1)], [1, closed("w", 1)], [9, tick], [10, joined("w", 2)], [20, tick]), ["0 w ->up"]));

test("a heartbeat brings a silent session back", () =>
  deepEqual(play([0, joined("w", 1)], [20, tick], [21, heartbeat("w", 1)]), [
    "0 w ->up",
    "20 w up>down",
    "21 w down>up",
  ]));

test("the end of a replaced session is not the end of the node", () => {
  const steps: [number, NodeInput][] = [
    [0, joined("w", 1)],
    [1, joined("w", 2)],
    [2, closed("w", 1)],
    [12, heartbeat("w", 2)],
    [14, heartbeat("w", 1)],
    [20, tick],
  ];
  deepEqual(play(...steps), ["0 w ->up"]);
});

test("what a dead session says is not heard", () => {
  const steps: [number, NodeInput][] = [
    [0, joined("w", 1)],
    [1, closed("w", 1)],
    [10, heartbeat("w", 1)],
    [13, tick],
  ];
  deepEqual(play(...steps), ["0 w ->up", "13 w up>down"]);
});

test("a node lags when its oldest waiting event is over 10 s old, until it is under 5 s", () => {
  const steps: [number, NodeInput][] = [
    [0, joined("w", 1)],
    [1, status("w", 1, 10)],
    [2, status("w", 1, 10.1)],
    [3, status("w", 1, 9)],
    [4, status("w", 1, 5)],
    [5, status("w", 1, 9)],
  ];
  deepEqual(play(...steps), ["0 w ->up", "2 w up>lagging", "4 w lagging>up"]);
});

test("a spool that is empty does not lag, whatever age it claims", () => {
  const empty = { events: 0, bytes: 0, oldestMs: 99_000, isFull: false };
  const input: NodeInput = {
    type: "status",
    name: "w",
    session: 1,
    spool: empty,
    eventsPerSecond: 0,
    clockOffsetMs: undefined,
    roundTripMs: undefined,
    isSyncing: false,
  };
  deepEqual(play([0, joined("w", 1)], [1, input]), ["0 w ->up"]);
});

test("a node is syncing while it has not loaded the newest generation; lagging is the graver word", () => {
  const steps: [number, NodeInput][] = [
    [0, joined("w", 1)],
    [1, status("w", 1, 0, true)],
    [2, status("w", 1, 30, true)],
    [3, status("w", 1, 0, true)],
    [4, status("w", 1, 0)],
  ];
  deepEqual(play(...steps), [
    "0 w ->up",
    "1 w up>syncing",
    "2 w syncing>lagging",
    "3 w lagging>syncing",
    "4 w syncing>up",
  ]);
});

test("what the last session said of its spool does not outlive it", () => {
  const steps: [number, NodeInput][] = [
    [0, joined("w", 1)],
    [1, status("w", 1, 30, true)],
    [2, joined("w", 2)],
  ];
  deepEqual(play(...steps), ["0 w ->up", "1 w up>lagging", "2 w lagging>up"]);
  equal(seen("w", 3, ...steps)?.spool, undefined);
});

test("a refused node is refused with its reason, until it has not tried for a minute", () => {
  const steps: [number, NodeInput][] = [
    [0, listed("w")],
    [1, refused("w", "wrong_address")],
    [61, tick],
    [62, tick],
  ];
  deepEqual(play(...steps), ["0 w ->expected", "1 w expected>refused", "62 w refused>expected"]);
  const { state, lastRefusal } = seen("w", 5, ...steps.slice(0, 2)) ?? {};
  deepEqual([state, lastRefusal], ["refused", { reason: "wrong_address", atMs: epochMs + 1_000, address: "10.9.9.9" }]);
});

test("a stranger's attempt under the name of a node that is up changes nothing but its last refusal", () => {
  const steps: [number, NodeInput][] = [
    [0, joined("w", 1)],
    [1, refused("w", "claimed_name")],
  ];
  deepEqual(play(...steps), ["0 w ->up"]);
  equal(seen("w", 2, ...steps)?.lastRefusal?.reason, "claimed_name");
});

test("a node that joins is no longer refused", () =>
  deepEqual(play([0, refused("w")], [1, joined("w", 1)], [2, tick]), ["0 w ->refused", "1 w refused>up"]));

test("a node that was up and is now refused is refused, and down when it stops trying", () => {
  const steps: [number, NodeInput][] = [
    [0, joined("w", 1)],
    [1, closed("w", 1)],
    [2, refused("w")],
    [63, tick],
  ];
  deepEqual(play(...steps), ["0 w ->up", "2 w up>refused", "63 w refused>down"]);
});

test("a node that waits for approval says how to give it, and is up once it has joined", () => {
  const waiting: NodeInput = { type: "waiting", name: "w", hello, publicKey: "KEY=" };
  const steps: [number, NodeInput][] = [
    [0, waiting],
    [99, tick],
    [100, joined("w", 1)],
    [101, closed("w", 1)],
    [113, tick],
  ];
  deepEqual(play(...steps), ["0 w ->waiting", "100 w waiting>up", "113 w up>down"]);
  equal(
    newTable().take(waiting, at(0))[0]?.message,
    "w is waiting for approval. To give it, stop this master, add this line to its etc/nodes.keys and start it: " +
      "worker w KEY=",
  );
  equal(seen("w", 0, [0, waiting])?.note, "its key is not approved: cluster.log says how");
  deepEqual(play([0, joined("w", 1)], [1, waiting]), ["0 w ->up"]);
});

test("remembers only so many strangers, the latest, and no name that is none", () => {
  const table = newTable();
  for (const [index, name] of ["a", "b", "c", "a", "d", "../x", "", "e"].entries())
    table.take(refused(name), at(index));
  deepEqual(
    table.snapshot(at(9)).map((node) => node.name),
    ["m", "a", "d", "e"],
  );
});

test("a flood of strange names does not push out a node that is known", () => {
  const table = newTable();
  table.take(listed("w"), at(0));
  table.take(joined("x", 1), at(0));
  for (const name of ["w", "x"]) table.take(refused(name), at(1));
  for (let index = 0; index < 1_000; index += 1) table.take(refused(`s${index}`), at(2 + index));
  deepEqual(
    table.snapshot(at(3)).map((node) => node.name),
    ["m", "s997", "s998", "s999", "w", "x"],
  );
});

test("a node that is taken off the list is forgotten when it was never there, and kept when it was", () => {
  const table = newTable();
  table.take(listed("w", "x"), at(0));
  table.take(joined("x", 1), at(1));
  deepEqual(table.take(listed(), at(2)), []);
  deepEqual(
    table.snapshot(at(3)).map((node) => [node.name, node.isListed]),
    [
      ["m", false],
      ["x", false],
    ],
  );
});

test("a removed node is gone, and the master cannot be removed", () => {
  const table = newTable();
  table.take(joined("w", 1), at(0));
  for (const name of ["w", "m", "nobody"]) deepEqual(table.take({ type: "removed", name }, at(1)), []);
  deepEqual([table.stateOf("w"), table.stateOf("m")], [undefined, "up"]);
});

test("shows what is known of a node, from its hello rather than from the list", () => {
  const other: NodeHello = { role: "worker", version: "2.0", isHidden: true, address: "172.17.0.5" };
  const join: NodeInput = { type: "joined", name: "w", session: 1, hello: other };
  const steps: [number, NodeInput][] = [
    [0, listed("w")],
    [1, join],
    [2, status("w", 1, 4)],
  ];
  deepEqual(seen("w", 3, ...steps), {
    ...{ name: "w", role: "worker", state: "up", sinceMs: epochMs + 1_000, address: "172.17.0.5", port: 1_516 },
    ...{ version: "2.0", note: "" },
    ...{ eventsPerSecond: 6, eventsOutPerSecond: 0, link: { sinceMs: epochMs + 1_000, roundTripMs: 0.4 } },
    spool: { events: 5, bytes: 100, oldestMs: 4_000, isFull: false, drainMs: undefined },
    clockOffsetMs: 3,
    ...{ isHidden: true, isListed: true, lastRefusal: undefined },
  });
  const before = seen("w", 0, [0, listed("w")]);
  deepEqual([before?.address, before?.version, before?.state], ["10.0.0.1", undefined, "expected"]);
});

test("what a node takes in is what it last said, and nothing while it is down", () => {
  const steps: [number, NodeInput][] = [
    [0, joined("w", 1)],
    [4, status("w", 1, 0)],
    [17, { type: "tick" }],
  ];
  deepEqual(
    [steps.slice(0, 1), steps.slice(0, 2), steps].map((some) => seen("w", 17, ...some)?.eventsPerSecond),
    [0, 6, 0],
  );
});

test("knows since when a session lives and how long its round trips are, and neither without one", () => {
  const steps: [number, NodeInput][] = [
    [1, joined("w", 1)],
    [2, status("w", 1, 0)],
    [5, joined("w", 2)],
    [6, closed("w", 2)],
  ];
  deepEqual(
    [1, 2, 3, 4].map((count) => seen("w", 6, ...steps.slice(0, count))?.link),
    [
      { sinceMs: epochMs + 1_000, roundTripMs: undefined },
      { sinceMs: epochMs + 1_000, roundTripMs: 0.4 },
      { sinceMs: epochMs + 5_000, roundTripMs: undefined },
      { sinceMs: undefined, roundTripMs: undefined },
    ],
  );
});

/** A status in which so many events wait, the oldest for two seconds. */
function waiting(session: number, events: number): NodeInput {
  const spool = { events, bytes: 100, oldestMs: 2_000, isFull: false };
  const rest = { eventsPerSecond: 0, clockOffsetMs: 0, roundTripMs: 1, isSyncing: false };
  return { type: "status", name: "w", session, spool, ...rest };
}

test("what waits grows older once its node does not speak of it any more", () => {
  const steps: [number, NodeInput][] = [
    [0, joined("w", 1)],
    [1, waiting(1, 9)],
  ];
  deepEqual(
    [1, 6, 7, 61].map((second) => seen("w", second, ...steps)?.spool?.oldestMs),
    [2_000, 2_000, 8_000, 62_000],
  );
  const empty: NodeInput = {
    ...status("w", 1, 0),
    spool: { events: 0, bytes: 0, oldestMs: 0, isFull: false },
  } as NodeInput;
  equal(seen("w", 61, [0, joined("w", 1)], [1, empty])?.spool?.oldestMs, 0);
});

test("a node lags no longer than something waits: what it was behind by has been journalled", () => {
  const events = (count: number): NodeInput => ({ type: "events", name: "w", count });
  const late = { ...waiting(1, 9), spool: { events: 9, bytes: 1, oldestMs: 30_000, isFull: false } } as NodeInput;
  const steps: [number, NodeInput][] = [
    [0, joined("w", 1)],
    [1, late],
    [2, events(8)],
    [3, events(1)],
    [5, waiting(1, 0)],
  ];
  deepEqual(play(...steps), ["0 w ->up", "1 w up>lagging", "3 w lagging>up"]);
  for (const [count, second] of [2, 2.5, 3, 4, 5.5].entries()) {
    const { state, spool } = seen("w", second, ...steps.slice(0, count + 2)) ?? {};
    equal(state === "lagging", (spool?.events ?? 0) > 0, `at ${second} s`);
    equal((spool?.oldestMs ?? 0) > 0, (spool?.events ?? 0) > 0, `at ${second} s`);
  }
  equal(seen("w", 2.5, ...steps.slice(0, 3))?.spool?.events, 1);
});

test("an age is told of what waits, and of nothing else", () => {
  const said = (events: number, oldestMs: number): NodeInput =>
    ({ ...waiting(1, events), spool: { events, bytes: 1, oldestMs, isFull: false } }) as NodeInput;
  const shown = [said(3, 0), said(3, 0.2), said(3, 1_234.56), said(0, 7_000)].map((input) => {
    const { events, oldestMs } = seen("w", 1, [0, joined("w", 1)], [1, input])?.spool ?? {};
    return [events, oldestMs];
  });
  deepEqual(shown, [
    [3, 1],
    [3, 1],
    [3, 1_235],
    [0, 0],
  ]);
});

test("what waited in a spool and was journalled since does not grow older, even where its node is gone", () => {
  const events = (count: number): NodeInput => ({ type: "events", name: "w", count });
  const steps: [number, NodeInput][] = [
    [0, joined("w", 1)],
    [0.5, events(100)],
    [1, waiting(1, 9)],
    [1.1, events(5)],
    [1.2, events(4)],
  ];
  deepEqual(
    [3, 4, 5].map((count) => seen("w", 61, ...steps.slice(0, count))?.spool?.oldestMs),
    [62_000, 62_000, 0],
  );
  equal(seen("w", 5, ...steps, [5, waiting(1, 9)])?.spool?.oldestMs, 2_000, "it speaks of others now");
});

test("tells in how long a spool is empty while its node says so, and begins anew with each session", () => {
  const steps: [number, NodeInput][] = [
    [0, joined("w", 1)],
    [4, waiting(1, 900)],
    [8, waiting(1, 700)],
    [12, waiting(1, 500)],
  ];
  equal(seen("w", 12, ...steps)?.spool?.drainMs, 10_000);
  equal(seen("w", 18, ...steps)?.spool?.drainMs, undefined, "it has fallen silent");
  equal(seen("w", 14, ...steps, [13, joined("w", 2)], [14, waiting(2, 100)])?.spool?.drainMs, undefined);
});

test("measures events per second over the last ten", () => {
  const events = (name: string, count: number): NodeInput => ({ type: "events", name, count });
  const steps: [number, NodeInput][] = [
    [0, joined("w", 1)],
    [0, tick],
  ];
  for (let second = 1; second <= 40; second += 1) {
    if (second <= 20) for (const part of [0.2, 0.5, 0.9]) steps.push([second - part, events("w", 11)]);
    steps.push([second, events("m", 2)], [second, tick]);
  }
  const until = (second: number) => steps.filter(([at]) => at <= second);
  deepEqual(
    [0.9, 1, 5, 5.99, 20.5, 25, 30, 40].map((second) => seen("w", second, ...until(second))?.eventsOutPerSecond),
    [0, 33, 33, 33, 33, 16.5, 0, 0],
    "what has come since the last tick does not make it lower, nor higher",
  );
  const own = seen("m", 5, ...until(5));
  deepEqual([own?.eventsPerSecond, own?.eventsOutPerSecond], [2, 2]);
  equal(seen("w", 5, [0, events("w", 9)]), undefined);
  const uneven = { ...status("w", 1, 0), eventsPerSecond: 12.345 } as NodeInput;
  equal(seen("w", 1, [0, joined("w", 1)], [1, uneven])?.eventsPerSecond, 12.3);
});

/** What the table's header says, computed from the whole history of one node: slow, and with no state of its own. */
function stateByHistory(
  history: readonly [seconds: number, input: NodeInput][],
  nowSeconds: number,
): string | undefined {
  let [session, heard, refusedAt, isLagging, isListed] = [0, -Infinity, -Infinity, false, false];
  for (const [seconds, input] of history) {
    if (input.type === "listed") isListed = input.nodes.some((node) => node.name === "w");
    if (input.type === "refused") refusedAt = seconds;
    if (input.type === "joined") [session, heard, isLagging] = [input.session, seconds, false];
    if ("session" in input && input.session === session && session > 0) {
      if (input.type === "closed") session = 0;
      else heard = seconds;
      if (input.type === "status") isLagging = input.spool.oldestMs > 10_000;
    }
  }
  const isSilent = nowSeconds - heard > 12;
  const alive = isLagging ? "lagging" : "up";
  if (session > 0 && !isSilent) return alive;
  const isKnown = isListed || heard > -Infinity;
  if (refusedAt >= heard && nowSeconds - refusedAt <= 60) return "refused";
  if (!isKnown) return refusedAt > -Infinity ? "refused" : undefined;
  if (heard === -Infinity) return "expected";
  return isSilent ? "down" : alive;
}

/** One input about the node w, drawn with three sessions. */
function drawInput(draw: (below: number) => number): NodeInput {
  const session = 1 + draw(3);
  const oldestSeconds = draw(2) * 20;
  const choices: NodeInput[] = [
    ...[joined("w", session), heartbeat("w", session), status("w", session, oldestSeconds), closed("w", session)],
    ...[refused("w"), listed("w"), tick],
  ];
  return choices[draw(choices.length)] ?? tick;
}

test("agrees with the plain reading of the whole history, and tells every change once (300 seeds)", () => {
  let comparedCount = 0;
  for (let seed = 1; seed <= 300; seed += 1) {
    const table = newTable();
    const history: [number, NodeInput][] = [];
    let random = seed;
    let seconds = 0;
    let told: NodeState | undefined;
    const draw = (below: number): number => {
      random = (random * 48_271) % 2_147_483_647;
      return random % below;
    };
    for (let step = 0; step < 60; step += 1) {
      seconds += [0, 1, 5, 11, 13, 61][draw(6)] ?? 0;
      const input = drawInput(draw);
      history.push([seconds, input]);
      // The tick stands for the second that passes: what the clock alone changes is told then.
      for (const one of [input, tick]) {
        for (const change of table.take(one, at(seconds))) {
          equal(change.from, told, `seed ${seed}, step ${step}`);
          told = change.to;
        }
      }
      const expected = stateByHistory(history, seconds);
      equal(table.stateOf("w"), expected, `seed ${seed}, step ${step}`);
      equal(told, expected, `seed ${seed}, step ${step}`);
      comparedCount += expected === undefined ? 0 : 1;
    }
  }
  ok(comparedCount > 10_000);
});
