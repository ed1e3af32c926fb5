import { deepEqual, equal } from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { nodeDisk } from "../base/disk.ts";
import { LocalTime } from "../base/local-time.ts";
import { isPattern, matchingPaths, pathMatcher, withDate } from "./pattern.ts";

test("fills in the local date, and leaves what is no date part", () => {
  const at = new LocalTime("Europe/Berlin").parts(Date.UTC(2026, 2, 5, 23, 7, 9));
  equal(withDate("/l/%Y-%m-%d.%H%M%S", at), "/l/2026-03-06.000709");
  equal(withDate("/l/%b-%e-%y.log", at), "/l/Mar- 6-26.log");
  equal(withDate("/l/100%%/%q%", at), "/l/100%/%q%");
});

const matches: [pattern: string, path: string, isMatch: boolean][] = [
  ["/l/*.log", "/l/a.log", true],
  ["/l/*.log", "/l/.log", false],
  ["/l/*.log", "/l/.a.log", false],
  ["/l/.*.log", "/l/.a.log", true],
  ["/l/*.log", "/l/d/a.log", false],
  ["/l/*.log", "/l/axlog", false],
  ["/l/*", "/l/a\nb", true],
  ["/l/a?c", "/l/abc", true],
  ["/l/a?c", "/l/ac", false],
  ["/l/a?c", "/l/a/c", false],
  ["/l/[ab]c", "/l/bc", true],
  ["/l/[ab]c", "/l/cc", false],
  ["/l/[!ab]c", "/l/cc", true],
  ["/l/[a-c]d", "/l/bd", true],
  ["/l/[]x]", "/l/]", true],
  ["/l/[z-a]", "/l/z", false],
  ["/l/[ab", "/l/[ab", true],
  ["/l/*/x", "/l/q/x", true],
  ["/l/a+(b)|c$", "/l/a+(b)|c$", true],
];

test("matches paths name by name, as a shell does", () => {
  for (const [pattern, path, isMatch] of matches) equal(pathMatcher(pattern)(path), isMatch, `${pattern} ${path}`);
});

test("knows which locations are patterns", () => {
  deepEqual(["/a/*", "/a/?", "/a/[b]", "/a/b.log", "/a/%Y"].map(isPattern), [true, true, true, false, false]);
});

test("finds what a pattern matches, sorted, through folders, and no more than it may", async () => {
  const folder = await mkdtemp(join(tmpdir(), "argus-pattern-"));
  try {
    for (const name of ["b", "a", ".c"]) {
      await mkdir(join(folder, name));
      for (const file of ["y.log", "x.log", "z.txt"]) await writeFile(join(folder, name, file), "");
    }
    const found = async (pattern: string, countMax = 100): Promise<string[]> =>
      (await matchingPaths(nodeDisk, `${folder}/${pattern}`, countMax)).map((path) => path.slice(folder.length + 1));
    deepEqual(await found("*/*.log"), ["a/x.log", "a/y.log", "b/x.log", "b/y.log"]);
    deepEqual(await found("*/x.log"), ["a/x.log", "b/x.log"]);
    deepEqual(await found("a/[yz]*"), ["a/y.log", "a/z.txt"]);
    deepEqual(await found("*/*.log", 3), ["a/x.log", "a/y.log", "b/x.log"]);
    deepEqual(await found("absent/*.log"), []);
  } finally {
    await rm(folder, { recursive: true });
  }
});
