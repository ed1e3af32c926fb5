/** `argus up` as a process of its own, the way a script starts it. */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { commandFile, until } from "./argus-process.ts";

/** What `argus up -o json` says first. */
export interface UpPlan {
  nodes: { name: string; role: string; home: string; address: string; port: number; syslogPort: number | null }[];
  alerts: string;
  page: string;
}

export class UpProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<number | null>;
  #stdout = "";
  #stderr = "";

  constructor(dir: string, network: string) {
    const args = ["up", "--dir", dir, "--network", network, "-o", "json"];
    this.#child = spawn(process.execPath, [commandFile, ...args]);
    this.#ended = new Promise((resolve) => this.#child.once("close", (code) => resolve(code)));
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => (this.#stdout += text));
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
  }

  /** What it has complained of. */
  get complaints(): string {
    return this.#stderr;
  }

  async plan(): Promise<UpPlan> {
    const whole = (): string | undefined => this.#stdout.split("\n").find((text) => text.endsWith("}"));
    return JSON.parse(await until(() => `the plan; ${this.#stderr}`, whole)) as UpPlan;
  }

  /** Ctrl-C; resolves with the exit code. */
  stop(): Promise<number | null> {
    this.#child.kill("SIGINT");
    return this.#ended;
  }

  /** For a test's end, whatever has become of it. Its nodes end when it is gone. */
  async end(): Promise<void> {
    const patience = setTimeout(() => this.#child.kill("SIGKILL"), 30_000);
    await this.stop();
    clearTimeout(patience);
  }
}
