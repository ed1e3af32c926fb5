import { deepEqual, doesNotThrow, equal } from "node:assert/strict";
import { test } from "node:test";
import { effect } from "@preact/signals";
import fc from "fast-check";
import { sampleLogLine, sampleNode, sampleStatus } from "../../test/support/api-needs.ts";
import type { FigureSample, LevelBin } from "../api/contract/reply.ts";
import { ALERTS_HELD_MAX, GRAVE_ALERTS_HELD_MAX, LOG_LINES_HELD_MAX, Store } from "./store.ts";

const hourMs = 3_600_000;
const masterMs = Date.UTC(2026, 10, 24, 14, 0, 0);

/** A store that has heard one status, of a reader whose clock is right unless it is said otherwise. */
function liveStore({ readerMs = masterMs } = {}): { store: Store; reader: { nowMs: number } } {
  const reader = { nowMs: readerMs };
  const store = new Store(() => reader.nowMs);
  store.take("status", { ...sampleStatus, nowMs: masterMs });
  return { store, reader };
}

function pageAlert(id: string, level: unknown = 5): unknown {
  return { alert: { id, rule: { level, id: "5716", description: "d" }, timestamp: "", location: "" }, isCut: false };
}

const alertsMessage = (alerts: unknown[], { isReset = false, omitted = 0 } = {}): unknown => ({
  ...{ alerts, omitted, isReset },
});

const idsOf = (alerts: readonly { alert: { id: string } }[]): string[] => alerts.map(({ alert }) => alert.id);

function sample(atMs: number, accepted = 0): FigureSample {
  return { atMs, accepted, analysed: accepted, behind: 0, behindMs: 0, lost: 0 };
}

const figuresMessage = (...samples: unknown[]): unknown => ({ everyMs: 10_000, samples });

function levelsMessage(hour: LevelBin[], { day = [] as LevelBin[], binMs = 10_000 } = {}): unknown {
  return { hour: { binMs, bins: hour }, day: { binMs: 300_000, bins: day } };
}

const count = (atMs: number, alerts: number): LevelBin => ({ atMs, counts: { 5: alerts } });

for (const apartMs of [0, 5 * hourMs, -7 * hourMs, 400 * 24 * hourMs]) {
  test(`time is the master's where the reader's clock is ${apartMs / hourMs} h off`, () => {
    const { store, reader } = liveStore({ readerMs: masterMs + apartMs });
    equal(store.nowMs.value, masterMs);
    reader.nowMs += 5_000;
    equal(store.nowMs.value, masterMs, "it goes on with the tick");
    store.tick();
    equal(store.nowMs.value, masterMs + 5_000);
  });
}

test("a status that was held up does not put the time back, and a clock that was set does", () => {
  const { store, reader } = liveStore();
  reader.nowMs += 2_000;
  store.take("status", { ...sampleStatus, nowMs: masterMs + 1_200 });
  equal(store.nowMs.value, masterMs + 2_000);
  store.take("status", { ...sampleStatus, nowMs: masterMs + 2_100 });
  equal(store.nowMs.value, masterMs + 2_100);
  store.take("status", { ...sampleStatus, nowMs: masterMs + 1_099 });
  equal(store.nowMs.value, masterMs + 1_099, "by more than a second it is no delay");
  store.take("status", { ...sampleStatus, nowMs: masterMs - hourMs });
  equal(store.nowMs.value, masterMs - hourMs);
});

test("before the first status time is the reader's", () => {
  const store = new Store(() => 4_711);
  equal(store.nowMs.value, 4_711);
  deepEqual(store.connection.value, { name: "connecting", sinceMs: 4_711 });
});

test("nodes are those of the last message, without what is no node", () => {
  const { store } = liveStore();
  const good = sampleNode();
  const faults = [null, 7, [], {}, { ...good, state: "asleep" }, { ...good, spool: 3 }, { ...good, link: null }];
  store.take("nodes", { nodes: [...faults, good] });
  deepEqual(store.nodes.value, [good]);
  store.take("nodes", { nodes: [] });
  deepEqual(store.nodes.value, []);
});

test("figures are joined by their time, in order, without doubles", () => {
  const { store } = liveStore();
  store.take("figures", figuresMessage(sample(masterMs - 20_000, 1), sample(masterMs - 10_000, 2)));
  store.take("figures", figuresMessage(sample(masterMs - 10_000, 3), sample(masterMs, 4)));
  deepEqual(
    store.figures.value.map(({ accepted }) => accepted),
    [1, 3, 4],
  );
});

test("figures older than an hour go", () => {
  const { store } = liveStore();
  store.take("figures", figuresMessage(sample(masterMs - hourMs), sample(masterMs - hourMs + 1)));
  store.take("figures", figuresMessage(sample(masterMs)));
  deepEqual(
    store.figures.value.map(({ atMs }) => atMs),
    [masterMs - hourMs + 1, masterMs],
  );
});

test("figures of before the master's clock was put back go: they lie in the future", () => {
  const { store } = liveStore();
  store.take("figures", figuresMessage(sample(masterMs), sample(masterMs + 10_000)));
  store.take("figures", figuresMessage(sample(masterMs - 600_000)));
  deepEqual(
    store.figures.value.map(({ atMs }) => atMs),
    [masterMs - 600_000],
  );
  store.take("figures", figuresMessage());
  equal(store.figures.value.length, 1, "an empty message says nothing");
});

test("a bin replaces the one of its time, and one that is over goes", () => {
  const { store, reader } = liveStore();
  store.take("levels", levelsMessage([count(masterMs - hourMs, 1), count(masterMs, 2)]));
  store.take("levels", levelsMessage([count(masterMs, 5), count(masterMs + 10_000, 1)]));
  const held = (): [number, unknown][] =>
    store.levels.value.hour.bins.map(({ atMs, counts }) => [atMs - masterMs, counts["5"]]);
  deepEqual(held(), [
    [-hourMs, 1],
    [0, 5],
    [10_000, 1],
  ]);
  reader.nowMs += 10_000;
  store.take("levels", levelsMessage([]));
  deepEqual(held(), [
    [0, 5],
    [10_000, 1],
  ]);
});

test("the day's bins outlast the hour's", () => {
  const { store } = liveStore();
  const old = [count(masterMs - 2 * hourMs, 1)];
  store.take("levels", levelsMessage(old, { day: old }));
  equal(store.levels.value.hour.bins.length, 0);
  equal(store.levels.value.day.bins.length, 1);
});

test("bins of another width replace those that are held", () => {
  const { store } = liveStore();
  store.take("levels", levelsMessage([count(masterMs, 1)]));
  store.take("levels", levelsMessage([count(masterMs - 20_000, 2)], { binMs: 20_000 }));
  deepEqual(store.levels.value.hour, { binMs: 20_000, bins: [count(masterMs - 20_000, 2)] });
});

test("an alert whose worker's clock is wrong pushes no bin out", () => {
  const { store } = liveStore();
  store.take("levels", levelsMessage([count(masterMs - 1_800_000, 3), count(masterMs + 5 * hourMs, 1)]));
  equal(store.levels.value.hour.bins[0]?.atMs, masterMs - 1_800_000);
});

test("alerts are newest first, each once, and no more than are held", () => {
  const { store } = liveStore();
  store.take("alerts", alertsMessage([pageAlert("1.1"), pageAlert("1.2")]));
  store.take("alerts", alertsMessage([pageAlert("1.2"), pageAlert("1.3"), pageAlert("1.3")]));
  deepEqual(idsOf(store.alerts.value), ["1.3", "1.2", "1.1"]);
  const many = Array.from({ length: ALERTS_HELD_MAX }, (_, index) => pageAlert(`2.${index}`));
  store.take("alerts", alertsMessage(many));
  equal(store.alerts.value.length, ALERTS_HELD_MAX);
  equal(store.alerts.value.at(-1)?.alert.id, "2.0");
});

test("those of level 12 and above outlast a flood of others", () => {
  const { store } = liveStore();
  store.take("alerts", alertsMessage([pageAlert("1.1", 11), pageAlert("1.2", 12), pageAlert("1.3", 15)]));
  for (let round = 0; round < 5; round += 1) {
    const flood = Array.from({ length: 100 }, (_, index) => pageAlert(`${round}.${index}`, "15"));
    store.take("alerts", alertsMessage(flood));
  }
  deepEqual(idsOf(store.graveAlerts.value), ["1.3", "1.2"]);
  const grave = Array.from({ length: 60 }, (_, index) => pageAlert(`9.${index}`, 12));
  store.take("alerts", alertsMessage(grave));
  equal(store.graveAlerts.value.length, GRAVE_ALERTS_HELD_MAX);
});

test("a reset replaces all that is held, and a stream that goes on adds to it", () => {
  const { store } = liveStore();
  store.take("alerts", alertsMessage([pageAlert("1.1", 12)], { omitted: 3 }));
  store.take("alerts", alertsMessage([pageAlert("1.2")], { omitted: 2 }));
  equal(store.omitted.value, 5);
  store.take("alerts", alertsMessage([pageAlert("7.1")], { isReset: true, omitted: 1 }));
  deepEqual(idsOf(store.alerts.value), ["7.1"]);
  deepEqual(idsOf(store.graveAlerts.value), []);
  equal(store.omitted.value, 1);
  store.take("alerts", alertsMessage([], { isReset: true }));
  deepEqual(idsOf(store.alerts.value), []);
});

test("lines of the log are newest first, each once, and no more than are held", () => {
  const { store } = liveStore();
  const lines = Array.from({ length: LOG_LINES_HELD_MAX }, (_, index) => sampleLogLine(`a.${index}`));
  store.take("log", { lines, isReset: false });
  store.take("log", { lines: [sampleLogLine("a.499"), sampleLogLine("a.500")], isReset: false });
  equal(store.log.value.length, LOG_LINES_HELD_MAX);
  deepEqual(
    store.log.value.slice(0, 2).map(({ id }) => id),
    ["a.500", "a.499"],
  );
  equal(store.log.value.at(-1)?.id, "a.1");
  store.take("log", { lines: [sampleLogLine("b.1")], isReset: true });
  deepEqual(
    store.log.value.map(({ id }) => id),
    ["b.1"],
  );
});

test("a message changes all that depends on it at once", () => {
  const { store } = liveStore();
  const seen: string[] = [];
  const stop = effect(() => {
    seen.push(`${store.alerts.value.length} ${store.graveAlerts.value.length} ${store.omitted.value}`);
  });
  store.take("alerts", alertsMessage([pageAlert("1.1", 13)], { omitted: 4 }));
  stop();
  deepEqual(seen, ["0 0 0", "1 1 4"]);
});

test("a message of another form is passed over, and leaves what is held", () => {
  const { store } = liveStore();
  store.take("nodes", { nodes: [sampleNode()] });
  store.take("alerts", alertsMessage([pageAlert("1.1")]));
  const held = (): unknown => [store.status.value, store.nodes.value, idsOf(store.alerts.value), store.log.value];
  const before = held();
  const others = [undefined, null, 0, "status", [], {}, { nodes: 3 }, { alerts: "x" }, { lines: {} }, { events: {} }];
  for (const name of ["status", "nodes", "figures", "levels", "alerts", "log", "weather", "__proto__"]) {
    for (const data of others) store.take(name, data);
  }
  deepEqual(held(), before);
  store.take("status", { ...sampleStatus, events: { ...sampleStatus.events, lost: "0" } });
  store.take("status", { ...sampleStatus, nowMs: null });
  deepEqual(held(), before);
});

test("members of another form are left out, and the others are taken", () => {
  const { store } = liveStore();
  store.take("alerts", alertsMessage([null, 5, {}, { alert: [] }, { alert: { id: 7 } }, pageAlert("1.1")]));
  deepEqual(idsOf(store.alerts.value), ["1.1"]);
  store.take("figures", figuresMessage({ atMs: "now" }, null, sample(masterMs)));
  equal(store.figures.value.length, 1);
  store.take("log", { lines: [{ ...sampleLogLine("1"), level: "LOUD" }, sampleLogLine("2")] });
  equal(store.log.value.length, 1);
  store.take("levels", levelsMessage([{ atMs: masterMs } as LevelBin, count(masterMs, 1)]));
  equal(store.levels.value.hour.bins.length, 1);
});

test("whatever a message says, taking it throws nothing", () => {
  const name = fc.constantFrom("status", "nodes", "figures", "levels", "alerts", "log");
  const member = fc.constantFrom("nodes", "samples", "hour", "day", "bins", "alerts", "lines", "omitted", "__proto__");
  const data = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(member, fc.jsonValue()),
    fc.dictionary(member, fc.array(fc.jsonValue())),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(name, data), { maxLength: 8 }), (messages) => {
      const { store } = liveStore();
      for (const [event, value] of messages) doesNotThrow(() => store.take(event, value));
      equal(store.status.value?.node, sampleStatus.node);
    }),
  );
});
