/** `argus up` as a person or a script starts it: demo lines become alerts, and it ends when it is told to. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { commandFile, removeFolder, temporaryFolder, until } from "../support/argus-process.ts";

interface Plan {
  nodes: { name: string; role: string; home: string; address: string; port: number; syslogPort: number | null }[];
  alerts: string;
  page: string;
}

test("says where its nodes and its page are, raises alerts of its demo lines, and leaves no process behind", async () => {
  const folder = temporaryFolder("up");
  const args = ["up", "--dir", join(folder, "dir"), "--network", "127.55.0", "-o", "json"];
  const child = spawn(process.execPath, [commandFile, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  try {
    const line = await until("the plan", () => stdout.split("\n").find((text) => text.endsWith("}")));
    const plan = JSON.parse(line) as Plan;
    deepEqual(
      plan.nodes.map(({ name, role, address }) => `${name} ${role} ${address}`),
      ["master-node master 127.55.0.1", "worker-node1 worker 127.55.0.2", "worker-node2 worker 127.55.0.3"],
    );
    ok(!stdout.includes("key"), "no secret is printed");
    const brute = await until(
      "the alert that only both workers together give",
      () =>
        existsSync(plan.alerts) &&
        readFileSync(plan.alerts, "utf8")
          .split("\n")
          .find((text) => text.includes('"id":"5763"')),
      60_000,
    );
    ok(brute);
    const markup = await fetch(plan.page);
    equal(markup.status, 200);
    ok((await markup.text()).includes("<title>Argus</title>"));
    const answer = await fetch(`${plan.page}/api/alerts/last?count=1000`);
    const { alerts } = (await answer.json()) as { alerts: { rule: { id: string } }[] };
    ok(alerts.some(({ rule }) => rule.id === "5763"));
    child.kill("SIGTERM");
    equal(await ended, 0);
    for (const { home } of plan.nodes) equal(existsSync(join(home, "queue", "argus.lock")), false, home);
  } finally {
    child.kill("SIGKILL");
    removeFolder(folder);
  }
});
