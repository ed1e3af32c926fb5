/** Names and words that the repository does without, and files that nothing needs. */
import { deepEqual, ok } from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { importsOf, productFiles, projectFiles, readText } from "../support/source.ts";

/** A name that fits everything says nothing, and grows until it holds most of the code. */
const emptyNames = /^(?:utils?|helpers?|common|shared|types|misc|managers?|services)(?:\.[a-z.]+)?$/;

/** Files whose format the project knows; a new kind is a decision, and its row here is where it is taken. */
const knownFiles = [
  /^(?:LICENSE|\.gitignore|\.ci\/run|\.oxlintrc\.json|\.oxfmtrc\.json)$/,
  /^(?:bin\/argus\.js|scripts\/prepare\.mjs)$/,
  /\.(?:ts|md|svg)$/,
  /^src\/dashboard\/[a-z-]+\.(?:tsx|css|html)$/,
  /^src\/dashboard\/public\/[a-z-]+\.js$/,
  /^src\/dashboard\/tsconfig\.json$/,
  /^docs\/images\/[a-z-]+\.png$/,
  /^(?:package|package-lock|tsconfig)\.json$/,
  /^(?:src|test|testdata)\/.*\.(?:json|jsonl|txt|bin|hex|xml|conf|log)$/,
  /^ruleset\/.*\.(?:xml|json|jsonl|txt|log|conf)$/,
  /^ruleset\/lists\/[a-z0-9-]+$/,
];

/** Put together here, so that this file does not hold what it looks for. */
const forbiddenWords: readonly RegExp[] = [
  ["(?<![\\w.~-])/wo", "rk/"],
  ["/tmp/br", "ief"],
  ["/tmp/bui", "ld-"],
  ["sub", "-?agent"],
  ["helper a", "gent"],
  ["other bui", "lders"],
  ["\\bbui", "lder [0-9]\\b"],
  ["lang", "uage model"],
  ["\\bcl", "aude\\b"],
  ["anth", "ropic"],
  ["verd", "accio"],
  ["arti", "factory"],
].map((pieces) => new RegExp(pieces.join(""), "i"));

const isText = (path: string): boolean => !/\.(?:bin|png)$/.test(path);

test("no file or folder has a name that fits everything", () => {
  const offences = projectFiles().filter((path) => path.split("/").some((part) => emptyNames.test(part)));
  deepEqual(
    // The one folder that operators know by this name.
    offences.filter((path) => !path.includes("/etc/shared/")),
    [],
  );
});

test("no file is of an unknown kind", () =>
  deepEqual(
    projectFiles().filter((path) => !knownFiles.some((known) => known.test(path))),
    [],
  ));

test("unfinished work is named by its issue, and nothing is marked as broken", () => {
  const offences: string[] = [];
  for (const path of projectFiles().filter((name) => /\.(?:tsx?|js|mjs|md)$/.test(name))) {
    if (path === "test/repo/text.test.ts") continue;
    readText(path)
      .split("\n")
      .forEach((line, index) => {
        const isOpen = /\bTODO\b(?!\(#\d+\))/.test(line) && path.startsWith("src/");
        if (isOpen || /\bFIXME\b/.test(line)) offences.push(`${path}:${index + 1} ${line.trim()}`);
      });
  }
  deepEqual(offences, []);
});

test("the project speaks of itself, not of where it was made", () => {
  const offences: string[] = [];
  for (const path of projectFiles().filter(isText)) {
    readText(path)
      .split("\n")
      .forEach((line, index) => {
        for (const word of forbiddenWords)
          if (word.test(line)) offences.push(`${path}:${index + 1} has ${word.source}`);
      });
  }
  deepEqual(offences, []);
});

test("the words that are looked for are found where they stand", () => {
  ok(forbiddenWords.some((word) => word.test(`see ${["/wo", "rk/"].join("")}main`)));
  ok(!forbiddenWords.some((word) => word.test("the network/ folder, ./work/x, a new builder")));
});

test("every file of src is used by the command, a script or a bench", () => {
  const entries = projectFiles().filter((path) =>
    /^(?:src\/(?:cli|dashboard)\/main|scripts\/[^/]+|bench\/[^/]+)\.tsx?$/.test(path),
  );
  const reached = new Set<string>();
  const queue = entries.filter((path) => !path.endsWith(".test.ts"));
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (reached.has(path) || !existsSync(path)) continue;
    reached.add(path);
    if (/\.tsx?$/.test(path)) queue.push(...importsOf(path));
  }
  deepEqual(
    productFiles().filter((path) => !reached.has(path)),
    [],
  );
});

test("every file of test/support is used by a test", () => {
  const used = new Set(
    projectFiles()
      .filter((path) => path.endsWith(".ts") && !path.endsWith("test/support/source.test.ts"))
      .flatMap(importsOf),
  );
  const idle = projectFiles("test/support").filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"));
  deepEqual(
    idle.filter((path) => !used.has(path)),
    [],
  );
});
