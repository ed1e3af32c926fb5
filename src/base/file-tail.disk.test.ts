import { deepEqual } from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { nodeDisk } from "./disk.ts";
import { lastLines } from "./file-tail.ts";

async function linesOf(context: TestContext, text: string | undefined, bytesMax = 1_000): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "argus-file-tail-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  if (text !== undefined) await writeFile(join(folder, "a.log"), text);
  return lastLines(nodeDisk, join(folder, "a.log"), bytesMax);
}

test("gives the whole lines of a file, a torn one at its end left out", async (context) => {
  deepEqual(await linesOf(context, "one\n\ntwo é\nthr"), ["one", "", "two é"]);
});

test("gives none of a file that is absent, empty, or without a whole line", async (context) => {
  for (const text of [undefined, "", "torn"]) deepEqual(await linesOf(context, text), []);
});

test("reads no more than the last bytes, and leaves out the line that they begin in", async (context) => {
  deepEqual(await linesOf(context, "first\nsecond\nthird\n", 10), ["third"]);
  deepEqual(await linesOf(context, "first\nsecond\nthird\n", 19), ["first", "second", "third"]);
  deepEqual(await linesOf(context, `${"x".repeat(50)}\n`, 10), []);
});
