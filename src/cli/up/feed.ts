/**
 * Deals a file's lines in blocks to one followed file per worker. What is dealt is a function of the file alone, and
 * the lengths of the followed files say how far it has come: a second run goes on where the first one stopped.
 */
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { LOG_BYTES_MAX } from "../../model/event.ts";
import { LineSplitter } from "./line-splitter.ts";

/** Lines per block: small enough that two workers share even a short file. */
const linesPerBlock = 500;

/** One byte beyond what an event may hold, so that a line which is too long is cut, and marked so, by the worker. */
const lineBytesMax = LOG_BYTES_MAX + 1;

/** Empty lines are no logs (followed files pass over them), so they are neither dealt nor counted. */
export async function* feedLines(path: string): AsyncGenerator<Buffer> {
  const splitter = new LineSplitter(lineBytesMax);
  for await (const piece of createReadStream(path, { highWaterMark: 256 * 1_024 })) {
    for (const line of splitter.push(piece as Buffer)) {
      const log = withoutCarriageReturns(line);
      if (log.length > 0) yield log;
    }
  }
  const rest = withoutCarriageReturns(splitter.rest());
  if (rest.length > 0) yield rest;
}

/** A followed file takes a CR for a part of the line's end, so none is dealt: both sides count the same bytes. */
function withoutCarriageReturns(line: Buffer): Buffer {
  let end = line.length;
  while (end > 0 && line[end - 1] === 13) end -= 1;
  return line.subarray(0, end);
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}

/** The followed file of one worker: takes bytes by their place and writes only those that are not there yet. */
class Dealt {
  readonly #path: string;
  readonly #there: number;
  #place = 0;
  #pending: Buffer[] = [];

  constructor(path: string, there: number) {
    this.#path = path;
    this.#there = there;
  }

  take(line: Buffer): void {
    for (const piece of [line, Buffer.from("\n")]) {
      const skip = Math.min(piece.length, Math.max(0, this.#there - this.#place));
      this.#place += piece.length;
      if (skip < piece.length) this.#pending.push(piece.subarray(skip));
    }
  }

  async flush(): Promise<void> {
    if (this.#pending.length === 0) return;
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    const file = await open(this.#path, "a", 0o640);
    try {
      await file.writeFile(bytes);
    } finally {
      await file.close();
    }
  }
}

/**
 * Resolves with the number of lines of the whole feed when all of them are dealt, or sooner when `signal` is aborted.
 */
export async function dealFeed(path: string, into: readonly string[], signal: AbortSignal): Promise<number> {
  const dealt: Dealt[] = [];
  for (const file of into) dealt.push(new Dealt(file, await sizeOf(file)));
  let count = 0;
  for await (const line of feedLines(path)) {
    const turn = Math.floor(count / linesPerBlock) % dealt.length;
    dealt[turn]?.take(line);
    count += 1;
    if (count % linesPerBlock !== 0) continue;
    await dealt[turn]?.flush();
    if (signal.aborted) return count;
  }
  for (const one of dealt) await one.flush();
  return count;
}
