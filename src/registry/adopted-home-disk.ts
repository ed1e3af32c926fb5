/**
 * What a home of Wazuh or OSSEC knows of its agents besides client.keys, read once, when the registry is new:
 *
 *   queue/agents-timestamp          `id name address YYYY-MM-DD HH:MM:SS`, local time: when they were registered
 *   queue/agent-groups/<id>         Wazuh up to 4.3: groups, joined by commas
 *   queue/db/global.db              Wazuh since 4.4: the table `agent` with `"group"` and `date_add`
 *
 * All of it is optional, and none of it is changed: the database is read in a copy. What cannot be read is passed over
 * with a line in the log; agents are then in the default group, and old.
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Disk } from "../base/disk.ts";
import { describeError } from "../base/error.ts";
import type { Log } from "../base/log.ts";
import { openSqlite } from "../base/sqlite.ts";
import { AGENT_GROUPS_MAX, agentIdOf, isAgentId, isGroupName } from "../model/agent.ts";
import type { AdoptedAgents } from "./needs.ts";

const timestampBytesMax = 33_554_432;
const groupFileBytesMax = 65_536;
const groupFilesMax = 200_000;

/** Never rejects. `home` is the folder of the node. */
export async function adoptHome(home: string, disk: Disk, log: Log): Promise<AdoptedAgents> {
  const registered = new Map<string, number>();
  const groups = new Map<string, readonly string[]>();
  const attempt = async (what: string, read: () => Promise<void> | void): Promise<void> => {
    try {
      await read();
    } catch (error) {
      log.warning(`${what} cannot be read and is passed over: ${describeError(error)}.`);
    }
  };
  const timestamps = join(home, "queue", "agents-timestamp");
  await attempt(timestamps, async () => {
    const text = (await disk.readWhole(timestamps, timestampBytesMax))?.toString("latin1") ?? "";
    for (const line of text.split("\n")) readTimestamp(line, registered);
  });
  const folder = join(home, "queue", "agent-groups");
  await attempt(folder, async () => {
    for (const id of (await disk.list(folder)).slice(0, groupFilesMax)) {
      if (!isAgentId(id)) continue;
      const text = (await disk.readWhole(join(folder, id), groupFileBytesMax))?.toString("latin1") ?? "";
      groups.set(id, groupsOfText(text));
    }
  });
  const database = join(home, "queue", "db", "global.db");
  await attempt(database, () => readDatabase(database, registered, groups));
  return { registeredMsOf: (id) => registered.get(id) ?? 0, groupsOf: (id) => groups.get(id) ?? [] };
}

function groupsOfText(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  return [...new Set(names.filter(isGroupName))].slice(0, AGENT_GROUPS_MAX);
}

function readTimestamp(line: string, registered: Map<string, number>): void {
  const [, id = "", date = "", time = ""] = /^(\d{3,8}) \S+ \S+ (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)/.exec(line) ?? [];
  const ms = Date.parse(`${date}T${time}`);
  if (isAgentId(id) && Number.isFinite(ms)) registered.set(id, ms);
}

/** In a copy: opening a database may change it, and the way back to Wazuh stays as it was. */
function readDatabase(path: string, registered: Map<string, number>, groups: Map<string, readonly string[]>): void {
  if (!existsSync(path)) return;
  const folder = mkdtempSync(join(tmpdir(), "argus-global-"));
  try {
    const copy = join(folder, "global.db");
    for (const end of ["", "-wal"]) if (existsSync(path + end)) copyFileSync(path + end, copy + end);
    const database = openSqlite(copy);
    try {
      for (const row of database.prepare('SELECT id, "group" AS groups, date_add FROM agent WHERE id > 0').all()) {
        const { id: number, groups: text, date_add: addedS } = row as Record<string, unknown>;
        const id = agentIdOf(Number(number));
        if (!isAgentId(id)) continue;
        if (typeof text === "string" && text !== "") groups.set(id, groupsOfText(text));
        if (typeof addedS === "number" && addedS > 0) registered.set(id, addedS * 1_000);
      }
    } finally {
      database.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
