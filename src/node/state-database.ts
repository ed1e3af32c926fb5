/**
 * `queue/state/state.db`: the baseline's rows, too large to be written with every checkpoint. The transaction that
 * writes what has changed also writes the journal's position, and is the commit: at start the checkpoint of that
 * position counts, and a newer one is void.
 *
 *   meta    name, value            `version` (1), `position`
 *   record  agent, kind, key → value
 *   agent   agent → bytes          the total of its records, as analysis/baseline.ts counts them
 *
 * Only the analysis thread of the node that holds the home's lock opens it, with one connection.
 */
import { isBusy, openSqlite, type SqlDatabase, type SqlStatement } from "../base/sqlite.ts";
import type { BaselineChanges, BaselineKind, BaselineStore } from "../analysis/baseline.ts";
import { StateDatabaseFailed } from "./errors.ts";

const version = 1;

const schema = `
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS record (agent TEXT NOT NULL, kind TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (agent, kind, key)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS agent (agent TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID;`;

export class StateDatabase implements BaselineStore {
  readonly #path: string;
  readonly #database: SqlDatabase;
  readonly #statements: Record<
    "get" | "bytes" | "put" | "remove" | "forget" | "total" | "meta" | "setMeta",
    SqlStatement
  >;
  #position: number | undefined;
  #hasBegun = false;

  private constructor(path: string, database: SqlDatabase) {
    this.#path = path;
    this.#database = database;
    database.exec(schema);
    const prepare = (sql: string): SqlStatement => database.prepare(sql);
    this.#statements = {
      get: prepare("SELECT value FROM record WHERE agent = ? AND kind = ? AND key = ?"),
      bytes: prepare("SELECT bytes FROM agent WHERE agent = ?"),
      put: prepare("INSERT OR REPLACE INTO record (agent, kind, key, value) VALUES (?, ?, ?, ?)"),
      remove: prepare("DELETE FROM record WHERE agent = ? AND kind = ? AND key = ?"),
      forget: prepare("DELETE FROM record WHERE agent = ?"),
      total: prepare("INSERT OR REPLACE INTO agent (agent, bytes) VALUES (?, ?)"),
      meta: prepare("SELECT value FROM meta WHERE name = ?"),
      setMeta: prepare("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)"),
    };
    this.#position = this.#numberOf("position");
  }

  /** Makes the file when it is absent. Throws `StateDatabaseFailed`. */
  static open(path: string): StateDatabase {
    return orFail(path, () => {
      const database = openSqlite(path);
      try {
        const opened = new StateDatabase(path, database);
        const found = opened.#numberOf("version") ?? version;
        if (found !== version) throw new Error(`it is of version ${found}, and this Argus knows ${version}`);
        return opened;
      } catch (error) {
        database.close();
        throw error;
      }
    });
  }

  get position(): number | undefined {
    return this.#position;
  }

  get(agentId: string, kind: BaselineKind, key: string): string | undefined {
    const row = orFail(this.#path, () => this.#statements.get.get(agentId, kind, bytesOf(key)));
    if (!isRow(row) || !(row["value"] instanceof Uint8Array)) return undefined;
    return Buffer.from(row["value"]).toString("latin1");
  }

  bytes(agentId: string): number {
    const row = orFail(this.#path, () => this.#statements.bytes.get(agentId));
    return isRow(row) ? Number(row["bytes"] ?? 0) : 0;
  }

  begin(): boolean {
    return orFail(this.#path, () => {
      try {
        if (!this.#hasBegun) this.#database.exec("BEGIN IMMEDIATE");
        this.#hasBegun = true;
        return true;
      } catch (error) {
        if (isBusy(error)) return false;
        throw error;
      }
    });
  }

  commit({ forgotten, changes, bytes }: BaselineChanges, position: number): void {
    const { put, remove, forget, total, setMeta } = this.#statements;
    orFail(this.#path, () => {
      if (!this.begin()) throw new Error("another process holds it");
      this.#hasBegun = false;
      try {
        for (const agentId of forgotten) forget.run(agentId);
        for (const { agentId, kind, key, value } of changes) {
          if (value === undefined) remove.run(agentId, kind, bytesOf(key));
          else put.run(agentId, kind, bytesOf(key), bytesOf(value));
        }
        for (const [agentId, sum] of bytes) total.run(agentId, sum);
        setMeta.run("version", version);
        setMeta.run("position", position);
        this.#database.exec("COMMIT");
      } catch (error) {
        // The failure may have ended the transaction by itself, and is what is to be told in either case.
        try {
          this.#database.exec("ROLLBACK");
        } catch {
          throw error;
        }
        throw error;
      }
    });
    this.#position = position;
  }

  /** May be called once. */
  close(): void {
    this.#database.close();
  }

  #numberOf(name: string): number | undefined {
    const row = this.#statements.meta.get(name);
    return isRow(row) && typeof row["value"] === "number" ? row["value"] : undefined;
  }
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

function isRow(row: unknown): row is Readonly<Record<string, unknown>> {
  return typeof row === "object" && row !== null;
}

function orFail<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof StateDatabaseFailed ? error : new StateDatabaseFailed(path, error);
  }
}
