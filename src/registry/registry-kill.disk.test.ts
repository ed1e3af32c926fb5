import { deepEqual, equal, ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openRegistryIn } from "../../test/support/registry-child.ts";
import { newFolder } from "../../test/support/temporary-folder.ts";

// The timers of a node do not keep a process alive by themselves.
const awake = setInterval(() => undefined, 1_000);
after(() => clearInterval(awake));

const child = fileURLToPath(import.meta.resolve("../../test/support/registry-child.js"));

/** What a registry answered until it was killed, `afterMs` after it was open. */
function killed(folder: string, run: number, afterMs: number): Promise<string[]> {
  return new Promise((resolve) => {
    const running = spawn(process.execPath, [child, folder, String(run)], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    running.stdout.on("data", (chunk: Buffer) => {
      if (text === "") setTimeout(() => running.kill("SIGKILL"), afterMs);
      text += chunk.toString();
    });
    running.on("close", () => resolve(text.split("\n").slice(1, -1)));
  });
}

test("what was answered before a kill is there after it, in the file and in the database, and no id is given twice", async () => {
  const folder = newFolder("kill");
  const answered: string[] = [];
  for (let run = 0; run < 6; run += 1) answered.push(...(await killed(folder, run, 50 + run * 37)));
  ok(answered.length > 20, `${answered.length} agents enrolled`);
  const ids = answered.map((line) => line.split(" ")[0] ?? "");
  equal(new Set(ids).size, ids.length);
  const registry = await openRegistryIn(folder);
  const file = readFileSync(join(folder, "client.keys"), "latin1");
  const inFile = new Map(file.split("\n").map((line) => [line.split(" ")[0], line]));
  const offences = answered.filter((line) => {
    const [id = "", name = "", key = ""] = line.split(" ");
    const agent = registry.agents.byId(id);
    // One that was removed since is no agent, and not in the file as one.
    if (agent === undefined) return inFile.get(id)?.startsWith(`${id} !`) === false;
    return agent.name !== name || agent.key !== key || inFile.get(id) !== `${id} ${name} any ${key}`;
  });
  deepEqual(offences, []);
  const active = [...inFile.values()].filter((line) => line !== "" && !line.includes(" !"));
  equal(registry.agents.list().length, active.length, "file and database agree");
  const answer = await registry.enrol({ name: "last", source: "::1" });
  ok(answer.isEnrolled && ids.every((id) => Number(id) < Number(answer.id)));
  await registry.stop();
});
