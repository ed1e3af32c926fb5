/**
 * What a tree of processes costs, read from /proc while it runs: CPU time, resident memory and bytes written. A process
 * that ends keeps the figures of the last look, so at most one period of its time is missed. Linux only.
 */
import { readdirSync, readFileSync } from "node:fs";

export interface ProcessCost {
  pid: number;
  /** The words of its command line. */
  words: string[];
  cpuSeconds: number;
  rssMiBMost: number;
  /** Bytes that it caused to be written to disks; 0 where the kernel does not tell. */
  writtenBytes: number;
}

/** USER_HZ; Linux reports times in this unit to all programs. */
const ticksPerSecond = 100;

export interface StatLine {
  parentPid: number;
  cpuSeconds: number;
}

/** Reads `/proc/PID/stat`. The name in parentheses may hold blanks and parentheses itself. */
export function parseStat(text: string): StatLine {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  // Counted from the state, which is field 3 of proc(5): ppid is field 4, utime 14, stime 15.
  const ticks = Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  return { parentPid: Number(fields[1] ?? 0), cpuSeconds: ticks / ticksPerSecond };
}

function numberAfter(text: string, label: string): number {
  return Number(new RegExp(`^${label}:\\s*(\\d+)`, "m").exec(text)?.[1] ?? 0);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // It has ended, or it is not ours to read.
  }
}

export class ProcessWatch {
  readonly #rootPid: number;
  readonly #costs = new Map<number, ProcessCost>();

  constructor(rootPid: number) {
    this.#rootPid = rootPid;
  }

  /** Looks at the root process and everything below it. */
  look(): void {
    const parents = new Map<number, StatLine>();
    for (const name of readdirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      const text = readOrEmpty(`/proc/${name}/stat`);
      if (text !== "") parents.set(Number(name), parseStat(text));
    }
    for (const [pid, stat] of parents) {
      if (this.#isOurs(pid, parents)) this.#note(pid, stat);
    }
  }

  /** The figures so far, by pid. */
  costs(): ProcessCost[] {
    return [...this.#costs.values()].sort((a, b) => a.pid - b.pid);
  }

  #isOurs(pid: number, parents: ReadonlyMap<number, StatLine>): boolean {
    for (let at = pid, hops = 0; at > 1 && hops < 64; hops += 1) {
      if (at === this.#rootPid) return true;
      at = parents.get(at)?.parentPid ?? 0;
    }
    return false;
  }

  #note(pid: number, { cpuSeconds }: StatLine): void {
    const status = readOrEmpty(`/proc/${pid}/status`);
    const rssMiBMost = Math.round(numberAfter(status, "VmHWM") / 102.4) / 10;
    const known = this.#costs.get(pid);
    // A process that has just ended shows no memory any more.
    if (rssMiBMost === 0 && known !== undefined) return;
    const words = readOrEmpty(`/proc/${pid}/cmdline`).split("\0").slice(0, -1);
    const writtenBytes = numberAfter(readOrEmpty(`/proc/${pid}/io`), "write_bytes");
    this.#costs.set(pid, { pid, words, cpuSeconds, rssMiBMost, writtenBytes });
  }
}
