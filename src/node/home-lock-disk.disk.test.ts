import { equal, rejects } from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { HomeInUse } from "./errors.ts";
import { homeAt, type Home } from "./home.ts";
import { lockHome } from "./home-lock-disk.ts";

function newHome(): Home {
  const home = homeAt(mkdtempSync(join(tmpdir(), "argus-lock-")));
  mkdirSync(join(home.folder, "queue"));
  return home;
}

test("gives a home to one node at a time", async () => {
  const home = newHome();
  const lock = await lockHome(home);
  equal(readFileSync(home.lockFile, "utf8"), `${process.pid}\n`);
  await rejects(lockHome(home), (error) => error instanceof HomeInUse && error.message.includes(String(process.pid)));
  await lock.release();
  await (await lockHome(home)).release();
});

test("takes over the home of a process that was killed", async () => {
  const home = newHome();
  writeFileSync(home.lockFile, "999999\n");
  await (await lockHome(home)).release();
});

test("refuses a home that a Wazuh daemon holds", async () => {
  const home = newHome();
  const run = join(home.folder, "var", "run");
  mkdirSync(run, { recursive: true });
  const daemon = spawn("sleep", ["30"], { argv0: "wazuh-analysisd" });
  try {
    await new Promise<void>((resolve) => daemon.once("spawn", () => resolve()));
    writeFileSync(join(run, `wazuh-analysisd-${daemon.pid}.pid`), `${daemon.pid}\n`);
    await rejects(lockHome(home), /wazuh-analysisd/);
  } finally {
    const gone = new Promise((resolve) => daemon.once("exit", resolve));
    daemon.kill("SIGKILL");
    await gone;
  }
  await (await lockHome(home)).release();
});
