/**
 * HOME/queue/registry/agents.db: what a registry or a replica knows, on its node's disk.
 *
 *   meta     name → value           `version`, `epoch`, `seq`, `lastNumber`, `forgottenSeq`
 *   record   key → seq, body        a record of model/agent.ts as JSON
 *   seen     id → time              when agents were last seen, where that is newer than their record
 *   incoming key → seq, body        records of a reset that is not complete
 *
 * A call that returns is on the disk; one that throws has left everything as it was. A file that cannot be read is put
 * aside and begun anew: keys are in client.keys, states come with the agents, groups of agents are lost with it.
 */
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { describeError, errnoOf } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import { openSqlite, type SqlDatabase, type SqlStatement } from "../base/sqlite.ts";
import type { RegistryRecord } from "../model/agent.ts";
import { keyOf } from "./agent-table.ts";
import { RegistryStoreFailed } from "./errors.ts";
import type { Held, RegistryStore, StoredChange, StoredRegistry } from "./needs.ts";
import { readRecord } from "./stored-record.ts";

const version = 1;

const schema = `
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS record (key TEXT PRIMARY KEY, seq INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY, ms INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS incoming (key TEXT PRIMARY KEY, seq INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;`;

type StatementName = "meta" | "setMeta" | "records" | "put" | "remove" | "seen" | "setSeen" | "putIncoming";

/** Rows are read in parts of this many, so that not all of them are in memory twice. */
const rowsAtOnce = 1_000;

export class StoreDisk implements RegistryStore {
  readonly #path: string;
  readonly #database: SqlDatabase;
  readonly #log: Log;
  /** Opening reads all of it, to see whether it is whole. */
  #loaded: StoredRegistry | undefined;
  readonly #statements: Record<StatementName, SqlStatement>;

  private constructor(path: string, database: SqlDatabase, log: Log) {
    this.#path = path;
    this.#database = database;
    this.#log = log;
    database.exec(schema);
    const put = "INSERT OR REPLACE INTO";
    this.#statements = {
      meta: database.prepare("SELECT value FROM meta WHERE name = ?"),
      setMeta: database.prepare(`${put} meta (name, value) VALUES (?, ?)`),
      records: database.prepare("SELECT key, body FROM record WHERE key > ? ORDER BY key LIMIT ?"),
      put: database.prepare(`${put} record (key, seq, body) VALUES (?, ?, ?)`),
      remove: database.prepare("DELETE FROM record WHERE key = ?"),
      seen: database.prepare("SELECT id, ms FROM seen WHERE id > ? ORDER BY id LIMIT ?"),
      setSeen: database.prepare(`${put} seen (id, ms) VALUES (?, ?)`),
      putIncoming: database.prepare(`${put} incoming (key, seq, body) VALUES (?, ?, ?)`),
    };
  }

  /**
   * Makes the file and its folder when they are absent. Throws `RegistryStoreFailed` where the disk or a later version
   * of Argus is the reason; a damaged file is put aside with a warning.
   */
  static open(path: string, log: Log): StoreDisk {
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
      return StoreDisk.#openFile(path, log);
    } catch (error) {
      if (!isDamage(error)) throw error instanceof RegistryStoreFailed ? error : new RegistryStoreFailed(path, error);
      const aside = `${path}.damaged`;
      log.warning(`${path} is damaged (${describeError(error)}): it is kept as ${aside} and begun anew.`);
      try {
        renameSync(path, aside);
        for (const end of ["-wal", "-shm"]) rmSync(`${path}${end}`, { force: true });
        return StoreDisk.#openFile(path, log);
      } catch (cause) {
        throw new RegistryStoreFailed(path, cause);
      }
    }
  }

  static #openFile(path: string, log: Log): StoreDisk {
    const database = openSqlite(path);
    try {
      const opened = new StoreDisk(path, database, log);
      const found = Number(opened.#metaOf("version") ?? version);
      if (found > version) {
        throw new RegistryStoreFailed(path, new Error(`it is of version ${found}, and this Argus knows ${version}`));
      }
      opened.#loaded = opened.load();
      return opened;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  load(): StoredRegistry {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    if (loaded !== undefined) return loaded;
    const seen = new Map<string, number>();
    for (const row of this.#pages(this.#statements.seen, "id")) seen.set(textOf(row["id"]), Number(row["ms"]));
    const records: RegistryRecord[] = [];
    let unreadable = 0;
    for (const row of this.#pages(this.#statements.records, "key")) {
      const record = readRecord(textOf(row["body"]));
      if (record === undefined || keyOf(record) !== row["key"]) unreadable += 1;
      else records.push(withSeen(record, seen));
    }
    if (unreadable > 0) this.#log.warning(`${this.#path}: ${unreadable} records cannot be read and are passed over.`);
    const held = { epoch: this.#metaOf("epoch") ?? "", seq: this.#numberOf("seq") };
    return { held, records, lastNumber: this.#numberOf("lastNumber"), forgottenSeq: this.#numberOf("forgottenSeq") };
  }

  write(change: StoredChange): void {
    this.#transaction(() => {
      for (const record of change.records) this.#put(this.#statements.put, record);
      for (const record of change.forgotten ?? []) this.#statements.remove.run(keyOf(record));
      this.#setHeld(change.held);
      if (change.lastNumber !== undefined) this.#setMeta("lastNumber", change.lastNumber);
      if (change.forgottenSeq !== undefined) this.#setMeta("forgottenSeq", change.forgottenSeq);
    });
  }

  writeSeen(seen: ReadonlyMap<string, number>): void {
    this.#transaction(() => {
      for (const [id, ms] of seen) this.#statements.setSeen.run(id, Math.round(ms));
    });
  }

  beginReset(): void {
    this.#transaction(() => void this.#database.exec("DELETE FROM incoming"));
  }

  addToReset(records: readonly RegistryRecord[]): void {
    this.#transaction(() => {
      for (const record of records) this.#put(this.#statements.putIncoming, record);
    });
  }

  finishReset(held: Held): void {
    this.#transaction(() => {
      this.#database.exec(`DELETE FROM record; INSERT INTO record SELECT key, seq, body FROM incoming;
        DELETE FROM incoming; DELETE FROM seen;`);
      this.#setHeld(held);
    });
  }

  close(): void {
    this.#database.close();
  }

  *#pages(statement: SqlStatement, key: "id" | "key"): Generator<Record<string, unknown>> {
    for (let last = ""; ;) {
      const rows = statement.all(last, rowsAtOnce) as Record<string, unknown>[];
      yield* rows;
      const end = rows.at(-1);
      if (end === undefined || rows.length < rowsAtOnce) return;
      last = textOf(end[key]);
    }
  }

  #put(statement: SqlStatement, record: RegistryRecord): void {
    statement.run(keyOf(record), record.seq, JSON.stringify(record));
  }

  #setHeld({ epoch, seq }: Held): void {
    this.#setMeta("version", version);
    this.#setMeta("epoch", epoch);
    this.#setMeta("seq", seq);
  }

  #setMeta(name: string, value: string | number): void {
    this.#statements.setMeta.run(name, String(value));
  }

  #metaOf(name: string): string | undefined {
    const row = this.#statements.meta.get(name);
    return typeof row === "object" && row !== null && "value" in row ? textOf(row.value) : undefined;
  }

  #numberOf(name: string): number {
    const value = Number(this.#metaOf(name) ?? 0);
    return Number.isSafeInteger(value) && value >= 0 ? value : 0;
  }

  #transaction(act: () => void): void {
    this.#loaded = undefined;
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        act();
        this.#database.exec("COMMIT");
      } catch (error) {
        this.#database.exec("ROLLBACK");
        throw error;
      }
    } catch (cause) {
      throw new RegistryStoreFailed(this.#path, cause);
    }
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function withSeen(record: RegistryRecord, seen: ReadonlyMap<string, number>): RegistryRecord {
  if (record.kind !== "agent") return record;
  const seenMs = seen.get(record.id) ?? 0;
  return seenMs > record.lastSeenMs ? { ...record, lastSeenMs: seenMs } : record;
}

/** SQLITE_IOERR_SHORT_READ: the file ends within a page. */
const shortRead = 522;

/** What SQLite says of a file that is none of its own, or not whole; the two drivers spell codes differently. */
function isDamage(error: unknown): boolean {
  if (error instanceof RegistryStoreFailed || !(error instanceof Error)) return false;
  if (("rawCode" in error && error.rawCode === shortRead) || ("errcode" in error && error.errcode === shortRead)) {
    return true;
  }
  const text = `${errnoOf(error)} ${describeError(error)}`;
  return /not a database|malformed|SQLITE_(?:CORRUPT|NOTADB)|no such column|has no column|no such table/i.test(text);
}
