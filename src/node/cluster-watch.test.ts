import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { LineSink } from "../../test/support/line-sink.ts";
import { SimClock } from "../../test/support/sim-clock.ts";
import { logTo, type LogLine } from "../base/log.ts";
import type { NodeHello, NodeListing } from "../membership/known-node.ts";
import { ClusterWatch } from "./cluster-watch.ts";
import { OwnEvents } from "./own-events.ts";

const hello: NodeHello = { role: "worker", version: "1.0", isHidden: false, address: "10.0.0.5" };
const listing = (name: string, address: string): NodeListing => ({ name, role: "worker", address, port: 1_517 });

function newWatch(listed: readonly NodeListing[] = []) {
  const clock = new SimClock();
  const sink = new LineSink();
  const lines: LogLine[] = [];
  const log = logTo((line) => void lines.push(line));
  const own = { name: "m", hello: { ...hello, role: "master" as const, address: "10.0.0.1:1516" } };
  const watch = new ClusterWatch({ clock, log, own, listed, events: new OwnEvents(sink) });
  return { clock, sink, lines, watch };
}

test("an orderly stop is a line of information, an event, and a note; silence is an error", () => {
  const { clock, sink, lines, watch } = newWatch();
  for (const name of ["a", "b"]) watch.take({ type: "joined", name, session: 1, hello });
  watch.take({ type: "closed", name: "a", session: 1, reason: "stopping" });
  clock.advance(13_000);
  watch.take({ type: "tick" });
  deepEqual(
    lines.slice(2).map(({ level, message }) => `${level} ${message}`),
    ["INFO a is down: it was stopped", "ERROR b is down: no heartbeat for 13 s"],
  );
  deepEqual(sink.logs().slice(2), [
    "argus: Node 'a' is down (it was stopped).",
    "argus: Node 'b' is down (no heartbeat for 13 s).",
  ]);
  deepEqual(
    watch.nodes().map(({ note }) => note),
    ["", "it was stopped", "no heartbeat"],
  );
});

test("shows address and port where both are known, as one connects to them", () => {
  const { watch } = newWatch([listing("a", "10.0.0.5"), listing("b", "fd00::5")]);
  for (const name of ["a", "c"]) watch.take({ type: "joined", name, session: 1, hello });
  deepEqual(
    watch.nodes().map(({ address }) => address),
    ["10.0.0.1:1516", "10.0.0.5:1517", "[fd00::5]:1517", "10.0.0.5"],
  );
});

test("gives measured times to a tenth of a millisecond, and what is not known as null", () => {
  const { clock, watch } = newWatch();
  watch.take({ type: "joined", name: "a", session: 1, hello });
  const spool = { events: 0, bytes: 0, oldestMs: 0, isFull: false };
  const said = { eventsPerSecond: 5, clockOffsetMs: -1.26789, roundTripMs: 0.4321, isSyncing: false };
  watch.take({ type: "status", name: "a", session: 1, spool, ...said });
  const [own, node] = watch.nodes();
  deepEqual([node?.clockOffsetMs, node?.link], [-1.3, { sinceMs: clock.wallMs(), roundTripMs: 0.4 }]);
  deepEqual([own?.clockOffsetMs, own?.link], [null, { sinceMs: null, roundTripMs: null }]);
  deepEqual([node?.eventsPerSecond, node?.eventsOutPerSecond, node?.spool?.drainMs], [5, 0, null]);
});

test("the oldest event of a node that fell silent was taken in when it was, however much later one looks", () => {
  const { clock, watch } = newWatch();
  watch.take({ type: "joined", name: "a", session: 1, hello });
  const spool = { events: 7, bytes: 70, oldestMs: 2_000, isFull: false };
  const said = { eventsPerSecond: 5, clockOffsetMs: 0, roundTripMs: 1, isSyncing: false };
  watch.take({ type: "status", name: "a", session: 1, spool, ...said });
  const takenInMs = clock.wallMs() - 2_000;
  clock.advance(3_600_000);
  watch.take({ type: "tick" });
  deepEqual([watch.nodes()[1]?.state, watch.nodes()[1]?.spool?.oldestMs], ["down", takenInMs]);
});
