import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { factsOf } from "../../test/support/registry-world.ts";
import { newFolder } from "../../test/support/temporary-folder.ts";
import { logTo, silentLog } from "../base/log.ts";
import { openSqlite } from "../base/sqlite.ts";
import type { AgentRecord, MergedRecord } from "../model/agent.ts";
import { RegistryStoreFailed } from "./errors.ts";
import { newAgent } from "./new-agent.ts";
import { StoreDisk } from "./store-disk.ts";

const pathIn = (name: string): string => join(newFolder(name), "queue", "registry", "agents.db");
const agent = (id: string, seq: number): AgentRecord => ({
  ...newAgent({ id, name: `agent-${id}`, address: "any", key: "k1" }, ["web"], 5_000),
  ...{ seq, state: "active", node: "n1", connection: "c1", peerAddress: "192.0.2.1", transport: "tcp" },
  facts: factsOf({ labels: [{ key: "é", value: "\u202e", isHidden: true, isSystem: false }] }),
});
const merged: MergedRecord = {
  ...{ kind: "merged", seq: 3, groups: "web,db", isRemoved: false, md5: "m", sha256: "s", bytes: 9 },
};

test("what was written is there when it is opened again", () => {
  const path = pathIn("agents");
  const first = StoreDisk.open(path, silentLog);
  deepEqual(first.load(), { held: { epoch: "", seq: 0 }, lastNumber: 0, forgottenSeq: 0, records: [] });
  first.write({ held: { epoch: "e", seq: 3 }, records: [agent("001", 1), agent("002", 2), merged], lastNumber: 2 });
  first.writeSeen(new Map([["001", 77_000.4]]));
  first.write({ held: { epoch: "e", seq: 3 }, records: [], forgotten: [agent("002", 2)], forgottenSeq: 2 });
  first.close();
  const second = StoreDisk.open(path, silentLog);
  deepEqual(second.load(), {
    ...{ held: { epoch: "e", seq: 3 }, lastNumber: 2, forgottenSeq: 2 },
    records: [{ ...agent("001", 1), lastSeenMs: 77_000 }, merged],
  });
  second.close();
  equal(statSync(path).mode & 0o777, 0o640);
});

test("a reset counts when it is whole, and not before", () => {
  const path = pathIn("agents");
  const first = StoreDisk.open(path, silentLog);
  first.write({ held: { epoch: "e", seq: 1 }, records: [agent("001", 1)] });
  first.beginReset();
  first.addToReset([agent("005", 5)]);
  first.close();
  const second = StoreDisk.open(path, silentLog);
  deepEqual(second.load().held, { epoch: "e", seq: 1 });
  second.beginReset();
  second.addToReset([agent("006", 6)]);
  second.addToReset([agent("007", 7)]);
  second.finishReset({ epoch: "f", seq: 7 });
  second.close();
  const third = StoreDisk.open(path, silentLog);
  deepEqual([third.load().held, third.load().records], [{ epoch: "f", seq: 7 }, [agent("006", 6), agent("007", 7)]]);
  third.close();
});

test("ten thousand agents are read back whole", () => {
  const path = pathIn("agents");
  const store = StoreDisk.open(path, silentLog);
  const records = Array.from({ length: 10_000 }, (_, index) => agent(String(index + 1).padStart(3, "0"), index + 1));
  store.write({ held: { epoch: "e", seq: 10_000 }, records });
  equal(new Set(store.load().records.map((one) => (one.kind === "agent" ? one.id : ""))).size, 10_000);
  store.close();
});

const damages: readonly (readonly [string, (path: string) => void])[] = [
  ["no database", (path) => writeFileSync(path, "x".repeat(10_000))],
  ["cut", (path) => writeFileSync(path, readFileSync(path).subarray(0, 5_000))],
  ["overwritten in the middle", (path) => writeFileSync(path, readFileSync(path).fill(0xff, 4_096))],
  [
    "a database of something else",
    (path) => {
      rmSync(path);
      const other = openSqlite(path);
      other.exec("CREATE TABLE record (x INTEGER); CREATE TABLE meta (y TEXT)");
      other.close();
    },
  ],
];
for (const [what, damage] of damages) {
  test(`a file that is ${what} is put aside with a warning, and begun anew`, () => {
    const path = pathIn("agents");
    const store = StoreDisk.open(path, silentLog);
    const records = Array.from({ length: 50 }, (_, index) => agent(`1${index + 10}`, index + 1));
    store.write({ held: { epoch: "e", seq: 50 }, records });
    store.close();
    for (const end of ["-wal", "-shm"]) rmSync(path + end, { force: true });
    damage(path);
    const logged: string[] = [];
    const again = StoreDisk.open(
      path,
      logTo(({ level, message }) => void logged.push(`${level} ${message}`)),
    );
    deepEqual(again.load().records, []);
    again.write({ held: { epoch: "f", seq: 1 }, records: [agent("001", 1)] });
    again.close();
    ok(existsSync(`${path}.damaged`));
    equal(logged.length, 1);
    ok(logged[0]?.startsWith("WARNING ") && logged[0].includes("agents.db.damaged"), logged[0]);
  });
}

test("a row that cannot be read is passed over with a warning", () => {
  const path = pathIn("agents");
  const store = StoreDisk.open(path, silentLog);
  store.write({ held: { epoch: "e", seq: 3 }, records: [agent("001", 1), agent("002", 2), agent("003", 3)] });
  store.close();
  const database = openSqlite(path);
  database.exec("UPDATE record SET body = '{\"kind\":' WHERE key = 'agent 001'");
  database.exec("UPDATE record SET body = '{}' WHERE key = 'agent 002'");
  database.close();
  const logged: string[] = [];
  const again = StoreDisk.open(
    path,
    logTo(({ message }) => void logged.push(message)),
  );
  deepEqual(
    again.load().records.map((one) => one.seq),
    [3],
  );
  deepEqual(logged, [`${path}: 2 records cannot be read and are passed over.`]);
  again.close();
});

test("a file of a later version is left alone", () => {
  const path = pathIn("agents");
  StoreDisk.open(path, silentLog).close();
  const database = openSqlite(path);
  database.exec("INSERT OR REPLACE INTO meta VALUES ('version', '2')");
  database.close();
  throws(() => StoreDisk.open(path, silentLog), RegistryStoreFailed);
  equal(existsSync(`${path}.damaged`), false);
});

test("what fails in the middle has changed nothing", () => {
  const path = pathIn("agents");
  const store = StoreDisk.open(path, silentLog);
  store.write({ held: { epoch: "e", seq: 1 }, records: [agent("001", 1)] });
  const bad = { ...agent("002", 2), seq: "no number" as unknown as number, key: undefined as unknown as string };
  Object.defineProperty(bad, "toJSON", {
    value: () => {
      throw new Error("it fails");
    },
  });
  throws(() => store.write({ held: { epoch: "e", seq: 3 }, records: [agent("003", 3), bad] }), RegistryStoreFailed);
  deepEqual([store.load().held.seq, store.load().records.length], [1, 1]);
  store.close();
});

test("a path that cannot be is an error of the store", () => {
  const folder = newFolder("agents");
  mkdirSync(join(folder, "agents.db"));
  throws(() => StoreDisk.open(join(folder, "agents.db"), silentLog), RegistryStoreFailed);
});
