import { equal, match, rejects } from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { newFolder } from "../../test/support/temporary-folder.ts";
import { HomeInUse } from "./errors.ts";
import { homeAt, type Home } from "./home.ts";
import { lockHome } from "./home-lock-disk.ts";

function newHome(): Home {
  const home = homeAt(newFolder("lock"));
  mkdirSync(join(home.folder, "queue"));
  return home;
}

test("gives a home to one node at a time", async () => {
  const home = newHome();
  const lock = await lockHome(home);
  match(readFileSync(home.lockFile, "utf8"), new RegExp(`^${process.pid}\nstart=\\d*\n$`));
  await rejects(lockHome(home), (error) => error instanceof HomeInUse && error.message.includes(String(process.pid)));
  await lock.release();
  await (await lockHome(home)).release();
});

test("takes over the home of a process that was killed", async () => {
  const home = newHome();
  writeFileSync(home.lockFile, "999999\n");
  await (await lockHome(home)).release();
});

/** A process that lives while `work` does, and what the kernel says of its start. */
async function withProcess(work: (pid: number, start: string) => Promise<void>): Promise<void> {
  const child = spawn("sleep", ["30"]);
  try {
    await new Promise<void>((resolve) => child.once("spawn", () => resolve()));
    const start = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(" ")[21] ?? "";
    await work(child.pid ?? 0, start);
  } finally {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }
}

test("refuses a home whose holder lives where its socket cannot be seen", { skip: process.platform !== "linux" }, () =>
  withProcess(async (pid, start) => {
    const home = newHome();
    writeFileSync(home.lockFile, `${pid}\nstart=${start}\n`);
    for (const attempt of [1, 2]) await rejects(lockHome(home), HomeInUse, `attempt ${attempt}`);
    equal(readFileSync(home.lockFile, "utf8"), `${pid}\nstart=${start}\n`, "it stays the holder's");
  }),
);

test("takes over the home of a process whose number was given to another since", () =>
  withProcess(async (pid) => {
    const home = newHome();
    writeFileSync(home.lockFile, `${pid}\nstart=1\n`);
    await (await lockHome(home)).release();
  }));

test("says in words that there is no such home, and that one cannot be used", async () => {
  const absent = homeAt(join(newHome().folder, "absent"));
  await rejects(lockHome(absent), { code: "ARGUS_NODE_HOME_UNUSABLE", message: /absent: no such home/ });
  const bare = homeAt(newFolder("lock"));
  await rejects(lockHome(bare), { code: "ARGUS_NODE_HOME_UNUSABLE", message: /cannot be used/ });
  mkdirSync(join(bare.folder, "queue"));
  await (await lockHome(bare)).release();
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
