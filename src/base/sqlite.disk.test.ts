import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { newFolder } from "../../test/support/temporary-folder.ts";
import { isBusy, openSqlite, sqliteDriver } from "./sqlite.ts";

test("what was committed is there when the file is opened again, byte for byte", () => {
  const path = join(newFolder("sqlite"), "x.db");
  const bytes = Buffer.from([0, 255, 195, 40, 39]);
  const first = openSqlite(path);
  first.exec("CREATE TABLE t (k BLOB PRIMARY KEY, v TEXT, n INTEGER) WITHOUT ROWID");
  first.exec("BEGIN IMMEDIATE");
  first.prepare("INSERT INTO t VALUES (?, ?, ?)").run(bytes, "é", 2 ** 50);
  first.exec("COMMIT");
  first.close();
  const second = openSqlite(path);
  const row = second.prepare("SELECT k, v, n FROM t WHERE k = ?").get(bytes) as { k: Uint8Array; v: string; n: number };
  deepEqual([Buffer.from(row.k), row.v, row.n], [bytes, "é", 2 ** 50]);
  equal(second.prepare("SELECT k FROM t WHERE k = ?").get(Buffer.from("other")), undefined);
  second.close();
});

test("what was rolled back is not there", () => {
  const database = openSqlite(join(newFolder("sqlite"), "x.db"));
  database.exec("CREATE TABLE t (k INTEGER PRIMARY KEY)");
  database.exec("BEGIN IMMEDIATE");
  database.prepare("INSERT INTO t VALUES (?)").run(1);
  database.exec("ROLLBACK");
  equal(database.prepare("SELECT k FROM t").get(), undefined);
  database.close();
});

test("the file and its log are kept from others, also a file that they could read", () => {
  const path = join(newFolder("sqlite"), "x.db");
  writeFileSync(path, "", { mode: 0o644 });
  const database = openSqlite(path);
  database.exec("CREATE TABLE t (k INTEGER PRIMARY KEY)");
  for (const end of ["", "-wal"]) equal(statSync(path + end).mode & 0o777, 0o640, end);
  database.close();
});

test("a file that is no database is an error of the driver", () => {
  const path = join(newFolder("sqlite"), "x.db");
  writeFileSync(path, "x".repeat(8_192));
  throws(() => openSqlite(path), /not a database/);
});

test("a file that another process holds is waited for, and is busy then; nothing else is", () => {
  const path = join(newFolder("sqlite"), "x.db");
  const [first, second] = [openSqlite(path), openSqlite(path)];
  first.exec("BEGIN IMMEDIATE");
  const startedMs = performance.now();
  throws(() => second.exec("BEGIN IMMEDIATE"), isBusy);
  ok(performance.now() - startedMs > 500);
  throws(
    () => second.exec("SELECT * FROM t"),
    (error) => !isBusy(error),
  );
  first.exec("COMMIT");
  second.exec("BEGIN IMMEDIATE; COMMIT");
  for (const database of [first, second]) database.close();
});

test("the driver is Node's own where it has one", () => {
  const major = Number(process.versions.node.split(".")[0]);
  equal(sqliteDriver(), major >= 22 ? "node:sqlite" : "libsql");
});
