import { deepEqual, equal } from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { newFolder } from "../../test/support/temporary-folder.ts";
import { nodeDisk } from "../base/disk.ts";
import { logTo } from "../base/log.ts";
import { openSqlite } from "../base/sqlite.ts";
import { adoptHome } from "./adopted-home-disk.ts";
import type { AdoptedAgents } from "./needs.ts";

async function adopt(
  files: Readonly<Record<string, string>>,
  home = newFolder("home"),
): Promise<[AdoptedAgents, string[]]> {
  for (const folder of ["queue/agent-groups", "queue/db"]) mkdirSync(join(home, folder), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text);
  const logged: string[] = [];
  return [
    await adoptHome(
      home,
      nodeDisk,
      logTo(({ message }) => void logged.push(message)),
    ),
    logged,
  ];
}

test("a home without any of it is no trouble", async () => {
  const [home, logged] = await adopt({});
  deepEqual([home.registeredMsOf("001"), home.groupsOf("001"), logged], [0, [], []]);
});

// agent-protocol 1.6
test("dates of registration are local time, and rubbish is passed over", async () => {
  const [home] = await adopt({
    "queue/agents-timestamp": "001 web any 2024-05-06 07:08:09\n\nrubbish\n002 db any 2024-99-06 07:08:09\n003 x\n",
  });
  equal(home.registeredMsOf("001"), new Date(2024, 4, 6, 7, 8, 9).getTime());
  deepEqual([home.registeredMsOf("002"), home.registeredMsOf("003")], [0, 0]);
});

test("groups of Wazuh up to 4.3 are in files, and names that could be no folder are left out", async () => {
  const [home] = await adopt({
    "queue/agent-groups/001": "web,db\n",
    "queue/agent-groups/002": "../x,web,web,.y,",
    "queue/agent-groups/notes": "web",
  });
  deepEqual([home.groupsOf("001"), home.groupsOf("002")], [["web", "db"], ["web"]]);
});

test("groups of Wazuh since 4.4 are in its database, which stays as it was", async () => {
  const folder = newFolder("home");
  await adopt({}, folder);
  const path = join(folder, "queue/db/global.db");
  const database = openSqlite(path);
  database.exec('CREATE TABLE agent (id INTEGER PRIMARY KEY, name TEXT, "group" TEXT, date_add INTEGER)');
  database.exec("INSERT INTO agent VALUES (0, 'm', NULL, 5), (1, 'web', 'web,db', 1700000000), (2, 'x', NULL, NULL)");
  database.close();
  const before = readFileSync(path);
  const [home, logged] = await adopt({ "queue/agent-groups/001": "old" }, folder);
  deepEqual([home.groupsOf("001"), home.registeredMsOf("001")], [["web", "db"], 1_700_000_000_000]);
  deepEqual([home.groupsOf("002"), home.registeredMsOf("002"), home.groupsOf("000")], [[], 0, []]);
  deepEqual(logged, []);
  equal(readFileSync(path).equals(before), true);
});

test("a database that is none, or of another form, is passed over with a word", async () => {
  const [home, logged] = await adopt({ "queue/db/global.db": "x".repeat(5_000), "queue/agent-groups/001": "web" });
  deepEqual(home.groupsOf("001"), ["web"]);
  equal(logged.length, 1);
});
