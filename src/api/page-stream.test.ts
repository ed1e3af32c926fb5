import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import {
  ListedFeed,
  ListedLog,
  sampleAlert,
  sampleFigure,
  sampleLogLine,
  sampleNode,
  sampleStatus,
  SetFigures,
} from "../../test/support/api-needs.ts";
import { SimClock } from "../../test/support/sim-clock.ts";
import type { PageEvents } from "./contract/page-stream.ts";
import type { NodeInfo } from "./contract/reply.ts";
import { EventStreamReader, type StreamEvent } from "./event-stream.ts";
import { PageStreams, positionOf } from "./page-stream.ts";
import { boundUnread, STREAM_BYTES_MAX, type StreamResponse } from "./stream-response.ts";

/** A page that reads at once, unless it is told not to. */
class Reader implements StreamResponse {
  writableEnded = false;
  destroyed = false;
  writableLength = 0;
  readsNothing = false;
  readonly events: StreamEvent[] = [];
  readonly #reader = new EventStreamReader();
  readonly #closers: (() => void)[] = [];

  write(text: string): void {
    if (this.readsNothing) this.writableLength += text.length;
    else this.events.push(...(this.#reader.read(text) ?? []));
  }

  destroy(): void {
    this.destroyed = true;
    this.close();
  }

  on(event: "close" | "drain", listener: () => void): void {
    if (event === "close") this.#closers.push(listener);
  }

  close(): void {
    for (const listener of this.#closers) listener();
  }

  get lastId(): string {
    return this.events.at(-1)?.id ?? "";
  }

  /** The names of the events since the last call. */
  names(): string {
    return this.events
      .splice(0)
      .map(({ name }) => name)
      .join(" ");
  }

  /** What the events of a name have said since the last call; all other events are dropped. */
  said<N extends keyof PageEvents>(name: N): PageEvents[N][] {
    const found = this.events.splice(0).filter((event) => event.name === name);
    return found.map(({ data }) => JSON.parse(data) as PageEvents[N]);
  }
}

class World {
  readonly clock = new SimClock();
  readonly alerts = new ListedFeed();
  readonly figures = new SetFigures();
  readonly clusterLog = new ListedLog();
  nodes: NodeInfo[] = [sampleNode()];
  statusCount = 0;
  nodesCount = 0;
  readonly streams = new PageStreams(
    {
      status: {
        status: (nodes) => {
          this.statusCount += 1;
          equal(nodes, this.nodes, "the list that was looked up for all");
          return sampleStatus;
        },
        nodes: () => {
          this.nodesCount += 1;
          return this.nodes;
        },
      },
      ...{ alerts: this.alerts, figures: this.figures, clusterLog: this.clusterLog },
    },
    this.clock,
  );

  open(lastId?: string): Reader {
    const reader = new Reader();
    this.streams.open(reader, lastId);
    return reader;
  }

  raise(count: number, level: number, from = this.alerts.entries.length): void {
    for (let index = from; index < from + count; index += 1) this.alerts.raise(sampleAlert(`${index}.0`, level));
  }
}

const idsOf = ({ alerts }: PageEvents["alerts"]): string => alerts.map(({ alert }) => alert.id).join(" ");

test("says all there is at once, in order, as what replaces anything that the page had", () => {
  const world = new World();
  world.raise(2, 5);
  world.clusterLog.write(sampleLogLine("a1"));
  const reader = world.open();
  deepEqual(
    reader.events.map(({ name, id }) => `${name} ${id}`),
    ["status -~-", "nodes -~-", "figures -~-", "levels -~-", "alerts 1.0~-", "log 1.0~a1"],
  );
  const told = Object.fromEntries(reader.events.map(({ name, data }) => [name, JSON.parse(data) as unknown]));
  deepEqual(told["status"], sampleStatus);
  deepEqual(told["nodes"], { nodes: [sampleNode()] });
  deepEqual(told["figures"], world.figures.figures());
  deepEqual(told["levels"], world.figures.levels(0).levels);
  deepEqual(idsOf(told["alerts"] as PageEvents["alerts"]), "0.0 1.0");
  equal((told["alerts"] as PageEvents["alerts"]).isReset, true);
  deepEqual(told["log"], { lines: [sampleLogLine("a1")], isReset: true });
});

test("says nothing but the status while nothing changes, and what changed when it did", () => {
  const world = new World();
  const reader = world.open();
  reader.names();
  world.clock.advance(3_000);
  equal(reader.names(), "status status status");
  world.nodes = [sampleNode({ state: "down" })];
  world.clock.advance(1_000);
  equal(reader.names(), "status nodes");
  world.figures.samples = [...world.figures.samples, sampleFigure(1_795_000_060_000)];
  world.figures.setBin("hour", { atMs: 1_795_000_080_000, counts: { "3": 1 } });
  world.clock.advance(1_000);
  const events = new Map(reader.events.map(({ name, data }) => [name, JSON.parse(data) as object]));
  deepEqual([...events.keys()], ["status", "figures", "levels"]);
  deepEqual(events.get("figures"), { everyMs: 5_000, samples: [sampleFigure(1_795_000_060_000)] });
  deepEqual((events.get("levels") as PageEvents["levels"]).hour.bins, [
    { atMs: 1_795_000_080_000, counts: { "3": 1 } },
  ]);
  deepEqual((events.get("levels") as PageEvents["levels"]).day.bins, []);
  reader.names();
  world.clock.advance(1_000);
  equal(reader.names(), "status");
});

test("goes on with figures after the clock was set back", () => {
  const world = new World();
  const reader = world.open();
  reader.names();
  const old = sampleFigure(1_000);
  world.figures.samples = [...world.figures.samples, old];
  world.clock.advance(1_000);
  deepEqual(reader.said("figures"), [{ everyMs: 5_000, samples: [old] }]);
});

test("gathers alerts and lines for a quarter of a second, and lets them go on in order", () => {
  const world = new World();
  const reader = world.open();
  reader.names();
  world.clock.advance(100);
  world.raise(2, 5);
  world.clusterLog.write(sampleLogLine("a1"));
  world.clock.advance(249);
  equal(reader.names(), "");
  world.raise(1, 12);
  world.clock.advance(1);
  deepEqual(
    reader.events.map(({ name, id }) => `${name} ${id}`),
    ["alerts 2.0~-", "log 2.0~a1"],
  );
  const [alerts] = reader.said("alerts");
  ok(alerts);
  deepEqual([idsOf(alerts), alerts.omitted, alerts.isReset], ["0.0 1.0 2.0", 0, false]);
});

test("tells at most a message's worth of a flood, what it left out, and keeps those of a high level", () => {
  const world = new World();
  const reader = world.open();
  reader.names();
  world.raise(1, 13);
  world.raise(5_000, 3);
  world.alerts.skip(40);
  world.clock.advance(250);
  const [alerts] = reader.said("alerts");
  equal(alerts?.alerts.length, 100);
  equal(alerts.alerts[0]?.alert.id, "0.0");
  equal(alerts.alerts[1]?.alert.id, "4902.0");
  equal(alerts.omitted, 4_901 + 40);
});

test("tells of a gap without any alert", () => {
  const world = new World();
  const reader = world.open();
  reader.names();
  world.alerts.skip(7);
  world.clock.advance(250);
  deepEqual(reader.said("alerts"), [{ alerts: [], omitted: 7, isReset: false }]);
});

test("gives a page that comes back what came since, and nothing twice", () => {
  const world = new World();
  world.raise(3, 5);
  for (const id of ["a1", "a2"]) world.clusterLog.write(sampleLogLine(id));
  const first = world.open();
  const { lastId } = first;
  equal(lastId, "2.0~a2");
  first.close();
  world.raise(2, 5);
  world.clusterLog.write(sampleLogLine("a3"));
  const events = world.open(lastId).events;
  const alerts = JSON.parse(events[4]?.data ?? "") as PageEvents["alerts"];
  deepEqual([idsOf(alerts), alerts.isReset], ["3.0 4.0", false]);
  deepEqual(JSON.parse(events[5]?.data ?? ""), { lines: [sampleLogLine("a3")], isReset: false });
  deepEqual(
    events.map(({ id }) => id),
    ["2.0~a2", "2.0~a2", "2.0~a2", "2.0~a2", "4.0~a2", "4.0~a3"],
    "an id never says more than what was read",
  );
});

test("replaces what a page has when it cannot be told what came since", () => {
  const world = new World();
  world.raise(1, 12);
  world.raise(40, 14);
  world.raise(150, 3);
  const old = world.open("77.0~zz");
  const [alerts] = old.said("alerts");
  equal(alerts?.isReset, true);
  const ids = alerts.alerts.map(({ alert }) => alert.id);
  equal(ids.length, 125);
  deepEqual([ids[0], ids[24], ids[25], ids.at(-1)], ["16.0", "40.0", "91.0", "190.0"]);
  equal(new Set(ids).size, 125);
  const [tooMany] = world.open("0.0~-").said("alerts");
  equal(tooMany?.isReset, true, "190 alerts are more than a message has room for");
  const [few] = world.open("100.0~-").said("alerts");
  deepEqual([few?.isReset, few?.alerts.length], [false, 90]);
});

test("shows an alert of a high level once when it is among the newest", () => {
  const world = new World();
  world.raise(30, 12);
  const [alerts] = world.open().said("alerts");
  equal(alerts?.alerts.length, 30);
});

test("takes an id that it would not give as none", () => {
  const nothing = { alert: "-", line: "-" };
  deepEqual(positionOf("12.34~b-5"), { alert: "12.34", line: "b-5" });
  deepEqual(positionOf("-~7"), { alert: "-", line: "7" });
  const hostile = [
    ...[undefined, "", "~", "1.0", "1.0~", "~a", "1.0~a~b", "1.0~a\nevent: x", "1.0\r\n~a", "x~a", "1.0~a b"],
    ...[`${"9".repeat(30)}.0~a`, `1.0~${"a".repeat(65)}`, "1.0~\u00e4", "../..~a", "-1.0~a", "1~a"],
  ];
  for (const id of hostile) deepEqual(positionOf(id), nothing, String(id));
  const world = new World();
  world.raise(1, 3);
  const [alerts] = world.open("0.0~-\nevent: x").said("alerts");
  equal(alerts?.isReset, true);
});

test("a page that opens beside others misses nothing and gets nothing twice, nor do they", () => {
  const world = new World();
  const readers = [world.open()];
  const told = readers.map(() => [] as string[]);
  for (let step = 0; step < 40; step += 1) {
    world.raise(1 + (step % 3), step % 16);
    world.clusterLog.write(sampleLogLine(`l${step}`));
    if (step % 10 === 5) {
      readers.push(world.open());
      told.push([]);
    }
    world.clock.advance(step % 2 === 0 ? 100 : 333);
    for (const [index, reader] of readers.entries()) {
      for (const { name, data } of reader.events.splice(0)) {
        if (name === "alerts") {
          const { alerts } = JSON.parse(data) as PageEvents["alerts"];
          told[index]?.push(...alerts.map(({ alert }) => alert.id));
        }
        if (name === "log") told[index]?.push(...(JSON.parse(data) as PageEvents["log"]).lines.map(({ id }) => id));
      }
    }
  }
  world.clock.advance(250);
  const all = [...world.alerts.entries, ...world.clusterLog.lines].map(({ id }) => id).sort();
  for (const [index, reader] of readers.entries()) {
    for (const { name, data } of reader.events) {
      if (name === "alerts") {
        told[index]?.push(...(JSON.parse(data) as PageEvents["alerts"]).alerts.map(({ alert }) => alert.id));
      }
      if (name === "log") told[index]?.push(...(JSON.parse(data) as PageEvents["log"]).lines.map(({ id }) => id));
    }
    deepEqual(told[index]?.toSorted(), all, `reader ${index}`);
  }
});

test("a page that opens while nodes have changed brings the others up to date as well", () => {
  const world = new World();
  const first = world.open();
  first.names();
  world.nodes = [sampleNode({ state: "down" })];
  const second = world.open();
  equal(first.names(), "nodes");
  world.nodes = [sampleNode()];
  second.names();
  world.clock.advance(1_000);
  equal(second.names(), "status nodes", "what it was given at first is not what counts as sent to all");
});

test("looks once a second for all pages together, and not at all without one", () => {
  const world = new World();
  const readers = Array.from({ length: 10 }, () => world.open());
  equal(world.nodesCount, 10, "once for each that opens");
  [world.statusCount, world.nodesCount] = [0, 0];
  world.clock.advance(5_000);
  deepEqual([world.statusCount, world.nodesCount], [5, 5]);
  equal(world.alerts.listenerCount + world.clusterLog.listenerCount, 2);
  world.raise(1, 3); // Gathered, and of no use to anybody any more.
  for (const reader of readers) reader.close();
  equal(world.clock.pendingCount, 0);
  equal(world.alerts.listenerCount + world.clusterLog.listenerCount, 0);
  const again = world.open();
  again.names();
  world.clock.advance(1_000);
  equal(again.names(), "status");
  world.raise(1, 3);
  world.clusterLog.write(sampleLogLine("a1"));
  world.clock.advance(250);
  const [alerts] = again.said("alerts");
  equal(alerts && idsOf(alerts), "1.0", "what was gathered for those who have left is not told again");
});

test("lets the slowest go until what the others leave unread is within the bound for all", () => {
  const readers = [10, 40, 30, 25].map((unread) => Object.assign(new Reader(), { writableLength: unread }));
  boundUnread(readers, 70);
  deepEqual(
    readers.map(({ destroyed }) => destroyed),
    [false, true, false, false],
  );
  boundUnread(readers, 64);
  deepEqual(
    readers.map(({ destroyed }) => destroyed),
    [false, true, true, false],
  );
});

test("lets a page go that reads nothing, and goes on with the others", () => {
  const world = new World();
  const [slow, good] = [world.open(), world.open()];
  slow.readsNothing = true;
  for (let count = 0; count < 40 && !slow.destroyed; count += 1) {
    for (let index = 0; index < 80; index += 1) {
      const { json } = sampleAlert("0.0", 3);
      world.alerts.raise({ id: `${count}.${index}`, level: 3, json: json.replace('"d"', `"${"d".repeat(4_000)}"`) });
    }
    world.clock.advance(250);
  }
  equal(slow.destroyed, true);
  ok(slow.writableLength < STREAM_BYTES_MAX + 600_000, `${slow.writableLength}`);
  good.names();
  world.clock.advance(1_000);
  equal(good.names(), "status");
});
