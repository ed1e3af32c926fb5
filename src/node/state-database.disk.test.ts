import { deepEqual, equal, throws } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { newFolder } from "../../test/support/temporary-folder.ts";
import { openSqlite } from "../base/sqlite.ts";
import { Baseline, bytesOf } from "../analysis/baseline.ts";
import { StateDatabaseFailed } from "./errors.ts";
import { StateDatabase } from "./state-database.ts";

const newPath = (): string => join(newFolder("state"), "state.db");

/** A baseline over a new file, with one record of each of two agents. */
function filled(path: string): StateDatabase {
  const store = StateDatabase.open(path);
  const baseline = new Baseline(store);
  baseline.set("001", "file", "/a\u00ff'\u0000", "1");
  baseline.set("002", "sca", "p\t7", "failed");
  baseline.commitTo(store, 2 ** 40);
  return store;
}

test("a new file has no position and no record", () => {
  const store = StateDatabase.open(newPath());
  equal(store.position, undefined);
  equal(store.get("001", "file", "/a"), undefined);
  equal(store.bytes("001"), 0);
  store.close();
});

test("what was committed is there after a start, with its position and the bytes of each agent", () => {
  const path = newPath();
  filled(path).close();
  const store = StateDatabase.open(path);
  equal(store.position, 2 ** 40);
  equal(store.get("001", "file", "/a\u00ff'\u0000"), "1");
  equal(store.get("002", "sca", "p\t7"), "failed");
  equal(store.get("002", "file", "p\t7"), undefined);
  equal(store.bytes("002"), bytesOf("p\t7", "failed"));
  store.close();
});

test("records change, go, and go with their agent", () => {
  const store = filled(newPath());
  const baseline = new Baseline(store);
  baseline.set("002", "sca", "p\t7", "passed");
  baseline.set("002", "sca", "p\t8", "passed");
  baseline.forget("001");
  baseline.commitTo(store, 5);
  equal(store.get("002", "sca", "p\t7"), "passed");
  equal(store.get("001", "file", "/a\u00ff'\u0000"), undefined);
  equal(store.bytes("001"), 0);
  baseline.delete("002", "sca", "p\t8");
  baseline.commitTo(store, 6);
  equal(store.get("002", "sca", "p\t8"), undefined);
  equal(store.position, 6);
  store.close();
});

test("a commit that fails in the middle leaves all as it was", () => {
  const path = newPath();
  const store = filled(path);
  const changes = [
    { agentId: "001", kind: "file" as const, key: "/b", value: "2" },
    { agentId: null as unknown as string, kind: "file" as const, key: "/c", value: "3" },
  ];
  throws(() => store.commit({ forgotten: ["002"], changes, bytes: new Map() }, 9), StateDatabaseFailed);
  equal(store.position, 2 ** 40);
  equal(store.get("001", "file", "/b"), undefined);
  equal(store.get("002", "sca", "p\t7"), "failed");
  store.commit({ forgotten: [], changes: [], bytes: new Map() }, 9);
  store.close();
  const again = StateDatabase.open(path);
  equal(again.position, 9);
  again.close();
});

test("a file that is no database, and one of a later version, is refused by name", () => {
  const damaged = newPath();
  writeFileSync(damaged, "x".repeat(8_192));
  throws(() => StateDatabase.open(damaged), {
    code: "ARGUS_NODE_STATE_DATABASE",
    message: `${damaged} cannot be used`,
  });
  const path = newPath();
  filled(path).close();
  const database = openSqlite(path);
  database.exec("UPDATE meta SET value = 2 WHERE name = 'version'");
  database.close();
  throws(() => StateDatabase.open(path), StateDatabaseFailed);
});

test("a file that another process holds is no failure: the commit comes when it is free", () => {
  const path = newPath();
  const store = filled(path);
  const baseline = new Baseline(store);
  baseline.set("003", "file", "/c", "3");
  const other = openSqlite(path);
  other.exec("BEGIN IMMEDIATE");
  equal(store.begin(), false);
  throws(() => baseline.commitTo(store, 7), StateDatabaseFailed);
  equal(store.position, 2 ** 40);
  other.exec("COMMIT");
  other.close();
  deepEqual([store.begin(), store.begin()], [true, true]);
  baseline.commitTo(store, 7);
  deepEqual([store.position, store.get("003", "file", "/c")], [7, "3"]);
  store.close();
});
