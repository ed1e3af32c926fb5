import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { logTo } from "../base/log.ts";
import { KEY_BYTES_MAX, type BaselineChanges, type BaselineStore } from "../analysis/baseline.ts";
import { AnalysedBaseline } from "./analysed-baseline.ts";

/** Holds the last value of each key, whichever agent and kind it is of. */
class Store implements BaselineStore {
  position: number | undefined;
  isHeld = false;
  readonly values = new Map<string, string>();

  constructor(position: number | undefined) {
    this.position = position;
  }

  get(_agentId: string, _kind: string, key: string): string | undefined {
    return this.values.get(key);
  }

  bytes(): number {
    return 0;
  }

  begin(): boolean {
    return !this.isHeld;
  }

  commit({ changes }: BaselineChanges, position: number): void {
    for (const { key, value = "" } of changes) this.values.set(key, value);
    this.position = position;
  }
}

test("a store that is new gets the position at which the analysis begins", () => {
  const store = new Store(undefined);
  equal(new AnalysedBaseline(store, 50, 100).canCommit(50), true);
  equal(store.position, 50);
});

test("a store beyond the journal's end is of another journal: it goes on from the analysis's begin, with what it holds", () => {
  const store = new Store(500);
  store.values.set("/a", "1");
  const { baseline } = new AnalysedBaseline(store, 0, 100);
  equal(store.position, 0);
  equal(baseline.get("001", "file", "/a"), "1");
});

test("before the store's position nothing is read from it and nothing committed; from there on it takes part", () => {
  const store = new Store(80);
  store.values.set("/a", "1");
  const analysed = new AnalysedBaseline(store, 0, 100);
  const { baseline } = analysed;
  equal(baseline.get("001", "file", "/a"), undefined);
  baseline.set("001", "file", "/a", "old");
  analysed.advanceTo(79);
  equal(baseline.get("001", "file", "/a"), "old");
  deepEqual([analysed.canCommit(79), analysed.canCommit(80)], [false, true]);
  analysed.advanceTo(80);
  equal(baseline.get("001", "file", "/a"), "1");
  baseline.set("001", "file", "/a", "2");
  analysed.commit(90);
  deepEqual([store.values.get("/a"), store.position], ["2", 90]);
});

test("a store that another process holds is told once, until it is free again", () => {
  const lines: string[] = [];
  const store = new Store(0);
  const analysed = new AnalysedBaseline(
    store,
    0,
    100,
    logTo((line) => void lines.push(line.message)),
  );
  const begin = (isHeld: boolean): boolean => {
    store.isHeld = isHeld;
    return analysed.begin();
  };
  deepEqual([begin(true), begin(true), begin(false), begin(true)], [false, false, true, false]);
  equal(lines.length, 2);
  equal(lines[0]?.startsWith("another process holds queue/state/state.db"), true);
});

test("records that are not remembered are told with the next commit, once", () => {
  const lines: string[] = [];
  const log = logTo((line) => void lines.push(line.message));
  const analysed = new AnalysedBaseline(new Store(0), 0, 100, log);
  for (let count = 0; count < 3; count += 1) analysed.baseline.set("001", "file", "x".repeat(KEY_BYTES_MAX + 1), "1");
  analysed.commit(10);
  analysed.commit(20);
  equal(lines.length, 1);
  equal(lines[0]?.startsWith("baseline: 3 records of agents are not remembered"), true);
});
