import { deepEqual, equal } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { dealFeed, feedLines } from "./feed.ts";

const folder = mkdtempSync(join(tmpdir(), "argus-feed-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const never = new AbortController().signal;

function feedOf(name: string, text: string): string {
  writeFileSync(at(name), text);
  return at(name);
}

async function linesOf(text: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of feedLines(feedOf("lines.log", text))) lines.push(line.toString("latin1"));
  return lines;
}

/** Deals into fresh files that hold `there` already; returns what they hold then. */
async function deal(feed: string, there: readonly Buffer[], signal = never): Promise<Buffer[]> {
  const files = there.map((bytes, index) => {
    writeFileSync(at(`dealt${index}`), bytes);
    return at(`dealt${index}`);
  });
  await dealFeed(feed, files, signal);
  return files.map((file) => readFileSync(file));
}

test("gives the lines of a file without their ends, and none for an empty one", async () => {
  deepEqual(await linesOf("a\r\n\n\r\r\nb\r\r\n c \nlast"), ["a", "b", " c ", "last"]);
  deepEqual(await linesOf(""), []);
});

test("gives one byte more of a line than an event may hold, so that the worker marks it as cut", async () => {
  const lengths = (await linesOf(`${"x".repeat(65_536)}\n${"y".repeat(70_000)}\nz\n`)).map(({ length }) => length);
  deepEqual(lengths, [65_536, 65_537, 1]);
});

test("deals blocks of 500 lines in turn, and tells how many lines there are", async () => {
  const lines = Array.from({ length: 1_700 }, (_, index) => `line ${index}`);
  const feed = feedOf("blocks.log", lines.join("\r\n"));
  const [first, second] = await deal(feed, [Buffer.alloc(0), Buffer.alloc(0)]);
  const text = (from: number, to: number): string =>
    lines
      .slice(from, to)
      .map((line) => `${line}\n`)
      .join("");
  equal(first?.toString(), text(0, 500) + text(1_000, 1_500));
  equal(second?.toString(), text(500, 1_000) + text(1_500, 1_700));
  equal(await dealFeed(feed, [at("dealt0"), at("dealt1")], never), 1_700);
});

test("goes on from every byte at which it may have been killed, to the same bytes", async () => {
  const feed = feedOf(
    "resumed.log",
    Array.from({ length: 12 }, (_, index) => `${index}`.repeat(1 + (index % 3))).join("\n"),
  );
  const [whole = Buffer.alloc(0)] = await deal(feed, [Buffer.alloc(0)]);
  equal(whole.length > 20, true);
  for (let length = 0; length <= whole.length; length += 1) {
    deepEqual(await deal(feed, [whole.subarray(0, length)]), [whole], `${length} bytes were there`);
  }
});

test("goes on when two files stand at different places, one of them in the middle of a line", async () => {
  const lines = Array.from({ length: 2_300 }, (_, index) => `the line ${index}`);
  const feed = feedOf("apart.log", `${lines.join("\n")}\n`);
  const whole = await deal(feed, [Buffer.alloc(0), Buffer.alloc(0)]);
  const cut = whole.map((bytes, index) => bytes.subarray(0, index === 0 ? 7_003 : 11));
  deepEqual(await deal(feed, cut), whole);
});

test("stops between two blocks when it is told to, and the next run deals the rest", async () => {
  const feed = feedOf("stopped.log", Array.from({ length: 1_200 }, (_, index) => `line ${index}\n`).join(""));
  const whole = await deal(feed, [Buffer.alloc(0)]);
  const cut = await deal(feed, [Buffer.alloc(0)], AbortSignal.abort());
  equal(cut[0]?.toString().split("\n").length, 501);
  deepEqual(await deal(feed, cut), whole);
});
