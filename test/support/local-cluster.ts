/** `argus up` as a process of its own, for tests of whole runs; its nodes are found by their homes. */
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ApiClient } from "../../src/api/client-connection.ts";
import { statusRoute } from "../../src/api/contract/route.ts";
import type { StatusReply } from "../../src/api/contract/reply.ts";
import { commandFile, runArgus, type TestAlert } from "./argus-process.ts";

export interface FeedResult {
  nodes: { name: string; role: string; address: string; port: number }[];
  events: { accepted: number; analysed: number; lost: number; duplicated: number };
  alerts: number;
  seconds: number;
}

export interface FeedRunOptions {
  dir: string;
  feed: string;
  /** `127.51.0`: tests that run at the same time must not meet. */
  network: string;
  workers?: number;
  /** `NODE=POINT:n`. */
  crash?: string;
  env?: NodeJS.ProcessEnv;
}

/** One run of `argus up --feed FILE --once -o json`. */
export class FeedRun {
  readonly dir: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #stdout = "";
  stderr = "";

  constructor({ dir, feed, network, workers = 2, crash = "", env = {} }: FeedRunOptions) {
    this.dir = dir;
    const args = [
      "up",
      "--dir",
      dir,
      "--feed",
      feed,
      "--once",
      "-o",
      "json",
      "--network",
      network,
      "--workers",
      `${workers}`,
    ];
    const child = spawn(process.execPath, [commandFile, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ARGUS_TEST_CRASH: crash, ...env },
    });
    child.stdout.setEncoding("utf8").on("data", (text: string) => (this.#stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once("close", (code) => resolve(code)));
  }

  home(node: string): string {
    return join(this.dir, node);
  }

  /** Undefined while the node does not answer. */
  async status(node: string): Promise<StatusReply | undefined> {
    try {
      return await new ApiClient(this.home(node)).get(statusRoute);
    } catch {
      return undefined;
    }
  }

  /** kill -9 of a node, by the process that answers for it. */
  async kill(node: string): Promise<void> {
    const status = await this.status(node);
    if (status === undefined) throw new Error(`${node} does not answer`);
    process.kill(status.processId, "SIGKILL");
  }

  async end(): Promise<{ code: number | null; result: FeedResult }> {
    const code = await this.#ended;
    if (this.#stdout.trim() === "") throw new Error(`argus up printed nothing (exit code ${code}): ${this.stderr}`);
    return { code, result: JSON.parse(this.#stdout) as FeedResult };
  }

  stop(): void {
    this.#child.kill("SIGTERM");
  }

  /** The alerts in file order. */
  alerts(): TestAlert[] {
    const text = readFileSync(join(this.home("master-node"), "logs/alerts/alerts.json"), "utf8");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as TestAlert);
  }

  /** `argus journal check --replay`; the whole cluster must have ended. */
  async check(): Promise<{ code: number | null; text: string }> {
    const { code, stdout, stderr } = await runArgus([
      "journal",
      "check",
      "--replay",
      "--home",
      this.home("master-node"),
    ]);
    return { code, text: stdout + stderr };
  }
}
