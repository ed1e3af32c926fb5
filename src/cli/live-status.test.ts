import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { sampleNode } from "../../test/support/api-needs.ts";
import {
  elapsedText,
  expectedLive,
  grouped,
  levelStyle,
  liveAlert,
  LivePlain,
  LiveScreen,
  renderLive,
  type LiveAlert,
  type LiveStatus,
} from "./live-status.ts";
import { displayWidth, noPaint, paintFor } from "./paint.ts";

const alert = (id: string, change: Partial<LiveAlert> = {}): LiveAlert => ({
  ...{
    id,
    time: "01:02:03",
    level: 5,
    ruleId: "5716",
    description: "sshd: authentication failed.",
    origin: "worker-node1",
  },
  ...change,
});

function status(change: Partial<LiveStatus> = {}): LiveStatus {
  return {
    cluster: "argus",
    elapsedMs: 62_000,
    nodes: [
      sampleNode({ name: "master-node", role: "master", address: "127.0.0.1:1516", spool: null, clockOffsetMs: null }),
      sampleNode({ eventsPerSecond: 1_234.4 }),
      sampleNode({ name: "worker-node2", state: "down", address: "127.0.0.3:1516" }),
    ],
    events: { accepted: 12_345, analysed: 12_300, behind: 45, lost: 0, perSecond: 118.2 },
    alertCount: 321,
    alerts: [
      alert("1.0"),
      alert("2.0", {
        level: 10,
        ruleId: "5720",
        description: "sshd: brute force by many failed logins.",
        origin: "worker-node2",
      }),
    ],
    hint: "Files are under ./.argus. Ctrl-C stops the cluster.",
    ...change,
  };
}

const render = (change: Partial<LiveStatus> = {}, columns = 80, rows = 24) =>
  renderLive(status(change), { paint: noPaint, columns, rows });

test("shows nodes, figures and the last alerts in 80 columns", () =>
  deepEqual(render(), [
    "argus · cluster argus                                     2 of 3 nodes up · 1:02",
    "",
    "NODE            STATE  ADDRESS         EVENTS/S  WAITING  CLOCK",
    "● master-node   up     127.0.0.1:1516      12.5        –      –",
    "● worker-node1  up     127.0.0.2:1516     1,234        3  +2 ms",
    "○ worker-node2  down   127.0.0.3:1516         –        –      –",
    "",
    "events 12,345  analysed 12,300  behind 45  lost 0  alerts 321  rate 118/s",
    "",
    "TIME      LEVEL  RULE  DESCRIPTION                               FROM",
    "01:02:03      5  5716  sshd: authentication failed.              worker-node1",
    "01:02:03     10  5720  sshd: brute force by many failed logins.  worker-node2",
    "",
    "Files are under ./.argus. Ctrl-C stops the cluster.",
  ]));

test("fits every terminal: no line is wider, and one row is left for the cursor", () => {
  const hostile = "x\u001b[2J\n日本語".repeat(30);
  const crowd = status({
    cluster: hostile,
    nodes: Array.from({ length: 12 }, (_, index) =>
      sampleNode({ name: `${index}${"n".repeat(60)}`, address: hostile, state: "refused", lastRefusal: hostile }),
    ),
    alerts: Array.from({ length: 40 }, (_, index) => alert(`${index}.0`, { description: hostile, origin: hostile })),
    hint: hostile,
    alertCount: 123_456_789,
  });
  for (const [columns, rows] of [
    [80, 24],
    [60, 10],
    [100, 50],
    [200, 60],
    [40, 5],
  ] as const) {
    const lines = renderLive(crowd, { paint: noPaint, columns, rows });
    equal(lines.length < rows, true, `${columns}x${rows}`);
    const widest = Math.max(...lines.map(displayWidth));
    equal(widest <= columns, true, `${columns}x${rows}: ${widest}`);
    equal(/[\u0000-\u001f]/.test(lines.join("")), false);
  }
});

test("shows as many of the newest alerts as there is room for, and says so when there is none", () => {
  const alerts = Array.from({ length: 40 }, (_, index) => alert(`${index}.0`, { ruleId: String(index) }));
  const shown = render({ alerts }).filter((line) => line.startsWith("01:02:03"));
  equal(shown.length, 24 - 9 - 4);
  equal(shown.at(-1)?.includes(" 39 "), true);
  equal(render({ alerts: [] }).includes("No alert yet."), true);
});

test("says why a node is refused, and that a spool is full", () => {
  const spool = { events: 9_000, bytes: 1, bytesMax: 1, oldestMs: 0, isFull: true, drainMs: null };
  const lines = render({
    nodes: [
      sampleNode({ state: "refused", lastRefusal: "another node has proven this name" }),
      sampleNode({ name: "w2", spool }),
    ],
  });
  equal(lines[3], "○ worker-node1  refused  127.0.0.2:1516         –           –      –");
  equal(lines[4]?.includes("9,000 full"), true);
  equal(lines[5], "  worker-node1 is refused: another node has proven this name");
});

test("colours states and levels by what an operator must do", () => {
  const painted = renderLive(status({ events: { ...status().events, lost: 3 } }), {
    paint: paintFor(true, {}),
    columns: 80,
    rows: 24,
  });
  const text = painted.join("\n");
  equal(text.includes("\u001b[32mup"), true);
  equal(text.includes("\u001b[31m○ worker-node2"), true);
  equal(/lost\S* \S*\u001b\[31m3/.test(text), true);
  deepEqual([3, 4, 7, 12].map(levelStyle), ["dim", "cyan", "yellow", "boldRed"]);
});

test("puts numbers and times in words", () => {
  deepEqual([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
  deepEqual([0, 62_000, 3_723_000].map(elapsedText), ["0:00", "1:02", "1:02:03"]);
});

test("takes what it shows of an alert from the alert itself", () => {
  const given = {
    ...{ timestamp: "2026-11-25T01:02:03.004+0000", id: "1.0", location: "l", agent: { id: "007", name: "web1" } },
    rule: { level: 5, description: "d", id: "5716" },
  };
  deepEqual(liveAlert(given), alert("1.0", { description: "d", origin: "web1" }));
  equal(liveAlert({ ...given, cluster: { name: "argus", node: "worker-node1" } }).origin, "worker-node1");
});

test("draws a frame over the one before, line by line, and clears what is left of it", () => {
  const written: string[] = [];
  const screen = new LiveScreen((text) => written.push(text));
  screen.draw(["one", "two"]);
  screen.draw(["three"]);
  screen.print(["note\u001b[2J"]);
  screen.draw(["four"]);
  screen.end();
  deepEqual(written, [
    "\u001b[?2026h\u001b[?25lone\u001b[K\ntwo\u001b[K\n\u001b[J\u001b[?2026l",
    "\u001b[?2026h\u001b[2A\rthree\u001b[K\n\u001b[J\u001b[?2026l",
    "\u001b[1A\rnote\\x1b[2J\u001b[K\n\u001b[J",
    "\u001b[?2026h\u001b[?25lfour\u001b[K\n\u001b[J\u001b[?2026l",
    "\u001b[?25h",
  ]);
});

test("tells a pipe one line per change and nothing while nothing changes", () => {
  const plain = new LivePlain();
  deepEqual(plain.changes(status()), [
    "node master-node up 127.0.0.1:1516",
    "node worker-node1 up 127.0.0.2:1516",
    "node worker-node2 down 127.0.0.3:1516",
    "alert 01:02:03 level 5 rule 5716 worker-node1: sshd: authentication failed.",
    "alert 01:02:03 level 10 rule 5720 worker-node2: sshd: brute force by many failed logins.",
    "events 12,345  analysed 12,300  behind 45  lost 0  alerts 321  rate 118/s",
  ]);
  deepEqual(plain.changes(status({ elapsedMs: 63_000 })), []);
  deepEqual(plain.changes(status({ elapsedMs: 80_000 })), []);
  const nodes = [sampleNode({ name: "worker-node2", address: "" })];
  deepEqual(plain.changes(status({ elapsedMs: 81_000, nodes })), ["node worker-node2 up"]);
  const alerts = [...status().alerts, alert("3.0", { description: "a\nb" })];
  deepEqual(plain.changes(status({ elapsedMs: 82_000, nodes, alertCount: 322, alerts })), [
    "alert 01:02:03 level 5 rule 5716 worker-node1: a\\x0ab",
    "events 12,345  analysed 12,300  behind 45  lost 0  alerts 322  rate 118/s",
  ]);
});

test("tells a pipe the figures every 10 s at most, and when all is analysed after a stretch of being behind", () => {
  const plain = new LivePlain();
  /** The seconds at which figures are told, for looks every quarter of a second at `behind` events. */
  const told = (fromMs: number, toMs: number, behind: (ms: number) => number): number[] => {
    const seconds: number[] = [];
    for (let ms = fromMs; ms < toMs; ms += 250) {
      const events = { accepted: ms, analysed: ms - behind(ms), behind: behind(ms), lost: 0, perSecond: 5 };
      if (plain.changes(status({ elapsedMs: ms, events })).some((line) => line.startsWith("events")))
        seconds.push(ms / 1_000);
    }
    return seconds;
  };
  const flicker = (ms: number): number => (ms / 250) % 2;
  deepEqual(told(0, 25_000, flicker), [0, 10, 20]);
  deepEqual(
    told(25_000, 42_000, (ms) => (ms < 34_500 ? 7 : 0)),
    [30, 34.5],
  );
});

test("shows a cluster that is starting: its nodes are expected where they will be", () => {
  const nodes = [
    { name: "master-node", role: "master" as const, address: "127.0.0.1", port: 1_516 },
    { name: "worker-node1", role: "worker" as const, address: "127.0.0.2", port: 1_517 },
  ];
  deepEqual(renderLive(expectedLive(nodes), { paint: noPaint, columns: 80, rows: 24 }), [
    "argus                                                     0 of 2 nodes up · 0:00",
    "",
    "NODE            STATE     ADDRESS         EVENTS/S  WAITING  CLOCK",
    "○ master-node   expected  127.0.0.1:1516         –        –      –",
    "○ worker-node1  expected  127.0.0.2:1517         –        –      –",
    "",
    "events 0  analysed 0  behind 0  lost 0  alerts 0  rate 0/s",
    "",
    "No alert yet.",
    "",
    "starting …",
  ]);
});
