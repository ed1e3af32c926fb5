import { equal } from "node:assert/strict";
import { test } from "node:test";
import { signal, type Signal } from "@preact/signals";
import { sampleAgentRow, sampleOverview } from "../../test/support/api-needs.ts";
import type { AgentsAnswer } from "./agent-feed.ts";
import { HeldAgents } from "./held-agents.ts";

function answer(ids: string, state: "active" | "disconnected" = "active", path = "/all"): AgentsAnswer {
  const agents = [...ids].map((id) => sampleAgentRow({ id, state }));
  return { path, reply: sampleOverview({ agents }), atMs: 1 };
}

function hold(ids: string): { source: Signal<AgentsAnswer | undefined>; isHeld: Signal<boolean>; list: HeldAgents } {
  const [source, isHeld] = [signal<AgentsAnswer | undefined>(answer(ids)), signal(true)];
  return { source, isHeld, list: new HeldAgents(source, isHeld) };
}

const idsOf = ({ shown }: HeldAgents): string => shown.value?.reply.agents.map(({ id }) => id).join("") ?? "none";

test("while somebody reads, a row that would change its place stays where it is, and says so", () => {
  const { source, isHeld, list } = hold("123");
  source.value = answer("312", "disconnected");
  equal(idsOf(list), "123");
  equal(list.shown.value?.reply.agents[0]?.state, "active", "it is all of one moment");
  equal(list.isBehind.value, true);
  isHeld.value = false;
  equal(idsOf(list), "312");
  equal(list.isBehind.value, false);
});

test("what changes in a row without its place is shown at once", () => {
  const { source, list } = hold("123");
  source.value = answer("123", "disconnected");
  equal(list.shown.value?.reply.agents[0]?.state, "disconnected");
  equal(list.isBehind.value, false);
});

test("a row more or less moves others, and waits", () => {
  for (const ids of ["12", "1234", ""]) {
    const { source, list } = hold("123");
    source.value = answer(ids);
    equal(idsOf(list), "123", ids);
  }
});

test("what the reader has asked for is shown at once, as is the first of all rows", () => {
  const { source, list } = hold("123");
  source.value = answer("45", "active", "/other");
  equal(idsOf(list), "45");
  const empty = hold("");
  empty.source.value = answer("1");
  equal(idsOf(empty.list), "1");
});

test("the reader can have what is known now while still reading", () => {
  const { source, list } = hold("123");
  source.value = answer("321");
  list.show();
  equal(idsOf(list), "321");
  source.value = answer("123");
  equal(idsOf(list), "321", "and it is held again");
});
