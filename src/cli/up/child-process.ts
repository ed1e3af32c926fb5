/**
 * The nodes of `argus up` as child processes. A child that dies is started again after a back-off; all of them end when
 * this process does, however it ends, because their standard input is a pipe of ours.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { Backoff } from "../../base/backoff.ts";
import { pause, systemClock } from "../../base/clock.ts";
import { systemRandom } from "../../base/random.ts";
import { commandFile } from "../../node/package-disk.ts";
import type { LocalNode } from "./local-homes.ts";

export interface ChildNodeOptions {
  node: LocalNode;
  say(text: string): void;
  /** `POINT:n`, for the first start only (tests). */
  crash: string;
  /** The arguments of Node; `argus node` when not given (tests give others). */
  command?: readonly string[];
  /** How long a node may take to drain before it is killed; half a minute when not given. */
  stopMsMax?: number;
}

/** What is kept of a child's last words. */
const lastWordsBytesMax = 4_096;
const stopMsMaxUsual = 30_000;

export class ChildNode {
  readonly node: LocalNode;
  readonly #options: ChildNodeOptions;
  readonly #stop = new AbortController();
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #starts = 0;

  constructor(options: ChildNodeOptions) {
    this.node = options.node;
    this.#options = options;
  }

  get processId(): number | undefined {
    return this.#child?.pid;
  }

  /** Keeps the node running until `stop`. */
  start(): void {
    this.#ended = this.#keepRunning();
  }

  /** Asks the node to drain and end; kills it when it does not. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#child?.kill("SIGTERM");
    const patience = systemClock.after(this.#options.stopMsMax ?? stopMsMaxUsual, () => this.#child?.kill("SIGKILL"));
    await this.#ended;
    patience.cancel();
  }

  async #keepRunning(): Promise<void> {
    const backoff = new Backoff({ firstMs: 500, mostMs: 5_000 }, systemRandom);
    while (!this.#stop.signal.aborted) {
      const startedMs = systemClock.monotonicMs();
      const end = await this.#runOnce();
      if (this.#stop.signal.aborted) return;
      if (systemClock.monotonicMs() - startedMs > 30_000) backoff.reset();
      this.#options.say(`${this.node.name} ended (${end}); it is started again`);
      await pause(systemClock, backoff.nextDelayMs(), this.#stop.signal);
    }
  }

  #runOnce(): Promise<string> {
    const crash = this.#starts === 0 ? this.#options.crash : "";
    this.#starts += 1;
    const usual = [commandFile, "node", "--home", this.node.home, "--quiet", "--with-parent"];
    const child = spawn(process.execPath, this.#options.command ?? usual, {
      stdio: ["pipe", "ignore", "pipe"],
      env: { ...process.env, ARGUS_TEST_CRASH: crash },
      detached: true, // Ctrl-C of the terminal reaches only us; we stop the nodes in order.
    });
    this.#child = child;
    let lastWords = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      lastWords = (lastWords + text).slice(-lastWordsBytesMax);
    });
    return new Promise((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("close", (code, signal) => {
        this.#child = undefined;
        const why = signal === null ? `exit code ${code}` : `signal ${signal}`;
        resolve(lastWords.trim() === "" ? why : `${why}: ${lastWords.trim()}`);
      });
    });
  }
}
