/**
 * A program that opens the registry of the folder that it is given and enrols agents until it is killed. Each answer is
 * a line `id name key`, written when it has come; the first line says that it is open.
 */
import { writeSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { systemClock } from "../../src/base/clock.ts";
import { nodeDisk } from "../../src/base/disk.ts";
import { silentLog } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import { ClientKeysDisk } from "../../src/registry/client-keys-disk.ts";
import type { Registry } from "../../src/registry/registry.ts";
import { StoreDisk } from "../../src/registry/store-disk.ts";
import { RegistryWorld } from "./registry-world.ts";

export function openRegistryIn(folder: string): Promise<Registry> {
  const store = StoreDisk.open(join(folder, "agents.db"), silentLog);
  const path = join(folder, "client.keys");
  const keys = new ClientKeysDisk({ path, disk: nodeDisk, clock: systemClock, log: silentLog });
  return new RegistryWorld().open({ store, keys, clock: systemClock, random: systemRandom });
}

async function enrolForEver(registry: Registry, run: string): Promise<never> {
  for (let count = 0; ; count += 1) {
    const names = Array.from({ length: 1 + (count % 4) }, (_, index) => `run-${run}-${count}-${index}`);
    await Promise.all(
      names.map(async (name) => {
        const answer = await registry.enrol({ name, source: "::1" });
        if (answer.isEnrolled) writeSync(1, `${answer.id} ${name} ${answer.key}\n`);
      }),
    );
    for (const { id } of registry.agents.list().slice(-2)) {
      if (count % 5 === 0) await registry.change({ kind: "remove", id, purge: count % 2 === 0 }, "test");
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  setInterval(() => undefined, 1_000); // The timers of a node do not keep a process alive by themselves.
  const registry = await openRegistryIn(process.argv[2] ?? "");
  writeSync(1, "open\n");
  await enrolForEver(registry, process.argv[3] ?? "");
}
