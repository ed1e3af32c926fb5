import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import {
  sampleAgentRow,
  sampleLogLine,
  sampleNode,
  sampleOverview,
  sampleStatus,
} from "../../test/support/api-needs.ts";
import {
  fieldsOf,
  memberOf,
  readAgents,
  readAlerts,
  readFigures,
  readLevels,
  readLog,
  readNodes,
  readStatus,
} from "./message.ts";

/** `value` without the member at `path`, and with another type there. */
function* spoilt(value: object): Generator<[path: string, spoilt: unknown]> {
  for (const [name, member] of Object.entries(value) as [string, unknown][]) {
    const rest = Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
    yield [`without ${name}`, rest];
    yield [`with a list as ${name}`, { ...value, [name]: [] }];
    if (typeof member !== "object" || member === null) continue;
    for (const [path, inner] of spoilt(member)) yield [`${name} ${path}`, { ...value, [name]: inner }];
  }
}

/** What no part of the page asks for, and what may be an empty list. */
const unused = ["processId", "with a list as groups"];

const shownAgents = (agents: unknown[]): number | undefined =>
  readAgents({ ...sampleOverview(), agents })?.agents.length;

const kinds: [kind: string, whole: object, taken: (value: unknown) => boolean][] = [
  ["status", sampleStatus, (value) => readStatus(value) !== undefined],
  ["node", sampleNode(), (value) => readNodes({ nodes: [value] })?.length === 1],
  ["row of an agent", sampleAgentRow({ nodeDownSinceMs: 1 }), (value) => shownAgents([value]) === 1],
  ["line of the log", sampleLogLine("1"), (value) => readLog({ lines: [value] })?.lines.length === 1],
  [
    "sample",
    { atMs: 1, accepted: 1, analysed: 1, behind: 1, behindMs: 1, lost: 1 },
    (value) => readFigures({ everyMs: 1, samples: [value] })?.samples.length === 1,
  ],
];

for (const [kind, whole, isTaken] of kinds) {
  test(`a ${kind} is taken whole, with what is not known yet, and not without a part`, () => {
    equal(isTaken(whole), true);
    equal(isTaken({ ...whole, weather: "rain" }), true);
    for (const [path, value] of spoilt(whole)) {
      if (!unused.some((name) => path.endsWith(name))) equal(isTaken(value), false, path);
    }
  });
}

test("an overview of agents is taken whole or not at all, and no more rows of it than are shown", () => {
  const whole = sampleOverview();
  deepEqual(readAgents({ ...whole, news: 1 }), { ...whole, news: 1 });
  for (const name of Object.keys(whole)) {
    equal(readAgents({ ...whole, [name]: "x" }), undefined, name);
    equal(readAgents(Object.fromEntries(Object.entries(whole).filter(([key]) => key !== name))), undefined, name);
  }
  equal(readAgents({ ...whole, counts: { ...whole.counts, unheard: null } }), undefined);
  equal(shownAgents(Array.from({ length: 5_000 }, () => sampleAgentRow())), 20);
  deepEqual(readAgents({ ...whole, groups: ["web", 7, null] })?.groups, ["web"]);
});

test("what is not known is null, and a number that is none is not taken", () => {
  const link = { sinceMs: null, roundTripMs: null };
  equal(readNodes({ nodes: [sampleNode({ spool: null, clockOffsetMs: null, link })] })?.length, 1);
  equal(readNodes({ nodes: [{ ...sampleNode(), eventsPerSecond: null }] })?.length, 0);
  equal(readNodes({ nodes: [sampleNode({ sinceMs: Number.NaN })] })?.length, 0);
});

test("bins of no width would be without an end", () => {
  for (const binMs of [0, -1, Number.NaN, "10", null]) {
    equal(readLevels({ hour: { binMs, bins: [] }, day: { binMs: 1, bins: [] } }), undefined);
  }
  deepEqual(readLevels({ hour: { binMs: 1, bins: [] }, day: { binMs: 2, bins: [{ atMs: 1 }] } }), {
    hour: { binMs: 1, bins: [] },
    day: { binMs: 2, bins: [] },
  });
});

test("of the alerts the list is sure, and the rest has a value that says nothing", () => {
  deepEqual(readAlerts({ alerts: [{ alert: { id: "1.1" } }] }), {
    ...{ alerts: [{ alert: { id: "1.1" }, isCut: false }], omitted: 0, isReset: false },
  });
  for (const omitted of [-1, Number.NaN, "7", null]) equal(readAlerts({ alerts: [], omitted })?.omitted, 0);
  equal(readAlerts({ alerts: [], isReset: "yes" })?.isReset, false);
  equal(readAlerts({ alerts: { length: 1 } }), undefined);
});

test("a member is one that the object itself has", () => {
  equal(memberOf({}, "constructor"), undefined);
  equal(memberOf({}, "__proto__"), undefined);
  equal(memberOf(JSON.parse('{"__proto__":1}'), "__proto__"), 1);
  equal(memberOf([7], "0"), undefined);
  equal(memberOf("text", "length"), undefined);
  equal(fieldsOf(null), undefined);
});
