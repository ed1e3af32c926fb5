import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { noFacts } from "../model/agent.ts";
import { agentRecord } from "../../test/support/link-agents.ts";
import type { RegistryPage } from "./agent-needs.ts";
import { AGENTS_FRAME_BYTES_MAX, readMessage, writeBody } from "./frames.ts";
import { pageText } from "./records-frame.ts";

const page = (records: RegistryPage["records"], changed: Partial<RegistryPage> = {}): RegistryPage => ({
  ...{ epoch: "00000000000000e1", isReset: false, from: 0, to: records.at(-1)?.seq ?? 0, isLast: true, records },
  ...changed,
});

function read(body: string): RegistryPage {
  const message = readMessage("records", Buffer.from(body));
  if (message?.type !== "records") throw new Error("no page");
  return message.body;
}

test("a page is what its reader gets", () => {
  const merged = { kind: "merged", seq: 9, groups: "a,b", isRemoved: false, md5: "", sha256: "", bytes: 0 } as const;
  const whole = page([agentRecord(1, 4), merged], { isReset: true, to: 12 });
  deepEqual(read(pageText(whole, 100_000).body), whole);
  const empty = page([], { from: 7, to: 7 });
  deepEqual(read(pageText(empty, 100_000).body), empty);
});

test("a page that is too long ends behind a record, and says that there is more", () => {
  const whole = page([agentRecord(1, 2), agentRecord(2, 5), agentRecord(3, 9)], { to: 12 });
  const length = JSON.stringify(agentRecord(1, 2)).length + 1;
  const cut = pageText(whole, 2 * length);
  deepEqual([cut.page.to, cut.page.isLast], [5, false]);
  deepEqual(
    read(cut.body).records.map(({ seq }) => seq),
    [2, 5],
  );
  const one = pageText(whole, 1);
  deepEqual([one.page.to, one.page.isLast, read(one.body).records.length], [2, false, 1]);
});

test("the longest record that there can be fits into a frame", () => {
  const most = (bytes: number): string => "\u0001".repeat(bytes);
  const labels = Array.from({ length: 64 }, () => ({
    ...{ key: most(256), value: most(1_024), isHidden: true, isSystem: true },
  }));
  const { os, ...facts } = noFacts;
  const full = Object.fromEntries(Object.keys(facts).map((key) => [key, most(1_024)]));
  const fullOs = Object.fromEntries(Object.keys(os).map((key) => [key, most(1_024)])) as unknown as typeof os;
  const groups = Array.from({ length: 128 }, (_, index) => String(index).padStart(255, "g"));
  const record = agentRecord(1, 1, { groups, facts: { ...noFacts, ...full, os: fullOs, labels } });
  const { body, unfit } = pageText(page([record]), 1);
  deepEqual(unfit, []);
  equal(read(body).records[0]?.kind, "agent");
  deepEqual(read(body).records[0], record);
  ok((writeBody("records", body)?.length ?? AGENTS_FRAME_BYTES_MAX) < AGENTS_FRAME_BYTES_MAX);
});

test("facts that no worker would take are left out of a record, and such a record out of the page", () => {
  const long = agentRecord(1, 1, { facts: { ...noFacts, host: "h".repeat(2_000) } });
  const bad = agentRecord(2, 2, { name: "a b" });
  const { body, unfit, page: sent } = pageText(page([long, bad, agentRecord(3, 3)]), 100_000);
  deepEqual(read(body).records, [agentRecord(1, 1), agentRecord(3, 3)]);
  deepEqual([unfit, sent.to, sent.isLast], [[2], 3, true]);
});
