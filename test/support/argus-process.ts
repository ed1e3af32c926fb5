/** Real `argus` processes for system tests: homes in a temporary folder, nodes that can be stopped and killed. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ApiClient } from "../../src/api/client-connection.ts";
import { nodesRoute, statusRoute } from "../../src/api/contract/route.ts";
import type { NodeInfo } from "../../src/api/contract/reply.ts";

/** This file is `dist/test/support/…` when it runs. */
export const commandFile = fileURLToPath(new URL("../../../bin/argus.js", import.meta.url));

export function temporaryFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `argus-${name}-`));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves with what `look` gives as soon as that is neither undefined nor false; rejects in words after `msMax`. */
export async function until<T>(
  what: string | (() => string),
  look: () => T | Promise<T>,
  msMax = 60_000,
): Promise<NonNullable<T>> {
  const endMs = performance.now() + msMax;
  let trouble = "";
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined && found !== null && found !== false) return found as NonNullable<T>;
    } catch (error) {
      trouble = ` (${error instanceof Error ? error.message : String(error)})`;
    }
    if (performance.now() > endMs) {
      throw new Error(`not within ${msMax} ms: ${typeof what === "string" ? what : what()}${trouble}`);
    }
    await sleep(50);
  }
}

export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a command to its end. */
export function runArgus(
  args: readonly string[],
  options: { input?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [commandFile, ...args], { env: { ...process.env, ...options.env } });
  const result: CommandResult = { code: null, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (result.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (result.stderr += text));
  child.stdin.end(options.input ?? "");
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ ...result, code }));
  });
}

/** One node by its home; it ends with the test's process, whatever becomes of that. */
export class TestNode {
  readonly home: string;
  readonly api: ApiClient;
  #child: ChildProcess | undefined;
  #ended: Promise<number | null> = Promise.resolve(null);
  /** What it has printed since its last start. */
  output = "";

  constructor(home: string) {
    this.home = home;
    this.api = new ApiClient(home);
  }

  write(path: string, text: string): void {
    const file = join(this.home, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
    writeFileSync(file, text, { mode: 0o640 });
  }

  read(path: string): string {
    const file = join(this.home, path);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  /** Does not wait: `untilReady` does. `flags` are the runtime's own. */
  start(env: NodeJS.ProcessEnv = {}, flags: readonly string[] = []): void {
    this.output = "";
    const child = spawn(process.execPath, [...flags, commandFile, "node", "--home", this.home, "--with-parent"], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (this.output += text));
    }
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once("close", (code) => resolve(code)));
  }

  get processId(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`${this.home} has not been started`);
    return pid;
  }

  async untilReady(): Promise<void> {
    await until(
      () => `${this.home} answers\n${this.output}`,
      () => this.api.get(statusRoute),
    );
  }

  /** SIGTERM, and its exit code. */
  async stop(): Promise<number | null> {
    this.#child?.kill("SIGTERM");
    return this.#ended;
  }

  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#ended;
  }

  ended(): Promise<number | null> {
    return this.#ended;
  }

  async nodes(): Promise<NodeInfo[]> {
    return (await this.api.get(nodesRoute)).nodes;
  }

  async stateOf(name: string): Promise<string | undefined> {
    return (await this.nodes()).find((node) => node.name === name)?.state;
  }

  /** The alerts of alerts.json. */
  alerts(): TestAlert[] {
    return this.read("logs/alerts/alerts.json")
      .split("\n")
      .filter((line) => line.endsWith("}"))
      .map((line) => JSON.parse(line) as TestAlert);
  }

  /** Resident memory in MiB. */
  memoryMib(): number {
    const status = readFileSync(`/proc/${this.processId}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024;
  }
}

export interface TestAlert {
  id: string;
  timestamp: string;
  rule: { id: string; level: number; description: string };
  manager: { name: string };
  agent: { id: string; name: string; ip?: string };
  cluster?: { name: string; node: string };
  full_log: string;
  location: string;
}
