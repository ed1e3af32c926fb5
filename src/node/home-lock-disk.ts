/**
 * One node per home. The lock is an abstract Unix socket named after the home where Linux gives one (it goes with its
 * process, whatever kills it), and everywhere a file that says who holds the home, for people and for `argus` commands.
 * A home that Wazuh's or OSSEC's daemons hold is refused as well: two managers on one `client.keys` destroy it.
 */
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { errnoOf } from "../base/error.ts";
import { HomeInUse } from "./errors.ts";
import type { Home } from "./home.ts";

export interface HomeLock {
  /** Gives the home back. */
  release(): Promise<void>;
}

/** Takes the home for this process. Rejects with `HomeInUse` when another process holds it. */
export async function lockHome(home: Home): Promise<HomeLock> {
  const foreign = foreignDaemon(home.folder);
  if (foreign !== undefined) throw new HomeInUse(home.folder, foreign);
  const holder = readHolder(home.lockFile);
  const guard = process.platform === "linux" ? await listenOn(socketName(home.folder)) : undefined;
  const isHeld = guard === "taken" || (guard === undefined && holder !== undefined && isRunning(holder));
  if (isHeld) throw new HomeInUse(home.folder, `the node of process ${holder ?? "unknown"}`);
  writeFileSync(home.lockFile, `${process.pid}\n`, { mode: 0o640 });
  return {
    async release() {
      rmSync(home.lockFile, { force: true });
      if (guard instanceof Object) await new Promise<void>((resolve) => guard.close(() => resolve()));
    },
  };
}

function socketName(folder: string): string {
  const digest = createHash("sha256").update(realpathSync(folder)).digest("hex");
  return `\0argus-home-${digest.slice(0, 32)}`;
}

function listenOn(path: string): Promise<Server | "taken"> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error) => (errnoOf(error) === "EADDRINUSE" ? resolve("taken") : reject(error)));
    server.listen({ path }, () => {
      server.unref();
      resolve(server);
    });
  });
}

function readHolder(lockFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(lockFile, "utf8").trim());
    return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === "EPERM";
  }
}

/** The name of a running Wazuh or OSSEC daemon that keeps its pid file under this home. */
function foreignDaemon(folder: string): string | undefined {
  const run = join(folder, "var", "run");
  let names: string[];
  try {
    names = readdirSync(run);
  } catch {
    return undefined;
  }
  for (const name of names) {
    const match = /^((?:wazuh|ossec)-[a-z]+)-(\d+)\.pid$/.exec(name);
    if (match === null) continue;
    const [, daemon = "", pid = ""] = match;
    if (isRunning(Number(pid)) && commandOf(pid).includes(daemon)) return `${daemon} (process ${pid})`;
  }
  return undefined;
}

/**
 * A pid file can be stale and its number reused, so the process must also bear the name. Empty where /proc is absent.
 */
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}
