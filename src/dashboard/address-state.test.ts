import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { agentStates } from "./agent-view.ts";
import { firstChoice, ranges, readAddress, writeAddress } from "./address-state.ts";
import { logLevels } from "./log-filter.ts";

const read = (text: string): unknown => readAddress(new URLSearchParams(text));

test("an address without a choice is the first one", () => {
  deepEqual(read(""), firstChoice);
});

test("reads each parameter", () => {
  const page = "range=24h&level=12&log.node=worker-node1&log.level=WARNING&log.q=link+up";
  const agents = "agent.state=never_connected&agent.node=worker-node2&agent.group=web&agent.q=db+01&agent.from=40";
  deepEqual(read(`${page}&${agents}`), {
    ...{ range: "24h", level: 12, logNode: "worker-node1", logLevel: "WARNING", logQuery: "link up" },
    ...{ agentState: "never_connected", agentNode: "worker-node2", agentGroup: "web", agentQuery: "db 01" },
    agentFrom: 40,
  });
});

const unknowns = [
  ...["range=2h", "range=", "range=__proto__", "level=17", "level=-1", "level=1e1", "level=7.5", "level=", "level=07"],
  ...["log.level=LOUD", "log.level=", "range=constructor", "weather=rain", "LEVEL=7"],
  ...["agent.state=lost", "agent.state=", "agent.from=-1", "agent.from=1e3", "agent.from=99999999", "agent.from="],
];

for (const text of unknowns) {
  test(`${text} falls back`, () => deepEqual(read(text), firstChoice));
}

test("a level of the log is read in either case", () => {
  deepEqual(read("log.level=error"), { ...firstChoice, logLevel: "ERROR" });
});

test("texts have an end", () => {
  const { logNode, logQuery } = readAddress(
    new URLSearchParams({ "log.node": "n".repeat(9_999), "log.q": "q".repeat(9_999) }),
  );
  deepEqual([logNode.length, logQuery.length], [256, 256]);
});

test("writes only what is not the first choice, and leaves what is not ours", () => {
  const search = new URLSearchParams("theme=dark&range=24h&level=3");
  equal(writeAddress(firstChoice, search).toString(), "theme=dark");
  equal(writeAddress({ ...firstChoice, level: 12 }, search).toString(), "theme=dark&level=12");
  equal(search.toString(), "theme=dark&range=24h&level=3", "what was given is left as it was");
});

test("what is written is read again", () => {
  const members = {
    range: fc.constantFrom(...ranges),
    level: fc.integer({ min: 0, max: 16 }),
    logNode: fc.string({ maxLength: 64 }),
    logLevel: fc.constantFrom(...logLevels),
    logQuery: fc.string({ unit: "grapheme", maxLength: 32 }),
    agentState: fc.constantFrom("" as const, ...agentStates),
    agentNode: fc.string({ maxLength: 64 }),
    agentGroup: fc.string({ maxLength: 64 }),
    agentQuery: fc.string({ unit: "grapheme", maxLength: 32 }),
    agentFrom: fc.integer({ min: 0, max: 9_999_999 }),
  };
  const state = fc.record(members, { noNullPrototype: true });
  fc.assert(
    fc.property(state, (chosen) => {
      const text = writeAddress(chosen, new URLSearchParams()).toString();
      deepEqual(readAddress(new URLSearchParams(text)), chosen);
    }),
  );
});
