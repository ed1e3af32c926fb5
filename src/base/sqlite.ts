/**
 * SQLite behind one small driver: `node:sqlite` where this Node has it, the package `libsql` otherwise (Node 20). Both
 * read and write the same files. All calls are synchronous and throw the driver's own errors.
 *
 * One connection per file does all the writing and all checkpoints of its log: SQLite before 3.51.3, which `libsql`
 * holds, can lose a write-ahead log that two connections reset at once.
 */
import { chmodSync, closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";

/** Texts are stored as UTF-8; byte strings go in as buffers. */
export type SqlValue = string | number | Uint8Array;

export interface SqlStatement {
  run(...values: SqlValue[]): unknown;
  /** The first row by the names of its columns, or undefined. Blobs come as `Uint8Array`. */
  get(...values: SqlValue[]): unknown;
  /** All rows, as `get` has one. */
  all(...values: SqlValue[]): unknown[];
}

export interface SqlDatabase {
  /** Statements without values, one or several. */
  exec(sql: string): unknown;
  /** To be kept and used again: making one costs more than running it. */
  prepare(sql: string): SqlStatement;
  /** May be called once. */
  close(): unknown;
}

type Opener = new (path: string) => SqlDatabase;

/** As far as it is used. Values go in as one list: a buffer alone is taken for an object of named ones, and aborts. */
interface LibsqlDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): {
    run(values: SqlValue[]): unknown;
    get(values: SqlValue[]): unknown;
    all(values: SqlValue[]): unknown[];
  };
  close(): unknown;
}

/** Of this Node's `process`, what its types do not know yet. */
type ProcessWithModules = typeof process & { getBuiltinModule?: (name: string) => unknown };

/** Which driver this process uses. */
export function sqliteDriver(): "node:sqlite" | "libsql" {
  return builtIn() === undefined ? "libsql" : "node:sqlite";
}

function builtIn(): Opener | undefined {
  const { emitWarning } = process;
  // Loading it says on stderr that it is experimental, which tells an operator nothing that he could do.
  process.emitWarning = () => undefined;
  try {
    const found = (process as ProcessWithModules).getBuiltinModule?.("node:sqlite");
    return (found as { DatabaseSync?: Opener } | undefined)?.DatabaseSync;
  } finally {
    process.emitWarning = emitWarning;
  }
}

function openLibsql(path: string): SqlDatabase {
  // Loaded when it is asked for: its binary is not there where a newer Node has no need of it.
  const Database = createRequire(import.meta.url)("libsql") as new (path: string) => LibsqlDatabase;
  const database = new Database(path);
  return {
    exec: (sql) => database.exec(sql),
    prepare: (sql) => {
      const statement = database.prepare(sql);
      return {
        run: (...values) => statement.run(values),
        get: (...values) => statement.get(values),
        all: (...values) => statement.all(values),
      };
    },
    close: () => database.close(),
  };
}

/** So long a call waits for another process that holds the file; its thread does nothing else meanwhile. */
const busyMsMax = 1_000;

/** Whether a call failed because another process holds the file, and may be made again as it was. */
export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as Error & { code?: unknown; errcode?: unknown };
  // SQLITE_BUSY and its kinds, as each driver has them.
  return typeof errcode === "number" ? (errcode & 0xff) === 5 : String(code).startsWith("SQLITE_BUSY");
}

/** SQLite gives a file that it makes to everybody to read, and its log the mode of the file. */
const fileMode = 0o640;

/**
 * Opens the file, which is made when absent, for its owner and his group alone. A transaction that is committed is on
 * the disk.
 */
export function openSqlite(path: string): SqlDatabase {
  closeSync(openSync(path, "a", fileMode));
  chmodSync(path, fileMode);
  const Database = builtIn();
  const database = Database === undefined ? openLibsql(path) : new Database(path);
  try {
    database.exec(`PRAGMA busy_timeout = ${busyMsMax}`);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}
