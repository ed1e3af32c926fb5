/** A program that runs the agent of the home that it is given, until it is killed. */
import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runAgent } from "../../src/agent/run.ts";
import { logTo } from "../../src/base/log.ts";

/** Starts it; `onOutput` is given what it logs. */
export function spawnAgent(home: string, onOutput: (text: string) => void = () => undefined): ChildProcess {
  const stdio = ["ignore", "pipe", "inherit"] as const;
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), home], { stdio: [...stdio] });
  child.stdout?.on("data", (chunk: Buffer) => onOutput(chunk.toString()));
  return child;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const stop = new AbortController();
  process.on("SIGTERM", () => stop.abort());
  setInterval(() => undefined, 1_000); // The timers of an agent do not keep a process alive by themselves.
  const log = logTo(({ level, message }) => void process.stdout.write(`${level} ${message}\n`));
  const options = { home: process.argv[2] ?? "", log, argusVersion: "0.1.0" };
  while ((await runAgent(options, stop.signal)) === "restart") log.info("begins anew");
  process.exit(0);
}
