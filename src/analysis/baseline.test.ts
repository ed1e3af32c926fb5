import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../../test/support/ruleset.ts";
import { Baseline, bytesOf, KEY_BYTES_MAX, type BaselineChanges, type BaselineStore } from "./baseline.ts";

/** Rows in memory, written as a database would write them. */
class Rows implements BaselineStore {
  position: number | undefined = undefined;
  last: BaselineChanges | undefined = undefined;
  readonly values = new Map<string, string>();
  readonly totals = new Map<string, number>();

  get(agentId: string, kind: string, key: string): string | undefined {
    return this.values.get(JSON.stringify([agentId, kind, key]));
  }

  bytes(agentId: string): number {
    return this.totals.get(agentId) ?? 0;
  }

  begin(): boolean {
    return true;
  }

  commit(all: BaselineChanges, position: number): void {
    const { forgotten, changes, bytes } = all;
    this.position = position;
    this.last = all;
    for (const place of this.values.keys()) {
      if (forgotten.includes((JSON.parse(place) as string[])[0] ?? "")) this.values.delete(place);
    }
    for (const { agentId, kind, key, value } of changes) {
      const place = JSON.stringify([agentId, kind, key]);
      if (value === undefined) this.values.delete(place);
      else this.values.set(place, value);
    }
    for (const [agentId, total] of bytes) this.totals.set(agentId, total);
  }
}

test("a record is what was set last, of that agent, kind and key", () => {
  const baseline = new Baseline();
  baseline.set("001", "file", "/a", "1");
  baseline.set("001", "file", "/a", "2");
  baseline.set("002", "file", "/a", "3");
  baseline.set("001", "sca", "/a", "4");
  equal(baseline.get("001", "file", "/a"), "2");
  equal(baseline.get("002", "file", "/a"), "3");
  equal(baseline.get("001", "sca", "/a"), "4");
  equal(baseline.get("001", "file", "/b"), undefined);
  baseline.delete("001", "file", "/a");
  equal(baseline.get("001", "file", "/a"), undefined);
});

test("an agent that is removed leaves nothing, neither in memory nor in the rows, and may come again", () => {
  const rows = new Rows();
  const baseline = new Baseline(rows);
  baseline.set("001", "file", "/a", "1");
  baseline.set("002", "file", "/a", "2");
  baseline.commitTo(rows, 1);
  baseline.set("001", "file", "/b", "1");
  baseline.forget("001");
  equal(baseline.get("001", "file", "/a"), undefined);
  equal(baseline.get("001", "file", "/b"), undefined);
  baseline.set("001", "file", "/c", "3");
  baseline.commitTo(rows, 1);
  deepEqual([...rows.values.values()].sort(), ["2", "3"]);
  equal(rows.bytes("001"), bytesOf("/c", "3"));
});

test("an agent's share is counted in bytes; beyond it nothing new is taken, and nothing of others is refused", () => {
  const baseline = new Baseline(undefined, 3 * bytesOf("/0", "x"));
  for (const name of ["/1", "/2", "/3"]) equal(baseline.set("001", "file", name, "x"), true);
  equal(baseline.set("001", "file", "/4", "x"), false);
  equal(baseline.set("001", "file", "/1", "xx"), false);
  equal(baseline.get("001", "file", "/1"), "x");
  equal(baseline.set("001", "file", "/1", "y"), true);
  equal(baseline.set("002", "file", "/4", "x"), true);
  baseline.delete("001", "file", "/2");
  equal(baseline.set("001", "file", "/4", "x"), true);
  equal(baseline.refused, 2);
});

test("a key that is too long is refused", () => {
  const baseline = new Baseline();
  equal(baseline.set("001", "file", "x".repeat(KEY_BYTES_MAX + 1), "1"), false);
  equal(baseline.changedBytes, 0);
});

test("a commit takes all that has changed, and the bytes that wait are none", () => {
  const rows = new Rows();
  const baseline = new Baseline(rows);
  baseline.set("001", "file", "/a", "1");
  baseline.set("001", "file", "/a", "22");
  equal(baseline.changedBytes, bytesOf("/a", "22"));
  baseline.commitTo(rows, 7);
  deepEqual(rows.last?.changes, [{ agentId: "001", kind: "file", key: "/a", value: "22" }]);
  equal(rows.position, 7);
  equal(baseline.changedBytes, 0);
  baseline.commitTo(rows, 8);
  deepEqual(rows.last?.changes, []);
});

test("rows that take over bring what they hold, and nothing of before is left", () => {
  const rows = new Rows();
  const first = new Baseline(rows);
  first.set("001", "file", "/a", "1");
  first.commitTo(rows, 1);
  const baseline = new Baseline();
  baseline.set("001", "file", "/a", "2");
  baseline.set("001", "file", "/b", "2");
  baseline.forget("002");
  baseline.useRows(rows);
  equal(baseline.get("001", "file", "/a"), "1");
  equal(baseline.get("001", "file", "/b"), undefined);
  equal(baseline.changedBytes, 0);
});

test("what is found does not depend on where commits lie (100 seeds)", () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    const next = seeded(seed);
    const rows = new Rows();
    const committed = new Baseline(rows, 2_000);
    const never = new Baseline(undefined, 2_000);
    for (let step = 0; step < 200; step += 1) {
      const [agentId, key, value] = [`00${next(3)}`, `/${next(6)}`, "v".repeat(next(300))];
      const what = next(12);
      if (what === 0) {
        committed.commitTo(rows, step);
      } else if (what === 1) for (const one of [committed, never]) one.forget(agentId);
      else if (what < 4) for (const one of [committed, never]) one.delete(agentId, "file", key);
      else equal(committed.set(agentId, "file", key, value), never.set(agentId, "file", key, value), `seed ${seed}`);
      equal(committed.get(agentId, "file", key), never.get(agentId, "file", key), `seed ${seed}`);
    }
    committed.commitTo(rows, 200);
    for (const agentId of ["000", "001", "002"]) {
      let bytes = 0;
      for (const [place, value] of rows.values) {
        const [agent, , key = ""] = JSON.parse(place) as string[];
        if (agent === agentId) bytes += bytesOf(key, value);
      }
      equal(rows.bytes(agentId), bytes, `seed ${seed}: the total of ${agentId}`);
    }
  }
});
