/**
 * One node per home. The lock is an abstract Unix socket named after the home where Linux gives one (it goes with its
 * process, whatever kills it), and everywhere a file that says who holds the home: its process and, where /proc tells
 * it, when that process started, so that a number that was given to another process since means nothing. The file
 * counts beside the socket because abstract names are per network namespace (systemd's PrivateNetwork, containers).
 * Two containers that share a home and neither see each other's sockets nor processes are not kept apart.
 * A home that Wazuh's or OSSEC's daemons hold is refused as well: two managers on one `client.keys` destroy it.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { ArgusError, errnoOf } from "../base/error.ts";
import { HomeInUse, HomeUnusable } from "./errors.ts";
import type { Home } from "./home.ts";

export interface HomeLock {
  /** Gives the home back. */
  release(): Promise<void>;
}

/**
 * Takes the home for this process. Rejects with `HomeInUse` when another process holds it, and with `HomeUnusable` when
 * there is no such folder or nothing can be written there.
 */
export async function lockHome(home: Home): Promise<HomeLock> {
  let guard: Server | undefined;
  try {
    const foreign = foreignDaemon(home.folder);
    if (foreign !== undefined) throw new HomeInUse(home.folder, foreign);
    const listening = process.platform === "linux" ? await listenOn(socketName(home.folder)) : undefined;
    guard = listening === "taken" ? undefined : listening;
    const holder = readHolder(home.lockFile);
    if (listening === "taken" || (holder !== undefined && isAlive(holder))) {
      throw new HomeInUse(home.folder, `the node of process ${holder?.pid ?? "unknown"}`);
    }
    writeFileSync(home.lockFile, `${process.pid}\nstart=${startOf(process.pid)}\n`, { mode: 0o640 });
  } catch (error) {
    await close(guard);
    throw error instanceof ArgusError ? error : new HomeUnusable(home.folder, !existsSync(home.folder), error);
  }
  return {
    async release() {
      rmSync(home.lockFile, { force: true });
      await close(guard);
    },
  };
}

async function close(server: Server | undefined): Promise<void> {
  if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
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

interface Holder {
  pid: number;
  /** As `startOf` gave it to the holder. */
  start: string;
}

function readHolder(lockFile: string): Holder | undefined {
  try {
    const [first = "", second = ""] = readFileSync(lockFile, "utf8").split("\n");
    const pid = Number(first.trim());
    return Number.isSafeInteger(pid) && pid > 0 ? { pid, start: second.replace(/^start=/, "") } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, start }: Holder): boolean {
  return isRunning(pid) && startOf(pid) === start;
}

/** When the process started, in ticks since the machine's start (proc(5), field 22 of stat). Empty without /proc. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name in field 2 may hold anything; what follows its last bracket begins with field 3.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[22 - 3] ?? "";
  } catch {
    return "";
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
