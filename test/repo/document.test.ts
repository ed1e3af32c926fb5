/** What the documents point at is there. */
import { deepEqual, ok } from "node:assert/strict";
import { existsSync } from "node:fs";
import { posix } from "node:path";
import { test } from "node:test";
import { productFiles, projectFiles, readText } from "../support/source.ts";

const documents = projectFiles().filter((path) => path.endsWith(".md"));

test("every link of a document leads to a file of the repository", () => {
  const offences: string[] = [];
  for (const path of documents) {
    for (const [, target = ""] of readText(path).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      if (!existsSync(posix.join(posix.dirname(path), target))) offences.push(`${path} links to ${target}`);
    }
  }
  deepEqual(offences, []);
});

test("every test that ARCHITECTURE.md gives for an invariant is there and says so", () => {
  const rows = [...readText("ARCHITECTURE.md").matchAll(/^\|[^|]*\| `([^`]+\.test\.ts)`: ([^|]+) \|$/gm)];
  ok(rows.length > 15, "the table of invariants is read");
  const offences = rows.filter(([, path = "", claim = ""]) => !existsSync(path) || !readText(path).includes(claim));
  deepEqual(
    offences.map(([row]) => row),
    [],
  );
});

test("every folder of src stands in the codemap", () => {
  const map = readText("ARCHITECTURE.md");
  const folders = new Set(productFiles().map((path) => path.split("/")[1] ?? ""));
  deepEqual(
    [...folders].filter((folder) => !map.includes(`| \`${folder}/\` |`)),
    [],
  );
});

test("the page of the shipped ruleset names each file with its ids, and each cluster event with its level", () => {
  const page = readText("docs/operating/ruleset.md");
  const rows = [...page.matchAll(/^\| `(\d\S+\.xml)` \| ([^|]+) \|/gm)];
  const ranges = new Map(rows.map(([, file = "", ids = ""]) => [file, ids.split(",").map(rangeOf)]));
  const files = projectFiles().filter((path) => path.startsWith("ruleset/rules/"));
  deepEqual([...ranges.keys()], files.map((path) => posix.basename(path)).sort());
  const offences: string[] = [];
  const events: string[] = [];
  for (const path of files) {
    const listed = ranges.get(posix.basename(path)) ?? [];
    for (const [, id = "", level = ""] of readText(path).matchAll(/<rule id="(\d+)" level="(\d+)"/g)) {
      if (!listed.some(([first, last]) => Number(id) >= first && Number(id) <= last)) offences.push(`${path}: ${id}`);
      if (/^85\d\d$/.test(id) && level !== "0") events.push(`${id} ${level}`);
    }
  }
  deepEqual(offences, []);
  const told = [...page.matchAll(/^\| (85[\d, ]+) \| ([\d, ]+) \|/gm)].flatMap(([, ids = "", levels = ""]) => {
    const own = levels.split(", ");
    return ids.split(", ").map((id, index) => `${id} ${own[index]}`);
  });
  deepEqual(told, events.sort());
});

/** Of `5500 to 5555`, or of one id. */
function rangeOf(text: string): [first: number, last: number] {
  const [first = "", last = first] = text.match(/\d+/g) ?? [];
  return [Number(first), Number(last)];
}

test("every npm script that a document names exists", () => {
  const { scripts } = JSON.parse(readText("package.json")) as { scripts: Record<string, string> };
  const offences: string[] = [];
  for (const path of documents) {
    for (const [, name = ""] of readText(path).matchAll(/npm run (?:-s )?([a-z][a-z:-]*[a-z])/g)) {
      if (scripts[name] === undefined) offences.push(`${path}: npm run ${name}`);
    }
  }
  deepEqual(offences, []);
});

test("every command of argus that a document shows is one that there is", () => {
  const sources = projectFiles("src/cli").filter((path) => !path.endsWith(".test.ts"));
  const words = sources.flatMap((path) =>
    [...readText(path).matchAll(/words: \["([a-z]+)"/g)].map(([, word = ""]) => word),
  );
  ok(new Set(words).size > 5, "the commands are read");
  const offences: string[] = [];
  for (const path of [
    "README.md",
    "docs/operating/install.md",
    "docs/operating/recover.md",
    "docs/operating/upgrade.md",
  ]) {
    const [present = ""] = readText(path).split("## What is not there yet");
    for (const [, word = ""] of present.matchAll(/(?:^|`|npx )argus ([a-z]+)/gm)) {
      if (!words.includes(word)) offences.push(`${path}: argus ${word}`);
    }
  }
  deepEqual(offences, []);
});
